"""Which skill fits what a person just named. Pure: content and answers in, one skill out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.content.checkin import CheckinPlan
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
    return plan.triggers(
        craving=answers.craving, used=answers.used == Used.YES, halt=answers.halt, mood=answers.mood, sleep_hours=answers.sleep_hours
    )


def choose(triggers: Sequence[Trigger], tools: Iterable[Tool], modules: Iterable[Module], done: Collection[str], lang: str) -> Skill | None:
    """The skill for the first trigger that anything helps with.

    A tool comes before a lesson, since it can be done right now; of several tools the one that names the trigger earliest in what it
    helps with; then what helps with more of the named triggers; then a lesson that was not done yet.

    Args:
        triggers: as `named` gives them.
        done: ids of the lessons that the person has done.
    """
    everything = list(_skills(tools, modules, lang))
    for trigger in triggers:
        fitting = [(skill, helps) for skill, helps in everything if trigger in helps]
        if fitting:
            return min(fitting, key=lambda one: _rank(one[0], one[1], trigger, triggers, done))[0]
    return None


def _rank(skill: Skill, helps: Sequence[Trigger], trigger: Trigger, triggers: Sequence[Trigger], done: Collection[str]) -> tuple[int, ...]:
    first = 0 if skill.lesson else helps.index(trigger)
    return int(skill.lesson), first, -len(set(triggers) & set(helps)), int(skill.id in done)


def _skills(tools: Iterable[Tool], modules: Iterable[Module], lang: str) -> Iterator[tuple[Skill, tuple[Trigger, ...]]]:
    for tool in tools:
        yield Skill(False, tool.id, tool.title.of(lang), tool.minutes), tool.helps_with
    for module in modules:
        for lesson in module.lessons:
            yield Skill(True, lesson.id, lesson.texts[lang].title, lesson.minutes), lesson.helps_with
