"""The patient's buttons that reach a human, and the messages that say what each will do before it is tapped (SAFETY.md 2)."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from sqlmodel import col, select

import bot
from bot import router
from bot.models import STAFF, Outbox
from tests.world import World

# "Are you safe right now?" and what else carries [I need help now].
_SAFE = (
    "crisis/suicide",
    "crisis/self_harm",
    "crisis/overdose_self",
    "crisis/overdose_after",
    "crisis/withdrawal",
    "crisis/violence",
    "crisis/abuse",
    "crisis/child",
    "crisis/craving",
    "crisis/talk",
    "crisis/not_safe",
    "crisis/added",
    "crisis/nobody_on_duty",
    "crisis/still_trying",
    "crisis/sos_raised",
    "crisis/stay_no",
)
# route -> the messages that carry it and say who hears of it and how soon
ALERTS: Mapping[str, tuple[str, ...]] = {
    "asq.answer": ("checkin/asq",),
    "checkin.craving": ("checkin/craving",),
    "checkin.help": ("checkin/nudge_again",),
    "checkin.human": ("checkin/closing",),
    "checkin.mood": ("checkin/mood",),
    "checkin.person": ("checkin/person",),
    "checkin.reach": ("checkin/reach",),
    "checkin.safety": ("checkin/safety",),
    "checkin.use": ("checkin/use",),
    "crisis.body": ("crisis/relapse",),
    "crisis.danger": ("crisis/sos_visitor",),
    "crisis.help": _SAFE,
    "crisis.person": ("crisis/slip_plan",),
    "crisis.soft": ("crisis/soft_question",),
    "crisis.staff_page": ("crisis/staff_lines",),
    "crisis.used": ("crisis/relapse_what",),
    "crisis.visitor": ("crisis/visitor_question", "crisis/visitor_no"),
    "learn.reach": ("learn/reach",),
    "sos.choice": ("crisis/sos", "crisis/sos_going"),
    "sos.now": ("crisis/sos",),
    "tools.person": ("tools/closing",),
    "tools.reach": ("tools/reach",),
}
# These show what will happen on a screen of their own, with 20 seconds to say no, before anybody hears of it.
COUNTED_DOWN = frozenset({"crisis.sos"})
# These put a note on the team's list: nobody is alerted.
NOTES: Mapping[str, tuple[str, ...]] = {
    "after.send": ("after/words",),
    "crisis.media": ("crisis/media",),
    "sos.mistake": ("crisis/sos",),
}
# What waited behind a neutral line is one of the messages above once it is opened.
OPENED = "crisis/waiting"
# A number that stands on the team's list; from 9 on, a question follows at once that says what a yes does.
ASKED_ON = frozenset({"learn.choose", "learn.done", "learn.scale", "tools.after", "tools.before"})
# The clinic's own work follows (a card to ask for, a session to move, a long break to know of): no call for help.
OWN_WORK = frozenset(
    {
        "card.agree",
        "card.disagree",
        "card.never",
        "card.skip",
        "enrolment.decline",
        "enrolment.minor",
        "enrolment.time",
        "privacy.erase_now",
        "schedule.refuse",
        "schedule.track",
        "schedule.why",
        "schedule.wish_time",
        "settings.set_pause",
    }
)

_SINKS = frozenset(
    {
        "bot.escalation.engine.escalate",
        "bot.escalation.engine.page_people",
        "bot.escalation.tasks.add",
        "bot.escalation.tasks.once",
        "bot.escalation.tasks.watch",
        "bot.escalation.team.write",
        "turn.alert",
    }
)


@cache
def found() -> frozenset[str]:
    """Every button of the patient's side whose handler, or anything that it calls, alerts the team or puts something on its list."""
    calls = _calls()

    def reaches(name: str, seen: set[str]) -> bool:
        if name in _SINKS:
            return True
        if name in seen:
            return False
        seen.add(name)
        return any(reaches(other, seen) for other in calls.get(name, ()))

    presses = [press for press in router.PRESSES if press.roles - STAFF]
    return frozenset(one.name for one in presses if reaches(f"{one.handler.__module__}.{one.handler.__qualname__}", set()))


def _calls() -> dict[str, set[str]]:
    """Function -> what it names, both by their full names."""
    root = Path(bot.__file__).parent
    calls: dict[str, set[str]] = {}
    for file in root.rglob("*.py"):
        module = ".".join(file.relative_to(root.parent).with_suffix("").parts)
        tree = ast.parse(file.read_text(encoding="utf-8"))
        imported = {
            alias.asname or alias.name: f"{node.module}.{alias.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        for function in tree.body:
            if isinstance(function, ast.FunctionDef):
                calls[f"{module}.{function.name}"] = set(_named(function, module, imported))
    return calls


def _named(function: ast.FunctionDef, module: str, imported: Mapping[str, str]) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Name):
            yield imported.get(node.id, f"{module}.{node.id}")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{imported.get(node.value.id, node.value.id)}.{node.attr}"


def unexplained(world: World) -> list[str]:
    """What stands on somebody's phone with a button that reaches a human, in a message that is not known to say what it does."""
    explained = {**ALERTS, **NOTES}
    shown: list[str] = []
    for phone in world.phones:
        for message in phone.user.received:
            routes = {data.partition("~")[0].partition(":")[0] for row in message.buttons for _, data in row}
            for route in routes & explained.keys():
                with world.work() as work:
                    keys = set(
                        work.session.exec(
                            select(Outbox.template).where(
                                col(Outbox.chat_id) == phone.user.id, col(Outbox.result_message_id) == message.message_id
                            )
                        )
                    )
                if keys and not keys & {*explained[route], OPENED}:
                    shown.append(f"{route} under {sorted(filter(None, keys))}")
    return shown
