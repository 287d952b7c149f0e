"""Who is on call when, who is away, and who confirmed a shift."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.models.columns import document, instant, ref


class Shift(SQLModel, table=True):
    """An override: who holds a position from when to when; the newest that covers an instant counts, before every rule."""

    __tablename__ = "shift"
    __table_args__ = (Index("ix_shift_position", "position", "start_at"),)

    id: int | None = Field(default=None, primary_key=True)
    position: str  # primary, backup
    staff_id: UUID = ref("person")
    start_at: datetime = instant()
    end_at: datetime | None = instant(optional=True)
    created_at: datetime = instant()
    created_by: UUID | None = ref("person", optional=True, index=False)


class RotaRule(SQLModel, table=True):
    """What repeats, in wall time of the clinic: a rotation of people, or fixed hours of one person."""

    __tablename__ = "rota_rule"

    id: int | None = Field(default=None, primary_key=True)
    position: str  # primary, backup
    kind: str  # rotation: the members take turns; fixed: the one member has these hours each week
    members: list[str] = document(list)  # person ids, in the order of their turns
    turn_days: int = 7  # rotation: how long a turn is
    weekdays: list[int] = document(list)  # fixed: on which days it starts, 0 = Monday .. 6
    start_wall: str = "09:00"  # rotation: when turns change hands
    end_wall: str | None = None  # fixed: until when; at or before the start it is on the next day
    from_date: date  # rotation: the day of the first member's first turn
    until_date: date | None = None  # the last day on which a turn or shift starts
    created_at: datetime = instant()
    created_by: UUID | None = ref("person", optional=True, index=False)
    removed_at: datetime | None = instant(optional=True)


class OffHours(SQLModel, table=True):
    """Hours in which the clinic declares that nobody watches: patients are told so, and no gap is announced."""

    __tablename__ = "off_hours"

    id: int | None = Field(default=None, primary_key=True)
    weekdays: list[int] = document(list)  # on which days it starts, 0 = Monday .. 6
    start_wall: str
    end_wall: str  # at or before the start it is on the next day
    from_date: date | None = None
    until_date: date | None = None
    created_at: datetime = instant()
    created_by: UUID | None = ref("person", optional=True, index=False)
    removed_at: datetime | None = instant(optional=True)


class Swap(SQLModel, table=True):
    """A request to take somebody's shift; it counts once the other one agreed."""

    __tablename__ = "swap"

    id: int | None = Field(default=None, primary_key=True)
    position: str
    from_id: UUID = ref("person")
    to_id: UUID = ref("person")
    start_at: datetime = instant()
    end_at: datetime = instant()
    state: str = "asked"  # asked, agreed, refused, withdrawn, too_late
    asked_at: datetime = instant()
    answered_at: datetime | None = instant(optional=True)


class ShiftCheck(SQLModel, table=True):
    """The tap that a shift's start asks for; unconfirmed in time, the backup holds it."""

    __tablename__ = "shift_check"
    __table_args__ = (UniqueConstraint("position", "staff_id", "start_at"),)

    id: int | None = Field(default=None, primary_key=True)
    position: str
    staff_id: UUID = ref("person")
    start_at: datetime = instant(index=True)
    end_at: datetime | None = instant(optional=True)
    asked_at: datetime = instant()
    confirmed_at: datetime | None = instant(optional=True)
    rings: bool = False  # a channel that rings was proven within 30 days when they confirmed
    lapsed_at: datetime | None = instant(optional=True)  # nobody tapped in time; the backup holds it from here


class Leave(SQLModel, table=True):
    """A member of staff is away; who covers for them. Local dates of the clinic, both included."""

    __tablename__ = "leave"

    id: int | None = Field(default=None, primary_key=True)
    staff_id: UUID = ref("person")
    cover_id: UUID | None = ref("person", optional=True)  # None only for staff who own no patient
    from_date: date
    until_date: date
    created_at: datetime = instant()
    created_by: UUID | None = ref("person", optional=True, index=False)
    cancelled_at: datetime | None = instant(optional=True)


class GapNotice(SQLModel, table=True):
    """That the supervisors heard of a gap, so many days ahead (0: it is there, once a day)."""

    __tablename__ = "gap_notice"
    __table_args__ = (UniqueConstraint("position", "start_at", "days"),)

    id: int | None = Field(default=None, primary_key=True)
    position: str
    start_at: datetime = instant()
    days: int
    told_at: datetime = instant()
