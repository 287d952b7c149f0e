"""Alembic's environment. The database is the one of the settings, or the one that `bot.schema` hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, text
from sqlmodel import SQLModel

import bot.models  # noqa: F401 - fills the metadata
from bot.config import Settings
from bot.db import EnumValue, UtcDateTime, make_engine


def _type(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """How our own column types are written in a migration: by what they are in the database, so that old migrations stay readable."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, EnumValue):
        return "sa.Integer()" if issubclass(item.kind, int) else "sa.String()"
    if kind == "type" and type(item).__name__ == "AutoString":
        return "sa.String()"
    return False


def _compare(_context: object, _inspected: object, _metadata: object, _inspected_type: object, metadata_type: object) -> bool | None:
    return False if isinstance(metadata_type, (UtcDateTime, EnumValue)) else None


def _run(connection: Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=sqlite,
        render_item=_type,
        compare_type=_compare,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
        if sqlite:
            broken = connection.execute(text("PRAGMA foreign_key_check")).all()
            if broken:
                raise RuntimeError(f"the migration would leave {len(broken)} rows pointing nowhere; nothing was changed")


def run() -> None:
    """Migrate. On SQLite foreign keys are switched off before BEGIN: a batch rebuild with them on empties child tables in silence."""
    url = context.config.attributes.get("url") or Settings.load().database_url
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                raw = connection.connection.dbapi_connection
                assert raw is not None
                raw.execute("PRAGMA foreign_keys=OFF")
            _run(connection)
            connection.commit()
    finally:
        engine.dispose()


run()
