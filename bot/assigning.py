"""Lessons that the team gives a patient: open whatever the week, and first in line in their order. The pace of the curriculum too.

What the team changed is told to the patient once, a few minutes after the last change, so that ten taps make one message.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlmodel import col, select

from bot import audit, due, people
from bot.content.lessons import Lesson
from bot.errors import Conflict
from bot.models import Due, DueState, LessonProgress, Person
from bot.work import Work

WEEKS = 12  # of the curriculum, as `week` in module.yaml counts them
PACES = tuple(range(3, 17))  # weeks over which it can be spread
LEFT_OUT = -1  # the place in a lesson that the team passes over; whoever opens it themselves begins at its first page
NEWS = "learn.news"  # the due item that tells
TOLD_AFTER = timedelta(minutes=5)


def rows_of(work: Work, person: Person) -> dict[str, LessonProgress]:
    """A patient's lessons, by lesson id: begun, done or given."""
    found = work.session.exec(select(LessonProgress).where(col(LessonProgress.person_id) == person.id))
    return {row.lesson_id: row for row in found}


def begin(work: Work, person: Person, lesson: Lesson) -> LessonProgress:
    """A patient's row for a lesson that they have none for: at its first page."""
    row = LessonProgress(
        person_id=person.id,
        module_id=lesson.module_id,
        lesson_id=lesson.id,
        started_at=work.now,
        updated_at=work.now,
        content_version=work.content.version,
    )
    work.session.add(row)
    return row


def is_given(row: LessonProgress | None) -> bool:
    """Whether it is the team's wish, and not done yet."""
    return row is not None and row.assigned_by is not None and row.done_at is None


def is_left_out(row: LessonProgress | None) -> bool:
    """Whether the team passes this lesson over for the patient, who did not begin it all the same."""
    return row is not None and row.position == LEFT_OUT and row.done_at is None


def in_order(lessons: Iterable[Lesson], rows: dict[str, LessonProgress]) -> list[Lesson]:
    """What the team gave and is not done, in the order in which it comes.

    Args:
        lessons: of the curriculum, in its order.
        rows: the patient's, by lesson id.
    """
    return sorted((one for one in lessons if is_given(rows.get(one.id))), key=lambda one: rows[one.id].started_at)


def give(work: Work, person: Person, lesson: Lesson, by: Person) -> None:
    """Give a patient a lesson, after those that they were given before. Giving it twice is giving it once.

    Raises:
        Conflict: they have done it.
    """
    row = rows_of(work, person).get(lesson.id)
    if row is not None and row.done_at is not None:
        raise Conflict("assign/done_already")
    if row is None:
        row = begin(work, person, lesson)
    if row.assigned_by is None:
        row.assigned_by, row.started_at, row.position = by.id, work.now, max(row.position, 0)
        audit.record(work, "lesson.assigned", actor=by, person_id=person.id, what=lesson.id)
        tell(work, person, "lessons")


def put_first(work: Work, person: Person, lessons: Iterable[Lesson], by: Person) -> int:
    """Give lessons so that they come before all others, in this order; what is done stays done.

    Returns:
        How many there are to do.
    """
    rows = rows_of(work, person)
    wanted = [lesson for lesson in lessons if (row := rows.get(lesson.id)) is None or (row.done_at is None and not is_left_out(row))]
    first = min([work.now, *(row.started_at for row in rows.values() if is_given(row))])
    for place, lesson in enumerate(reversed(wanted), 1):
        row = rows.get(lesson.id) or begin(work, person, lesson)
        row.assigned_by, row.started_at = row.assigned_by or by.id, first - timedelta(milliseconds=place)
    if wanted:
        audit.record(work, "lesson.put_first", actor=by, person_id=person.id, what=" ".join(lesson.id for lesson in wanted))
        tell(work, person, "lessons")
    return len(wanted)


def set_pace(work: Work, person: Person, weeks: int, by: Person) -> None:
    """Another pace: modules open sooner or later; what was opened or begun stays open as far as it was begun. The patient hears of it
    unless it was they who chose.

    Args:
        weeks: one of `PACES`.
    """
    patient = people.patient_of(work.session, person.id)
    if patient is None or patient.pace_weeks == weeks:
        return
    patient.pace_weeks = weeks
    audit.record(work, "settings.changed", actor=by, person_id=person.id, what="pace")
    if by.id != person.id:
        tell(work, person, "pace")


def tell(work: Work, person: Person, what: str) -> None:
    """Have the patient hear what the team changed, once, some minutes after the last change, and not in their quiet hours.

    Args:
        what: lessons or pace.
    """
    at = work.now + TOLD_AFTER
    if due.is_quiet(person, at):
        at = due.next_instant(at, person.quiet_until, person.zone)
    waiting = select(Due).where(col(Due.person_id) == person.id, col(Due.kind) == NEWS, col(Due.state) == DueState.WAITING)
    row = work.session.exec(waiting).first()
    said = set(row.args.get("what", ())) if row is not None else set()
    key = row.key if row is not None else f"learn_news:{person.id}:{work.now.isoformat()}"
    due.put(work, NEWS, key, at, person=person, useful_for=timedelta(days=1), what=sorted({*said, what}))


def leave_out(work: Work, person: Person, lesson: Lesson, by: Person) -> None:
    """Never offer a patient this lesson; they may still open it when its week has come. Also where the team had given it.

    Raises:
        Conflict: they have done it, or are in the middle of it.
    """
    row = rows_of(work, person).get(lesson.id)
    if row is not None and row.done_at is not None:
        raise Conflict("assign/done_already")
    if row is not None and (row.stage != "pages" or row.position > 0):
        raise Conflict("assign/begun_already")
    row = row or begin(work, person, lesson)
    row.assigned_by, row.position = None, LEFT_OUT
    audit.record(work, "lesson.left_out", actor=by, person_id=person.id, what=lesson.id)


def take_in(work: Work, person: Person, lesson: Lesson, by: Person) -> None:
    """The counterpart of `leave_out`: the lesson comes in its turn again."""
    row = rows_of(work, person).get(lesson.id)
    if row is not None and is_left_out(row):
        work.session.delete(row)
        audit.record(work, "lesson.taken_in", actor=by, person_id=person.id, what=lesson.id)


def take_back(work: Work, person: Person, lesson: Lesson, by: Person) -> None:
    """The lesson is as if it had not been given; where the patient is in it stays."""
    row = rows_of(work, person).get(lesson.id)
    if row is None or row.assigned_by is None:
        return
    row.assigned_by = None
    if row.position == 0 and row.stage == "pages":
        work.session.delete(row)
    audit.record(work, "lesson.taken_back", actor=by, person_id=person.id, what=lesson.id)
