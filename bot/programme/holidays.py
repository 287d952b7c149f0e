"""Days on which the clinic is closed."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from bot import audit, due
from bot.errors import Conflict, NotAllowed
from bot.models import Holiday, Person, SessionNews
from bot.programme import news, rolls, store
from bot.programme.news import What
from bot.work import Work

FARTHEST = timedelta(days=366)


def add(work: Work, first: date, last: date, name: str, by: Person) -> SessionNews:
    """The clinic is closed; sessions that repeat do not take place.

    Raises:
        Conflict: the days are over or in the wrong order.
    """
    today = due.local_date(work.now, work.settings.timezone)
    if not store.is_clinical(by):
        raise NotAllowed
    if last < first or last < today or last - first > timedelta(days=60) or first - today > 2 * FARTHEST:
        raise Conflict("sessions/wrong_days")
    row = Holiday(from_date=first, until_date=last, created_at=work.now, created_by=by.id)
    row.name = store.sealed(work, "holiday", "name", row.id, name)
    work.session.add(row)
    work.session.flush()
    audit.record(work, "holiday.added", actor=by, holiday=str(row.id), first=first.isoformat(), last=last.isoformat())
    rolls.plan_all(work)
    return news.announce(work, What.HOLIDAY, by=by, holiday_id=row.id, day=first, first=first.isoformat(), last=last.isoformat())


def remove(work: Work, holiday_id: UUID, by: Person) -> SessionNews:
    """The clinic is open after all.

    Raises:
        NotAllowed: there is no such holiday.
        Conflict: it was taken back, or is over.
    """
    row = work.session.get(Holiday, holiday_id)
    if row is None or not store.is_clinical(by):
        raise NotAllowed
    if row.removed_at is not None or row.until_date < due.local_date(work.now, work.settings.timezone):
        raise Conflict("sessions/holiday_over")
    row.removed_at = work.now
    work.session.flush()
    audit.record(work, "holiday.removed", actor=by, holiday=str(row.id))
    rolls.plan_all(work)
    first, last = row.from_date.isoformat(), row.until_date.isoformat()
    return news.announce(work, What.HOLIDAY_OFF, by=by, holiday_id=row.id, day=row.from_date, first=first, last=last)
