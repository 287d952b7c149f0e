"""Who works here and who is looked after: listed, added, removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, or_, select

from bot import audit, due, invitations, leave, moving, people
from bot.escalation import ack, engine, policy, relay, store, tasks
from bot.models import STAFF, Case, Conversation, Invitation, Patient, Person, Role, Shift, Task
from bot.staff.register import rules
from bot.work import Work


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff as the operator's list shows them.

    Attributes:
        state: `waiting` (has not used the code), `blocked` (cannot be written to), `ready`.
    """

    number: int
    name: str
    role: Role
    state: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A patient as the operator's list shows them.

    Attributes:
        owner: the name of the counselor who looks after them; "" for the supervisors.
        seen_at: when they last did something, to five minutes.
    """

    number: int
    name: str
    track: str
    status: str
    owner: str
    enrolled_at: datetime | None
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Left:
    """What became of the work of someone who was removed: numbers of cases passed on, how many patients lost their owner."""

    cases: tuple[int, ...]
    patients: int


def members(work: Work) -> list[Member]:
    """Everyone who is staff now, by number."""
    return [Member(person.number, people.name_of(work, person), person.role, _state(person)) for person in people.staff(work.session)]


def _state(person: Person) -> str:
    if person.chat_id is None:
        return "waiting"
    return "blocked" if person.blocked_at is not None else "ready"


def invite(work: Work, role: Role, name: str) -> tuple[Person, str]:
    """A member of staff with a code for their account. Someone of this name and role who has not used a code yet gets a new one.

    Returns:
        Their row, which the rota can name at once, and the code.
    """
    person = next(
        (one for one in people.staff(work.session, {role}) if one.chat_id is None and people.name_of(work, one) == name), None
    ) or people.add(work, role, name=name)
    _withdraw(work, person)
    return person, invitations.create(work, role, name=name, person=person)


def remove(work: Work, person: Person) -> Left:
    """End a person's rights as staff, now: their account becomes a stranger's, their cases go to the next step, what showed a patient's
    data is taken back from their phone.

    Args:
        person: staff; the row stays, since cases and the audit log name it.
    """
    person.removed_at = work.now  # first: nothing below may page them again
    audit.record(work, "staff.removed", by="operator", person_id=person.id, role=person.role)
    held, paged = _cases(work, person)
    moving.take_back(work, person)
    relay.clear_target(work, person)
    _withdraw(work, person)
    _end_shifts(work, person)
    work.session.flush()
    for case in held:
        _pass_on(work, case)
    for case in paged:
        engine.advance(work, case, reason="passed_on")
        ack.refresh_pages(work, case)
    patients = _orphan(work, person)
    conversation = work.session.get(Conversation, person.id)
    if conversation is not None:
        conversation.state = conversation.data = conversation.parked = conversation.asked = None
    # Last: until here the phone could be written to. From now on whoever writes from it is a stranger, with a stranger's menu.
    if person.chat_id is not None:
        due.put(work, moving.CUT, f"cut:{person.id}:{work.now.isoformat()}", work.now, chat=person.chat_id)
    person.chat_id, person.commands_set = None, None
    return Left(tuple(case.number for case in (*held, *paged)), patients)


def _cases(work: Work, person: Person) -> tuple[list[Case], list[Case]]:
    """Open cases that this person holds, and those whose newest step paged nobody else."""
    held, paged = [], []
    for case in store.open_cases(work.session):
        if case.holder_id == person.id:
            held.append(case)
        elif case.acknowledged_at is None:
            pages = store.pages_of(work.session, case.id)
            newest = max((page.step for page in pages), default=None)
            if newest is not None and {page.staff_id for page in pages if page.step == newest} == {person.id}:
                paged.append(case)
    return held, paged


def _pass_on(work: Work, case: Case) -> None:
    """From a holder who left a case goes to the backup, and on from there; as `ack.pass_on` does for a holder's own tap."""
    chain = policy.read(case.policy)
    index = policy.index_of(chain, "backup")
    case.holder_id = case.acknowledged_at = case.word_due_at = None
    case.step, case.level_at = index, work.now - timedelta(minutes=chain.steps[index].at)
    audit.record(work, "case.passed_on", by="operator", person_id=case.person_id, case_id=case.id)
    engine.advance(work, case, reason="passed_on")
    ack.refresh_pages(work, case)


def _withdraw(work: Work, person: Person) -> None:
    """Codes for their account, and staff codes that they gave out, are good no more."""
    mine = select(Invitation).where(
        or_(col(Invitation.person_id) == person.id, col(Invitation.created_by) == person.id), col(Invitation.confirmed_at).is_(None)
    )
    for invitation in work.session.exec(mine):
        used_up = invitation.used_at is not None and invitation.created_by is None
        if invitation.role in STAFF and not used_up:
            invitation.refused_at = invitation.refused_at or work.now


def _end_shifts(work: Work, person: Person) -> None:
    running = select(Shift).where(col(Shift.staff_id) == person.id, or_(col(Shift.end_at).is_(None), col(Shift.end_at) > work.now))
    for shift in work.session.exec(running):
        shift.end_at = max(shift.start_at, work.now)


def _orphan(work: Work, person: Person) -> int:
    """Their patients and open items go to the supervisors, each patient with an item that says so."""
    count = 0
    for patient in _patients_of(work, person.id):
        patient.owner_id = None
        tasks.once(work, people.get(work.session, patient.person_id), "orphan", due_at=tasks.same_day(work))
        count += 1
    for row in leave.without_cover(work, person.id):
        for patient in _patients_of(work, row.staff_id):
            task = tasks.once(work, people.get(work.session, patient.person_id), "uncovered", due_at=tasks.same_day(work))
            task.owner_id = None
    for task in work.session.exec(select(Task).where(col(Task.owner_id) == person.id, col(Task.state) == "open")):
        task.owner_id = None
    return count


def _patients_of(work: Work, staff_id: UUID) -> Sequence[Patient]:
    return work.session.exec(select(Patient).where(col(Patient.owner_id) == staff_id)).all()


def patients(work: Work, search: str = "") -> list[Kept]:
    """Patients by number; the look is in the audit log.

    Args:
        search: as `rules.matches`; empty for all.
    """
    found = []
    real = (col(Person.role) == Role.PATIENT, col(Person.fictitious).is_(False))
    rows = work.session.exec(select(Person).where(*real).order_by(col(Person.number))).all()
    for person in rows:
        patient = people.patient_of(work.session, person.id)
        name, track = people.name_of(work, person), (patient.track if patient else None) or ""
        if person.removed_at is not None or not rules.matches(search, person.number, name, track):
            continue
        owner = work.session.get(Person, patient.owner_id) if patient and patient.owner_id else None
        found.append(
            Kept(
                person.number,
                name,
                track,
                person.status.value,
                people.name_of(work, owner) if owner else "",
                person.enrolled_at,
                person.last_seen_at,
            )
        )
    audit.record(work, "patients.listed", by="operator", count=len(found))
    return found
