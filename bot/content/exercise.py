"""Exercises: the questions a lesson ends with, and how each of them is answered."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from bot.content.files import Button, Html, Key, Model, twice


class Kind(StrEnum):
    """How a step is answered."""

    TEXT = "text"  # one message in the person's own words
    CHOICE = "choice"  # one of the options
    MULTI = "multi"  # any of the options, then Done
    SCALE = "scale"  # 0 to 10, with a label at either end
    CONFIRM = "confirm"  # one or two options, the first of which means "I did it"


class PlanField(StrEnum):
    """Where in the person's own plan an answer belongs."""

    TRIGGER = "trigger"
    WARNING_SIGN = "warning_sign"
    COPING = "coping"
    CONTACT = "contact"
    REASON = "reason"
    IF_THEN = "if_then"


class Measured(StrEnum):
    """A scale whose answer counts like a check-in's: the same safety rules apply to it."""

    CRAVING = "craving"


class Option(Model):
    """A button of a step."""

    key: Key
    text: Button


class Step(Model):
    """One question of an exercise. Every step may be skipped."""

    key: Key
    ask: Html
    kind: Kind
    options: Annotated[tuple[Option, ...], Field(max_length=8)] = ()
    min_label: Button | None = None
    max_label: Button | None = None
    plan: PlanField | None = None
    measure: Measured | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        least, most = {Kind.CHOICE: (2, 8), Kind.MULTI: (2, 8), Kind.CONFIRM: (1, 2)}.get(self.kind, (0, 0))
        if not least <= len(self.options) <= most:
            raise ValueError(f"a {self.kind} step has {least} to {most} options, this one {len(self.options)}")
        if double := twice([option.key for option in self.options]):
            raise ValueError(f"option {double} stands twice")
        labels = [label for label in (self.min_label, self.max_label) if label]
        if len(labels) != (2 if self.kind is Kind.SCALE else 0):
            raise ValueError("a scale step, and no other, has min_label and max_label")
        if self.measure and self.kind is not Kind.SCALE:
            raise ValueError("only a scale step can have `measure`")
        if self.plan and self.kind in (Kind.SCALE, Kind.CONFIRM):
            raise ValueError(f"a {self.kind} step cannot go into the plan")
        return self


class Exercise(Model):
    """What a person does after reading; answers are kept by step key."""

    intro: Html
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=12)]
    done: Html
    share: Html | None = None

    @model_validator(mode="after")
    def _keys_differ(self) -> Self:
        if double := twice([step.key for step in self.steps]):
            raise ValueError(f"step {double} stands twice")
        return self
