"""The inbox: updates are stored before they are confirmed, taken one per chat in order, and erased when done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, delete, exists, or_, select

from bot.db import UtcDateTime, affected
from bot.inbound import Inbound
from bot.models import Inbox, InboxState, sealed_at
from bot.work import Work

MAX_ATTEMPTS = 3
LEASE = timedelta(seconds=30)
KEEP_IDS = timedelta(days=7)

_TAKE = (
    select(Inbox)
    .where(
        col(Inbox.update_id).in_(bindparam("ids", expanding=True)),
        col(Inbox.state) == InboxState.NEW,
        or_(col(Inbox.lease_until).is_(None), col(Inbox.lease_until) <= bindparam("now", type_=UtcDateTime())),
    )
    .order_by(col(Inbox.update_id))
    .with_for_update(skip_locked=True)
)
_KNOWN = select(Inbox.update_id).where(col(Inbox.update_id).in_(bindparam("ids", expanding=True)))


def known(session: Session, update_ids: Collection[int]) -> set[int]:
    """Which of these updates were stored before."""
    return set(session.exec(_KNOWN, params={"ids": list(update_ids)}).all())


def store(work: Work, inbound: Inbound, *, level: str = "none", case_id: UUID | None = None, done: bool = False) -> Inbox:
    """Store an update that is not known yet."""
    row = Inbox(
        update_id=inbound.update_id,
        chat_id=inbound.chat_id,
        level=level,
        case_id=case_id,
        received_at=work.now,
        state=InboxState.DONE if done else InboxState.NEW,
        done_at=work.now if done else None,
        payload=None if done else work.vault.seal(inbound.to_json(), sealed_at("inbox", "payload", inbound.update_id)),
    )
    work.session.add(row)
    return row


def read(work: Work, row: Inbox) -> Inbound:
    """The update of a row that is not done."""
    if row.payload is None:
        raise LookupError("the payload was erased")
    return Inbound.from_json(work.vault.open(row.payload, sealed_at("inbox", "payload", row.update_id)))


def take(work: Work, update_ids: Collection[int]) -> Sequence[Inbox]:
    """Hold rows for their turns, in order; those that are done, set aside or held by another replica are left out."""
    return work.session.exec(_TAKE, params={"ids": list(update_ids), "now": work.now}).all()


def get(work: Work, update_id: int) -> Inbox | None:
    """A row, whatever its state."""
    return work.session.get(Inbox, update_id)


def waiting(session: Session, work_now_chats: Collection[int], limit: int) -> list[tuple[int, int]]:
    """The oldest waiting update of each chat that is not busy: (chat id, update id), oldest first."""
    earlier = aliased(Inbox)
    statement = (
        select(Inbox.chat_id, Inbox.update_id)
        .where(
            col(Inbox.state) == InboxState.NEW,
            ~exists().where(
                col(earlier.state) == InboxState.NEW,
                col(earlier.chat_id) == col(Inbox.chat_id),
                col(earlier.update_id) < col(Inbox.update_id),
            ),
        )
        .order_by(col(Inbox.update_id))
        .limit(limit)
    )
    if work_now_chats:
        statement = statement.where(col(Inbox.chat_id).not_in(list(work_now_chats)))
    return [(chat_id, update_id) for chat_id, update_id in session.exec(statement).all()]


def done(work: Work, row: Inbox) -> None:
    """Mark as done and erase what was said."""
    row.state, row.payload, row.done_at, row.lease_until = InboxState.DONE, None, work.now, None


def failed(work: Work, update_id: int) -> bool:
    """Count a failure.

    Returns:
        Whether the update is set aside now (the third failure); the payload stays for whoever mends it.
    """
    row = work.session.get(Inbox, update_id)
    if row is None or row.state is not InboxState.NEW:
        return False
    row.attempts += 1
    if row.attempts < MAX_ATTEMPTS:
        return False
    row.state, row.done_at = InboxState.SET_ASIDE, work.now
    return True


def forget(work: Work, limit: int = 500) -> int:
    """Delete ids that are older than a week. Telegram repeats nothing for longer than a day.

    Returns:
        How many went; at most `limit`, so that the write stays short.
    """
    old = select(Inbox.update_id).where(col(Inbox.state) == InboxState.DONE, col(Inbox.done_at) < work.now - KEEP_IDS).limit(limit)
    return affected(work.session.execute(delete(Inbox).where(col(Inbox.update_id).in_(old))))
