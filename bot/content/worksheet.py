"""Written tools: steps that are answered in words or by taps, in both languages side by side. The answers are kept and shown as a card."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bot.content.exercise import PlanField
from bot.content.files import Button, HtmlPair, Key, Model, TitlePair, twice

LONGEST_WAIT = 90  # days until the bot asks how it went


class SheetKind(StrEnum):
    """How a step is answered."""

    TEXT = "text"  # one message in the person's own words
    LIST = "list"  # one thing a line, in one message or several, then Done
    CHOICE = "choice"  # one of the options
    MULTI = "multi"  # any of the options, then Done
    SCALE = "scale"  # 0 to 10, or 0 to 100 in tens, with a label at either end


WRITTEN = frozenset({SheetKind.TEXT, SheetKind.LIST})
TAPPED = frozenset({SheetKind.CHOICE, SheetKind.MULTI})


class ButtonPair(Model):
    """A short label in both languages."""

    en: Button
    es: Button

    def of(self, lang: str) -> str:
        """The label in that language; English where the language is unknown."""
        return self.es if lang == "es" else self.en


class SheetOption(ButtonPair):
    """A button of a step.

    Args:
        reply: a kind line for those who chose it.
        days: the person is asked after that many days how it went.
    """

    key: Key
    reply: HtmlPair | None = None
    days: Annotated[int, Field(ge=1, le=LONGEST_WAIT)] | None = None


class SheetStep(Model):
    """One question. Every step may be skipped.

    Args:
        label: its heading on the card at the end.
        recall: an earlier step whose answer is shown with this question.
        reply: a kind line after any answer.
        top: of a scale.
        plan: the kind of entry that the answer can become in the person's own plan, when they wish.
    """

    key: Key
    kind: SheetKind
    label: TitlePair
    ask: HtmlPair
    options: Annotated[tuple[SheetOption, ...], Field(max_length=8)] = ()
    top: Literal[10, 100] = 10
    min_label: ButtonPair | None = None
    max_label: ButtonPair | None = None
    recall: Key | None = None
    reply: HtmlPair | None = None
    plan: PlanField | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind in TAPPED and len(self.options) < 2:
            raise ValueError(f"a {self.kind} step has 2 to 8 options")
        if self.kind not in TAPPED and self.options:
            raise ValueError(f"a {self.kind} step has no options")
        if double := twice([option.key for option in self.options]):
            raise ValueError(f"option {double} stands twice")
        if (self.min_label is None, self.max_label is None) != ((self.kind is not SheetKind.SCALE,) * 2):
            raise ValueError("a scale step, and no other, has min_label and max_label")
        if self.plan is not None and self.kind is SheetKind.SCALE:
            raise ValueError("a scale step cannot go into the plan")
        if self.kind is not SheetKind.CHOICE and any(option.days for option in self.options):
            raise ValueError("only an option of a choice step can have `days`")
        return self

    @property
    def numbers(self) -> range:
        """What can be tapped on a scale."""
        return range(0, self.top + 1, self.top // 10)

    def option(self, key: str) -> SheetOption | None:
        """The option with this key."""
        return next((option for option in self.options if option.key == key), None)


class Worksheet(Model):
    """All steps in their order, and what is said at the end, above the card with the answers."""

    steps: Annotated[tuple[SheetStep, ...], Field(min_length=1, max_length=12)]
    done: HtmlPair

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        keys = [step.key for step in self.steps]
        if double := twice(keys):
            raise ValueError(f"step {double} stands twice")
        for place, step in enumerate(self.steps):
            if step.recall is not None and step.recall not in keys[:place]:
                raise ValueError(f"step {step.key} recalls {step.recall}, which is no earlier step")
        return self

    def texts(self) -> Iterator[tuple[str, HtmlPair]]:
        """Everything of it that people read as a message, by where it stands."""
        for step in self.steps:
            yield f"worksheet.{step.key}.ask", step.ask
            if step.reply:
                yield f"worksheet.{step.key}.reply", step.reply
            for option in step.options:
                if option.reply:
                    yield f"worksheet.{step.key}.{option.key}.reply", option.reply
        yield "worksheet.done", self.done
