"""The clinic's own programme: sessions that repeat or take place once, what differs on one date, who comes, and what was told to whom.

Wall time and zone are kept, never an instant: each occurrence is (series, local date by the plan), also when it was moved.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, false, true
from sqlmodel import Field, SQLModel

from bot.models.columns import document, instant, ref, uuid_key


class SessionSeries(SQLModel, table=True):
    """A session that takes place on some weekdays, or once (no weekdays: on `from_date`)."""

    __tablename__ = "session_series"

    id: UUID = uuid_key()
    kind: str  # group, individual, family
    title: bytes | None = None  # sealed
    track: str | None = None  # for everybody of this track; None: only for the members
    leader_id: UUID = ref("person")
    weekdays: list[int] = document(list)  # 0 = Monday .. 6
    from_date: date
    until_date: date | None = None  # the last day on which it may take place
    wall: str  # HH:MM in `zone`
    minutes: int
    zone: str
    room: bytes | None = None  # sealed
    link: bytes | None = None  # sealed: of the video meeting
    keeps_holidays: bool = Field(default=True, sa_column_kwargs={"server_default": true()})  # it does not take place on a holiday
    continues_id: UUID | None = ref("session_series", optional=True, index=False)  # the series that this one took over from
    created_at: datetime = instant()
    created_by: UUID | None = ref("person", optional=True, index=False)
    removed_at: datetime | None = instant(optional=True)  # put in by mistake: as if it had never been


class SessionMember(SQLModel, table=True):
    """A named person of a series, from a day to a day; a guest of one date has the same day twice."""

    __tablename__ = "session_member"

    id: UUID = uuid_key()
    series_id: UUID = ref("session_series")
    person_id: UUID = ref("person")
    from_date: date
    until_date: date | None = None
    added_at: datetime = instant()
    added_by: UUID | None = ref("person", optional=True, index=False)


class SessionChange(SQLModel, table=True):
    """What differs on one date of a series; a column that says nothing leaves the plan as it is."""

    __tablename__ = "session_change"
    __table_args__ = (UniqueConstraint("series_id", "local_date"),)

    id: UUID = uuid_key()
    series_id: UUID = ref("session_series", index=False)
    local_date: date  # by the plan
    cancelled_at: datetime | None = instant(optional=True)
    moved_date: date | None = None
    moved_wall: str | None = None
    minutes: int | None = None
    place_changed: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # room and link are those below
    room: bytes | None = None  # sealed
    link: bytes | None = None  # sealed
    leader_id: UUID | None = ref("person", optional=True, index=False)
    reason: bytes | None = None  # sealed
    changed_at: datetime = instant()
    changed_by: UUID | None = ref("person", optional=True, index=False)


class Holiday(SQLModel, table=True):
    """Days on which the clinic is closed; both included."""

    __tablename__ = "holiday"

    id: UUID = uuid_key()
    from_date: date
    until_date: date
    name: bytes | None = None  # sealed
    created_at: datetime = instant()
    created_by: UUID | None = ref("person", optional=True, index=False)
    removed_at: datetime | None = instant(optional=True)


class SessionSeat(SQLModel, table=True):
    """One person at one occurrence: what they said before, and whether they were there."""

    __tablename__ = "session_seat"
    __table_args__ = (
        UniqueConstraint("series_id", "local_date", "person_id"),
        Index("ix_seat_person", "person_id", "start_at"),
    )

    id: UUID = uuid_key()
    person_id: UUID = ref("person", index=False)
    series_id: UUID = ref("session_series", index=False)
    local_date: date  # by the plan
    start_at: datetime = instant()  # as it was when this row was last written
    minutes: int
    kind: str
    reply: str | None = None  # coming, cannot
    replied_at: datetime | None = instant(optional=True)
    why: str | None = None  # the tapped reason
    note: bytes | None = None  # sealed: the reason in their words
    guests: bytes | None = None  # sealed: who comes to a family session
    attendance: str | None = None  # present, late, absent, excused; counts once the roll is done
    marked_at: datetime | None = instant(optional=True)
    marked_by: UUID | None = ref("person", optional=True, index=False)
    counted: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # the roll is done


class SessionRoll(SQLModel, table=True):
    """The attendance list of one occurrence: who was asked for it and when it was done."""

    __tablename__ = "session_roll"
    __table_args__ = (UniqueConstraint("series_id", "local_date"),)

    id: UUID = uuid_key()
    series_id: UUID = ref("session_series", index=False)
    local_date: date
    asked_at: datetime | None = instant(optional=True)
    done_at: datetime | None = instant(optional=True)
    done_by: UUID | None = ref("person", optional=True, index=False)


class SessionRequest(SQLModel, table=True):
    """A patient asks for another time, or to make one up; the team accepts, offers another time or declines."""

    __tablename__ = "session_request"

    id: UUID = uuid_key()
    person_id: UUID = ref("person")
    series_id: UUID = ref("session_series", index=False)
    local_date: date
    kind: str  # move, make_up
    wish_date: date | None = None
    wish_wall: str | None = None
    note: bytes | None = None  # sealed
    state: str = "asked"  # asked, offered, accepted, declined, refused, withdrawn
    asked_at: datetime = instant()
    offer_date: date | None = None
    offer_wall: str | None = None
    answered_at: datetime | None = instant(optional=True)
    answered_by: UUID | None = ref("person", optional=True, index=False)
    answer: bytes | None = None  # sealed: the team's words with it
    outcome_id: UUID | None = ref("session_series", optional=True, index=False)  # where they make it up


class SessionNews(SQLModel, table=True):
    """A change of the programme, and how far it was told."""

    __tablename__ = "session_news"

    id: UUID = uuid_key()
    kind: str  # as in `bot.programme.news.What`
    series_id: UUID | None = ref("session_series", optional=True)
    holiday_id: UUID | None = ref("holiday", optional=True, index=False)
    local_date: date | None = None  # of the one occurrence, or from which day on
    person_id: UUID | None = ref("person", optional=True)  # when it touches one person alone
    details: dict[str, Any] = document(dict)  # ids, instants and numbers, before and after
    back: bytes | None = None  # sealed JSON: what stood there before, for Undo
    at: datetime = instant()
    by_id: UUID | None = ref("person", optional=True, index=False)
    told_at: datetime | None = instant(optional=True)
    undone_at: datetime | None = instant(optional=True)


class SessionNotice(SQLModel, table=True):
    """That a person is to read a piece of news: the push is neutral, the words come when it is opened."""

    __tablename__ = "session_notice"
    __table_args__ = (UniqueConstraint("person_id", "news_id"), Index("ix_notice_unread", "person_id", "opened_at"))

    id: UUID = uuid_key()
    person_id: UUID = ref("person", index=False)
    news_id: UUID = ref("session_news")
    told_at: datetime = instant()
    pushed_at: datetime | None = instant(optional=True)
    opened_at: datetime | None = instant(optional=True)
