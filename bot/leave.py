"""Who is away and who covers for them. The rows of `Leave` are the only truth: whose patient is whose today is derived from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session, col, func, select

from bot import audit, due, outbox, people
from bot.errors import Conflict
from bot.models import CLINICAL, LEFT_ALONE, Lane, Leave, Patient, Person, Role
from bot.outbox import Button, Post
from bot.work import Work

BEGINS = "leave.begins"  # the due item of the first morning
LONGEST = timedelta(days=365)
MORNING = "08:00"


def today(work: Work) -> date:
    """The date on the clinic's wall."""
    return due.local_date(work.now, work.settings.timezone)


def running(session: Session, staff_id: UUID, day: date) -> Leave | None:
    """The leave that this member of staff has on a day of the clinic, or None."""
    return next(iter(_touching(session, staff_id, day, day)), None)


def ahead(work: Work, staff_id: UUID) -> Sequence[Leave]:
    """Their leave that is not over yet, the first to come first."""
    return _touching(work.session, staff_id, today(work), date.max)


def away(work: Work) -> frozenset[UUID]:
    """Who is on leave today."""
    day = today(work)
    rows = select(Leave.staff_id).where(col(Leave.cancelled_at).is_(None), col(Leave.from_date) <= day, col(Leave.until_date) >= day)
    return frozenset(work.session.exec(rows).all())


def cover_of(work: Work, staff_id: UUID) -> UUID | None:
    """Who covers today for someone who is away; None when nobody does, or nobody who is there themselves."""
    found = running(work.session, staff_id, today(work))
    if found is None or found.cover_id is None:
        return None
    cover = people.get(work.session, found.cover_id)
    gone = cover.removed_at is not None or cover.role not in CLINICAL
    return None if gone or running(work.session, cover.id, today(work)) is not None else cover.id


def looks_after(work: Work, patient: Patient | None) -> UUID | None:
    """Who looks after a patient today: the owner, or whoever covers for them; None for the supervisors."""
    if patient is None or patient.owner_id is None:
        return None
    if running(work.session, patient.owner_id, today(work)) is None:
        return patient.owner_id
    return cover_of(work, patient.owner_id)


def stands_for(work: Work, staff_id: UUID) -> frozenset[UUID]:
    """The owners whose patients are this person's today: themselves, and whom they cover for."""
    day = today(work)
    rows = select(Leave.staff_id).where(
        col(Leave.cover_id) == staff_id, col(Leave.cancelled_at).is_(None), col(Leave.from_date) <= day, col(Leave.until_date) >= day
    )
    return frozenset({staff_id, *(owner for owner in work.session.exec(rows).all() if cover_of(work, owner) == staff_id)})


def owned(session: Session, staff_id: UUID) -> int:
    """How many patients are theirs, those aside whom the clinic has let go."""
    left = [status for status in LEFT_ALONE if status.value in ("moved", "discharged", "deceased")]
    statement = select(func.count()).select_from(Patient).join(Person, col(Person.id) == col(Patient.person_id))
    theirs = statement.where(col(Patient.owner_id) == staff_id, col(Person.removed_at).is_(None), col(Person.status).not_in(left))
    return int(session.exec(theirs).one())


def covers(work: Work, staff: Person, first: date, last: date) -> list[Person]:
    """Who can cover from `first` to `last`: clinical colleagues who are there on all these days, by number."""
    return [
        one
        for one in people.staff(work.session, CLINICAL)
        if one.id != staff.id and not one.fictitious and not _touching(work.session, one.id, first, last)
    ]


def plan(work: Work, staff: Person, first: date, last: date, cover: Person | None, *, by: Person | None = None) -> Leave:
    """Write a leave down; the cover hears of it at once, and again on the first morning.

    Args:
        first, last: dates of the clinic, both included.
        by: who plans it; None for the command line.

    Raises:
        Conflict: the days are over or in the wrong order, they have leave then already, they cover for somebody then, they have patients
            and nobody covers, or the cover is away or cannot cover.
    """
    if last < first or last < today(work) or last - first > LONGEST:
        raise Conflict("leave/wrong_days")
    if _touching(work.session, staff.id, first, last):
        raise Conflict("leave/already")
    duty = _duty(work, staff.id, first, last)
    if duty is not None:
        name = people.name_of(work, people.get(work.session, duty.staff_id)).partition(" ")[0]
        raise Conflict("leave/you_cover", name=name, until=duty.until_date)
    if cover is None and owned(work.session, staff.id):
        raise Conflict("leave/needs_cover", count=owned(work.session, staff.id))
    if cover is not None and cover.id not in {one.id for one in covers(work, staff, first, last)}:
        raise Conflict("leave/cover_away")
    row = Leave(
        staff_id=staff.id,
        cover_id=cover.id if cover is not None else None,
        from_date=first,
        until_date=last,
        created_at=work.now,
        created_by=by.id if by is not None else None,
    )
    work.session.add(row)
    work.session.flush()
    at = max(due.instant_of(first, due.parse_wall(MORNING), work.settings.timezone), work.now)
    if at > work.now:
        due.put(work, BEGINS, f"leave:{row.id}:begins", at, useful_for=timedelta(days=1), leave=row.id)
    _audit(work, "leave.planned", row, by)
    _tell(work, row, "leave/you_will_cover")
    return row


