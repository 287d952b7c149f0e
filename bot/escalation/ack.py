"""What a human does with a case: acknowledge, pass on, reach by phone, resolve. Chat, web and command line all call these."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from bot import audit, due, outbox, people
from bot.errors import Conflict, NotAllowed
from bot.escalation import answers, engine, policy, store
from bot.models import STAFF, Case, CaseState, Lane, Page, Person, Role, sealed_at
from bot.outbox import Button
from bot.work import Work

DELETE_BEFORE = timedelta(hours=47)  # Telegram lets a bot delete for 48 hours


def page_for(work: Work, page_id: int, staff: Person) -> tuple[Page, Case]:
    """The page and its case, for the person whom it was sent to.

    Raises:
        NotAllowed: there is no such page, or it is somebody else's (button data can be forged), or they are staff no more.
    """
    page = work.session.get(Page, page_id)
    if page is None or page.staff_id != staff.id or staff.role not in STAFF or staff.removed_at is not None:
        raise NotAllowed
    case = store.locked(work.session, page.case_id)
    if case is None:
        raise NotAllowed
    return page, case


def acknowledge(work: Work, page_id: int, staff: Person) -> Case:
    """Take a case on, by the button of a page.

    Returns:
        The case, held by `staff` now; the patient is told, the other pages are edited.

    Raises:
        NotAllowed: as `page_for`.
        Conflict: closed, or somebody has it already (or this person, by an earlier press).
    """
    page, case = page_for(work, page_id, staff)
    page.pressed_at = page.pressed_at or work.now
    audit.record(work, "page.pressed", actor=staff, person_id=case.person_id, case_id=case.id, page=page_id, press="acknowledge")
    _must_be_open(case)
    if case.acknowledged_at is not None:
        _held(work, case, staff)
    take(work, case, staff)
    return case


def take(work: Work, case: Case, staff: Person) -> None:
    """Make `staff` the holder of an open case."""
    chain = policy.read(case.policy)
    first = case.holder_id != staff.id or case.word_at is None
    case.holder_id, case.acknowledged_at, case.next_page_at = staff.id, work.now, None
    if case.word_at is None:
        case.word_due_at = policy.word_due(chain, opened_at=case.opened_at, acknowledged_at=work.now)
    elif case.unanswered_since is not None and chain.unanswered_within is not None:
        case.word_due_at = work.now + timedelta(minutes=chain.unanswered_within)
    audit.record(work, "case.acknowledged", actor=staff, person_id=case.person_id, case_id=case.id)
    if first:
        answers.seen(work, case, staff)
    refresh_pages(work, case)


def opened(work: Work, page_id: int, staff: Person) -> Case:
    """Look at who it is and what was said; the look is in the audit log.

    Raises:
        NotAllowed: as `page_for`.
        Conflict: the case is closed.
    """
    page, case = page_for(work, page_id, staff)
    page.pressed_at = page.pressed_at or work.now
    _must_be_open(case)
    audit.record(work, "case.viewed", actor=staff, person_id=case.person_id, case_id=case.id, page=page_id)
    return case


def pass_on(work: Work, page_id: int, staff: Person) -> Case:
    """Give a case to the next step at once.

    Raises:
        NotAllowed: as `page_for`.
        Conflict: closed, or somebody else holds it.
    """
    _page, case = page_for(work, page_id, staff)
    _must_be_open(case)
    if case.acknowledged_at is not None and case.holder_id != staff.id:
        _held(work, case, staff)
    audit.record(work, "case.passed_on", actor=staff, person_id=case.person_id, case_id=case.id)
    was_held = case.acknowledged_at is not None
    case.acknowledged_at = case.word_due_at = None
    if was_held:
        # From a holder it goes to the backup, and on from there.
        chain = policy.read(case.policy)
        index = policy.index_of(chain, "backup")
        case.step, case.level_at = index, work.now - timedelta(minutes=chain.steps[index].at)
    engine.advance(work, case, reason="passed_on")
    refresh_pages(work, case)
    return case


def by_phone(work: Work, case_id: UUID, staff: Person, *, reached: bool) -> Case:
    """A phone call: reaching the patient meets the deadline as a written word does.

    Raises:
        NotAllowed: this person does not hold the case.
        Conflict: it is closed.
    """
    case = held_case(work, case_id, staff)
    audit.record(work, "case.phoned", actor=staff, person_id=case.person_id, case_id=case.id, reached=reached)
    if reached:
        engine.word_arrived(work, case)
    return case


def held_case(work: Work, case_id: UUID, staff: Person) -> Case:
    """An open case that `staff` holds.

    Raises:
        NotAllowed: they do not hold it.
        Conflict: it is closed.
    """
    case = store.locked(work.session, case_id)
    if case is None or staff.removed_at is not None:
        raise NotAllowed
    _must_be_open(case)
    if case.holder_id != staff.id or case.acknowledged_at is None:
        raise NotAllowed
    return case


def resolve(work: Work, case_id: UUID, staff: Person, outcome: str, resolution: dict[str, Any]) -> Case:
    """Close a case, with an outcome.

    Args:
        outcome: a key, such as `safe_plan`, `emergency_services`, `not_a_crisis`.
        resolution: the form's answers; sealed.

    Raises:
        NotAllowed, Conflict: as `held_case`.
    """
    case = held_case(work, case_id, staff)
    case.state, case.outcome = CaseState.CLOSED, outcome
    case.closed_at, case.closed_by = work.now, staff.id
    case.next_page_at = case.word_due_at = None
    case.resolution = work.vault.seal_json(resolution, sealed_at("case", "resolution", case.id))
    due.drop(work, f"case:{case.id}")
    audit.record(work, "case.resolved", actor=staff, person_id=case.person_id, case_id=case.id, outcome=outcome)
    refresh_pages(work, case)
    _delete_opened(work, case)
    answers.closed(work, case)
    return case


def refresh_pages(work: Work, case: Case) -> None:
    """Edit every page of a case to what is so now: one message per person and step, never a stale button."""
    rows = store.page_messages(work.session, case.id)
    holder = people.get(work.session, case.holder_id) if case.holder_id and case.acknowledged_at else None
    for page, row in rows:
        staff = people.get(work.session, page.staff_id)
        if case.state is CaseState.CLOSED:
            message = outbox.compose(work, staff, "alerts/page_closed", number=case.number)
        elif holder is None:
            minutes = int((work.now - case.opened_at).total_seconds() // 60)
            buttons = engine.page_rows(page.id or 0)
            message = outbox.compose(work, staff, "alerts/page", buttons, number=case.number, level=case.level, minutes=minutes)
        elif holder.id == staff.id:
            buttons = holder_rows(case, page.id or 0)
            message = outbox.compose(
                work, staff, "alerts/page_yours", buttons, number=case.number, level=case.level, at=case.acknowledged_at
            )
        else:
            name = answers.first_name(people.name_of(work, holder))
            buttons = [[Button("alerts/open", "alerts.open", (page.id or 0,))]]
            message = outbox.compose(
                work, staff, "alerts/page_held", buttons, number=case.number, level=case.level, name=name, at=case.acknowledged_at
            )
        outbox.edit(work, staff, row, message, lane=Lane.REPLY)


def holder_rows(case: Case, page_id: int) -> list[list[Button]]:
    """The buttons of the person who has the case."""
    return [
        [Button("alerts/open", "alerts.open", (page_id,)), Button("alerts/write", "relay.write", (case.number,))],
        [Button("alerts/call", "alerts.call", (case.number,)), Button("alerts/reached", "alerts.reached", (case.number,))],
        [Button("alerts/no_answer", "alerts.no_answer", (case.number,)), Button("alerts/pass_on", "alerts.pass_on", (page_id,))],
        [Button("alerts/resolve", "alerts.resolve", (case.number,))],
    ]


def _delete_opened(work: Work, case: Case) -> None:
    for row in store.opened_messages(work.session, case.id):
        if row.person_id is not None and row.sent_at is not None and work.now - row.sent_at < DELETE_BEFORE:
            outbox.delete(work, people.get(work.session, row.person_id), row)


def _must_be_open(case: Case) -> None:
    if case.state is CaseState.CLOSED:
        raise Conflict("alerts/already_closed", number=case.number)


def _held(work: Work, case: Case, staff: Person) -> None:
    if case.holder_id == staff.id:
        raise Conflict("alerts/already_yours", number=case.number)
    holder = people.get(work.session, case.holder_id) if case.holder_id else None
    name = answers.first_name(people.name_of(work, holder)) if holder else ""
    raise Conflict("alerts/already_held", number=case.number, name=name, at=case.acknowledged_at)


def may_see_words(staff: Person) -> bool:
    """An operator who opens a case sees whom to phone, not what was said."""
    return staff.role in (Role.COUNSELOR, Role.SUPERVISOR)
