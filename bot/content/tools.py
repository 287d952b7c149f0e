"""Skills to use at once: one YAML file a tool in ``content/tools``, English and Spanish side by side.

A tool is timed (a script for a live timer, with a rating before and after) or written (a worksheet whose answers are kept); each has its
steps alone as well. ``_shared.yaml`` holds ratings and closing words that several tools use by name. A recording may lie beside a tool's
file: ``<tool>.<lang>.ogg``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from bot.content.exercise import Measured
from bot.content.files import (
    LANGS,
    Broken,
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
    tolerated,
)
from bot.content.prose import Passage
from bot.content.worksheet import ButtonPair, Worksheet
from bot.errors import ContentError

SHARED = "_shared.yaml"
LEAST_GAP_S = 3  # edits of one message, DESIGN.md 3
PUSHED = ("script.start", "ratings.after.ask")
"""New messages that may arrive while the phone lies locked: neutral words only (SAFETY.md 4)."""


class Outcome(StrEnum):
    """How the second rating compares with the first."""

    LOWER = "lower"
    SAME = "same"
    HIGHER = "higher"


class Group(StrEnum):
    """Where a tool stands in the list."""

    NOW = "now"  # an urge or a strong feeling, this minute
    BODY = "body"  # breath, muscles, rest
    THINK = "think"  # with pen and paper, so to speak
    PEOPLE = "people"  # what to say to others


class Family(StrEnum):
    """Tools that are offered together, as one entry with a choice."""

    BREATHING = "breathing"


class Frame(Model):
    """What the timer's message says from ``at`` seconds on."""

    at: Annotated[int, Field(ge=0)]
    text: HtmlPair


class Phase(Model):
    """A part of a round: how long, and what is said."""

    seconds: Annotated[int, Field(ge=LEAST_GAP_S, le=60)]
    text: PlainPair


class Rounds(Model):
    """The same phases again and again, from ``at`` seconds on: a way to write paced breathing down. ``{n}`` is the round's number."""

    at: Annotated[int, Field(ge=0)]
    times: Annotated[int, Field(ge=1, le=60)]
    phases: Annotated[tuple[Phase, ...], Field(min_length=2, max_length=8)]

    def frames(self) -> Iterator[dict[str, Any]]:
        """Each phase of each round as a frame, as an author would have written it."""
        at = self.at
        for number in range(1, self.times + 1):
            for phase in self.phases:
                yield {"at": at, "text": {lang: phase.text.of(lang).replace("{n}", str(number)) for lang in LANGS}}
                at += phase.seconds


class Script(Model):
    """A live timer: one message that is edited as the seconds go by.

    ``start`` is the message that goes out first, so its words may show on a lock screen; the frames are edits, which show nowhere.
    """

    total: Annotated[int, Field(ge=30, le=3600)]
    start: HtmlPair
    frames: Annotated[tuple[Frame, ...], Field(min_length=2)]

    @model_validator(mode="before")
    @classmethod
    def _with_rounds(cls, data: Any) -> Any:
        """The frames that ``rounds`` stands for, put among the others."""
        if not isinstance(data, dict) or "rounds" not in data:
            return data
        rounds = Rounds.model_validate(data["rounds"])
        frames = [*data.get("frames", ()), *rounds.frames()]
        return {**{key: value for key, value in data.items() if key != "rounds"}, "frames": sorted(frames, key=lambda one: int(one["at"]))}

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
    """The same question before and after. With ``measure`` a 9 or 10 counts like a check-in's craving: "Is it within reach?"."""

    measure: Measured | None = None
    before: Rating
    after: Rating


class Gate(Model):
    """A part that is not safe for everyone: asked about first, and shown only to those who say that nothing of it is true for them.

    Args:
        ask: names what would make it unsafe.
        steps: the part, before the tool's other steps.
    """

    ask: HtmlPair
    steps: Annotated[tuple[HtmlPair, ...], Field(min_length=1, max_length=4)]


class Closing(Model):
    """What is said after the second rating, or when the person stopped before the end."""

    lower: HtmlPair
    same: HtmlPair
    higher: HtmlPair
    stopped: HtmlPair


