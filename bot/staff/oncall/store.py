"""Shifts as rows. The chat and the command line plan through these functions alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from bot import audit, people
from bot.errors import NotAllowed
from bot.escalation import rota, store
from bot.escalation.rota import POSITIONS, Span
from bot.models import CLINICAL, Person, Shift
from bot.work import Work

AHEAD = timedelta(days=14)  # how far gaps are looked for


@dataclass(frozen=True, slots=True)
class Post:
    """A position of the rota at an instant.

    Attributes:
        staff: who holds it; None in a gap, or when they are staff no more.
        until: the end of the stretch; None when nothing ends it within the next 14 days.
    """

    position: str
    staff: Person | None
    until: datetime | None


def set_shift(work: Work, position: str, staff: Person, start: datetime, end: datetime | None, by: Person | None = None) -> Shift:
    """Put someone on the rota. What was planned before for that stretch gives way; nothing is deleted.

    Args:
        position: primary or backup.
        staff: a counselor or supervisor.
        start, end: UTC instants; `end` None: until further notice.
        by: who planned it; None for the command line.

    Raises:
        NotAllowed: this person cannot be on call (role, or staff no more).
        ValueError: no such position, or the end is not after the start.
    """
    if position not in POSITIONS:
        raise ValueError(f"{position} is no position of the rota: {', '.join(POSITIONS)}")
    if end is not None and end <= start:
        raise ValueError("a shift ends after it starts")
    if staff.role not in CLINICAL or staff.removed_at is not None:
        raise NotAllowed
    shift = Shift(
        position=position, staff_id=staff.id, start_at=start, end_at=end, created_at=work.now, created_by=by.id if by is not None else None
    )
    work.session.add(shift)
    work.session.flush()
    audit.record(
        work,
        "oncall.set",
        actor=by,
        by=None if by is not None else "operator",
        person_id=staff.id,
        position=position,
        shift=shift.id,
        start=start.isoformat(),
        end=end.isoformat() if end is not None else None,
    )
    return shift


def post(session: Session, position: str, at: datetime) -> Post:
    """Who holds a position at an instant, and until when."""
    span = rota.spans(store.slots(session, at, at + AHEAD), position, at, at + AHEAD)[0]
    return Post(position, store.on_call(session, position, at), span.end if span.end < at + AHEAD else None)


def listing(session: Session, start: datetime, end: datetime) -> list[Span]:
    """The rota between two instants: all of primary, then all of backup; gaps are spans with nobody.

    A stretch of someone who is staff no more is a gap.
    """
    slots = store.slots(session, start, end)
    gone = {slot.staff_id for slot in slots if people.get(session, slot.staff_id).removed_at is not None}
    found: list[Span] = []
    for position in POSITIONS:
        for span in rota.spans(slots, position, start, end):
            who = None if span.staff_id in gone else span.staff_id
            if found and found[-1].position == position and found[-1].staff_id == who:
                found[-1] = Span(position, who, found[-1].start, span.end)
            else:
                found.append(Span(position, who, span.start, span.end))
    return found


def gaps(session: Session, start: datetime, end: datetime) -> Sequence[Span]:
    """The stretches in which nobody holds a position, earliest first."""
    return sorted((span for span in listing(session, start, end) if span.staff_id is None), key=lambda span: (span.start, span.position))
