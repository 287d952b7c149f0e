"""Every sealed column of the tables, and a trial of one value of each."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import LargeBinary, Table, inspect
from sqlmodel import Session, SQLModel, select

import bot.models  # noqa: F401 - fills the metadata
from bot.errors import SetupError
from bot.models import sealed_at
from bot.vault import Vault


def columns() -> Iterator[tuple[Table, str, str]]:
    """(table, sealed column, key column) of each. Bytes are sealed, always and only."""
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, LargeBinary):
                yield table, column.name, next(iter(table.primary_key.columns)).name


def cannot_be_opened(session: Session, vault: Vault) -> list[tuple[str, str]]:
    """Open the oldest and the newest sealed value of each column.

    Returns:
        (table.column, why) of those that do not open.
    """
    problems: list[tuple[str, str]] = []
    there = inspect(session.connection())
    for table, name, key in columns():
        if not there.has_table(table.name) or name not in {column["name"] for column in there.get_columns(table.name)}:
            continue  # a backup of an older version
        rows = select(table.c[key], table.c[name]).where(table.c[name].is_not(None))
        for order in (table.c[key].asc(), table.c[key].desc()):
            row = session.execute(rows.order_by(order).limit(1)).first()
            if row is None:
                break
            try:
                vault.open(row[1], sealed_at(table.name, name, row[0]))
            except SetupError as error:
                problems.append((f"{table.name}.{name}", str(error)))
                break
    return problems
