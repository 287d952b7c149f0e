"""The check-in's questions, and the buttons under each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum

from bot.features.checkin import rules, store
from bot.features.checkin.rules import Medication, Reach, Safety, Step, Used, Wish
from bot.safety.forms import pages
from bot.turn import Button, Rows, Turn

FORM = "checkin"

# Choice -> the key of its label; the same labels are understood when typed.
REACH: Mapping[Reach, str] = {Reach.YES: "checkin/reach_yes", Reach.NO: "checkin/reach_no"}
USED: Mapping[Used, str] = {Used.NO: "checkin/no", Used.YES: "checkin/yes", Used.RATHER_NOT: "checkin/rather_not"}
SAFETY: Mapping[Safety, str] = {
    Safety.NO: "checkin/no",
    Safety.SOMETIMES: "checkin/sometimes",
    Safety.YES_NOW: "checkin/yes_now",
    Safety.RATHER_NOT: "checkin/rather_not",
}
WISH: Mapping[Wish, str] = {Wish.TODAY: "checkin/yes_today", Wish.NOT_TODAY: "checkin/not_today", Wish.NOW: "checkin/help_now"}
MEDICATION: Mapping[Medication, str] = {
    Medication.YES: "checkin/yes",
    Medication.NO: "checkin/no",
    Medication.NONE: "checkin/no_medication",
}


def state_of(step: Step) -> str:
    """A step's name among the states."""
    return f"{FORM}.{step}"


def sitting(turn: Turn) -> bool:
    """Whether the person is in the middle of a check-in."""
    return (turn.state or "").partition(".")[0] == FORM


def ask(turn: Turn) -> None:
    """Put the question of the present step (again)."""
    turn.data.pop("held", None)
    _ASK[Step((turn.state or "").partition(".")[2])](turn)


def nav(turn: Turn) -> list[Button]:
    """Back (where there is a step before) and Later."""
    back = [Button("common/back", "form.back")] if turn.data.get("trail") else []
    return [*back, Button("common/later", "form.leave")]


def pairs(buttons: Sequence[Button]) -> list[Sequence[Button]]:
    """Two buttons a row."""
    return [buttons[at : at + 2] for at in range(0, len(buttons), 2)]


def _score(turn: Turn, route: str) -> Rows:
    buttons = [Button("checkin/number", route, (n,), {"n": n}) for n in range(11)]
    return [buttons[:6], buttons[6:], nav(turn)]


def _options(turn: Turn, route: str, options: Mapping[StrEnum, str] | Mapping[str, str]) -> Rows:
    return [*pairs([Button(label, route, (choice,)) for choice, label in options.items()]), nav(turn)]


def _craving(turn: Turn) -> None:
    turn.ask("checkin/craving", _score(turn, "checkin.craving"))


def _reach(turn: Turn) -> None:
    turn.ask("checkin/reach", _options(turn, "checkin.reach", {str(k): v for k, v in REACH.items()}))


def _use(turn: Turn) -> None:
    strong = turn.data.get("craving", 0) >= rules.HIGH_CRAVING
    turn.ask("checkin/use", _options(turn, "checkin.use", {str(k): v for k, v in USED.items()}), strong=strong)


def _safety(turn: Turn) -> None:
    turn.ask("checkin/safety", _options(turn, "checkin.safety", {str(k): v for k, v in SAFETY.items()}), rather=_tells_by_itself(turn))


def _tells_by_itself(turn: Turn) -> bool:
    """Whether "rather not say" brings a person today, as it does after use, with a strong urge, or on a second day (SAFETY.md 5)."""
    row = store.of_day(turn.work, turn.person, date.fromisoformat(turn.data["date"]))
    if row is None:
        return False
    again = store.safety_on(turn.work, turn.person, row.local_date - timedelta(days=1)) == Safety.RATHER_NOT
    return pages(rules.safety_rule(Safety.RATHER_NOT, asq=True, again=again, craving=row.craving, used=row.used))


def _person(turn: Turn) -> None:
    turn.ask("checkin/person", _options(turn, "checkin.person", {str(k): v for k, v in WISH.items()}))


def _mood(turn: Turn) -> None:
    turn.ask("checkin/mood", _score(turn, "checkin.mood"), used=turn.data.get("used") == Used.YES)


def _sleep(turn: Turn) -> None:
    hours = [Button("checkin/hours", "checkin.sleep", (n,), {"n": n}) for n in turn.content.checkin.sleep_hours]
    turn.ask("checkin/sleep", [hours[: len(hours) // 2], hours[len(hours) // 2 :], nav(turn)])


def _medication(turn: Turn) -> None:
    turn.ask("checkin/medication", _options(turn, "checkin.medication", {str(k): v for k, v in MEDICATION.items()}))


def halt_rows(turn: Turn) -> Rows:
    """The HALT options, those tapped so far marked, and Done."""
    tapped = turn.data.get("halt", [])
    options = [
        Button("checkin/option", "checkin.halt", (option.trigger,), {"text": option.label.of(turn.lang), "on": option.trigger in tapped})
        for option in turn.content.checkin.halt
    ]
    done = Button("checkin/done" if tapped else "checkin/none_of_these", "checkin.halt_done")
    return [*pairs(options), [done], nav(turn)]


def _halt(turn: Turn) -> None:
    turn.ask("checkin/halt", halt_rows(turn))


def _note(turn: Turn) -> None:
    turn.ask("checkin/note", [[Button("common/skip", "checkin.skip_note")], nav(turn)])


_ASK: Mapping[Step, Callable[[Turn], None]] = {
    Step.CRAVING: _craving,
    Step.REACH: _reach,
    Step.USE: _use,
    Step.SAFETY: _safety,
    Step.PERSON: _person,
    Step.MOOD: _mood,
    Step.SLEEP: _sleep,
    Step.MEDICATION: _medication,
    Step.HALT: _halt,
    Step.NOTE: _note,
}
