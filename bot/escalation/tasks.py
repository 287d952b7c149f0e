"""Work for staff that wakes nobody: `watch` items and what else can wait for the next working day."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select

from bot import audit, due, people
from bot.escalation import engine
from bot.escalation.engine import Finding
from bot.models import Person, Role, Task
from bot.work import Work

MERGE = timedelta(days=7)  # one item per person, category and week
WORKDAY_START = "09:00"


def watch(work: Work, person: Person, finding: Finding) -> Task:
    """A `watch` item: merged with an open one of the same person and category of the last seven days."""
    task = _mergeable(work, person, "watch", finding.category)
    if task is None:
        task = add(work, person, "watch", category=finding.category)
    else:
        task.count += 1
        task.updated_at = work.now
    engine.add_alert(work, person, finding, task_id=task.id)
    return task


def add(work: Work, person: Person, kind: str, *, category: str | None = None, due_at: datetime | None = None) -> Task:
    """A new item for the person's owner (or cover), due the next working morning; without an owner it goes to the supervisors."""
    task = Task(
        kind=kind,
        person_id=person.id,
        category=category,
        owner_id=responsible(work, person),
        due_at=due_at or next_working_morning(work),
        created_at=work.now,
        updated_at=work.now,
    )
    work.session.add(task)
    work.session.flush()
    audit.record(work, "task.added", person_id=person.id, kind=kind, category=category)
    return task


def once(work: Work, person: Person, kind: str, *, category: str | None = None) -> Task:
    """Like `add`, but an open item of this kind and category is used again."""
    found = _mergeable(work, person, kind, category)
    if found is None:
        return add(work, person, kind, category=category)
    found.count += 1
    found.updated_at = work.now
    return found


def responsible(work: Work, person: Person) -> UUID | None:
    """Whose item it is: the cover while the owner is away, else the owner; None for the supervisors."""
    patient = people.patient_of(work.session, person.id)
    if patient is None:
        return None
    if patient.cover_id is not None and patient.cover_until is not None and patient.cover_until > work.now:
        return patient.cover_id
    return patient.owner_id


def next_working_morning(work: Work) -> datetime:
    """09:00 of the next Monday to Friday, in the clinic's zone."""
    at = due.next_instant(work.now, WORKDAY_START, work.settings.timezone)
    while due.local_date(at, work.settings.timezone).weekday() >= 5:
        at = due.next_instant(at, WORKDAY_START, work.settings.timezone)
    return at


def open_tasks(work: Work, staff: Person) -> list[Task]:
    """The open items that this member of staff sees, most urgent first: their own; a supervisor sees all."""
    statement = select(Task).where(col(Task.state) == "open").order_by(col(Task.due_at), col(Task.id))
    if staff.role is not Role.SUPERVISOR:
        statement = statement.where(col(Task.owner_id) == staff.id)
    return list(work.session.exec(statement).all())


def finish(work: Work, task: Task, staff: Person) -> None:
    """An item is done."""
    task.state, task.done_at, task.done_by = "done", work.now, staff.id
    audit.record(work, "task.done", actor=staff, person_id=task.person_id, kind=task.kind)


def _mergeable(work: Work, person: Person, kind: str, category: str | None) -> Task | None:
    statement = select(Task).where(
        col(Task.person_id) == person.id, col(Task.kind) == kind, col(Task.state) == "open", col(Task.created_at) > work.now - MERGE
    )
    statement = statement.where(col(Task.category).is_(None) if category is None else col(Task.category) == category)
    return work.session.exec(statement.order_by(col(Task.created_at).desc())).first()
