"""Check-ins as rows: one a person and local day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import and_, or_
from sqlmodel import col, func, select

from bot import due, rhythm
from bot.features.checkin.rules import Answers
from bot.models import Case, Checkin, Due, DueState, LessonProgress, Person, Task, sealed_at
from bot.work import Work


def today(work: Work, person: Person) -> date:
    """The date on the person's wall."""
    return due.local_date(work.now, person.zone)


def of_day(work: Work, person: Person, day: date) -> Checkin | None:
    """The check-in of a local day, begun or done."""
    return work.session.exec(select(Checkin).where(col(Checkin.person_id) == person.id, col(Checkin.local_date) == day)).first()


def opened(work: Work, person: Person, day: date) -> Checkin:
    """The check-in of a local day; begun now when there is none."""
    row = of_day(work, person, day)
    if row is None:
        row = Checkin(person_id=person.id, local_date=day, started_at=work.now)
        work.session.add(row)
        work.session.flush()
    return row


def answers_of(row: Checkin | None) -> Answers:
    """A row's answers, as rules see them."""
    if row is None:
        return Answers()
    return Answers(
        craving=row.craving,
        within_reach=row.within_reach,
        used=row.used,
        safety=row.safety,
        mood=row.mood,
        sleep_hours=row.sleep_hours,
        medication=row.medication,
        halt=tuple(row.halt),
        note=row.note is not None,
    )


def settle(work: Work, row: Checkin) -> None:
    """From the third answer on the day counts."""
    if row.counted_at is None and answers_of(row).counts:
        row.counted_at = work.now


def write_note(work: Work, row: Checkin, text: str) -> None:
    """Seal what the person wrote."""
    row.note = work.vault.seal(text, sealed_at("checkin", "note", row.id))


def latest_cravings(work: Work, person: Person, day: date, days: int) -> list[int]:
    """The cravings of the days up to `day`, oldest first, back to the first day without one."""
    statement = select(Checkin).where(
        col(Checkin.person_id) == person.id, col(Checkin.local_date) <= day, col(Checkin.local_date) > day - timedelta(days=days)
    )
    by_day = {row.local_date: row.craving for row in work.session.exec(statement)}
    found: list[int] = []
    for back in range(days):
        craving = by_day.get(day - timedelta(days=back))
        if craving is None:
            break
        found.insert(0, craving)
    return found


def safety_on(work: Work, person: Person, day: date) -> str | None:
    """What was answered to the safety question that day."""
    row = of_day(work, person, day)
    return row.safety if row is not None else None


def total(work: Work, person: Person) -> int:
    """How many check-ins counted, ever."""
    statement = select(func.count()).select_from(Checkin).where(col(Checkin.person_id) == person.id, col(Checkin.counted_at).is_not(None))
    return work.session.exec(statement).one()


def lessons_done(work: Work, person: Person) -> set[str]:
    """The ids of the lessons that the person has done."""
    statement = select(LessonProgress.lesson_id).where(col(LessonProgress.person_id) == person.id, col(LessonProgress.done_at).is_not(None))
    return set(work.session.exec(statement))


def heard(work: Work, person: Person) -> Checkin:
    """A sign of life without a check-in ("I'm OK"): an empty row of the day, filled when a check-in follows."""
    return opened(work, person, today(work, person))


def quiet_since(work: Work, person: Person) -> date:
    """The local day from which on days without a check-in are counted (itself left out).

    The last day that counted or on which the person tapped "I'm OK"; the day before the enrolment; the end of a pause or of a case.
    """
    empty = and_(col(Checkin.craving).is_(None), col(Checkin.used).is_(None), col(Checkin.safety).is_(None), col(Checkin.mood).is_(None))
    statement = select(func.max(col(Checkin.local_date))).where(
        col(Checkin.person_id) == person.id, or_(col(Checkin.counted_at).is_not(None), empty)
    )
    closed = select(func.max(col(Case.closed_at))).where(col(Case.person_id) == person.id)
    begun = due.local_date(person.enrolled_at or person.created_at, person.zone) - timedelta(days=1)
    ended = [person.paused_until, work.session.exec(closed).one()]
    days = [due.local_date(at, person.zone) for at in ended if at is not None and at <= work.now]
    return max([begun, *days, work.session.exec(statement).one() or begun])


def days_missed(work: Work, person: Person) -> int:
    """Days since `quiet_since`, today left out, on which the check-in was offered in time and nothing came.

    A day on which the process stood still is nobody's silence.
    """
    first, day = quiet_since(work, person) + timedelta(days=1), today(work, person)
    statement = select(func.count()).select_from(Due)
    statement = statement.where(
        col(Due.person_id) == person.id,
        col(Due.kind) == rhythm.KIND,
        col(Due.state) == DueState.DONE,
        col(Due.due_at) >= _midnight(first, person),
        col(Due.due_at) < _midnight(day, person),
    )
    return work.session.exec(statement).one()


def silence_told(work: Work, person: Person) -> bool:
    """Whether the counselor has an item about this silence already."""
    since = _midnight(quiet_since(work, person), person)
    statement = select(Task.id).where(col(Task.person_id) == person.id, col(Task.kind) == "silence", col(Task.created_at) >= since)
    return work.session.exec(statement).first() is not None


def _midnight(day: date, person: Person) -> datetime:
    return due.instant_of(day, time(0, 0), person.zone)
