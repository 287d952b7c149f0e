"""Lessons that the team gives a patient: open whatever the week, and first in line in the order in which they were given."""

from __future__ import annotations

from sqlmodel import col, select

from bot import audit
from bot.content.lessons import Lesson
from bot.errors import Conflict
from bot.models import LessonProgress, Person
from bot.work import Work


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


def give(work: Work, person: Person, lesson: Lesson, by: Person) -> None:
    """Give a patient a lesson. Giving it twice is giving it once.

    Raises:
        Conflict: they have done it.
    """
    row = rows_of(work, person).get(lesson.id)
    if row is not None and row.done_at is not None:
        raise Conflict("assign/done_already")
    if row is None:
        row = begin(work, person, lesson)
    if row.assigned_by is None:
        row.assigned_by, row.started_at = by.id, work.now
        audit.record(work, "lesson.assigned", actor=by, person_id=person.id, what=lesson.id)


def take_back(work: Work, person: Person, lesson: Lesson, by: Person) -> None:
    """The lesson is as if it had not been given; where the patient is in it stays."""
    row = rows_of(work, person).get(lesson.id)
    if row is None or row.assigned_by is None:
        return
    row.assigned_by = None
    if row.position == 0 and row.stage == "pages":
        work.session.delete(row)
    audit.record(work, "lesson.taken_back", actor=by, person_id=person.id, what=lesson.id)
