"""People: everyone the bot talks with, by role."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import false, true
from sqlmodel import Field, SQLModel

from bot.models.columns import big, choice, document, instant, ref, uuid_key


class Role(StrEnum):
    VISITOR = "visitor"
    PATIENT = "patient"
    SUPPORTER = "supporter"
    PEER = "peer"
    COUNSELOR = "counselor"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"


STAFF = frozenset({Role.PEER, Role.COUNSELOR, Role.SUPERVISOR, Role.OPERATOR})
CLINICAL = frozenset({Role.COUNSELOR, Role.SUPERVISOR})
EVERYONE = frozenset(Role)


class Status(StrEnum):
    """Where a patient is; what it stops is decided in `due` and `escalation`."""

    ACTIVE = "active"
    IN_HOSPITAL = "in_hospital"
    IN_CUSTODY = "in_custody"
    TRAVELLING = "travelling"
    MOVED = "moved"
    DISCHARGED = "discharged"
    DECEASED = "deceased"


LEFT_ALONE = frozenset({Status.IN_HOSPITAL, Status.IN_CUSTODY, Status.MOVED, Status.DISCHARGED, Status.DECEASED})  # the bot starts nothing


class Person(SQLModel, table=True):
    """One person. `chat_id` is the private chat with the bot; none yet for an invitation that waits."""

    __tablename__ = "person"

    id: UUID = uuid_key()
    number: int = Field(unique=True)  # what operators type and `staff list` prints
    role: Role = choice(Role, index=True)
    chat_id: int | None = big(unique=True, optional=True)
    language: str
    telegram_language: str | None = None
    country: str
    zone: str
    name: bytes | None = None  # sealed
    status: Status = choice(Status, Status.ACTIVE)
    created_at: datetime = instant()
    enrolled_at: datetime | None = instant(optional=True)
    removed_at: datetime | None = instant(optional=True)
    blocked_at: datetime | None = instant(optional=True)
    last_seen_at: datetime | None = instant(optional=True)
    checkin_at: str | None = None  # local wall time, HH:MM
    quiet_from: str = "22:00"
    quiet_until: str = "08:00"
    paused_until: datetime | None = instant(optional=True)
    silent_since: datetime | None = instant(optional=True)  # abuse: nothing is sent until they write
    show_previews: bool = False
    reminders_off: list[str] = document(list)
    paged_with_all: bool = Field(default=True, sa_column_kwargs={"server_default": true()})  # staff: when a case goes to everyone
    fictitious: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # the drill's patient: in no list, no figure
    commands_set: str | None = None  # role and language for which the command menu was set


class Patient(SQLModel, table=True):
    """What only a patient has."""

    __tablename__ = "patient"

    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    owner_id: UUID | None = ref("person", optional=True)  # who covers while the owner is away: see `leave`
    track: str | None = None
    track_at: datetime | None = instant(optional=True)  # since when; None: since the enrolment
    plan_hours: int | None = None  # of sessions a week
    started_on: date | None = None
    pace_weeks: int = Field(default=12, sa_column_kwargs={"server_default": "12"})  # over which the curriculum's modules open
    lesson_at: str | None = None  # local wall time at which a lesson is offered, HH:MM; None: not offered
    phone: bytes | None = None  # sealed
    assessed_until: datetime | None = instant(optional=True)  # a clinician saw them, unchanged: Sometimes is watch until then
    assessed_at: datetime | None = instant(optional=True)
    assessed_by: UUID | None = ref("person", optional=True, index=False)
    assessed_reason: bytes | None = None  # sealed
    messages_stopped_at: datetime | None = instant(optional=True)  # of the kind messages after a case


class Conversation(SQLModel, table=True):
    """Where a person is in the chat. `serial` grows with each step, so that a button of an older step is known as old."""

    __tablename__ = "conversation"

    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    state: str | None = None
    data: bytes | None = None  # sealed JSON
    parked: bytes | None = None  # sealed JSON: [[state, data], ...], innermost last
    serial: int = 0
    asked: str | None = None  # the last safety question put by the bot: soft, safe
    asked_at: datetime | None = instant(optional=True)
    updated_at: datetime = instant()


class Consent(SQLModel, table=True):
    """That a person agreed, to which version of which words, when."""

    __tablename__ = "consent"

    id: int | None = Field(default=None, primary_key=True)
    person_id: UUID = ref("person")
    version: str
    content_version: str
    language: str
    given_at: datetime = instant()
    revoked_at: datetime | None = instant(optional=True)
    answers: dict[str, Any] = document(dict)


class Invitation(SQLModel, table=True):
    """A single-use code; only its hash is kept."""

    __tablename__ = "invitation"

    id: UUID = uuid_key()
    code_hash: str = Field(unique=True)
    role: Role = choice(Role)
    name: bytes | None = None  # sealed; staff only
    track: str | None = None
    created_by: UUID | None = ref("person", optional=True, index=False)
    created_at: datetime = instant()
    expires_at: datetime = instant()
    used_at: datetime | None = instant(optional=True)
    used_by: UUID | None = ref("person", optional=True, index=False)
    confirmed_at: datetime | None = instant(optional=True)
    refused_at: datetime | None = instant(optional=True)
    owner_id: UUID | None = ref("person", optional=True, index=False)  # of a patient; the inviter when left out
    person_id: UUID | None = ref("person", optional=True, index=False)  # the row that waits for its account
    moves: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # a lost phone: the row's account becomes another


class Throttle(SQLModel, table=True):
    """Counts attempts in a window, by chat and kind."""

    __tablename__ = "throttle"

    key: str = Field(primary_key=True)
    count: int = 0
    since_at: datetime = instant()
