"""Which skill fits what a person just named. Pure: content and answers in, one skill out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.content.checkin import CheckinPlan, SkillRule, When
from bot.content.files import Trigger
from bot.content.lessons import Module
from bot.content.tools import Tool
from bot.features.checkin.rules import Answers, Used


@dataclass(frozen=True, slots=True)
class Skill:
    """A tool or a lesson to offer."""

    lesson: bool
    id: str
    title: str
    minutes: int


def named(plan: CheckinPlan, answers: Answers) -> list[Trigger]:
    """The triggers in a day's answers, the weightiest first."""
    found = [trigger for rule in plan.skills for trigger in _triggers(rule, answers)]
    return list(dict.fromkeys(found))


def _triggers(rule: SkillRule, answers: Answers) -> tuple[Trigger, ...]:
    match rule.when:
        case When.HALT:
            return tuple(Trigger(name) for name in answers.halt)
        case When.USE:
            return rule.triggers if answers.used == Used.YES else ()
        case When.CRAVING:
            return rule.triggers if rule.holds(answers.craving) else ()
        case When.MOOD:
            return rule.triggers if rule.holds(answers.mood) else ()
        case When.SLEEP:
            return rule.triggers if rule.holds(answers.sleep_hours) else ()


def choose(triggers: Sequence[Trigger], tools: Iterable[Tool], modules: Iterable[Module], done: Collection[str], lang: str) -> Skill | None:
    """The skill for the first trigger that anything helps with.

    A tool comes before a lesson, since it can be done right now; then what helps with more of the named triggers; then a lesson
    that was not done yet.

    Args:
        triggers: as `named` gives them.
        done: ids of the lessons that the person has done.
    """
    everything = list(_skills(tools, modules, lang))
    for trigger in triggers:
        fitting = [(skill, helps) for skill, helps in everything if trigger in helps]
        if fitting:
            return min(fitting, key=lambda one: (one[0].lesson, -len(set(triggers) & set(one[1])), one[0].id in done))[0]
    return None


def _skills(tools: Iterable[Tool], modules: Iterable[Module], lang: str) -> Iterator[tuple[Skill, tuple[Trigger, ...]]]:
    for tool in tools:
        yield Skill(False, tool.id, tool.title.of(lang), tool.minutes), tool.helps_with
    for module in modules:
        for lesson in module.lessons:
            yield Skill(True, lesson.id, lesson.texts[lang].title, lesson.minutes), lesson.helps_with
