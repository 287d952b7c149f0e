"""The database's schema: upgraded by `init`, `demo` and `db upgrade`; `run` refuses one that is behind or ahead."""

from __future__ import annotations

import contextlib
import functools
import shutil
import sqlite3
from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlmodel import Session

from bot.content.library import shipped_root
from bot.errors import SetupError
from bot.models import Meta
from bot.vault import Vault

_KEYS = "encryption_keys"


def config(url: str) -> Config:
    """Alembic's configuration for a database."""
    settings = Config()
    settings.set_main_option("script_location", str(shipped_root("migrations")))
    settings.attributes["url"] = url
    return settings


def revision(engine: Engine) -> str | None:
    """The revision that a database is at; None when it is empty."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@functools.cache
def head() -> str:
    """The revision that this version of the product works with."""
    found = ScriptDirectory.from_config(config("")).get_current_head()
    assert found is not None
    return found


@functools.cache
def known_revisions() -> frozenset[str]:
    """All revisions that this version knows."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(config("")).walk_revisions())


def check(engine: Engine) -> None:
    """Make sure that a database fits this version.

    Raises:
        SetupError: it is empty, behind or ahead; the line says what to do.
    """
    present, wanted = revision(engine), head()
    if present == wanted:
        return
    if present is None:
        raise SetupError("the database is empty: run `waymark init` (or `waymark db upgrade`) first")
    if present in known_revisions():
        raise SetupError(
            f"the database is at revision {present}, this version needs {wanted}: stop all replicas and run `waymark db upgrade`"
        )
    raise SetupError(
        f"the database is at revision {present}, which this version does not know, so a newer Waymark upgraded it: "
        "install that version, or restore a backup"
    )


def upgrade(url: str, engine: Engine, *, now: datetime) -> Path | None:
    """Bring a database to this version's schema. A filled SQLite file is copied first.

    Args:
        now: names the copy.

    Returns:
        The copy, or None when there was nothing to copy.

    Raises:
        SetupError: the database was upgraded by a newer version.
    """
    present = revision(engine)
    if present == head():
        return None
    if present is not None and present not in known_revisions():
        check(engine)
    copy = _copy(engine, now) if present is not None else None
    engine.dispose()
    command.upgrade(config(url), "head")
    return copy


def _copy(engine: Engine, now: datetime) -> Path | None:
    file = engine.url.database
    if engine.dialect.name != "sqlite" or not file or file == ":memory:":
        return None
    target = Path(f"{file}.before-{now:%Y%m%dT%H%M%S}")
    # SQLite's own copy: what still stands in the journal comes along, and a replica that was forgotten does not disturb it.
    with contextlib.closing(sqlite3.connect(file)) as source, contextlib.closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    shutil.copymode(file, target)
    return target


def check_keys(session: Session, vault: Vault) -> None:
    """Make sure that the keys are those with which this database was sealed; the first start writes them down.

    A new key in front of the old one is welcome: the newest is noted from then on.

    Raises:
        SetupError: the key that this database was sealed with is missing.
    """
    row = session.get(Meta, _KEYS)
    if row is None:
        session.add(Meta(name=_KEYS, value=vault.fingerprint))
        return
    missing = [known for known in row.value.split(",") if known not in vault.fingerprints]
    if missing:
        raise SetupError(
            f"WAYMARK_ENCRYPTION_KEYS does not hold the key {missing[0]}, with which this database was sealed: "
            "put the key from your old .env back (behind a newer one, separated by a comma)"
        )
    if vault.fingerprint not in row.value.split(","):
        row.value = f"{vault.fingerprint},{row.value}"
