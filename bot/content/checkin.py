"""The daily check-in's content: hours of sleep to tap, HALT with a first step each, and which answer leads to which skill."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from bot.content.files import LANGS, HtmlPair, Model, Trigger, build, overlay, parse_yaml, read_text, twice
from bot.content.prose import Passage
from bot.content.worksheet import ButtonPair
from bot.errors import ContentError

FILE = "checkin.yaml"


class When(StrEnum):
    """Which answer of a check-in is looked at."""

    CRAVING = "craving"
    USE = "use"
    HALT = "halt"
    MOOD = "mood"
    SLEEP = "sleep"


class HaltOption(Model):
    """One of hungry, angry, lonely, tired; a clinic may add others. ``first_step`` is said to those who tapped it."""

    trigger: Trigger
    label: ButtonPair
    first_step: HtmlPair


class SkillRule(Model):
    """An answer and the triggers that it names. ``least`` and ``most`` bound a number, both included; ``halt`` names what was tapped."""

    when: When
    least: float | None = None
    most: float | None = None
    triggers: tuple[Trigger, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.when is When.HALT:
            if self.triggers or self.least is not None or self.most is not None:
                raise ValueError("`when: halt` names what was tapped and takes nothing else")
        elif not self.triggers:
            raise ValueError(f"`when: {self.when}` needs triggers")
        if self.when is When.USE and (self.least is not None or self.most is not None):
            raise ValueError("`when: use` has no bounds")
        if self.when in (When.CRAVING, When.MOOD, When.SLEEP) and self.least is None and self.most is None:
            raise ValueError(f"`when: {self.when}` needs `least` or `most`")
        return self

    def holds(self, value: float | None) -> bool:
        """Whether a number lies within the bounds; a missing one never does."""
        if value is None:
            return False
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


class CheckinPlan(Model):
    """What may be chosen in a check-in. Earlier skill rules come first."""

    sleep_hours: Annotated[tuple[Annotated[int, Field(ge=0, le=24)], ...], Field(min_length=2, max_length=12)]
    halt: Annotated[tuple[HaltOption, ...], Field(min_length=1, max_length=6)]
    skills: tuple[SkillRule, ...]

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        if double := twice([option.trigger for option in self.halt]):
            raise ValueError(f"{double} stands twice under `halt`")
        return self

    def triggers(
        self, *, craving: float | None, used: bool, halt: Collection[str], mood: float | None, sleep_hours: float | None
    ) -> list[Trigger]:
        """The triggers that a day's answers name, the weightiest first.

        Args:
            used: whether they said that they used.
            halt: what they tapped of hungry, angry, lonely, tired.
        """
        measured = {When.CRAVING: craving, When.MOOD: mood, When.SLEEP: sleep_hours}
        found: list[Trigger] = []
        for rule in self.skills:
            if rule.when is When.HALT:
                found += [Trigger(name) for name in halt]
            elif used if rule.when is When.USE else rule.holds(measured[rule.when]):
                found += rule.triggers
        return list(dict.fromkeys(found))

    def passages(self) -> Iterator[Passage]:
        """Everything of it that people read, for the checks of ``bot.content.prose``."""
        for lang in LANGS:
            for option in self.halt:
                yield Passage(FILE, f"halt.{option.trigger}.first_step", lang, option.first_step.of(lang), lesson=None)


def load_checkin(folders: Sequence[Path]) -> CheckinPlan:
    """Read ``checkin.yaml`` from the last content folder that has one.

    Raises:
        ContentError: it is missing or broken: file, key, reason.
    """
    path = overlay(folders, ".").get(FILE)
    if path is None:
        raise ContentError(folders[0] / FILE, "", "is missing")
    return build(CheckinPlan, parse_yaml(read_text(path), path), path)
