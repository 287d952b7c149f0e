"""What a human does with a case: acknowledge, pass on, reach by phone, resolve. Chat, web and command line all call these."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from bot import audit, due, outbox, people
from bot.errors import Conflict, NotAllowed
from bot.escalation import after, answers, engine, policy, store
from bot.escalation.pages import DELETE_BEFORE
from bot.escalation.pages import refresh as refresh_pages
from bot.escalation.store import PAGED, may_see_words
from bot.ids import short
from bot.models import Case, CaseState, Lane, Outbox, OutboxState, Page, Person, RelayMessage, sealed_at
from bot.outbox import Button, Post, Rows
from bot.work import Work

__all__ = [
    "acknowledge",
    "by_phone",
    "held_case",
    "may_see_words",
    "number_of",
    "of_number",
    "opened",
    "page_for",
    "pass_on",
    "refresh_pages",
    "resolve",
    "take",
    "take_over",
]

DELETE_AFTER = timedelta(hours=46)  # Telegram lets a bot delete for 48 hours
LEAST = timedelta(minutes=10)  # whoever acknowledges has at least this long for a first word, however late the case is


def page_for(work: Work, page_id: int, staff: Person) -> tuple[Page, Case]:
    """The page and its case, for the person whom it was sent to.

    Raises:
        NotAllowed: there is no such page, or it is somebody else's (button data can be forged), or they are staff no more.
    """
    page = work.session.get(Page, page_id)
    if page is None or page.staff_id != staff.id or staff.role not in PAGED or staff.removed_at is not None:
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
    # In an emergency each acknowledgement promises a word; what was said before it rose or was passed on does not keep the promise.
    anew = case.word_at is None or (chain.word_from == "acknowledged" and case.word_at < case.level_at)
    if anew:
        due_at = policy.word_due(chain, opened_at=case.opened_at, acknowledged_at=work.now)
        case.word_due_at = max(due_at, work.now + LEAST)
    elif case.unanswered_since is not None and chain.unanswered_within is not None:
        case.word_due_at = work.now + timedelta(minutes=chain.unanswered_within)
    audit.record(work, "case.acknowledged", actor=staff, person_id=case.person_id, case_id=case.id)
    if first:
        answers.seen(work, case, staff)
    refresh_pages(work, case)


def take_over(work: Work, page_id: int, staff: Person) -> Person | None:
    """Take a case from whoever has it, by the button of a page ("I have it"); nobody's is taken on as by `acknowledge`.

    Returns:
        Who had it, or None.

    Raises:
        NotAllowed: as `page_for`, or for a role that may not read what was said.
        Conflict: closed, or theirs already.
    """
    page, case = page_for(work, page_id, staff)
    if not may_see_words(staff):
        raise NotAllowed
    page.pressed_at = page.pressed_at or work.now
    _must_be_open(case)
    before = people.get(work.session, case.holder_id) if case.holder_id is not None and case.acknowledged_at is not None else None
    if before is not None and before.id == staff.id:
        _held(work, case, staff)
    audit.record(work, "case.taken_over", actor=staff, person_id=case.person_id, case_id=case.id, before=before.number if before else None)
    take(work, case, staff)
    return before


def opened(work: Work, page_id: int, staff: Person) -> Case:
    """Look at who it is and what was said; the look is in the audit log. What waited for a holder is in the holder's hands now.

    Raises:
        NotAllowed: as `page_for`.
        Conflict: the case is closed.
    """
    page, case = page_for(work, page_id, staff)
    page.pressed_at = page.pressed_at or work.now
    _must_be_open(case)
    audit.record(work, "case.viewed", actor=staff, person_id=case.person_id, case_id=case.id, page=page_id)
    if case.holder_id == staff.id and case.acknowledged_at is not None and may_see_words(staff):
        waiting = _waiting_words(work, case)
        for relay in waiting:
            relay.recipient_id, relay.arrived_at = staff.id, work.now
        if waiting:
            refresh_pages(work, case)
    return case


def _waiting_words(work: Work, case: Case) -> list[RelayMessage]:
    statement = select(RelayMessage).where(
        col(RelayMessage.case_id) == case.id, col(RelayMessage.to_patient).is_(False), col(RelayMessage.recipient_id).is_(None)
    )
    return list(work.session.exec(statement).all())


def pass_on(work: Work, page_id: int, staff: Person) -> Case:
    """Give a case to the next person at once: from a holder to the backup, else to the chain's next step that names somebody else.

    Raises:
        NotAllowed: as `page_for`.
        Conflict: closed, somebody else holds it, or this page passed it on before: a doubled press pages nobody twice.
    """
    page, case = page_for(work, page_id, staff)
    audit.record(work, "page.pressed", actor=staff, person_id=case.person_id, case_id=case.id, page=page_id, press="pass_on")
    _must_be_open(case)
    held = case.acknowledged_at is not None
    if held and case.holder_id != staff.id:
        _held(work, case, staff)
    if not held and store.passed_on_by(work.session, page):
        raise Conflict("alerts/passed_on_already", number=case.number, at=page.pressed_at)
    page.pressed_at = work.now
    audit.record(work, "case.passed_on", actor=staff, person_id=case.person_id, case_id=case.id)
    if held:
        engine.back_to_backup(work, case)
    engine.advance(work, case, reason="passed_on", without=staff)
    refresh_pages(work, case)
    return case


def number_of(text: str) -> int:
    """A number out of a button.

    Raises:
        NotAllowed: it is none that the bot ever gave out.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise NotAllowed
    return int(text)


