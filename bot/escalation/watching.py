"""What staff do with an item beside closing it: put it off, hand it on, or state that the person was assessed and is unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select

from bot import audit, due, leave, people
from bot.errors import Conflict, NotAllowed
from bot.escalation import tasks
from bot.models import CLINICAL, Case, Person, Task, TaskNote, sealed_at
from bot.safety.levels import Category
from bot.work import Work

LONGEST = timedelta(days=7)  # SAFETY.md 5
ASSESSABLE = frozenset({Category.SUICIDE.value, Category.SELF_HARM.value})


@dataclass(frozen=True, slots=True)
class Done:
    """What was done with an item, by whom and why."""

    kind: str
    at: datetime
    by: Person
    to: Person | None
    until: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """A clinician saw the person, nothing is new: "Sometimes" to the daily safety question is `watch` until then."""

    until: datetime
    by: Person
    reason: str


def finish(work: Work, task: Task, staff: Person, text: str = "") -> None:
    """An item is done; `text` says what was done, "" for nothing to say."""
    tasks.finish(work, task, staff)
    _note(work, task, staff, "done", text)


def postpone(work: Work, task: Task, staff: Person, at: datetime, reason: str) -> None:
    """Put an item off, for seven days at most.

    Raises:
        Conflict: it is later than that, or not later than now.
    """
    if not work.now < at <= work.now + LONGEST:
        raise Conflict("watch/wrong_day")
    before = task.due_at
    tasks.move(work, task, at)
    _note(work, task, staff, "postponed", reason, before=before)
    audit.record(work, "task.postponed", actor=staff, person_id=task.person_id, kind=task.kind, until=at.isoformat())


def hand(work: Work, task: Task, staff: Person, to: Person) -> None:
    """Give an item to a colleague.

    Raises:
        NotAllowed: they are no clinical colleague who is there.
    """
    if to.id not in {one.id for one in colleagues(work, staff)}:
        raise NotAllowed
    task.owner_id, task.updated_at = to.id, work.now
    _note(work, task, staff, "handed", "", to=to)
    audit.record(work, "task.handed", actor=staff, person_id=task.person_id, kind=task.kind, to=to.number)


def colleagues(work: Work, staff: Person) -> list[Person]:
    """Clinical colleagues who are there and can be written to, by number."""
    away = leave.away(work)
    return [
        one
        for one in people.staff(work.session, CLINICAL)
        if one.id not in (staff.id, *away) and people.reachable(one) and not one.fictitious
    ]


def assess(work: Work, task: Task, staff: Person, until: datetime, reason: str) -> None:
    """Assessed, unchanged: the item waits until then, and so does "Sometimes". New, worse or "Yes, now" pages all the same.

    Raises:
        NotAllowed: no clinician, no patient, or an item about something else.
        Conflict: longer than seven days, or not later than now.
    """
    patient = people.patient_of(work.session, task.person_id)
    if staff.role not in CLINICAL or patient is None or task.category not in ASSESSABLE:
        raise NotAllowed
    if not work.now < until <= work.now + LONGEST:
        raise Conflict("watch/wrong_day")
    patient.assessed_until, patient.assessed_at, patient.assessed_by = until, work.now, staff.id
    patient.assessed_reason = work.vault.seal(reason, sealed_at("patient", "assessed_reason", patient.person_id))
    before = task.due_at
    tasks.move(work, task, until)
    _note(work, task, staff, "assessed", reason, before=before)
    audit.record(work, "patient.assessed", actor=staff, person_id=task.person_id, until=until.isoformat())


def assessment(work: Work, person: Person) -> Assessment | None:
    """The assessment that counts now; a case that was opened since has ended it."""
    patient = people.patient_of(work.session, person.id)
    if patient is None or patient.assessed_until is None or patient.assessed_at is None or patient.assessed_by is None:
        return None
    if patient.assessed_until <= work.now:
        return None
    since = select(Case.id).where(col(Case.person_id) == person.id, col(Case.opened_at) >= patient.assessed_at).limit(1)
    if work.session.exec(since).first() is not None:
        return None
    reason = patient.assessed_reason
    text = work.vault.open(reason, sealed_at("patient", "assessed_reason", patient.person_id)) if reason is not None else ""
    return Assessment(patient.assessed_until, people.get(work.session, patient.assessed_by), text)


def history(work: Work, task: Task) -> Sequence[Done]:
    """What was done with an item so far, oldest first."""
    rows = work.session.exec(select(TaskNote).where(col(TaskNote.task_id) == task.id).order_by(col(TaskNote.id))).all()
    return [
        Done(
            kind=row.kind,
            at=row.at,
            by=people.get(work.session, row.author_id),
            to=people.get(work.session, row.to_id) if row.to_id is not None else None,
            until=row.due_after_at,
            text=work.vault.open(row.body, sealed_at("task_note", "body", row.id)) if row.body is not None else "",
        )
        for row in rows
    ]


def morning_in(work: Work, days: int) -> datetime:
    """09:00 of the clinic's in so many days. A weekend gives way to the Monday after it, or, beyond seven days, to the Friday before.

    Args:
        days: 1 to 7.
    """
    zone = work.settings.timezone
    at = due.next_instant(work.now + timedelta(days=days - 1), tasks.WORKDAY_START, zone)
    for step in (timedelta(days=1), timedelta(days=-1)):
        found = at
        while due.local_date(found, zone).weekday() >= 5:
            found = due.instant_of(due.local_date(found, zone) + step, due.parse_wall(tasks.WORKDAY_START), zone)
        if work.now < found <= work.now + LONGEST:
            return found
    return work.now + LONGEST


def _note(work: Work, task: Task, staff: Person, kind: str, text: str, *, to: Person | None = None, before: datetime | None = None) -> None:
    row = TaskNote(
        task_id=task.id,
        person_id=task.person_id,
        kind=kind,
        author_id=staff.id,
        to_id=to.id if to is not None else None,
        due_before_at=before,
        due_after_at=task.due_at if before is not None else None,
        at=work.now,
    )
    if text:
        row.body = work.vault.seal(text, sealed_at("task_note", "body", row.id))
    work.session.add(row)
