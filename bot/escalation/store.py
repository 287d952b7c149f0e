"""Queries of escalation: cases, pages, shifts. Functions that take the session or the unit of work first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import Session, and_, col, func, or_, select

from bot import due, leave, people
from bot.db import UtcDateTime
from bot.escalation.duty import on_call as on_call
from bot.models import CLINICAL, Alert, Case, CaseState, Checkin, Outbox, Page, PageState, Person, RelayMessage, Role, sealed_at
from bot.work import Work

PAGED = frozenset({Role.COUNSELOR, Role.SUPERVISOR, Role.OPERATOR})
JUST_NOW = timedelta(hours=1)  # after a case: whatever is said may still be meant for the human who was there
_LATELY = "cases_lately"
_CASES = select(Case.person_id, Case.state).where(
    col(Case.person_id).in_(bindparam("people", expanding=True)),
    or_(col(Case.state) == CaseState.OPEN, col(Case.closed_at) >= bindparam("since", type_=UtcDateTime())),
)


def open_case(session: Session, person_id: UUID) -> Case | None:
    """A person's open case, if any; there is at most one."""
    return session.exec(select(Case).where(col(Case.person_id) == person_id, col(Case.state) == CaseState.OPEN)).first()


def minutes_open(case: Case, now: datetime) -> int:
    """Whole minutes since it was opened; 0 while a clock that was set back stands before that."""
    return max(int((now - case.opened_at).total_seconds() // 60), 0)


def with_open_case(work: Work, person_ids: Collection[UUID]) -> set[UUID]:
    """Which of these people have an open case. Read at once with who had one lately; `no_case_lately` then has it at hand."""
    found = work.session.exec(_CASES, params={"people": list(person_ids), "since": work.now - JUST_NOW}).all()
    work.session.info[_LATELY] = set(person_ids) - {person_id for person_id, _ in found}
    return {person_id for person_id, state in found if state is CaseState.OPEN}


def no_case_lately(session: Session, person_id: UUID) -> bool:
    """Whether it is known without looking that this person has no case and had none within the last hour."""
    return person_id in session.info.get(_LATELY, ())


def locked(session: Session, case_id: UUID) -> Case | None:
    """A case, held until the commit on PostgreSQL."""
    statement = select(Case).where(col(Case.id) == case_id).with_for_update(key_share=True)
    return session.exec(statement, execution_options={"populate_existing": True}).first()


def by_number(session: Session, number: int) -> Case | None:
    """The case that people call by this number, held until the commit on PostgreSQL."""
    statement = select(Case).where(col(Case.number) == number).with_for_update(key_share=True)
    return session.exec(statement, execution_options={"populate_existing": True}).first()


def may_see_words(staff: Person) -> bool:
    """An operator who opens a case sees whom to phone, not what was said."""
    return staff.role in CLINICAL


def concerns(work: Work, case: Case, staff: Person) -> bool:
    """Whether a case is any business of this member of staff.

    Supervisors see all; others what they hold, were paged for, are on call for, or whose patient it is about.
    """
    if staff.removed_at is not None or staff.role not in PAGED or staff.id == case.person_id or staff.fictitious != (case.kind != "real"):
        return False
    if staff.role is Role.SUPERVISOR or case.holder_id == staff.id:
        return True
    paged = select(Page.id).where(col(Page.case_id) == case.id, col(Page.staff_id) == staff.id).limit(1)
    if work.session.exec(paged).first() is not None:
        return True
    if staff.role is Role.OPERATOR:
        return False
    patient = people.patient_of(work.session, case.person_id)
    if patient is not None and (staff.id == patient.owner_id or staff.id == leave.looks_after(work, patient)):
        return True
    on_duty = (on_call(work, position, work.now) for position in ("primary", "backup"))
    return any(person is not None and person.id == staff.id for person in on_duty)


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
        .with_for_update(skip_locked=True, key_share=True)
    )
    return session.exec(statement).all()


def whom(work: Work, case: Case, who: Sequence[str]) -> list[Person]:
    """The people whom a step names and whom the bot can write to, each once, in the policy's order."""
    if case.kind != "real":
        return list(drilled(work.session))
    found: dict[UUID, Person] = {}
    for name in who:
        for person in _named(work, case, name):
            if people.reachable(person) and person.id != case.person_id:  # a counselor in need does not page themselves
                found.setdefault(person.id, person)
    return list(found.values())


def out_of_chat(work: Work, case: Case, who: Sequence[str]) -> list[Person]:
    """The staff whom a step names and whom the bot cannot write to, each once."""
    named = {person.id: person for name in who for person in _named(work, case, name) if person.id != case.person_id}
    return [person for person in named.values() if not people.reachable(person) and person.removed_at is None]


def drilled(session: Session) -> Sequence[Person]:
    """Whom a drill's case goes to: its own counselor and nobody else."""
    return session.exec(select(Person).where(col(Person.fictitious).is_(True), col(Person.role) == Role.COUNSELOR)).all()


def _named(work: Work, case: Case, who: str) -> Sequence[Person]:
    session = work.session
    if who == "owner":
        patient = people.patient_of(session, case.person_id)
        on_shift = {person.id: person for position in ("primary", "backup") if (person := on_call(work, position, work.now))}
        owner = leave.looks_after(work, patient)
        own = on_shift.get(owner) if owner is not None else None
        primary = on_call(work, "primary", work.now)
        return [own] if own else [primary] if primary else []
    if who in ("primary", "backup"):
        person = on_call(work, who, work.now)
        return [person] if person else []
    if who == "everyone":
        return _there(work, people.staff(session, CLINICAL))
    return _there(work, people.staff(session, {Role.SUPERVISOR} if who == "supervisor" else {Role.OPERATOR}), asked=False)


def _there(work: Work, staff: Sequence[Person], *, asked: bool = True) -> Sequence[Person]:
    """Without those on leave and, where they were `asked`, those who do not want to be paged with everyone. Rather they than nobody."""
    away = leave.away(work)
    there = [person for person in staff if person.id not in away]
    willing = [person for person in there if person.paged_with_all] if asked else there
    for some in (willing, there):
        if any(people.reachable(person) for person in some):
            return some
    return staff


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


def gone_holders(session: Session) -> Sequence[Person]:
    """Who holds an open case and can act on it no more: staff no more, or the bot cannot write to them."""
    holders = select(Case.holder_id).where(col(Case.state) == CaseState.OPEN, col(Case.acknowledged_at).is_not(None))
    gone = or_(col(Person.removed_at).is_not(None), col(Person.blocked_at).is_not(None), col(Person.chat_id).is_(None))
    return session.exec(select(Person).where(col(Person.id).in_(holders), gone).order_by(col(Person.number))).all()


def unreached(session: Session) -> list[Case]:
    """Open cases that nobody has and whose last round reached nobody, or whose newest page can never arrive; held until the commit."""
    newest = select(func.max(Page.id)).where(col(Page.case_id) == col(Case.id)).correlate(Case).scalar_subquery()
    statement = select(Case).where(col(Case.state) == CaseState.OPEN, col(Case.acknowledged_at).is_(None))
    nobody = and_(col(Case.told_nobody_at).is_not(None), col(Case.told_paged_at).is_(None))
    never = or_(col(Page.id).is_(None), col(Page.state) == PageState.FAILED, nobody)
    statement = statement.outerjoin(Page, col(Page.id) == newest).where(never)
    return list(session.exec(statement.with_for_update(key_share=True, of=Case)).all())


def open_cases(session: Session) -> Sequence[Case]:
    """All open cases, oldest first."""
    return session.exec(select(Case).where(col(Case.state) == CaseState.OPEN).order_by(col(Case.number))).all()


def relay_of(session: Session, case_id: UUID) -> Sequence[RelayMessage]:
    """What went through the relay in a case, oldest first."""
    return session.exec(select(RelayMessage).where(col(RelayMessage.case_id) == case_id).order_by(col(RelayMessage.id))).all()


def newest_pages(session: Session, case_id: UUID) -> Sequence[Page]:
    """Each person's newest page of a case, oldest first; those that can never arrive are left out."""
    newest = select(func.max(Page.id)).where(col(Page.case_id) == case_id, col(Page.state) != PageState.FAILED).group_by(col(Page.staff_id))
    return session.exec(select(Page).where(col(Page.id).in_(newest)).order_by(col(Page.id))).all()


def passed_on_by(session: Session, page: Page) -> bool:
    """Whether the press of this page was what passed the case on: the next person's page was made at that very instant."""
    if page.pressed_at is None:
        return False
    made = select(Page.id).where(
        col(Page.case_id) == page.case_id, col(Page.reason) == "passed_on", col(Page.created_at) == page.pressed_at, col(Page.id) > page.id
    )
    return session.exec(made.limit(1)).first() is not None


def page_before(session: Session, page: Page) -> Page | None:
    """The page of the same case that this person got before, if it arrived or still may."""
    statement = select(Page).where(
        col(Page.case_id) == page.case_id, col(Page.staff_id) == page.staff_id, col(Page.id) < page.id, col(Page.state) != PageState.FAILED
    )
    return session.exec(statement.order_by(col(Page.id).desc()).limit(1)).first()


def message_of(session: Session, page: Page) -> Outbox | None:
    """The message that carries a page: its own, or the bundle that it stands in."""
    if page.bundle_id is not None:
        return session.get(Outbox, page.bundle_id)
    return session.exec(select(Outbox).where(col(Outbox.page_id) == page.id, col(Outbox.edits_id).is_(None)).limit(1)).first()


OPENED = "alerts/opened"  # the template of the message that says who and what


def opened_messages(session: Session, case_id: UUID) -> Sequence[Outbox]:
    """The messages of a case that show who it is and what was said."""
    statement = select(Outbox).where(col(Outbox.case_id) == case_id, col(Outbox.template) == OPENED, col(Outbox.edits_id).is_(None))
    return session.exec(statement).all()


def deletion_of(session: Session, row: Outbox) -> Outbox | None:
    """The deletion of a message that was queued already, if any."""
    return session.exec(select(Outbox).where(col(Outbox.edits_id) == row.id, col(Outbox.kind) == "delete")).first()


def business_of(work: Work, staff: Person) -> list[Case]:
    """The open cases that are this person's business: emergencies first, of them those that nobody has, then the oldest."""
    paged_for = select(Page.case_id).join(Case, col(Case.id) == col(Page.case_id))
    paged_for = paged_for.where(col(Page.staff_id) == staff.id, col(Case.state) == CaseState.OPEN)
    known = set(work.session.exec(paged_for).all()) if staff.removed_at is None and staff.role in PAGED else set()
    kind = "drill" if staff.fictitious else "real"
    found = [case for case in open_cases(work.session) if (case.id in known and case.kind == kind) or concerns(work, case, staff)]
    return sorted(found, key=lambda case: (case.level != "emergency", case.acknowledged_at is not None, case.number))


def phone_of(work: Work, person_id: UUID) -> str:
    """A patient's phone number; "" when none is on file."""
    patient = people.patient_of(work.session, person_id)
    return work.vault.open(patient.phone, sealed_at("patient", "phone", person_id)) if patient is not None and patient.phone else ""


def checkins(work: Work, person: Person, days: int) -> list[dict[str, object]]:
    """A patient's check-ins of the last days, newest first: `day`, `craving`, `used`, `safety`, `mood`."""
    first = due.local_date(work.now, person.zone) - timedelta(days=days - 1)
    statement = select(Checkin).where(col(Checkin.person_id) == person.id, col(Checkin.local_date) >= first)
    rows = work.session.exec(statement.order_by(col(Checkin.local_date).desc())).all()
    return [{"day": row.local_date, "craving": row.craving, "used": row.used, "safety": row.safety, "mood": row.mood} for row in rows]
