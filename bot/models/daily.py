"""What a patient does from day to day: check-ins, lessons, written tools."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.models.columns import document, instant, ref, uuid_key


class Checkin(SQLModel, table=True):
    """One local day's check-in. Numbers and choices are in clear, words are sealed."""

    __tablename__ = "checkin"
    __table_args__ = (UniqueConstraint("person_id", "local_date"),)

    id: UUID = uuid_key()
    person_id: UUID = ref("person", index=False)
    local_date: date
    started_at: datetime = instant()
    counted_at: datetime | None = instant(optional=True)  # craving, use and the safety question are answered
    finished_at: datetime | None = instant(optional=True)
    craving: int | None = None  # 0-10
    within_reach: str | None = None  # yes, no, no_answer
    used: str | None = None  # no, yes, rather_not
    safety: str | None = None  # no, sometimes, yes_now, rather_not
    mood: int | None = None  # 0-10
    sleep_hours: float | None = None
    medication: str | None = None  # yes, no, none
    halt: list[str] = document(list)
    note: bytes | None = None  # sealed


class LessonProgress(SQLModel, table=True):
    """Where a person is in a lesson."""

    __tablename__ = "lesson_progress"
    __table_args__ = (UniqueConstraint("person_id", "lesson_id"),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: UUID = ref("person", index=False)
    module_id: str
    lesson_id: str
    stage: str = "pages"  # pages, exercise, quiz, done
    position: int = 0  # page, step or item within the stage
    started_at: datetime = instant()
    updated_at: datetime = instant()
    done_at: datetime | None = instant(optional=True)
    assigned_by: UUID | None = ref("person", optional=True, index=False)
    content_version: str = ""


class ExerciseAnswer(SQLModel, table=True):
    """What a person answered in an exercise; the newest per step counts."""

    __tablename__ = "exercise_answer"
    __table_args__ = (UniqueConstraint("person_id", "lesson_id", "step_key"),)

    id: UUID = uuid_key()
    person_id: UUID = ref("person", index=False)
    lesson_id: str
    step_key: str
    answer: bytes  # sealed JSON
    at: datetime = instant()


class PlanItem(SQLModel, table=True):
    """An entry of a person's own plan: a trigger, a warning sign, what helps, whom to call, a reason, an if-then. Removed ones stay."""

    __tablename__ = "plan_item"

    id: UUID = uuid_key()
    person_id: UUID = ref("person")
    kind: str  # as in `content.exercise.PlanField`
    text: bytes  # sealed
    lesson_id: str | None = None  # where it was written; None when added in the list
    step_key: str | None = None
    created_at: datetime = instant()
    removed_at: datetime | None = instant(optional=True)


class QuizAnswer(SQLModel, table=True):
    """One answer to a quiz item."""

    __tablename__ = "quiz_answer"

    id: int | None = Field(default=None, primary_key=True)
    person_id: UUID = ref("person")
    lesson_id: str
    item_key: str
    option_key: str
    right: bool
    at: datetime = instant()


class ToolEntry(SQLModel, table=True):
    """A written tool that a person filled in, or is filling in."""

    __tablename__ = "tool_entry"

    id: UUID = uuid_key()
    person_id: UUID = ref("person")
    tool_id: str
    step: str = ""  # the key of the step where they are
    answers: bytes | None = None  # sealed JSON: by step key
    started_at: datetime = instant()
    updated_at: datetime = instant()
    done_at: datetime | None = instant(optional=True)
    went: str | None = None  # what became of it, asked some days later: done, partly, not_yet
    content_version: str = ""
