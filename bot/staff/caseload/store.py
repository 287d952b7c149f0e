"""Whose patients are whose, and what is known about one."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, func, select

from bot import leave, people
from bot.models import LEFT_ALONE, LessonProgress, Patient, Person, Role, Task
from bot.work import Work


def patients(work: Work, staff: Person) -> Sequence[Person]:
    """The enrolled patients of this member of staff, by number: own and covered ones; a supervisor's are all."""
    statement = (
        select(Person)
        .join(Patient, col(Patient.person_id) == col(Person.id))
        .where(col(Person.role) == Role.PATIENT, col(Person.removed_at).is_(None), col(Person.enrolled_at).is_not(None))
        .where(col(Person.fictitious).is_(False))
        .order_by(col(Person.number))
    )
    if staff.role is not Role.SUPERVISOR:
        statement = statement.where(col(Patient.owner_id).in_(leave.stands_for(work, staff.id)))
    return work.session.exec(statement).all()


def owner_of(work: Work, patient: Person) -> tuple[Person | None, Person | None]:
    """The owner, and who covers for them today; None for nobody."""
    row = people.patient_of(work.session, patient.id)
    owner = people.get(work.session, row.owner_id) if row is not None and row.owner_id is not None else None
    today = leave.looks_after(work, row)
    cover = people.get(work.session, today) if today is not None and owner is not None and today != owner.id else None
    return owner, cover


def is_active(person: Person) -> bool:
    """Whether silence of this patient means anything: neither paused nor away."""
    return person.status not in LEFT_ALONE and person.silent_since is None


def lessons_done(session: Session, person_id: UUID) -> int:
    """How many lessons a patient has finished."""
    statement = select(func.count()).select_from(LessonProgress)
    return int(session.exec(statement.where(col(LessonProgress.person_id) == person_id, col(LessonProgress.done_at).is_not(None))).one())


def tasks_about(session: Session, person_id: UUID) -> int:
    """How many open items there are about a patient."""
    statement = select(func.count()).select_from(Task)
    return int(session.exec(statement.where(col(Task.person_id) == person_id, col(Task.state) == "open")).one())
