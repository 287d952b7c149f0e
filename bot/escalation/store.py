"""Queries of escalation: cases, pages, shifts. Functions that take the session or the unit of work first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, or_, select

from bot import people
from bot.escalation.rota import Slot, holder
from bot.models import CLINICAL, Alert, Case, CaseState, Outbox, Page, PageState, Person, RelayMessage, Role, Shift, sealed_at
from bot.work import Work


def open_case(session: Session, person_id: UUID) -> Case | None:
    """A person's open case, if any; there is at most one."""
    return session.exec(select(Case).where(col(Case.person_id) == person_id, col(Case.state) == CaseState.OPEN)).first()


def with_open_case(session: Session, person_ids: Collection[UUID]) -> set[UUID]:
    """Which of these people have an open case."""
    statement = select(Case.person_id).where(col(Case.person_id).in_(list(person_ids)), col(Case.state) == CaseState.OPEN)
    return set(session.exec(statement).all())


def locked(session: Session, case_id: UUID) -> Case | None:
    """A case, held until the commit on PostgreSQL."""
    return session.exec(select(Case).where(col(Case.id) == case_id).with_for_update()).first()


def overdue(session: Session, now: datetime, limit: int) -> Sequence[Case]:
    """Open cases with something due, the most overdue first; those that another replica works on are left to it."""
    statement = (
        select(Case)
        .where(
            col(Case.state) == CaseState.OPEN,
            or_(col(Case.next_page_at) <= now, col(Case.word_due_at) <= now),
        )
        .order_by(col(Case.next_page_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.exec(statement).all()


def slots(session: Session, start: datetime, end: datetime) -> list[Slot]:
    """All shifts that touch the stretch from `start` to `end`."""
    statement = select(Shift).where(col(Shift.start_at) <= end, or_(col(Shift.end_at).is_(None), col(Shift.end_at) > start))
    return [Slot(row.position, row.staff_id, row.start_at, row.end_at, row.id or 0) for row in session.exec(statement)]


def on_call(session: Session, position: str, at: datetime) -> Person | None:
    """Who holds a position of the rota; None in a gap or when that person is no longer staff."""
    staff_id = holder(slots(session, at, at), position, at)
    person = session.get(Person, staff_id) if staff_id else None
    return person if person is not None and person.removed_at is None else None


def whom(work: Work, case: Case, who: Sequence[str]) -> list[Person]:
    """The people whom a step names and whom the bot can write to, each once, in the policy's order."""
    found: dict[UUID, Person] = {}
    for name in who:
        for person in _named(work, case, name):
            if people.reachable(person):
                found.setdefault(person.id, person)
    return list(found.values())


def _named(work: Work, case: Case, who: str) -> Sequence[Person]:
    session = work.session
    if who == "owner":
        patient = people.patient_of(session, case.person_id)
        on_shift = {person.id: person for position in ("primary", "backup") if (person := on_call(session, position, work.now))}
        own = on_shift.get(patient.owner_id) if patient and patient.owner_id else None
        primary = on_call(session, "primary", work.now)
        return [own] if own else [primary] if primary else []
    if who in ("primary", "backup"):
        person = on_call(session, who, work.now)
        return [person] if person else []
    if who == "everyone":
        return people.staff(session, CLINICAL)
    return people.staff(session, {Role.SUPERVISOR} if who == "supervisor" else {Role.OPERATOR})


def pages_of(session: Session, case_id: UUID) -> Sequence[Page]:
    """All pages of a case, oldest first."""
    return session.exec(select(Page).where(col(Page.case_id) == case_id).order_by(col(Page.id))).all()


def alerts_of(session: Session, case_id: UUID) -> Sequence[Alert]:
    """The evidence of a case, oldest first."""
    return session.exec(select(Alert).where(col(Alert.case_id) == case_id).order_by(col(Alert.id))).all()


def evidence(work: Work, alert: Alert) -> dict[str, Any]:
    """What was said: `texts`, `matched`, `rules`; empty when it was erased."""
    if alert.evidence is None:
        return {}
    found: dict[str, Any] = work.vault.open_json(alert.evidence, sealed_at("alert", "evidence", alert.id))
    return found


def held_by(session: Session, staff_id: UUID) -> Sequence[Case]:
    """The open cases that a member of staff holds, oldest first."""
    statement = select(Case).where(
        col(Case.state) == CaseState.OPEN, col(Case.holder_id) == staff_id, col(Case.acknowledged_at).is_not(None)
    )
    return session.exec(statement.order_by(col(Case.number))).all()


def open_cases(session: Session) -> Sequence[Case]:
    """All open cases, oldest first."""
    return session.exec(select(Case).where(col(Case.state) == CaseState.OPEN).order_by(col(Case.number))).all()


def relay_of(session: Session, case_id: UUID) -> Sequence[RelayMessage]:
    """What went through the relay in a case, oldest first."""
    return session.exec(select(RelayMessage).where(col(RelayMessage.case_id) == case_id).order_by(col(RelayMessage.id))).all()


def page_messages(session: Session, case_id: UUID) -> list[tuple[Page, Outbox]]:
    """The pages of a case with the outbox rows that carry them, oldest first; those that can never arrive are left out."""
    statement = (
        select(Page, Outbox)
        .join(Outbox, col(Outbox.page_id) == col(Page.id))
        .where(col(Page.case_id) == case_id, col(Page.state) != PageState.FAILED, col(Outbox.edits_id).is_(None))
        .order_by(col(Page.id))
    )
    return [(page, row) for page, row in session.exec(statement).all()]


OPENED = "alerts/opened"  # the template of the message that says who and what


def opened_messages(session: Session, case_id: UUID) -> Sequence[Outbox]:
    """The messages of a case that show who it is and what was said."""
    statement = select(Outbox).where(col(Outbox.case_id) == case_id, col(Outbox.template) == OPENED, col(Outbox.edits_id).is_(None))
    return session.exec(statement).all()
