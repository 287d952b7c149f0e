"""What the team keeps about a patient beside cases: whom to phone, where they are, words that are no crisis."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from bot.models.columns import big, document, instant, ref, uuid_key


class EmergencyCard(SQLModel, table=True):
    """Where help finds a patient and one person who may be called, with the patient's written consent."""

    __tablename__ = "emergency_card"

    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    address: bytes | None = None  # sealed
    contact_name: bytes | None = None  # sealed
    contact_phone: bytes | None = None  # sealed
    may_tell: list[str] = document(list)  # in_danger, in_programme, where
    consent_at: datetime | None = instant(optional=True)
    consent_language: str | None = None  # which words they agreed to: their language, and the content's version
    consent_version: str | None = None
    revoked_at: datetime | None = instant(optional=True)
    asked_at: datetime | None = instant(optional=True)
    skipped_at: datetime | None = instant(optional=True)
    updated_at: datetime = instant()


class StatusChange(SQLModel, table=True):
    """Each change of a patient's status; `deceased` counts once a second person confirmed it."""

    __tablename__ = "status_change"

    id: int | None = Field(default=None, primary_key=True)
    person_id: UUID = ref("person")
    before: str
    status: str
    until_date: date | None = None
    home_country: str | None = None  # travelling: where they live, to go back to
    home_zone: str | None = None
    asked_at: datetime = instant()
    asked_by: UUID | None = ref("person", optional=True, index=False)
    confirmed_at: datetime | None = instant(optional=True)
    confirmed_by: UUID | None = ref("person", optional=True, index=False)
    refused_at: datetime | None = instant(optional=True)
    undone_at: datetime | None = instant(optional=True)
    undone_by: UUID | None = ref("person", optional=True, index=False)


class TeamMessage(SQLModel, table=True):
    """A message between a patient and the team that is no crisis (`/message`)."""

    __tablename__ = "team_message"

    id: UUID = uuid_key()
    person_id: UUID = ref("person")  # the patient
    author_id: UUID = ref("person", index=False)
    kind: str = "message"  # message; session: to raise in the next session
    body: bytes | None = None  # sealed
    at: datetime = instant()
    task_id: UUID | None = ref("task", optional=True, index=False)
    source_chat_id: int | None = big(optional=True)
    source_message_id: int | None = big(optional=True)
    outbox_id: UUID | None = ref("outbox", optional=True)  # what carries it, or says that it is there
    arrived_at: datetime | None = instant(optional=True)
    failure: str | None = None  # one word
    answered_at: datetime | None = instant(optional=True)  # of a session's point: talked about
    answered_by: UUID | None = ref("person", optional=True, index=False)
