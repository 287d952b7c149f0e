"""What the sender does inside a transaction: claim rows that may go now, and settle those that went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, bindparam
from sqlalchemy.orm import aliased
from sqlmodel import col, exists, or_, select, update

from bot import logs, outbox
from bot.db import UtcDateTime
from bot.errors import DeliveryError, RetryLater, Undeliverable
from bot.escalation import delivery
from bot.models import Lane, Outbox, OutboxState, SendBudget, sealed_at
from bot.ports import Outgoing
from bot.work import Budget, Work

_log = logs.get_logger()

LEASE = timedelta(seconds=25)  # longer than the client's own time-outs together
PAGE_SHARE = 0.2  # of the budget is kept back for pages and crisis answers
BULK_PACE = timedelta(seconds=1)  # per chat
MAX_BACKOFF = timedelta(seconds=30)
GIVE_UP = {Lane.REPLY: 12, Lane.BULK: 6}  # attempts; pages and crisis answers are never given up
_URGENT = (Lane.PAGE, Lane.CRISIS)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that this process sends now."""

    id: UUID
    chat_id: int
    lane: Lane
    message: Outgoing


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a claimed row: a message id (None for a delete) or the error."""

    row_id: UUID
    message_id: int | None = None
    error: DeliveryError | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What was claimed, and whether more is waiting for tokens or its pace; `unsettled` is what the next transaction settles."""

    rows: tuple[Claimed, ...]
    more: bool
    unsettled: tuple[Outcome, ...] = ()


def turnover(work: Work, outcomes: Sequence[Outcome], room: int, urgent_room: int) -> Claim:
    """Settle what went out, then claim what may go, in one transaction.

    Args:
        room: how many ordinary rows may be claimed now.
        urgent_room: how many pages and crisis answers.
    """
    settled = settle(work, outcomes)
    if settled < len(outcomes):
        return Claim((), more=True, unsettled=tuple(outcomes[settled:]))
    return claim(work, room, urgent_room)


def recover(work: Work) -> int:
    """At the start of the only process: take back what a stopped one was sending.

    Returns:
        How many rows.
    """
    rows = work.session.exec(select(Outbox).where(col(Outbox.state) == OutboxState.SENDING)).all()
    for row in rows:
        _lease_ran_out(row)
    return len(rows)


def _lease_ran_out(row: Outbox) -> None:
    # It may have arrived. An ordinary reminder is not sent twice; anything else rather twice than never.
    row.state = OutboxState.UNCERTAIN if row.lane is Lane.BULK else OutboxState.WAITING
    row.lease_until = None


def claim(work: Work, room: int, urgent_room: int) -> Claim:
    """Take the rows that may go now: lane by lane, first in first out per chat, one in flight per chat, within the budget."""
    for row in work.session.exec(_STALE, params={"now": work.now}):
        _lease_ran_out(row)
    work.session.flush()
    budget, tokens, reserve = _budget(work)
    taken: list[Claimed] = []
    more = False
    chats: set[tuple[int, bool]] = set()
    for lane in Lane:
        urgent = lane in _URGENT
        left = urgent_room if urgent else min(room, int(tokens - reserve))
        if left <= 0:
            more = True
            continue
        ready = {"now": work.now, "most": left, "paced": work.now - BULK_PACE}
        for row in work.session.exec(_ELIGIBLE[lane], params=ready).all():
            if (row.chat_id, urgent) in chats:
                more = True
                continue
            found = _take(work, row)
            if found is None:
                continue
            chats.add((row.chat_id, urgent))
            taken.append(found)
            tokens -= 1
            if urgent:
                urgent_room -= 1
            else:
                room -= 1
    if taken:
        budget.tokens, budget.refilled_at = tokens, work.now
    return Claim(tuple(taken), more or bool(taken))


def spend_spare(work: Work, wanted: int) -> int:
    """Take tokens for what goes out beside the outbox and after everything in it: a live timer's frames.

    Returns:
        How many of `wanted` may go now; none when only the share of pages and crisis answers is left.
    """
    if wanted <= 0:
        return 0
    budget, tokens, reserve = _budget(work)
    granted = max(min(wanted, int(tokens - reserve)), 0)
    if granted:
        budget.tokens, budget.refilled_at = tokens - granted, work.now
    return granted


