"""A lost phone: a person's chat becomes another account, and the old one is cut at once. Patients and staff alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlmodel import col, or_, select, update

from bot import audit, due, outbox, people
from bot.ids import short
from bot.models import STAFF, Conversation, Lane, Outbox, OutboxState, Person, Timer, VisitorAsk, sealed_at
from bot.outbox import Post
from bot.work import Work

FOLLOW = "case.account_moved"  # the due item that pages the new account again; tried for ever
CUT = "account.cut"  # the due item that gives a chat that was cut off a stranger's command menu
DELETE_BEFORE = timedelta(hours=47)  # Telegram lets a bot delete for 48 hours

# What tells of patients on a staff phone, by how its template's key begins.
_SHOWN = ("alerts/", "caseload/", "message/", "messages/", "patients/", "record/", "relay/", "resolve/", "verdicts/", "watch/")
_TAKEN_ALONG = ("relay/", "message/")


def move(work: Work, person: Person, account: Person, *, actor: Person | None = None) -> None:
    """Make another account this person's. What the old chat still waits for and that matters goes to the new one.

    Args:
        person: whose account it shall be; locked.
        account: the visitor's row that the new account has had until now; it is emptied.
        actor: who confirmed it; None for a code of the command line.
    """
    old, new = person.chat_id, account.chat_id
    assert new is not None
    if person.role in STAFF:
        take_back(work, person)
    session = work.session
    running = update(Timer).where(col(Timer.person_id) == person.id, col(Timer.ended_at).is_(None))
    session.execute(running.values(ended_at=work.now, end="gone", next_at=None))
    if old is not None:
        _take_along(work, person, old, new)
        _close(work, person, old)
    account.chat_id, account.removed_at = None, work.now
    session.flush()  # the chat is unique: it has to be free before it is taken
    person.chat_id, person.blocked_at, person.last_seen_at = new, None, work.now
    person.telegram_language, person.commands_set, person.silent_since = account.telegram_language, None, None
    _leave_nothing(work, account)
    session.flush()
    if old is not None:
        people.menu_changed(work, old)
    people.menu_changed(work, new)
    due.put(
        work,
        FOLLOW,
        f"moved:{account.id}",
        work.now,
        person=person,
        account=short(account.id),
    )
    audit.record(work, "account.moved", actor=actor, by=None if actor else "operator", person_id=person.id, role=person.role)


def take_back(work: Work, person: Person) -> None:
    """Delete from a staff phone what tells of patients, as far as Telegram still allows it; drop what has not been sent yet."""
    shown = or_(col(Outbox.case_id).is_not(None), *(col(Outbox.template).startswith(prefix) for prefix in _SHOWN))
    recent = or_(col(Outbox.sent_at).is_(None), col(Outbox.sent_at) > work.now - DELETE_BEFORE)
    mine = select(Outbox).where(
        col(Outbox.person_id) == person.id, col(Outbox.edits_id).is_(None), col(Outbox.kind) != "delete", shown, recent
    )
    for row in work.session.exec(mine).all():
        outbox.delete(work, person, row)


def _take_along(work: Work, person: Person, old: int, new: int) -> None:
    """What waits for the old chat: deletions stay there, a human's words and what belongs to a case go along, the rest is dropped."""
    waiting = select(Outbox).where(col(Outbox.person_id) == person.id, col(Outbox.chat_id) == old, col(Outbox.state) == OutboxState.WAITING)
    for row in work.session.exec(waiting.order_by(col(Outbox.id))).all():
        if row.kind == "delete":
            continue
        message = outbox.opened(work, row)
        along = row.lane in (Lane.PAGE, Lane.CRISIS) or (row.template or "").startswith(_TAKEN_ALONG)
        if message is None or row.edits_id is not None or not along:
            row.state, row.failure = OutboxState.DROPPED, "moved"
            continue
        row.chat_id = new
        fresh = replace(message, chat_id=new)
        row.payload = work.vault.seal_json(fresh.to_payload(), sealed_at("outbox", "payload", row.id))


def _close(work: Work, person: Person, old: int) -> None:
    """One neutral line in the old chat, and no keyboard below it. The row is nobody's: whether it arrives says nothing of the person."""
    message = outbox.compose(work, person, "patients/chat_closed", post=Post(reply_keys=()))
    row = outbox.put(work, person, message, post=Post(lane=Lane.CRISIS), template="patients/chat_closed", chat_id=old)
    if row is not None:
        row.person_id = None


def _leave_nothing(work: Work, account: Person) -> None:
    """What the account left behind as a visitor goes; a case that it has is the new due item's business."""
    for ask in work.session.exec(select(VisitorAsk).where(col(VisitorAsk.person_id) == account.id)).all():
        work.session.delete(ask)
    conversation = work.session.get(Conversation, account.id)
    if conversation is not None:
        conversation.state = conversation.data = conversation.parked = conversation.asked = None
