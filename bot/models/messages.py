"""What comes in and what goes out."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, false, text
from sqlmodel import Field, SQLModel

from bot.models.columns import big, choice, document, instant, ref, uuid_key


class InboxState(StrEnum):
    NEW = "new"
    DONE = "done"
    SET_ASIDE = "set_aside"


class Inbox(SQLModel, table=True):
    """An update, stored before it is confirmed to Telegram. The payload is erased when done and read; the id is kept 7 days."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index("ix_inbox_waiting", "state", "chat_id", "update_id"),
        Index("ix_inbox_unread", "received_at", sqlite_where=text("unread"), postgresql_where=text("unread")),
    )

    update_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False}, sa_type=BigInteger)
    chat_id: int = big()
    payload: bytes | None = None  # sealed JSON of an Inbound
    state: InboxState = choice(InboxState, InboxState.NEW)
    attempts: int = 0
    level: str = "none"  # of the screening at arrival
    case_id: UUID | None = ref("case", optional=True, index=False)  # the case that the screening opened or fed
    unread: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # the second opinion is still to come
    received_at: datetime = instant()
    done_at: datetime | None = instant(optional=True)


class Lane(IntEnum):
    """Lower goes first. Pages and crisis answers overtake within a chat too."""

    PAGE = 0
    CRISIS = 1
    REPLY = 2
    BULK = 3


class OutboxState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"  # bulk that may have arrived; not repeated
    DROPPED = "dropped"  # too late, superseded or cancelled


class Outbox(SQLModel, table=True):
    """A message to send, to edit or to delete; rendered when it was put in. The id orders rows: UUIDv7, increasing."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_waiting", "state", "lane", "id"),
        Index("ix_outbox_chat", "chat_id", "state", "id"),
        Index("ix_outbox_message", "chat_id", "result_message_id"),
    )

    id: UUID = uuid_key()
    chat_id: int = big()
    person_id: UUID | None = ref("person", optional=True, index=False)
    lane: Lane = choice(Lane)
    kind: str  # text, edit, delete, contact, document, photo, location
    payload: bytes | None = None  # sealed JSON
    template: str | None = None
    content_version: str = ""
    dedup_key: str | None = Field(default=None, unique=True)
    edits_id: UUID | None = ref("outbox", optional=True)
    target_message_id: int | None = big(optional=True)  # for an edit or delete of a message whose row is gone
    case_id: UUID | None = ref("case", optional=True)
    page_id: int | None = ref("page", optional=True)
    due_at: datetime = instant()
    expires_at: datetime | None = instant(optional=True)
    state: OutboxState = choice(OutboxState, OutboxState.WAITING)
    attempts: int = 0
    lease_until: datetime | None = instant(optional=True)
    created_at: datetime = instant()
    sent_at: datetime | None = instant(optional=True)
    failure: str | None = None  # one word
    result_message_id: int | None = big(optional=True)


class SendBudget(SQLModel, table=True):
    """The tokens left for sending, shared by all replicas of one bot token."""

    __tablename__ = "send_budget"

    name: str = Field(primary_key=True)
    tokens: float
    refilled_at: datetime = instant()


class DueState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    DROPPED = "dropped"


class Due(SQLModel, table=True):
    """Something to do at an instant: a plain function of the ticker's, by kind. Local wall time stays beside the instant."""

    __tablename__ = "due"
    __table_args__ = (Index("ix_due_waiting", "state", "due_at"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    key: str = Field(unique=True)
    person_id: UUID | None = ref("person", optional=True)
    case_id: UUID | None = ref("case", optional=True)
    args: dict[str, Any] = document(dict)
    due_at: datetime = instant()
    useful_until: datetime | None = instant(optional=True)
    wall: str | None = None  # HH:MM, local
    zone: str | None = None
    state: DueState = choice(DueState, DueState.WAITING)
    attempts: int = 0
    created_at: datetime = instant()
    done_at: datetime | None = instant(optional=True)


class Job(SQLModel, table=True):
    """Work with input or output of its own, done under a lease outside a transaction."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_waiting", "state", "run_at"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    key: str = Field(unique=True)
    args: dict[str, Any] = document(dict)
    run_at: datetime = instant()
    state: str = "waiting"
    attempts: int = 0
    lease_until: datetime | None = instant(optional=True)
    done_at: datetime | None = instant(optional=True)
    failure: str | None = None


class Started(SQLModel, table=True):
    """Messages that the bot started of itself, for the cap of two a day."""

    __tablename__ = "started"
    __table_args__ = (Index("ix_started_day", "person_id", "local_date"),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: UUID = ref("person", index=False)
    local_date: str
    kind: str
    at: datetime = instant()


class Timer(SQLModel, table=True):
    """A live timer: its frames follow from the clock and never stand in the outbox."""

    __tablename__ = "timer"

    id: UUID = uuid_key()
    person_id: UUID = ref("person")
    chat_id: int = big()
    script: str  # the tool's id
    outbox_id: UUID = ref("outbox", index=False)
    started_at: datetime = instant()
    paused_at: datetime | None = instant(optional=True)
    paused_s: float = 0.0  # all pauses that are over
    frame: int = 0  # how many of the script's frames were shown or passed over
    last_sent_at: datetime | None = instant(optional=True)
    next_at: datetime | None = instant(index=True, optional=True)  # when a frame may go, or a lease while one is on its way
    ended_at: datetime | None = instant(index=True, optional=True)
    end: str | None = None  # finished, stopped, case, gone
    before: int | None = None  # 0-10
    after: int | None = None  # 0-10
