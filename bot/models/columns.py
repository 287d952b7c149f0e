"""How this product's columns are written."""

from __future__ import annotations

from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger
from sqlmodel import Field

from bot.db import EnumValue, UtcDateTime
from bot.ids import uuid7


def uuid_key() -> Any:
    """A primary key that is known before the insert (rows with sealed columns need it to seal)."""
    return Field(default_factory=uuid7, primary_key=True)


def instant(*, index: bool = False, optional: bool = False) -> Any:
    """An instant in UTC; its name ends in `_at` or `_until`."""
    if optional:
        return Field(default=None, sa_type=UtcDateTime, index=index)
    return Field(sa_type=UtcDateTime, index=index)


def big(*, index: bool = False, unique: bool = False, optional: bool = False) -> Any:
    """A 64-bit integer: Telegram's ids."""
    if optional:
        return Field(default=None, sa_type=BigInteger, index=index, unique=unique)
    return Field(sa_type=BigInteger, index=index, unique=unique)


def choice(kind: type[Enum], default: Enum | None = None, *, index: bool = False) -> Any:
    """A member of a closed set, kept as its value; required when there is no default."""
    if default is None:
        return Field(sa_type=EnumValue(kind), index=index)
    return Field(default=default, sa_type=EnumValue(kind), index=index)


def document(default: Any) -> Any:
    """JSON of ids, keys and numbers; never a word that a person wrote."""
    return Field(default_factory=default, sa_type=JSON)


def ref(table: str, *, optional: bool = False, index: bool = True) -> Any:
    """A foreign key to `table.id`."""
    if optional:
        return Field(default=None, foreign_key=f"{table}.id", index=index)
    return Field(foreign_key=f"{table}.id", index=index)


def sealed_at(table: str, column: str, row_id: UUID | int) -> str:
    """The associated data of a sealed value: a value copied elsewhere does not open."""
    return f"{table}|{column}|{row_id}"
