"""How this product's columns are written."""

from __future__ import annotations

from enum import Enum
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import JSON, BigInteger
from sqlalchemy.orm.attributes import manager_of_class
from sqlmodel import Field, SQLModel

from bot.db import EnumValue, UtcDateTime
from bot.ids import uuid7

RowT = TypeVar("RowT", bound=SQLModel)


def new_row(kind: type[RowT], /, **values: Any) -> RowT:
    """A new row, as `kind(**values)` makes it, at a quarter of the cost: for the tables that every turn writes.

    The constructor sets each column through two libraries' machinery for changes; a row that is not stored yet has none to watch.

    Raises:
        TypeError: a column that has no default is missing, or there is no such column.
    """
    plain, made, needed = _defaults(kind)
    if not needed <= values.keys() or not values.keys() <= kind.model_fields.keys():
        raise TypeError(f"{kind.__name__}: columns are missing or unknown")
    row = manager_of_class(kind).new_instance()
    row.__dict__.update(plain)
    row.__dict__.update({name: factory() for name, factory in made.items() if name not in values})
    row.__dict__.update(values)
    return row


@cache
def _defaults(kind: type[SQLModel]) -> tuple[dict[str, Any], dict[str, Any], frozenset[str]]:
    """Columns with a plain default, columns whose default is made anew for each row, and columns without any."""
    fields = kind.model_fields
    made = {name: field.default_factory for name, field in fields.items() if field.default_factory is not None}
    needed = frozenset(name for name, field in fields.items() if field.is_required())
    return {name: field.default for name, field in fields.items() if name not in made and name not in needed}, made, needed


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


def later_document(default: Any, stored: str) -> Any:
    """A `document` that a migration adds to a table with rows in it; they get `stored`."""
    return Field(default_factory=default, sa_type=JSON, sa_column_kwargs={"server_default": stored})


def ref(table: str, *, optional: bool = False, index: bool = True) -> Any:
    """A foreign key to `table.id`."""
    if optional:
        return Field(default=None, foreign_key=f"{table}.id", index=index)
    return Field(foreign_key=f"{table}.id", index=index)


def sealed_at(table: str, column: str, row_id: UUID | int) -> str:
    """The associated data of a sealed value: a value copied elsewhere does not open."""
    return f"{table}|{column}|{row_id}"
