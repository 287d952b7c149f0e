"""Skills for right now: one YAML file a tool in ``content/tools``, English and Spanish side by side, with the script of its live timer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from bot.content.files import (
    LANGS,
    Button,
    ContentId,
    HtmlPair,
    Model,
    Plain,
    PlainPair,
    TitlePair,
    Trigger,
    build,
    overlay,
    parse_yaml,
    read_text,
)
from bot.content.prose import Passage
from bot.errors import ContentError

LEAST_GAP_S = 3  # edits of one message, DESIGN.md 3
PUSHED = ("script.start", "ratings.after.ask")
"""New messages that may arrive while the phone lies locked: neutral words only (SAFETY.md 4)."""


class Outcome(StrEnum):
    """How the second rating compares with the first."""

    LOWER = "lower"
    SAME = "same"
    HIGHER = "higher"


class ButtonPair(Model):
    """A short label in both languages."""

    en: Button
    es: Button

    def of(self, lang: str) -> str:
        """The label in that language; English where the language is unknown."""
        return self.es if lang == "es" else self.en


class Frame(Model):
    """What the timer's message says from ``at`` seconds on."""

    at: Annotated[int, Field(ge=0)]
    text: HtmlPair


class Script(Model):
    """A live timer: one message that is edited as the seconds go by.

    ``start`` is the message that goes out first, so its words may show on a lock screen; the frames are edits, which show nowhere.
    """

    total: Annotated[int, Field(ge=30, le=3600)]
    start: HtmlPair
    frames: Annotated[tuple[Frame, ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _calm(self) -> Self:
        times = [frame.at for frame in self.frames]
        if times[0] != 0:
            raise ValueError("the first frame is at 0")
        for earlier, later in zip(times, [*times[1:], self.total], strict=True):
            if later - earlier < LEAST_GAP_S:
                raise ValueError(f"frames, and the end, are at least {LEAST_GAP_S} s apart: {earlier} and {later} are not")
        return self

    def frame_at(self, elapsed_s: float) -> Frame | None:
        """The frame to show that many seconds after the start (pauses taken off); None once the time is up."""
        if elapsed_s >= self.total:
            return None
        return next((frame for frame in reversed(self.frames) if frame.at <= elapsed_s), self.frames[0])

    def next_at(self, elapsed_s: float) -> int:
        """The second at which the message changes next, the end included."""
        return next((frame.at for frame in self.frames if frame.at > elapsed_s), self.total)


class Rating(Model):
    """A question answered from 0 to 10, with a label at either end."""

    ask: HtmlPair
    min_label: ButtonPair
    max_label: ButtonPair


class Ratings(Model):
    """The same question before and after."""

    before: Rating
    after: Rating


class Closing(Model):
    """What is said after the second rating, or when the person stopped before the end."""

    lower: HtmlPair
    same: HtmlPair
    higher: HtmlPair
    stopped: HtmlPair


class Tool(Model):
    """A skill in both languages. ``steps`` is the "just give me the steps" version; a timed tool has script, ratings and closing.

    ``summary`` is one plain line for the list of tools; ``cautions`` are shown with ``intro``, before anything starts.
    """

    id: ContentId
    title: TitlePair
    summary: PlainPair
    minutes: Annotated[int, Field(ge=1, le=60)]
    helps_with: tuple[Trigger, ...] = ()
    source: Plain
    intro: HtmlPair
    cautions: HtmlPair | None = None
    steps: Annotated[tuple[HtmlPair, ...], Field(min_length=1, max_length=10)]
    script: Script | None = None
    ratings: Ratings | None = None
    closing: Closing | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.ratings is None) != (self.closing is None):
            raise ValueError("`ratings` and `closing` come together")
        return self

    @staticmethod
    def outcome(before: int, after: int) -> Outcome:
        """Compare two ratings of 0 to 10."""
        if after == before:
            return Outcome.SAME
        return Outcome.LOWER if after < before else Outcome.HIGHER

    def passages(self) -> Iterator[Passage]:
        """Everything of it that people read, for the checks of ``bot.content.prose``."""
        pairs: list[tuple[str, PlainPair | HtmlPair]] = [("summary", self.summary), ("intro", self.intro)]
        if self.cautions:
            pairs.append(("cautions", self.cautions))
        pairs += [(f"steps {number}", step) for number, step in enumerate(self.steps, 1)]
        if self.script:
            pairs.append(("script.start", self.script.start))
            pairs += [(f"script.frames at {frame.at}", frame.text) for frame in self.script.frames]
        if self.ratings:
            pairs += [("ratings.before.ask", self.ratings.before.ask), ("ratings.after.ask", self.ratings.after.ask)]
        if self.closing:
            pairs += [(f"closing.{name}", getattr(self.closing, name)) for name in Closing.model_fields]
        for lang in LANGS:
            for key, pair in pairs:
                yield Passage(f"tools/{self.id}.yaml", key, lang, pair.of(lang), lesson=self.id, pushed=key in PUSHED)


def load_tools(folders: Sequence[Path]) -> tuple[Tool, ...]:
    """Read and check all tools.

    Args:
        folders: content folders (each may hold ``tools/``), the shipped one first; a later folder's file takes the place of the earlier
            one's with the same name.

    Returns:
        Tools, sorted by id.

    Raises:
        ContentError: the first thing that is broken: file, key, reason.
    """
    tools: list[Tool] = []
    for name, path in overlay(folders, "tools").items():
        if path.suffix not in (".yaml", ".yml"):
            continue
        tool = build(Tool, parse_yaml(read_text(path), path), path)
        if name != f"{tool.id}.yaml":
            raise ContentError(path, "id", f"is {tool.id}, so the file has to be called {tool.id}.yaml")
        tools.append(tool)
    return tuple(sorted(tools, key=lambda tool: tool.id))
