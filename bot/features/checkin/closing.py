"""What a check-in ends with: thanks for the effort, a first step, the skill that fits; and a look at today's answers."""

from __future__ import annotations

from bot.content.files import Trigger
from bot.content.render import safe
from bot.features.checkin import rules, skills, store
from bot.features.checkin.rules import Answers, Used
from bot.models import Checkin
from bot.turn import Button, Turn

FIRST_STEPS = 2  # more is a list, not help


def close(turn: Turn, row: Checkin) -> None:
    """The last question is answered."""
    row.finished_at = turn.now
    answers = store.answers_of(row)
    work, plan = turn.work, turn.content.checkin
    skill = skills.choose(
        skills.named(plan, answers),
        turn.content.tools.values(),
        turn.content.modules,
        store.lessons_done(work, turn.person),
        turn.lang,
    )
    strong = (answers.craving or 0) >= rules.HIGH_CRAVING
    rows = []
    if skill is not None:
        route = "learn.open" if skill.lesson else "tools.open"
        rows.append([Button("checkin/open_lesson" if skill.lesson else "checkin/open_tool", route, (skill.id,))])
    if strong:
        rows.append([Button("checkin/ask_person", "checkin.human")])
    total = store.total(work, turn.person)
    turn.say(
        "checkin/closing",
        rows,
        tone=_tone(answers),
        steps=[safe(option.first_step.of(turn.lang)) for option in plan.halt if option.trigger in answers.halt][:FIRST_STEPS],
        skill=skill.title if skill is not None else "",
        minutes=skill.minutes if skill is not None else 0,
        strong=strong,
        total=total if rules.worth_saying(total) else 0,
    )
    turn.finish()


def show_today(turn: Turn, row: Checkin) -> None:
    """Today's check-in is done: show it and offer to change it."""
    turn.say(
        "checkin/today", [[Button("checkin/change", "checkin.change")]], answers=store.answers_of(row), halt=halt_labels(turn, row.halt)
    )


def halt_labels(turn: Turn, tapped: list[str]) -> list[str]:
    """The names of HALT options in the person's language, in content's order."""
    return [option.label.of(turn.lang) for option in turn.content.checkin.halt if Trigger(option.trigger) in tapped]


def _tone(answers: Answers) -> str:
    """Which thanks fits: for honesty, for holding on, for coming on a hard day, or plain."""
    if answers.used == Used.YES:
        return "honest"
    if (answers.craving or 0) >= rules.HIGH_CRAVING:
        return "strong"
    if answers.mood is not None and answers.mood <= rules.LOW_MOOD:
        return "low"
    return "plain"