def _budget(work: Work) -> tuple[SendBudget, float, float]:
    """The budget's row, locked; how many tokens it holds now; how many are kept back for pages and crisis answers."""
    name = work.settings.token.partition(":")[0] if work.settings.bot_token else "bot"
    budget = work.session.exec(_BUDGET, params={"name": name}).first()
    if budget is None:
        budget = SendBudget(name=name, tokens=work.settings.send_rate, refilled_at=work.now)
        work.session.add(budget)
    # A clock that was set back must not stop the flow: a step backwards just starts a new measure.
    elapsed = max((work.now - budget.refilled_at).total_seconds(), 0.0)
    rate = work.settings.send_rate
    return budget, min(rate, budget.tokens + elapsed * rate), max(1.0, rate * PAGE_SHARE)


def _eligible(lane: Lane) -> Any:
    """The statement that finds what may go of a lane, oldest first. Built once: building it costs more than running it."""
    other = aliased(Outbox)
    now, paced = bindparam("now", type_=UtcDateTime()), bindparam("paced", type_=UtcDateTime())
    ready = [col(Outbox.state) == OutboxState.WAITING, col(Outbox.lane) == lane, col(Outbox.due_at) <= now]
    same_chat = col(other.chat_id) == col(Outbox.chat_id)
    in_flight = [same_chat, col(other.state) == OutboxState.SENDING]
    # A row that failed and waits for its next attempt holds its place: what was said later must not arrive before it.
    in_line = [same_chat, col(other.state) == OutboxState.WAITING, or_(col(other.due_at) <= now, col(other.attempts) > 0)]
    if lane is Lane.PAGE:
        ready.append(~exists().where(*in_flight, col(other.lane) == lane))
    elif lane is Lane.CRISIS:
        ready.append(~exists().where(*in_flight, col(other.lane).in_(_URGENT)))
        ready.append(~exists().where(*in_line, col(other.lane) == lane, col(other.id) < col(Outbox.id)))
    else:
        ready.append(~exists().where(*in_flight))
        ready.append(~exists().where(*in_line, or_(col(other.lane).in_(_URGENT), col(other.id) < col(Outbox.id))))
    if lane is Lane.BULK:
        ready.append(~exists().where(same_chat, col(other.lane) == lane, col(other.sent_at) > paced))
    statement = select(Outbox).where(*ready).order_by(col(Outbox.id)).limit(bindparam("most", type_=Integer()))
    return statement.with_for_update(skip_locked=True, key_share=True)


_ELIGIBLE = {lane: _eligible(lane) for lane in Lane}
_STALE = (
    select(Outbox)
    .where(col(Outbox.state) == OutboxState.SENDING, col(Outbox.lease_until) <= bindparam("now", type_=UtcDateTime()))
    .with_for_update(skip_locked=True, key_share=True)
)
_BUDGET = select(SendBudget).where(col(SendBudget.name) == bindparam("name")).with_for_update(key_share=True)
_BY_IDS = select(Outbox).where(col(Outbox.id).in_(bindparam("ids", expanding=True)))


def _take(work: Work, row: Outbox) -> Claimed | None:
    if row.expires_at is not None and row.expires_at <= work.now:
        row.state, row.failure = OutboxState.DROPPED, "too_late"
        _log.info("outbox.too_late", template=row.template, lane=int(row.lane))
        return None
    message = outbox.opened(work, row)
    if message is None:
        row.state, row.failure = OutboxState.DROPPED, "erased"
        return None
    if row.edits_id is not None and message.kind != "text":
        target = work.session.get(Outbox, row.edits_id)
        if target is None or target.state in (OutboxState.FAILED, OutboxState.DROPPED, OutboxState.UNCERTAIN):
            row.state, row.failure = OutboxState.DROPPED, "nothing_to_edit"
            return None
        if target.result_message_id is None:
            return None  # still on its way; the edit waits
        message = replace(message, target=target.result_message_id)
    row.state, row.lease_until, row.attempts = OutboxState.SENDING, work.now + LEASE, row.attempts + 1
    return Claimed(row.id, row.chat_id, row.lane, message)


