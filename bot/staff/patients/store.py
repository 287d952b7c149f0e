"""Who looks after a patient: chosen, told, and their open items go along."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from bot import audit, outbox, people
from bot.errors import Conflict, NotAllowed
from bot.escalation import store as cases
from bot.escalation import tasks
from bot.models import CLINICAL, Lane, Person, Role, Task
from bot.outbox import Button, Post
from bot.work import Work

_ABOUT_OWNER = ("orphan", "uncovered")  # items that a new owner settles
_SUPERVISORS = ("deceased", "heard")  # items that stay with the supervisors


def may_give(work: Work, patient: Person, staff: Person) -> bool:
    """Whether this member of staff may choose another owner: the owner and any supervisor."""
    row = people.patient_of(work.session, patient.id)
    if staff.removed_at is not None or staff.role not in CLINICAL or row is None or patient.removed_at is not None:
        return False
    return staff.role is Role.SUPERVISOR or row.owner_id == staff.id


def candidates(work: Work, patient: Person) -> list[Person]:
    """Who could look after the patient: clinical staff but the present owner, by number."""
    row = people.patient_of(work.session, patient.id)
    return [one for one in people.staff(work.session, CLINICAL) if row is None or one.id != row.owner_id]


def give(work: Work, patient: Person, owner: Person, *, by: Person | None) -> None:
    """Make somebody the patient's owner. Open items go along; the new owner is told with a neutral line.

    Args:
        by: None for the command line.

    Raises:
        NotAllowed: not theirs to give, or the new owner is no clinician.
        Conflict: they are the owner already.
    """
    row = people.patient_of(work.session, patient.id)
    if row is None or owner.role not in CLINICAL or owner.removed_at is not None or (by is not None and not may_give(work, patient, by)):
        raise NotAllowed
    if row.owner_id == owner.id:
        raise Conflict("patients/owner_already")
    before = people.get(work.session, row.owner_id).number if row.owner_id is not None else None
    row.owner_id = owner.id
    work.session.flush()
    for task in _open_items(work, patient):
        if task.kind in _ABOUT_OWNER:
            tasks.finish(work, task, by or owner)
        elif task.kind not in _SUPERVISORS:
            task.owner_id = owner.id
    audit.record(
        work,
        "patient.owner_changed",
        actor=by,
        by=None if by is not None else "operator",
        person_id=patient.id,
        before=before,
        owner=owner.number,
    )
    if by is None or by.id != owner.id:
        rows = [[Button("patients/open", "caseload.person", (patient.number,))]]
        outbox.say(work, owner, "patients/given", rows, post=Post(lane=Lane.REPLY), number=patient.number)


def take_case_over(work: Work, person: Person, account_id: UUID) -> None:
    """A case that somebody has from the time when their new account was a stranger's is theirs now.

    With a case of their own open it stays where it is: a human closes both.
    """
    strange = cases.open_case(work.session, account_id)
    if strange is None or person.role is not Role.PATIENT or cases.open_case(work.session, person.id) is not None:
        return
    case = cases.locked(work.session, strange.id)
    if case is None:
        return
    case.person_id = person.id
    for alert in cases.alerts_of(work.session, case.id):
        alert.person_id = person.id
    audit.record(work, "case.person_known", person_id=person.id, case_id=case.id)


def _open_items(work: Work, patient: Person) -> Sequence[Task]:
    return work.session.exec(select(Task).where(col(Task.person_id) == patient.id, col(Task.state) == "open")).all()
