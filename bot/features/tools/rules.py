"""A live timer's arithmetic (everything follows from when it started, its pauses and the clock), and which tool fits what. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.content.exercise import Measured
from bot.content.files import Trigger
from bot.content.tools import LEAST_GAP_S, Outcome, Script, Tool
from bot.models import Timer

GAP = timedelta(seconds=LEAST_GAP_S)  # between two edits of the message
PAUSE_AT_MOST = timedelta(hours=1)  # a longer pause ends the timer without a word
END_USEFUL_FOR = timedelta(minutes=15)  # later nobody sits there any more
SEVERE_CRAVING = 9  # of 10: "Is it within reach?" (SAFETY.md 5)
_WIDTH = 10


def elapsed_s(timer: Timer, now: datetime) -> float:
    """Seconds of the script that have run, pauses taken off; it stands still during a pause."""
    return max(((timer.paused_at or now) - timer.started_at).total_seconds() - timer.paused_s, 0.0)


def instant_of(timer: Timer, second: float) -> datetime:
    """When that second of the script is reached, the pauses so far counted in."""
    return timer.started_at + timedelta(seconds=second + timer.paused_s)


def frame_now(script: Script, elapsed: float) -> int | None:
    """The place of the frame that belongs on the screen; None once the time is up."""
    frame = script.frame_at(elapsed)
    return None if frame is None else script.frames.index(frame)


def next_frame_at(timer: Timer, script: Script, now: datetime) -> datetime | None:
    """When the next frame may go: at its second, and at least the gap after now; None when the script has no more."""
    if timer.frame >= len(script.frames):
        return None
    return max(instant_of(timer, script.frames[timer.frame].at), now + GAP)


def bar(elapsed: float, total: int) -> str:
    """How far it is, in text blocks."""
    full = min(int(elapsed * _WIDTH // total), _WIDTH)
    return "▰" * full + "▱" * (_WIDTH - full)


def left(elapsed: float, total: int) -> str:
    """What is left, `4:30`."""
    rest = max(round(total - elapsed), 0)
    return f"{rest // 60}:{rest % 60:02d}"


def outcome(before: int | None, after: int) -> Outcome:
    """What became of it. Nothing left is always good; without a first rating it counts as unchanged."""
    if after == 0:
        return Outcome.LOWER
    return Tool.outcome(after if before is None else before, after)


def fallen(before: int | None, after: int) -> dict[str, Any]:
    """Both numbers, to be shown when the second is the smaller one; a rise is not held up to anyone."""
    shown = before is not None and after < before
    return {"before": before if shown else None, "after": after if shown else None}


def asks_reach(tool: Tool, rating: int | None) -> bool:
    """Whether this number asks the craving rule's question."""
    measured = tool.ratings.measure if tool.ratings is not None else None
    return rating is not None and rating >= SEVERE_CRAVING and measured is Measured.CRAVING


def parse_rating(text: str) -> int | None:
    """A button's number of 0 to 10; None for `-` (skipped).

    Raises:
        ValueError: it is neither; the data was forged.
    """
    if text == "-":
        return None
    if not text.isascii() or not text.isdecimal() or int(text) > 10:
        raise ValueError("no rating")
    return int(text)


def best(tools: Iterable[Tool], triggers: Sequence[Trigger]) -> list[Tool]:
    """The tools that help with any of these triggers, the best fit first; of two as good the shorter one."""
    ranked = [(fit, tool.minutes, tool.id, tool) for tool in tools if (fit := tool.fit(triggers)) is not None]
    return [entry[3] for entry in sorted(ranked, key=lambda entry: entry[:3])]


def in_order(tools: Iterable[Tool], triggers: Sequence[Trigger]) -> list[Tool]:
    """All of these tools: those that fit first, then the shorter ones."""
    found = list(tools)
    first = best(found, triggers)
    return [*first, *sorted((tool for tool in found if tool not in first), key=lambda tool: (tool.minutes, tool.id))]
