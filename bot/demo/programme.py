"""The demo's programme: an evening track of nine hours a week, talks and a family session, with two weeks of attendance behind them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from bot import due, people
from bot.models import Person, SessionMember, SessionRoll, SessionSeries
from bot.programme import reminders, rolls, store
from bot.programme.store import Book
from bot.work import Work

TRACK, PLAN_HOURS = "evening", 9
BACK = timedelta(days=14)

# title, weekdays (0 = Monday), wall, minutes, room
GROUPS = (
    ("Coping skills", (0, 2), "18:00", 180, "Room 2"),
    ("Relapse prevention", (3,), "18:00", 120, "Room 2"),
    ("Open group", (1,), "18:30", 60, "Room 1"),
)
TALKS = ("10:00", "11:00", "15:00")  # one patient after the other, on Fridays
ABSENT = {1: (5,), 2: (2, 6)}  # patient (by their place in the cast) -> which of the sessions behind them they missed


def seed(work: Work, patients: Sequence[Person], leader: Person) -> None:
    """Fill the weeks behind and ahead. The clinic's zone counts, as for any session."""
    today = due.local_date(work.now, work.settings.timezone)
    first = today - BACK
    for title, weekdays, wall, minutes, room in GROUPS:
        _series(work, leader, "group", title, first, wall, minutes, room, weekdays=weekdays, track=TRACK)
    for person, wall in zip(patients, TALKS, strict=False):
        row = _series(work, leader, "individual", "", first, wall, 50, "Room 4", weekdays=(4,))
        _member(work, row, person, first)
    family = _series(work, leader, "family", "", today + timedelta(days=2), "17:00", 60, "Room 4")
    _member(work, family, patients[0], family.from_date)
    work.session.flush()
    for place, person in enumerate(patients):
        patient = people.patient_of(work.session, person.id)
        if patient is not None:
            patient.plan_hours = PLAN_HOURS
        _behind(work, person, leader, ABSENT.get(place, ()))
        reminders.plan(work, person)
    for row in Book(work).series.values():
        rolls.plan(work, row)


def _series(
    work: Work,
    leader: Person,
    kind: str,
    title: str,
    first: date,
    wall: str,
    minutes: int,
    room: str,
    *,
    weekdays: tuple[int, ...] = (),
    track: str | None = None,
) -> SessionSeries:
    row = SessionSeries(
        kind=kind,
        track=track,
        leader_id=leader.id,
        weekdays=list(weekdays),
        from_date=first,
        until_date=None if weekdays else first,
        wall=wall,
        minutes=minutes,
        zone=work.settings.timezone,
        created_at=work.now - BACK,
        created_by=leader.id,
    )
    row.title = store.sealed(work, "session_series", "title", row.id, title)
    row.room = store.sealed(work, "session_series", "room", row.id, room)
    work.session.add(row)
    work.session.flush()
    return row


def _member(work: Work, row: SessionSeries, person: Person, first: date) -> None:
    work.session.add(SessionMember(series_id=row.id, person_id=person.id, from_date=first, added_at=work.now - BACK))


def _behind(work: Work, person: Person, leader: Person, absent: Sequence[int]) -> None:
    """Attendance of what is over."""
    book = Book(work)
    over = [one for one in book.of(person, work.now - BACK, work.now) if one.slot.end <= work.now]
    for number, one in enumerate(over):
        seat = store.seat_for(work, person, one)
        seat.attendance, seat.counted = ("absent" if number in absent else "present"), True
        seat.marked_at, seat.marked_by = one.slot.end, leader.id
        if store.roll_of(work, one) is None:
            roll = SessionRoll(
                series_id=one.row.id, local_date=one.slot.day, asked_at=one.slot.end, done_at=one.slot.end, done_by=leader.id
            )
            work.session.add(roll)
            work.session.flush()
