"""Meeting lists and their imports. The rows are public listings, so nothing here is sealed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from bot.models.columns import document, instant, later_document, ref


class Feed(SQLModel, table=True):
    """A list that is imported again and again; `current_import_id` flips in one short transaction.

    A small change is written into the present import's rows in one short transaction instead, so that their ids last; `imported_at`
    moves with every change of either kind, so whoever keeps something computed from the rows keeps `imported_at` beside it.
    """

    __tablename__ = "feed"
    __table_args__ = (UniqueConstraint("fellowship", "source"),)

    id: int | None = Field(default=None, primary_key=True)
    fellowship: str  # aa, na or a label
    source: str  # may hold a key in its query: shown without it, never logged
    timezone: str
    format: str
    current_import_id: int | None = None
    created_at: datetime = instant()
    imported_at: datetime | None = instant(optional=True)  # when the rows last changed
    checked_at: datetime | None = instant(optional=True)  # when the list was last read well, changed or not
    state: str = Field(default="new", sa_column_kwargs={"server_default": "ok"})  # new, ok, held, failing, removed
    error: str | None = None  # why the last reading failed, in words of our own
    failures: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # in a row
    every_hours: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # between two readings of an address; 0: only by hand
    next_at: datetime | None = instant(optional=True)
    lease_until: datetime | None = instant(optional=True)  # somebody is reading it
    staging_import_id: int | None = None  # whose import that is: only it may flip
    etag: str | None = None
    modified: str | None = None  # Last-Modified as it came
    read_with: str | None = None  # the content's version: with another one the list is read again although it is the same


class MeetingImport(SQLModel, table=True):
    """One reading of a feed that changed something, was held back or was refused; one more per feed holds what is listed no more."""

    __tablename__ = "meeting_import"

    id: int | None = Field(default=None, primary_key=True)
    feed_id: int = ref("feed")
    started_at: datetime = instant()
    ended_at: datetime | None = instant(optional=True)
    state: str = "staged"  # staged, current, old, done (small change), held, gone
    rows: int = 0
    counts: dict[str, Any] = document(dict)
    report: list[Any] = later_document(list, "[]")  # rows that were not ok: [row, key, outcome, [[reason, detail], ...]]


class Meeting(SQLModel, table=True):
    """One meeting of one import: local wall time and zone, never an instant."""

    __tablename__ = "meeting"
    __table_args__ = (
        UniqueConstraint("import_id", "key"),
        Index("ix_meeting_feed_key", "feed_id", "key"),
        Index("ix_meeting_import_alt", "import_id", "alt_id"),
        Index("ix_meeting_gone", "gone_at", sqlite_where=text("gone_at IS NOT NULL"), postgresql_where=text("gone_at IS NOT NULL")),
    )

    id: int | None = Field(default=None, primary_key=True)
    feed_id: int = ref("feed", index=False)
    import_id: int = ref("meeting_import", index=False)
    key: str
    alt_id: str | None = None
    name: str
    days: list[int] = document(list)  # 0 = Sunday .. 6 = Saturday; empty: by appointment
    time: str | None = None  # HH:MM
    end_time: str | None = None
    timezone: str | None = None
    attendance: str = Field(index=True)  # in_person, hybrid, online, inactive
    approximate: bool = False
    types: list[str] = document(list)
    latitude: float | None = None
    longitude: float | None = None
    address: str | None = None
    region: str | None = None
    location: str | None = None
    group: str | None = None
    notes: str | None = None
    conference_url: str | None = None
    conference_url_notes: str | None = None
    conference_phone: str | None = None
    url: str | None = None
    check_note: str | None = None  # week-of-month words that the reminder quotes
    city: str | None = None
    updated: str | None = None  # ISO date of the listing's last change
    entity: str | None = None  # the service office that publishes it
    entity_url: str | None = None
    digest: str = Field(default="", sa_column_kwargs={"server_default": ""})  # of everything that was read: equal means unchanged
    gone_at: datetime | None = instant(optional=True)  # when the list dropped it
