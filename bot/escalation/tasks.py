"""Work for staff that wakes nobody: `watch` items and what else can wait for the next working day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, or_, select

from bot import audit, due, leave, people
from bot.errors import Conflict, NotAllowed
from bot.escalation import engine
from bot.escalation.engine import Finding
from bot.ids import short
from bot.models import CLINICAL, Patient, Person, Role, Task
from bot.work import Work

MERGE = timedelta(days=7)  # one item per person, category and week
WORKDAY_START, WORKDAY_END = "09:00", "17:00"
OVERDUE_AFTER = timedelta(hours=8)  # a working day after it was due, the supervisors hear of it


def watch(work: Work, person: Person, finding: Finding) -> Task:
    """A `watch` item: merged with an open one of the same person and category of the last seven days."""
    task = _mergeable(work, person, "watch", finding.category)
    if task is None:
        task = add(work, person, "watch", category=finding.category)
    else:
        _again(work, task, next_working_morning(work))
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
    _remind(work, task)
    audit.record(work, "task.added", person_id=person.id, kind=kind, category=category)
    return task


def once(work: Work, person: Person, kind: str, *, category: str | None = None, due_at: datetime | None = None) -> Task:
    """Like `add`, but an open item of this kind and category is used again."""
    found = _mergeable(work, person, kind, category)
    if found is None:
        return add(work, person, kind, category=category, due_at=due_at)
    _again(work, found, due_at or next_working_morning(work))
    return found


def _again(work: Work, task: Task, due_at: datetime) -> None:
    """One more mention of an open item: one that was put off comes back in the time that a new one has."""
    task.count += 1
    task.updated_at = work.now
    if task.due_at > due_at:
        move(work, task, due_at)


def move(work: Work, task: Task, due_at: datetime) -> None:
    """An open item is due at another time; its owner, and if need be the supervisors, hear of it again."""
    due.drop(work, f"task:{task.id}")
    task.due_at, task.overdue_told_at, task.updated_at = due_at, None, work.now
    _remind(work, task)


def _remind(work: Work, task: Task) -> None:
    at = task.due_at.isoformat(timespec="seconds")
    due.put(work, "task.due", f"task:{task.id}:due:{at}", task.due_at, task=short(task.id))
    due.put(work, "task.overdue", f"task:{task.id}:overdue:{at}", _overdue_at(work, task.due_at), task=short(task.id))


def responsible(work: Work, person: Person) -> UUID | None:
    """Whose item it is: the cover while the owner is away, else the owner; None for the supervisors."""
    return leave.looks_after(work, people.patient_of(work.session, person.id))


def _overdue_at(work: Work, due_at: datetime) -> datetime:
    """When the supervisors hear of it: a working day after it was due, and never at night."""
    at = due_at + OVERDUE_AFTER
    local = at.astimezone(ZoneInfo(work.settings.timezone))
    working = local.weekday() < 5 and WORKDAY_START <= local.strftime("%H:%M") <= WORKDAY_END
    return at if working else next_working_morning(work, at)


def next_working_morning(work: Work, after: datetime | None = None) -> datetime:
    """09:00 of the next Monday to Friday after an instant (now when left out), in the clinic's zone."""
    at = due.next_instant(after or work.now, WORKDAY_START, work.settings.timezone)
    while due.local_date(at, work.settings.timezone).weekday() >= 5:
        at = due.next_instant(at, WORKDAY_START, work.settings.timezone)
    return at


def same_day(work: Work) -> datetime:
    """At once within working hours, else the next working morning: for what must not wait a day."""
    local = work.now.astimezone(ZoneInfo(work.settings.timezone))
    working = local.weekday() < 5 and WORKDAY_START <= local.strftime("%H:%M") < WORKDAY_END
    return work.now if working else next_working_morning(work)


def open_tasks(work: Work, staff: Person) -> list[Task]:
    """The open items that this member of staff sees, the first due first: their own; a supervisor sees all."""
    statement = select(Task).where(col(Task.state) == "open").order_by(col(Task.due_at), col(Task.id))
    if staff.role is not Role.SUPERVISOR:
        covered = select(Patient.person_id).where(col(Patient.owner_id).in_(leave.stands_for(work, staff.id) - {staff.id}))
        statement = statement.where(or_(col(Task.owner_id) == staff.id, col(Task.person_id).in_(covered)))
    return list(work.session.exec(statement).all())


def theirs(work: Work, task_id: UUID, staff: Person) -> Task:
    """An open item that this member of staff may see and close.

    Raises:
        NotAllowed: there is no such item, or it is somebody else's.
        Conflict: it is done.
    """
    statement = select(Task).where(col(Task.id) == task_id).with_for_update(key_share=True)
    task = work.session.exec(statement, execution_options={"populate_existing": True}).first()
    if task is None or staff.removed_at is not None or staff.role not in CLINICAL:
        raise NotAllowed
    if staff.role is not Role.SUPERVISOR and staff.id not in (task.owner_id, responsible(work, people.get(work.session, task.person_id))):
        raise NotAllowed
    if task.state != "open":
        raise Conflict("alerts/task_done_already")
    return task


def finish(work: Work, task: Task, staff: Person) -> None:
    """An item is done."""
    task.state, task.done_at, task.done_by = "done", work.now, staff.id
    due.drop(work, f"task:{task.id}")
    audit.record(work, "task.done", actor=staff, person_id=task.person_id, kind=task.kind)


def readers(work: Work, task: Task) -> Sequence[Person]:
    """Who is told that an item is due: its owner, their cover while they are away, else (nobody, or staff no more) the supervisors."""
    owner = work.session.get(Person, task.owner_id) if task.owner_id is not None else None
    if owner is not None and owner.id in leave.away(work):
        cover = leave.cover_of(work, owner.id)
        owner = people.get(work.session, cover) if cover is not None else None
    if owner is not None and owner.removed_at is None and people.reachable(owner):
        return [owner]
    supervisors, away = people.staff(work.session, {Role.SUPERVISOR}), leave.away(work)
    return [one for one in supervisors if one.id not in away] or supervisors


def _mergeable(work: Work, person: Person, kind: str, category: str | None) -> Task | None:
    statement = select(Task).where(
        col(Task.person_id) == person.id, col(Task.kind) == kind, col(Task.state) == "open", col(Task.created_at) > work.now - MERGE
    )
    statement = statement.where(col(Task.category).is_(None) if category is None else col(Task.category) == category)
    return work.session.exec(statement.order_by(col(Task.created_at).desc())).first()
