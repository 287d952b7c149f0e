"""Who did what to whose data, and the product's own small facts."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from bot.models.columns import document, instant, ref


class Audit(SQLModel, table=True):
    """One act, ids only. The ticker's sealer chains committed rows: `mac` covers this row and the one before."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_unsealed", "chain_no"),)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant(index=True)
    actor_id: UUID | None = ref("person", optional=True)
    actor: str  # staff, patient, visitor, operator (command line), system
    action: str
    person_id: UUID | None = ref("person", optional=True)
    case_id: UUID | None = ref("case", optional=True)
    details: dict[str, Any] = document(dict)
    chain_no: int | None = Field(default=None, unique=True)
    key_id: str | None = None
    mac: str | None = None


class Meta(SQLModel, table=True):
    """Small facts about this database: key fingerprint, who signed off the content."""

    __tablename__ = "meta"

    name: str = Field(primary_key=True)
    value: str


class Counter(SQLModel, table=True):
    """Numbers that people say aloud: cases, people."""

    __tablename__ = "counter"

    name: str = Field(primary_key=True)
    value: int = 0
