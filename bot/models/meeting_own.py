"""What people chose from the meeting lists: reminders, favourites, visits, and the search that they are looking at."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from bot.models.columns import instant, ref, uuid_key


def _later(default: str) -> Any:
    """A list of numbers or keys that came to an older table."""
    return Field(default_factory=list, sa_type=JSON, sa_column_kwargs={"server_default": default})


class MeetingPick(SQLModel, table=True):
    """What a person chose to be reminded of, by feed, meeting key and weekday, so that it survives a new import.

    The columns from `name` on hold the listing as the person last saw it: an import that brings something else is told once.
    """

    __tablename__ = "meeting_pick"
    __table_args__ = (
        Index("ix_pick_person", "person_id", "cancelled_at"),
        Index(
            "ix_pick_present",
            "person_id",
            "feed_id",
            "key",
            "weekday",
            unique=True,
            sqlite_where=text("cancelled_at IS NULL"),
            postgresql_where=text("cancelled_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: UUID = ref("person", index=False)
    feed_id: int = ref("feed")
    key: str
    alt_id: str | None = None  # the second handle, which survives a renamed key
    weekday: int  # 0 = Sunday
    mode: str  # once, weekly
    local_date: str | None = None  # of the occurrence, for once
    leads: list[int] = _later("[60]")  # minutes before the start; `rules.EVENING` is the evening before
    name: str = Field(default="", sa_column_kwargs={"server_default": ""})
    wall: str | None = None
    timezone: str | None = None
    attendance: str | None = None
    place: str | None = None  # the address or the coordinates
    days: list[int] = _later("[]")
    digest: str = Field(default="", sa_column_kwargs={"server_default": ""})  # of the listing
    changes: list[str] = _later("[]")  # what an import changed since the person looked: see `rules.Change`
    told_at: datetime | None = instant(optional=True)  # that something has changed
    gone_at: datetime | None = instant(optional=True)  # when its list dropped it; what comes back is reminded of again
    ride: bytes | None = None  # sealed: how the person gets there
    created_at: datetime = instant()
    cancelled_at: datetime | None = instant(optional=True)


class MeetingFavourite(SQLModel, table=True):
    """A meeting that a person wants to find again; at most one of them is the home group."""

    __tablename__ = "meeting_favourite"
    __table_args__ = (UniqueConstraint("person_id", "feed_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: UUID = ref("person", index=False)
    feed_id: int = ref("feed")
    key: str
    alt_id: str | None = None
    name: str
    home: bool = False
    created_at: datetime = instant()


class MeetingVisit(SQLModel, table=True):
    """One occurrence of a meeting in a person's life: that they mean to go, that they went, and how it was."""

    __tablename__ = "meeting_visit"
    __table_args__ = (UniqueConstraint("person_id", "feed_id", "key", "local_date"), Index("ix_visit_person", "person_id", "start_at"))

    id: int | None = Field(default=None, primary_key=True)
    person_id: UUID = ref("person", index=False)
    feed_id: int = ref("feed", index=False)
    key: str
    weekday: int  # 0 = Sunday, at the meeting's place
    local_date: str  # at the meeting's place
    start_at: datetime = instant()
    going_at: datetime | None = instant(optional=True)
    asked_at: datetime | None = instant(optional=True)  # "how was it?", once
    went_at: datetime | None = instant(optional=True)
    not_at: datetime | None = instant(optional=True)  # "not this time"
    how: str | None = None  # good, okay, hard


class MeetingBrowse(SQLModel, table=True):
    """The search that a person is looking at. Where they are is sealed and goes with it after some hours."""

    __tablename__ = "meeting_browse"

    id: UUID = uuid_key()
    person_id: UUID = Field(foreign_key="person.id", unique=True)
    search: bytes  # sealed JSON
    used_at: datetime = instant()
