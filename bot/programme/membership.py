"""Who comes to what: named people of a series, tracks, and how many hours a patient's plan has."""

from __future__ import annotations

from datetime import date, timedelta

from sqlmodel import col, select

from bot import audit, due, leave, people
from bot.errors import NotAllowed
from bot.escalation import statuses
from bot.models import Patient, Person, Role, SessionMember, SessionNews, SessionSeries
from bot.programme import editing, news, rolls, tracks
from bot.programme.news import What
from bot.programme.store import Book
from bot.work import Work


def add_member(work: Work, row: SessionSeries, person: Person, by: Person, *, day: date, only: bool = False) -> SessionNews:
    """A patient comes to a series, from a day on or on that day `only`.

    Raises:
        NotAllowed: the patient is not theirs.
    """
    if not statuses.may_change(work, person, by) or not tracks.is_here(person):
        raise NotAllowed
    until = day if only else None
    work.session.add(
        SessionMember(series_id=row.id, person_id=person.id, from_date=day, until_date=until, added_at=work.now, added_by=by.id)
    )
    work.session.flush()
    editing.record(work, "session.member_added", by, row, day=day, person=person)
    found = [one for one in Book(work).of(person, work.now, work.now + timedelta(days=400 if only else 15)) if one.row.id == row.id]
    start = next((one.slot.start for one in found if not only or one.slot.day == day), None)
    rolls.plan(work, row)
    return news.announce(work, What.JOINED, by=by, series=row, day=day, person=person, start=start)


def remove_member(work: Work, row: SessionSeries, person: Person, by: Person) -> SessionNews:
    """A patient comes to a series no more, from today on.

    Raises:
        NotAllowed: the patient is not theirs.
    """
    if not statuses.may_change(work, person, by):
        raise NotAllowed
    today = due.local_date(work.now, row.zone)
    statement = select(SessionMember).where(col(SessionMember.series_id) == row.id, col(SessionMember.person_id) == person.id)
    for one in work.session.exec(statement).all():
        if one.from_date >= today:
            work.session.delete(one)
        elif one.until_date is None or one.until_date >= today:
            one.until_date = today - timedelta(days=1)
    work.session.flush()
    editing.record(work, "session.member_removed", by, row, day=today, person=person)
    return news.announce(work, What.LEFT, by=by, series=row, day=today, person=person)


def set_track(work: Work, person: Person, track: str | None, by: Person) -> None:
    """A patient's track from now on; sessions before it stay as they were.

    Args:
        by: staff, or the patient.
    """
    patient = people.patient_of(work.session, person.id)
    if patient is None or (by.id != person.id and not statuses.may_change(work, person, by)):
        raise NotAllowed
    if tracks.key(patient.track) == tracks.key(track):
        return
    patient.track, patient.track_at = track, work.now
    work.session.flush()
    audit.record(work, "patient.track_set", actor=by, person_id=person.id, given=track is not None)
    if by.id != person.id and track is not None:
        news.announce(work, What.TRACK, by=by, person=person, track=track)


def set_plan_hours(work: Work, person: Person, hours: int | None, by: Person) -> None:
    """How many hours of sessions a week the patient's plan has; None for none."""
    patient = people.patient_of(work.session, person.id)
    if patient is None or not statuses.may_change(work, person, by):
        raise NotAllowed
    patient.plan_hours = hours
    audit.record(work, "patient.plan_hours_set", actor=by, person_id=person.id, hours=hours)


def track_of(work: Work, person: Person) -> str | None:
    """A patient's track, or None."""
    patient = people.patient_of(work.session, person.id)
    return patient.track if patient is not None else None


def looked_after(work: Work, staff: Person) -> list[Person]:
    """The patients of this member of staff who are in the programme, by number: own and covered ones; a supervisor's are all."""
    statement = (
        select(Person)
        .join(Patient, col(Patient.person_id) == col(Person.id))
        .where(col(Person.role) == Role.PATIENT, col(Person.removed_at).is_(None), col(Person.enrolled_at).is_not(None))
        .where(col(Person.fictitious).is_(False))
        .order_by(col(Person.number))
    )
    if staff.role is not Role.SUPERVISOR:
        statement = statement.where(col(Patient.owner_id).in_(leave.stands_for(work, staff.id)))
    return [one for one in work.session.exec(statement).all() if tracks.is_here(one)]