class Tool(Model):
    """A skill in both languages. ``steps`` is the "just give me the steps" version; a timed tool has script, ratings and closing, a written
    one a worksheet.

    ``summary`` is one plain line for the list of tools; ``cautions`` are shown with ``intro``, before anything starts.
    """

    id: ContentId
    title: TitlePair
    summary: PlainPair
    minutes: Annotated[int, Field(ge=1, le=60)]
    group: Group
    family: Family | None = None
    helps_with: tuple[Trigger, ...] = ()
    source: Plain
    intro: HtmlPair
    cautions: HtmlPair | None = None
    steps: Annotated[tuple[HtmlPair, ...], Field(min_length=1, max_length=10)]
    script: Script | None = None
    ratings: Ratings | None = None
    closing: Closing | None = None
    gate: Gate | None = None
    worksheet: Worksheet | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.ratings is None) != (self.closing is None):
            raise ValueError("`ratings` and `closing` come together")
        if self.script is not None and self.worksheet is not None:
            raise ValueError("a tool has a `script` or a `worksheet`, not both")
        return self

    @staticmethod
    def outcome(before: int, after: int) -> Outcome:
        """Compare two ratings of 0 to 10."""
        if after == before:
            return Outcome.SAME
        return Outcome.LOWER if after < before else Outcome.HIGHER

    def fit(self, triggers: Sequence[Trigger]) -> tuple[int, int, int] | None:
        """How well it fits these triggers, the weightiest of which stands first: the smaller the better; None when it helps with none.

        The first trigger that it helps with decides, then how near to the front of ``helps_with`` that stands, then how many it helps with.
        """
        shared = [trigger for trigger in triggers if trigger in self.helps_with]
        return (triggers.index(shared[0]), self.helps_with.index(shared[0]), -len(shared)) if shared else None

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
        if self.gate:
            pairs.append(("gate.ask", self.gate.ask))
            pairs += [(f"gate.steps {number}", step) for number, step in enumerate(self.gate.steps, 1)]
        if self.worksheet:
            pairs += self.worksheet.texts()
        for lang in LANGS:
            for key, pair in pairs:
                yield Passage(f"tools/{self.id}.yaml", key, lang, pair.of(lang), lesson=self.id, pushed=key in PUSHED)


def load_tools(folders: Sequence[Path], broken: Broken | None = None) -> tuple[Tool, ...]:
    """Read and check all tools.

    Args:
        folders: content folders (each may hold ``tools/``), the shipped one first; a later folder's file takes the place of the earlier
            one's with the same name.
        broken: is told of every tool that is broken, which is left out then; without it the first is raised.

    Returns:
        Tools, sorted by id.

    Raises:
        ContentError: the first thing that is broken: file, key, reason.
    """
    tools: list[Tool] = []
    found = overlay(folders, "tools")
    shared = _shared(found)
    for name, path in found.items():
        if path.suffix not in (".yaml", ".yml") or name == SHARED:
            continue
        with tolerated(broken):
            tool = build(Tool, _filled(parse_yaml(read_text(path), path), shared, path), path)
            if name != f"{tool.id}.yaml":
                raise ContentError(path, "id", f"is {tool.id}, so the file has to be called {tool.id}.yaml")
            tools.append(tool)
    return tuple(sorted(tools, key=lambda tool: tool.id))


def _shared(found: Mapping[str, Path]) -> dict[str, Any]:
    """What tools may name under `ratings` and `closing`."""
    return parse_yaml(read_text(found[SHARED]), found[SHARED]) if SHARED in found else {}


def _filled(data: dict[str, Any], shared: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """A tool's file with the words that it takes from the shared one."""
    for key in ("ratings", "closing"):
        name = data.get(key)
        if isinstance(name, str):
            known = shared.get(key) or {}
            if name not in known:
                raise ContentError(path, key, f"there is no {name} under `{key}` in {SHARED}; there are {', '.join(known) or 'none'}")
            data = {**data, key: known[name]}
    return data