def settle(work: Work, outcomes: Sequence[Outcome]) -> int:
    """Write down what became of claimed rows, and tell escalation.

    Returns:
        How many, from the first on: all of them unless they take too long for one transaction.
    """
    if not outcomes:
        return 0
    budget = Budget()
    rows = {row.id: row for row in work.session.exec(_BY_IDS, params={"ids": [outcome.row_id for outcome in outcomes]})}
    for number, outcome in enumerate(outcomes):
        if number and budget.spent:
            return number
        row = rows.get(outcome.row_id)
        if row is None:
            continue
        row.lease_until = None
        if outcome.error is None:
            _arrived(work, row, outcome.message_id)
        elif isinstance(outcome.error, RetryLater):
            _again(work, row, outcome.error)
        else:
            reason = outcome.error.reason if isinstance(outcome.error, Undeliverable) else "error"
            _never(work, row, reason)
    return len(outcomes)


def _arrived(work: Work, row: Outbox, message_id: int | None) -> None:
    row.state, row.sent_at, row.failure = OutboxState.SENT, work.now, None
    if message_id is not None:
        row.result_message_id = message_id
        if row.edits_id is not None and row.kind == "text":
            # The message to edit was gone and this one took its place: later edits follow here.
            work.session.execute(update(Outbox).where(col(Outbox.id) == row.edits_id).values(result_message_id=message_id))
    delivery.arrived(work, row)


def _again(work: Work, row: Outbox, error: RetryLater) -> None:
    if row.lane is Lane.BULK and error.uncertain:
        row.state, row.failure = OutboxState.UNCERTAIN, "uncertain"
        return
    if row.attempts >= GIVE_UP.get(row.lane, row.attempts + 1):
        row.state, row.failure = OutboxState.FAILED, "gave_up"
        _log.warning("outbox.gave_up", template=row.template, lane=int(row.lane))
        delivery.failed(work, row, "gave_up")
        return
    backoff = min(timedelta(seconds=2 ** min(row.attempts - 1, 10)), MAX_BACKOFF)
    row.state, row.due_at = OutboxState.WAITING, work.now + max(error.after, backoff)


def _never(work: Work, row: Outbox, reason: str) -> None:
    if reason == "gone" and row.kind in ("edit", "markup"):
        message = outbox.opened(work, row)
        if row.kind == "edit" and message is not None and not _taken_back(work, row):
            row.kind, row.state, row.attempts = "text", OutboxState.WAITING, 0
            payload = replace(message, kind="text", target=None).to_payload()
            row.payload = work.vault.seal_json(payload, sealed_at("outbox", "payload", row.id))
            return
        row.state, row.failure = OutboxState.DROPPED, reason
        return
    row.state, row.failure = OutboxState.FAILED, reason
    _log.warning("outbox.undeliverable", template=row.template, lane=int(row.lane), reason=reason)
    delivery.failed(work, row, reason)


def _taken_back(work: Work, edit: Outbox) -> bool:
    """Whether the message that an edit is for was deleted by us: what somebody had cleared off their phone must not come back as new."""
    gone = select(Outbox.id).where(col(Outbox.edits_id) == edit.edits_id, col(Outbox.kind) == "delete")
    return work.session.exec(gone.limit(1)).first() is not None


def adopt(work: Work, row_id: UUID, message_id: int) -> None:
    """A press came from a message whose send timed out: now we know its id."""
    work.session.execute(
        update(Outbox)
        .where(col(Outbox.id) == row_id, col(Outbox.result_message_id).is_(None))
        .values(result_message_id=message_id, state=OutboxState.SENT, sent_at=work.now)
    )


def erase_old(work: Work, days: int, limit: int = 300) -> int:
    """Erase what was sent more than `days` days ago; the row stays without its words.

    Returns:
        How many payloads went.
    """
    ended = (OutboxState.SENT, OutboxState.FAILED, OutboxState.UNCERTAIN, OutboxState.DROPPED)
    before: datetime = work.now - timedelta(days=days)
    old = select(Outbox).where(col(Outbox.state).in_(ended), col(Outbox.payload).is_not(None), col(Outbox.created_at) < before).limit(limit)
    rows = work.session.exec(old).all()
    for row in rows:
        row.payload = None
    return len(rows)
