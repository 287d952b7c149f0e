"""Shifts as rows. The chat and the command line plan through these functions alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot import audit, people
from bot.errors import NotAllowed
from bot.escalation import duty, rota
from bot.escalation.duty import AHEAD
from bot.escalation.rota import POSITIONS, Span
from bot.models import CLINICAL, Person, Shift
from bot.work import Work


@dataclass(frozen=True, slots=True)
class Post:
    """A position of the rota at an instant.

    Attributes:
        staff: who holds it; None in a gap, or when they are staff no more.
        until: the end of the stretch; None when nothing ends it within the next 14 days.
        planned: who should hold it; somebody else than `staff` when they did not confirm their shift.
    """

    position: str
    staff: Person | None
    until: datetime | None
    planned: Person | None


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
    duty.forget(work.session)
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


def post(work: Work, position: str, at: datetime) -> Post:
    """Who holds a position at an instant, who is planned for it, and until when."""
    span = duty.spans(work, position, at, at + AHEAD)[0]
    planned = people.get(work.session, span.staff_id) if span.staff_id is not None else None
    return Post(position, duty.on_call(work, position, at), span.end if span.end < at + AHEAD else None, planned)


def listing(work: Work, start: datetime, end: datetime) -> list[Span]:
    """The rota between two instants: all of primary, then all of backup; gaps are spans with nobody.

    A stretch of someone who is staff no more, or on leave, is a gap.
    """
    found = duty.plan(work, start, end)
    return [span for position in POSITIONS for span in rota.spans(found.slots, position, start, end, found.away)]


def gaps(work: Work, start: datetime, end: datetime) -> Sequence[Span]:
    """The stretches in which nobody holds a position, earliest first; declared off-hours count as none."""
    off = rota.off_hours(duty.declared(work.session), work.settings.timezone, start, end)
    found = [part for span in listing(work, start, end) if span.staff_id is None for part in rota.without(span, off)]
    return sorted(found, key=lambda span: (span.start, POSITIONS.index(span.position)))


def shifts_of(work: Work, staff: Person, start: datetime, end: datetime) -> list[Span]:
    """A person's own stretches, earliest first."""
    found = [span for span in listing(work, start, end) if span.staff_id == staff.id]
    return sorted(found, key=lambda span: (span.start, POSITIONS.index(span.position)))


def next_up(work: Work, position: str, after: datetime) -> Span | None:
    """Whose stretch of a position begins next within 14 days; None when the present one goes on, or nobody follows."""
    later = duty.spans(work, position, after, after + AHEAD)[1:]
    return next((span for span in later if span.staff_id is not None), None)


def away_now(work: Work) -> list[Person]:
    """Who is on leave now."""
    found = {one.staff_id for one in duty.absences(work, work.now, work.now) if one.start <= work.now < one.end}
    staff = (people.get(work.session, staff_id) for staff_id in found)
    return sorted((person for person in staff if person.removed_at is None), key=lambda person: person.number)
