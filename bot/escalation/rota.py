"""Who is on call. Pure over shifts; `store` reads them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

POSITIONS = ("primary", "backup")


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of a position. `end` None: until further notice; `rank` grows with the time of writing."""

    position: str
    staff_id: UUID
    start: datetime
    end: datetime | None
    rank: int


@dataclass(frozen=True, slots=True)
class Span:
    """Who holds a position between two instants; None is a gap."""

    position: str
    staff_id: UUID | None
    start: datetime
    end: datetime


def holder(slots: Iterable[Slot], position: str, at: datetime) -> UUID | None:
    """Who holds a position at an instant: the newest slot that covers it, or None in a gap."""
    covering = [slot for slot in slots if slot.position == position and slot.start <= at and (slot.end is None or at < slot.end)]
    return max(covering, key=lambda slot: slot.rank).staff_id if covering else None


def spans(slots: Sequence[Slot], position: str, start: datetime, end: datetime) -> list[Span]:
    """The rota of a position from `start` to `end`, without holes (gaps are spans with nobody), neighbours of one person joined."""
    edges = {start, end}
    for slot in slots:
        edges.update(edge for edge in (slot.start, slot.end) if edge is not None and start < edge < end)
    ordered = sorted(edges)
    result: list[Span] = []
    for begin, finish in itertools.pairwise(ordered):
        who = holder(slots, position, begin)
        if result and result[-1].staff_id == who:
            result[-1] = Span(position, who, result[-1].start, finish)
        else:
            result.append(Span(position, who, begin, finish))
    return result
