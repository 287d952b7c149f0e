"""Rows for every table, linked with each other, made from the tables themselves so that a new one is never forgotten."""

from __future__ import annotations

import enum
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, Column, Date, Engine, Float, Integer, LargeBinary, String, Table, Uuid, func, select
from sqlmodel import AutoString, SQLModel

import bot.models  # noqa: F401 - fills the metadata
from bot.db import EnumValue, UtcDateTime

ROWS = 3  # of each table; row n points to row n of the tables that it needs


def fill(engine: Engine) -> None:
    """Put `ROWS` rows into every table. Everything that may point somewhere does."""
    with engine.begin() as connection:
        for table in SQLModel.metadata.sorted_tables:
            for number in range(1, ROWS + 1):
                values = {column.name: _value(table, column, number) for column in table.columns}
                connection.execute(table.insert().values(**{name: value for name, value in values.items() if value is not ...}))


def counts(engine: Engine) -> dict[str, int]:
    """How many rows each table has."""
    with engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in SQLModel.metadata.sorted_tables
        }


def links(engine: Engine) -> dict[str, int]:
    """How many rows of each foreign key point somewhere."""
    found = {}
    with engine.connect() as connection:
        for table in SQLModel.metadata.sorted_tables:
            for column in table.columns:
                if column.foreign_keys:
                    found[f"{table.name}.{column.name}"] = connection.execute(select(func.count(column)).select_from(table)).scalar_one()
    return found


def _value(table: Table, column: Column[Any], number: int) -> Any:
    """A value for a column; `...` leaves it to the database."""
    for key in column.foreign_keys:
        if key.column.table is table:
            return _key(key.column, number - 1) if number > 1 else None
        return _key(key.column, number)
    if column.primary_key and isinstance(column.type, Integer) and column.autoincrement is not False:
        return ...
    return _key(column, number)


def _key(column: Column[Any], number: int) -> Any:
    kind = column.type
    if isinstance(kind, EnumValue):
        return _member(kind.kind, number)
    if isinstance(kind, Uuid):
        return UUID(int=(hash_of(column.table.name) << 64) + number)
    if isinstance(kind, UtcDateTime):
        return datetime(2026, 3, 3, 15, number, tzinfo=UTC)
    if isinstance(kind, Boolean):
        return bool(number % 2)
    if isinstance(kind, Integer | Float):
        return number
    if isinstance(kind, Date):
        return date(2026, 3, number)
    if isinstance(kind, LargeBinary):
        return b"sealed %d" % number
    if isinstance(kind, JSON):
        return {"number": number}
    assert isinstance(kind, String | AutoString), f"tests/filled.py knows no value for {column.table.name}.{column.name}"
    return f"{column.name} {number}"


def _member(kind: type[enum.Enum], number: int) -> enum.Enum:
    members = list(kind)
    return members[number % len(members)]


def hash_of(name: str) -> int:
    """A number that stays the same from run to run."""
    return int.from_bytes(name.encode()[:7], "big")
