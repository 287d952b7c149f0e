"""A person's place in each lesson, their sealed answers, and what they chose in the quizzes."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlmodel import col, select

from bot import assigning, people
from bot.content.lessons import Lesson
from bot.features.learn.rules import Choice, Stage
from bot.models import ExerciseAnswer, LessonProgress, Person, QuizAnswer, sealed_at
from bot.work import Work


def progress(work: Work, person: Person) -> dict[str, LessonProgress]:
    """The person's progress by lesson id."""
    return assigning.rows_of(work, person)


def progress_in(work: Work, person: Person, lesson: Lesson) -> LessonProgress:
    """The person's place in one lesson; at its first page when they never were in it."""
    statement = select(LessonProgress).where(col(LessonProgress.person_id) == person.id, col(LessonProgress.lesson_id) == lesson.id)
    row = work.session.exec(statement).first()
    if row is None:
        row = assigning.begin(work, person, lesson)
        work.session.flush()
    return row


def move(work: Work, row: LessonProgress, stage: Stage, position: int) -> None:
    """Put the person somewhere in the lesson. The first time at the end is kept as the day on which it was done."""
    row.stage, row.position = stage, position
    row.updated_at, row.content_version = work.now, work.content.version
    if stage is Stage.DONE and row.done_at is None:
        row.done_at = work.now


def keep_answer(work: Work, person: Person, lesson: Lesson, step_key: str, answer: dict[str, Any]) -> None:
    """Keep an answer, sealed; it takes the place of an earlier one to the same step."""
    statement = select(ExerciseAnswer).where(
        col(ExerciseAnswer.person_id) == person.id, col(ExerciseAnswer.lesson_id) == lesson.id, col(ExerciseAnswer.step_key) == step_key
    )
    row = work.session.exec(statement).first()
    if row is None:
        row = ExerciseAnswer(person_id=person.id, lesson_id=lesson.id, step_key=step_key, answer=b"", at=work.now)
    row.answer = work.vault.seal_json(answer, sealed_at("exercise_answer", "answer", row.id))
    row.at = work.now
    work.session.add(row)


def answers(work: Work, person: Person, lesson: Lesson) -> dict[str, dict[str, Any]]:
    """The person's answers in a lesson by step key, opened."""
    statement = select(ExerciseAnswer).where(col(ExerciseAnswer.person_id) == person.id, col(ExerciseAnswer.lesson_id) == lesson.id)
    return {
        row.step_key: work.vault.open_json(row.answer, sealed_at("exercise_answer", "answer", row.id))
        for row in work.session.exec(statement)
    }


def answered_lessons(work: Work, person: Person) -> frozenset[str]:
    """Ids of the lessons in which the person left an answer."""
    statement = select(ExerciseAnswer.lesson_id).where(col(ExerciseAnswer.person_id) == person.id).distinct()
    return frozenset(work.session.exec(statement))


def keep_choice(work: Work, person: Person, lesson: Lesson, item_key: str, option_key: str, *, right: bool) -> None:
    """Keep one answer to a quiz question; each try is a row."""
    work.session.add(
        QuizAnswer(person_id=person.id, lesson_id=lesson.id, item_key=item_key, option_key=option_key, right=right, at=work.now)
    )


def choices(work: Work, person: Person) -> list[Choice]:
    """Every answer that the person gave to a quiz question, oldest first."""
    statement = select(QuizAnswer.lesson_id, QuizAnswer.item_key, QuizAnswer.right, QuizAnswer.at)
    found = work.session.exec(statement.where(col(QuizAnswer.person_id) == person.id).order_by(col(QuizAnswer.at), col(QuizAnswer.id)))
    return [Choice(*row) for row in found]


def pace_of(work: Work, person: Person) -> tuple[date | None, int]:
    """The day on which the person's programme began, and over how many weeks the curriculum is spread for them."""
    patient = people.patient_of(work.session, person.id)
    return (patient.started_on, patient.pace_weeks) if patient is not None else (None, assigning.WEEKS)


def lesson_at(work: Work, person: Person) -> str:
    """The local time at which a lesson is offered each day; "" when none is."""
    patient = people.patient_of(work.session, person.id)
    return patient.lesson_at or "" if patient is not None else ""