def cancel(work: Work, row: Leave, *, by: Person | None = None) -> None:
    """Take a leave back, or end one that runs; the cover hears of it.

    Raises:
        Conflict: it was taken back before, or it is over.
    """
    if row.cancelled_at is not None or row.until_date < today(work):
        raise Conflict("leave/over")
    row.cancelled_at = work.now
    due.drop(work, f"leave:{row.id}")
    _audit(work, "leave.cancelled", row, by)
    _tell(work, row, "leave/cover_over")


def without_cover(work: Work, staff_id: UUID) -> list[Leave]:
    """Take someone who is staff no more out of every leave that they were to cover.

    Returns:
        The leaves that are left without cover, running or to come.
    """
    rows = select(Leave).where(col(Leave.cover_id) == staff_id, col(Leave.cancelled_at).is_(None), col(Leave.until_date) >= today(work))
    found = list(work.session.exec(rows).all())
    for row in found:
        row.cover_id = None
    for own in ahead(work, staff_id):
        own.cancelled_at = work.now
        due.drop(work, f"leave:{own.id}")
    return found


def begins(work: Work, row: Leave) -> None:
    """The first morning: the cover hears whose patients are theirs from now on."""
    if row.cancelled_at is None and running(work.session, row.staff_id, today(work)) is not None:
        _tell(work, row, "leave/begins")


def _tell(work: Work, row: Leave, key: str) -> None:
    """Tell the cover; nobody's name stands on a locked phone but a colleague's."""
    cover = people.get(work.session, row.cover_id) if row.cover_id is not None else None
    if cover is None or not people.reachable(cover):
        return
    name = people.name_of(work, people.get(work.session, row.staff_id)).partition(" ")[0]
    values = {"name": name, "first": row.from_date, "last": row.until_date, "count": owned(work.session, row.staff_id)}
    rows = [[Button("leave/caseload", "caseload.today")]] if key == "leave/begins" else []
    post = Post(lane=Lane.REPLY, dedup_key=f"{key}:{row.id}")
    outbox.say(work, cover, key, rows, post=post, **values)


def _touching(session: Session, staff_id: UUID, first: date, last: date) -> Sequence[Leave]:
    statement = select(Leave).where(
        col(Leave.staff_id) == staff_id, col(Leave.cancelled_at).is_(None), col(Leave.from_date) <= last, col(Leave.until_date) >= first
    )
    return session.exec(statement.order_by(col(Leave.from_date), col(Leave.id))).all()


def _duty(work: Work, staff_id: UUID, first: date, last: date) -> Leave | None:
    """Somebody else's leave that this person covers in these days."""
    statement = select(Leave).where(
        col(Leave.cover_id) == staff_id, col(Leave.cancelled_at).is_(None), col(Leave.from_date) <= last, col(Leave.until_date) >= first
    )
    return work.session.exec(statement.order_by(col(Leave.from_date)).limit(1)).first()


def _audit(work: Work, action: str, row: Leave, by: Person | None) -> None:
    cover = people.get(work.session, row.cover_id).number if row.cover_id is not None else None
    audit.record(
        work,
        action,
        actor=by,
        by=None if by is not None else "operator",
        person_id=row.staff_id,
        leave=row.id,
        first=row.from_date.isoformat(),
        last=row.until_date.isoformat(),
        cover=cover,
    )


def may_plan(by: Person, staff: Person) -> bool:
    """Everyone plans their own leave; supervisors anybody's."""
    return by.removed_at is None and by.role in CLINICAL and (by.id == staff.id or by.role is Role.SUPERVISOR)


def of_id(session: Session, leave_id: int) -> Leave | None:
    """A leave by its id."""
    return session.get(Leave, leave_id)


def planned(work: Work) -> Sequence[Leave]:
    """Everybody's leave that is not over, the first to come first."""
    statement = select(Leave).where(col(Leave.cancelled_at).is_(None), col(Leave.until_date) >= today(work))
    return work.session.exec(statement.order_by(col(Leave.from_date), col(Leave.id))).all()