def of_number(work: Work, number: int, staff: Person) -> Case:
    """An open case by the number that people call it by, for someone whose business it is.

    Raises:
        NotAllowed: there is no such case, or it is no business of theirs.
        Conflict: it is closed.
    """
    case = store.by_number(work.session, number)
    if case is None or not store.concerns(work, case, staff):
        raise NotAllowed
    _must_be_open(case)
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
        NotAllowed: it is no business of theirs.
        Conflict: it is closed, or somebody else or nobody has it now.
    """
    case = store.locked(work.session, case_id)
    if case is None or not store.concerns(work, case, staff):
        raise NotAllowed
    _must_be_open(case)
    if case.acknowledged_at is None:
        raise Conflict("alerts/not_held", number=case.number)
    if case.holder_id != staff.id:
        _held(work, case, staff)
    return case


def resolve(work: Work, case_id: UUID, staff: Person, outcome: str, resolution: dict[str, Any]) -> Case:
    """Close a case, with an outcome.

    Args:
        outcome: a key, such as `safe_plan`, `emergency_services`, `not_a_crisis`.
        resolution: the form's answers; sealed.

    Raises:
        NotAllowed, Conflict: as `held_case`.
    """
    if not may_see_words(staff):
        raise NotAllowed
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
    after.closed(work, case, resolution)
    _offer_parked(work, case)
    return case


def show_protected(
    work: Work, staff: Person, key: str, rows: Rows = (), *, case: Case | None = None, lane: Lane = Lane.REPLY, **values: Any
) -> None:
    """Show someone on the team who and what, in a message that cannot be passed on and leaves the phone before 48 hours are over."""
    row = outbox.say(work, staff, key, rows, post=Post(lane=lane, protected=True, case_id=case.id if case is not None else None), **values)
    if row is not None:
        due.put(work, "alerts.delete_opened", f"opened:{row.id}", work.now + DELETE_AFTER, row=short(row.id))


def _offer_parked(work: Work, case: Case) -> None:
    """What the patient was doing when the case opened was put aside; now they are invited back, once."""
    patient = people.get(work.session, case.person_id)
    conversation = people.conversation_of(work, patient)
    if conversation.parked is not None and conversation.state is None:
        rows = [[Button("common/continue", "form.resume")]]
        outbox.say(work, patient, "common/resume_offer", rows, post=Post(lane=Lane.CRISIS, case_id=case.id))


def _delete_opened(work: Work, case: Case) -> None:
    for row in store.opened_messages(work.session, case.id):
        delete_opened(work, row)


def delete_opened(work: Work, row: Outbox) -> None:
    """Take a message that says who and what off a phone, as long as Telegram allows it."""
    gone = row.state in (OutboxState.FAILED, OutboxState.DROPPED)
    late = row.sent_at is not None and work.now - row.sent_at > DELETE_BEFORE
    if row.person_id is None or gone or late or store.deletion_of(work.session, row) is not None:
        return
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
