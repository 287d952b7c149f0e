"""Migrations: from nothing and from a filled database, on SQLite and PostgreSQL; no row is lost, no wrong version is touched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect
from sqlmodel import SQLModel

from bot import schema
from bot.content.library import shipped_root
from bot.db import Database
from bot.errors import SetupError
from tests import filled
from tests.world import START

MIGRATIONS = shipped_root("migrations")

REBUILD = '''
"""Rebuild every table."""
from alembic import op
import sqlalchemy as sa

revision, down_revision, branch_labels, depends_on = "fffffffffff0", "{head}", None, None


def upgrade() -> None:
    for table in sa.inspect(op.get_bind()).get_table_names():
        if table != "alembic_version":
            with op.batch_alter_table(table, recreate="always") as batch:
                batch.add_column(sa.Column("added", sa.String(), nullable=True))
'''

ADD = REBUILD.replace(', recreate="always"', "")

LOSE = '''
"""A migration that leaves rows pointing nowhere."""
from alembic import op

revision, down_revision, branch_labels, depends_on = "fffffffffff0", "{head}", None, None


def upgrade() -> None:
    op.execute("DELETE FROM person")
'''


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    """A SQLite database without a table."""
    database = Database(f"sqlite:///{tmp_path / 'waymark.db'}")
    yield database
    database.close()


@contextmanager
def next_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str) -> Iterator[None]:
    """Inside, this product is a version on: its migrations hold one more."""
    head = schema.head()
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder, dirs_exist_ok=True)
    (folder / "versions" / "9999_next.py").write_text(source.replace("{head}", head))
    try:
        with monkeypatch.context() as patched:
            patched.setattr(schema, "shipped_root", lambda _name: folder)
            forget()
            yield
    finally:
        forget()


def forget() -> None:
    """What a process looks up once, since its own files never change."""
    for looked_up in (schema.head, schema.known_revisions):
        looked_up.cache_clear()


def test_an_empty_database_gets_every_table(database: Database) -> None:
    there = set(inspect(database.engine).get_table_names())
    assert there - {"alembic_version"} == set(SQLModel.metadata.tables)
    schema.check(database.engine)


def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    """`alembic check`: a changed model without its migration fails here."""
    command.check(schema.config(database.url))


def test_the_configuration_for_developers_is_the_same(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """`alembic -c pyproject.toml ...` as CONTRIBUTING has it; the address comes from the settings."""
    monkeypatch.setenv("WAYMARK_DATABASE_URL", sqlite.url)
    command.check(Config(toml_file=MIGRATIONS.parent / "pyproject.toml"))


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    filled.fill(database.engine)
    before = filled.counts(database.engine)
    assert schema.upgrade(database.url, database.engine, now=START) is None
    assert filled.counts(database.engine) == before == dict.fromkeys(before, filled.ROWS)


def test_rebuilding_every_table_keeps_every_row_and_link(sqlite: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """SQLite rebuilds a table to change it; with foreign keys on that emptied the tables below it in silence."""
    filled.fill(sqlite.engine)
    rows, links = filled.counts(sqlite.engine), filled.links(sqlite.engine)
    assert min(links.values()) > 0
    with next_version(monkeypatch, tmp_path, REBUILD):
        schema.upgrade(sqlite.url, sqlite.engine, now=START)
        assert schema.revision(sqlite.engine) == schema.head() == "fffffffffff0"
    assert filled.counts(sqlite.engine) == rows
    assert filled.links(sqlite.engine) == links
    with sqlite.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_new_column_keeps_every_row_on_each_database(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    filled.fill(database.engine)
    rows = filled.counts(database.engine)
    with next_version(monkeypatch, tmp_path, ADD):
        schema.upgrade(database.url, database.engine, now=START)
    assert filled.counts(database.engine) == rows
    assert "added" in {column["name"] for column in inspect(database.engine).get_columns("person")}


def test_a_migration_that_would_lose_links_changes_nothing(sqlite: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    filled.fill(sqlite.engine)
    before = schema.revision(sqlite.engine)
    with next_version(monkeypatch, tmp_path, LOSE), pytest.raises(RuntimeError, match="nothing was changed"):
        schema.upgrade(sqlite.url, sqlite.engine, now=START)
    assert filled.counts(sqlite.engine)["person"] == filled.ROWS
    assert schema.revision(sqlite.engine) == before


def test_a_filled_file_is_copied_before_it_is_upgraded(sqlite: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    filled.fill(sqlite.engine)
    before = schema.revision(sqlite.engine)
    with next_version(monkeypatch, tmp_path, REBUILD):
        copy = schema.upgrade(sqlite.url, sqlite.engine, now=START)
    assert copy is not None
    old = Database(f"sqlite:///{copy}")
    assert schema.revision(old.engine) == before
    assert filled.counts(old.engine) == filled.counts(sqlite.engine)
    old.close()


def test_nothing_is_copied_when_nothing_is_there_or_nothing_changes(empty: Database, tmp_path: Path) -> None:
    assert schema.upgrade(empty.url, empty.engine, now=START) is None
    assert schema.upgrade(empty.url, empty.engine, now=START) is None
    assert [path.name for path in tmp_path.iterdir() if ".before-" in path.name] == []


def test_an_empty_database_is_refused_with_what_to_do(empty: Database) -> None:
    with pytest.raises(SetupError, match="waymark init"):
        schema.check(empty.engine)


def test_a_database_that_is_behind_is_refused_with_what_to_do(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with next_version(monkeypatch, tmp_path, ADD), pytest.raises(SetupError, match="waymark db upgrade"):
        schema.check(database.engine)


def test_a_database_of_a_newer_version_is_refused_and_left_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with next_version(monkeypatch, tmp_path, ADD):
        schema.upgrade(database.url, database.engine, now=START)
    with pytest.raises(SetupError, match="newer Waymark"):
        schema.check(database.engine)
    with pytest.raises(SetupError, match="newer Waymark"):
        schema.upgrade(database.url, database.engine, now=START)
    assert schema.revision(database.engine) == "fffffffffff0"
