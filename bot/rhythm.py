"""When the daily check-in is offered: the next local wall time of the person's own choice."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlmodel import col, select

from bot import due
from bot.models import Due, DueState, Person, Status
from bot.work import Work

KIND = "checkin.remind"
REPLAN = "meeting.replan"  # the meetings' own due item: what hangs on the person's clock is planned anew
USEFUL_FOR = timedelta(hours=3)
EARLIEST, LATEST = time(8, 0), time(20, 45)  # no form with a safety question is sent outside (SAFETY.md 5)
_TRIES = 3  # today's and tomorrow's may be done already


def in_window(wall: str) -> bool:
    """Whether the check-in may be offered at this local `HH:MM`: 08:00 to 20:45."""
    return EARLIEST <= due.parse_wall(wall) <= LATEST


def checkin_on(person: Person) -> bool:
    """Whether this person is to be asked at all: an enrolled, active patient with a time of their own who did not switch it off."""
    return (
        person.enrolled_at is not None
        and person.removed_at is None
        and person.checkin_at is not None
        and person.status in (Status.ACTIVE, Status.TRAVELLING)
        and "checkin" not in person.reminders_off
    )


def plan_checkin(work: Work, person: Person) -> datetime | None:
    """Put the next check-in reminder in, and take back those that no longer fit.

    Call it at the end of the enrolment, after each reminder, and whenever the person's time, zone or wish changed. It is the
    same however often it is called. Key: `checkin:<person id>:<local date>`.

    Returns:
        The instant of the next reminder, UTC; None when there is none.
    """
    key, at = _next(work, person) if checkin_on(person) else (None, None)
    _drop_others(work, person, key)
    if key is None or at is None:
        return None
    row = due.put(work, KIND, key, at, person=person, useful_for=USEFUL_FOR, wall=person.checkin_at, zone=person.zone)
    if row.state is DueState.DROPPED:
        # Taken back earlier (switched off, another time): wanted again.
        row.state, row.done_at = DueState.WAITING, None
        row.due_at, row.useful_until, row.wall, row.zone = at, at + USEFUL_FOR, person.checkin_at, person.zone
    return at


def clock_changed(work: Work, person: Person) -> None:
    """The person has another zone: the evening before a meeting is at another moment now. Call `plan_checkin` as well."""
    due.put(work, REPLAN, f"{REPLAN}:{person.id}:{work.now.isoformat()}", work.now, person=person)


def key_of(person: Person, day: str) -> str:
    """The key of a local day's reminder; without a day what all keys of the person begin with."""
    return f"checkin:{person.id}:{day}" if day else f"checkin:{person.id}"


def _next(work: Work, person: Person) -> tuple[str, datetime]:
    assert person.checkin_at is not None
    after = work.now
    for _ in range(_TRIES):
        at = due.next_instant(after, person.checkin_at, person.zone)
        key = key_of(person, due.local_date(at, person.zone).isoformat())
        row = work.session.exec(select(Due).where(col(Due.key) == key)).first()
        if row is None or row.state is not DueState.DONE:
            break
        after = at
    return key, at


def _drop_others(work: Work, person: Person, key: str | None) -> None:
    statement = select(Due).where(col(Due.kind) == KIND, col(Due.person_id) == person.id, col(Due.state) == DueState.WAITING)
    for row in work.session.exec(statement):
        if row.key != key:
            row.state, row.done_at = DueState.DROPPED, work.now
