"""The inbox: updates are stored before they are confirmed, taken one per chat in order, and erased when done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy.orm import aliased
from sqlmodel import Session, case, col, delete, exists, func, select, update

from bot.db import affected
from bot.inbound import Inbound
from bot.models import Inbox, InboxState, new_row, sealed_at
from bot.work import Work

MAX_ATTEMPTS = 3
KEEP_IDS = timedelta(days=7)

_EARLIER = aliased(Inbox)
_TAKE = (
    select(Inbox)
    .where(
        # By id alone: SQLite would go through everything that waits if the state were asked for as well.
        col(Inbox.update_id).in_(bindparam("ids", expanding=True)),
        # What another replica stored, or is living through now, comes first in its chat.
        ~exists().where(
            col(_EARLIER.state) == InboxState.NEW,
            col(_EARLIER.chat_id) == col(Inbox.chat_id),
            col(_EARLIER.update_id) < col(Inbox.update_id),
        ),
    )
    .order_by(col(Inbox.update_id))
    .with_for_update(skip_locked=True, key_share=True)
)
_NEXT = (
    select(Inbox.chat_id, func.min(Inbox.update_id))
    .where(col(Inbox.state) == InboxState.NEW, col(Inbox.chat_id).in_(bindparam("chats", expanding=True)))
    .group_by(col(Inbox.chat_id))
)
_KNOWN = select(Inbox.update_id).where(col(Inbox.update_id).in_(bindparam("ids", expanding=True)))


def known(session: Session, update_ids: Collection[int]) -> set[int]:
    """Which of these updates were stored before."""
    return set(session.exec(_KNOWN, params={"ids": list(update_ids)}).all())


def store(
    work: Work, inbound: Inbound, *, level: str = "none", case_id: UUID | None = None, done: bool = False, unread: bool = False
) -> Inbox:
    """Store an update that is not known yet.

    Args:
        unread: the second opinion is to read it; its words stay until then.
    """
    row = new_row(
        Inbox,
        update_id=inbound.update_id,
        chat_id=inbound.chat_id,
        level=level,
        case_id=case_id,
        unread=unread,
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
    """Hold rows for their turns until the commit, in order.

    Left out: what is done or set aside, what another replica holds, and what is not the oldest waiting update of its chat.
    """
    return [row for row in work.session.exec(_TAKE, params={"ids": list(update_ids)}) if row.state is InboxState.NEW]


def get(work: Work, update_id: int, *, lock: bool = False) -> Inbox | None:
    """A row, whatever its state.

    Args:
        lock: hold it until the commit.
    """
    return work.session.get(Inbox, update_id, with_for_update={"key_share": True} if lock else None)


def waiting(session: Session, after: int, limit: int) -> list[tuple[int, int]]:
    """Updates that wait, from behind the id `after`: (chat id, update id), oldest first."""
    statement = select(Inbox.chat_id, Inbox.update_id).where(col(Inbox.state) == InboxState.NEW, col(Inbox.update_id) > after)
    return [(chat_id, update_id) for chat_id, update_id in session.exec(statement.order_by(col(Inbox.update_id)).limit(limit))]


def next_of(session: Session, chat_ids: Collection[int]) -> list[tuple[int, int]]:
    """The oldest waiting update of each of these chats that has one: (chat id, update id)."""
    return [(chat_id, update_id) for chat_id, update_id in session.exec(_NEXT, params={"chats": list(chat_ids)})]


def done(work: Work, row: Inbox) -> None:
    """Mark as done and erase what was said, unless the second opinion is still to read it."""
    row.state, row.done_at = InboxState.DONE, work.now
    if not row.unread:
        row.payload = None


def unread(work: Work, before: datetime, after: int, limit: int) -> Sequence[Inbox]:
    """What was to be read and arrived before that, from behind the id `after`, oldest first."""
    wanted = col(Inbox.unread), col(Inbox.update_id) > after, col(Inbox.received_at) <= before, col(Inbox.payload).is_not(None)
    statement = select(Inbox).where(*wanted)
    return work.session.exec(statement.order_by(col(Inbox.update_id)).limit(limit)).all()


def read_over(work: Work, update_ids: Collection[int]) -> None:
    """The second opinion has read these: what was said is erased where the turn is over too."""
    kept = case((col(Inbox.state) == InboxState.DONE, None), else_=col(Inbox.payload))
    work.session.execute(update(Inbox).where(col(Inbox.update_id).in_(update_ids), col(Inbox.unread)).values(unread=False, payload=kept))


def erase_words(work: Work, chat_id: int) -> None:
    """What was said in a chat goes, read by the second opinion or not; what a turn is still to live through stays."""
    over = col(Inbox.chat_id) == chat_id, col(Inbox.state) != InboxState.NEW, col(Inbox.payload).is_not(None)
    work.session.execute(update(Inbox).where(*over).values(unread=False, payload=None))


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


def forget(work: Work, days: int, limit: int = 500) -> int:
    """Delete ids that are older than a week (Telegram repeats nothing for longer than a day), and erase what was set aside `days` ago.

    Returns:
        How many rows went; at most `limit`, so that the write stays short.
    """
    kept = col(Inbox.state) == InboxState.SET_ASIDE, col(Inbox.payload).is_not(None), col(Inbox.done_at) < work.now - timedelta(days=days)
    work.session.execute(update(Inbox).where(*kept).values(payload=None))
    old = select(Inbox.update_id).where(col(Inbox.state) == InboxState.DONE, col(Inbox.done_at) < work.now - KEEP_IDS).limit(limit)
    return affected(work.session.execute(delete(Inbox).where(col(Inbox.update_id).in_(old))))
