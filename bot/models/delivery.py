"""Pages on their other ways (a push, a call, a webhook), the proof that a way works, and the drill."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, true
from sqlmodel import Field, SQLModel

from bot.models.columns import instant, ref


class PageDelivery(SQLModel, table=True):
    """One try of a page on one channel beside Telegram, retried inside its step's wait."""

    __tablename__ = "page_delivery"
    __table_args__ = (UniqueConstraint("page_id", "target"), Index("ix_page_delivery_waiting", "state", "next_at"))

    id: int | None = Field(default=None, primary_key=True)
    page_id: int = ref("page", index=False)
    case_id: UUID = ref("case")
    staff_id: UUID = ref("person", index=False)
    target: str  # a fingerprint of the target's address, or webhook; never the address
    kind: str  # its scheme, or webhook
    state: str = "waiting"  # waiting, sent, failed, late
    attempts: int = 0
    next_at: datetime = instant()
    lease_until: datetime | None = instant(optional=True)
    useful_until: datetime | None = instant(optional=True)  # the end of the step's wait
    created_at: datetime = instant()
    sent_at: datetime | None = instant(optional=True)
    failure: str | None = None  # one word


class ChannelProof(SQLModel, table=True):
    """That a person's channel was tried, and that they said it rang."""

    __tablename__ = "channel_proof"
    __table_args__ = (UniqueConstraint("staff_id", "target"),)

    id: int | None = Field(default=None, primary_key=True)
    staff_id: UUID = ref("person")
    target: str  # telegram, webhook, or a fingerprint
    kind: str
    rings: bool = False  # a kind that can ring through do-not-disturb
    tested_at: datetime | None = instant(optional=True)
    accepted_at: datetime | None = instant(optional=True)  # the service took it
    proven_at: datetime | None = instant(optional=True)  # the person tapped that it rang
    failure: str | None = None


class Drill(SQLModel, table=True):
    """A synthetic case: how far it came and how long each stretch took."""

    __tablename__ = "drill"

    id: int | None = Field(default=None, primary_key=True)
    case_id: UUID | None = ref("case", optional=True)
    reason: str  # daily, command, chat
    telegram: bool = Field(
        default=True, sa_column_kwargs={"server_default": true()}
    )  # false: no chat to show it in, Telegram's leg left out
    started_at: datetime = instant(index=True)
    answered_ms: int | None = None
    paged_ms: int | None = None
    acknowledged_ms: int | None = None
    closed_ms: int | None = None
    ended_at: datetime | None = instant(optional=True)
    failure: str | None = None  # the stretch that it did not pass
