"""Backup and restore of a SQLite file. A copy is only ever put in place after it was opened and checked."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import SetupError

if TYPE_CHECKING:
    from bot.config import Settings

_META = "SELECT value FROM meta WHERE name = 'encryption_keys'"


def problems(file: Path) -> list[str]:
    """What SQLite itself finds wrong with a file: damaged pages, rows that point nowhere; empty when all is well."""
    try:
        with _reading(file) as connection:
            found = [str(line) for (line,) in connection.execute("PRAGMA integrity_check(20)")]
            lost = connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.DatabaseError as error:
        return [f"{file} is damaged or no SQLite database ({getattr(error, 'sqlite_errorname', 'unreadable')}): restore your last backup"]
    broken = [f"{file} is damaged ({len(found)} findings): restore your last backup"] if found != ["ok"] else []
    by_table: dict[str, int] = {}
    for table, *_ in lost:
        by_table[table] = by_table.get(table, 0) + 1
    return broken + [f"{table}: {count} rows point to rows that are gone: restore your last backup" for table, count in by_table.items()]


def backup(source: Path, target: Path, settings: Settings) -> None:
    """Copy a database that may be in use; the copy appears under its name only when it was read back.

    Raises:
        SetupError: the copy cannot be made or read.
    """
    with _beside(target) as copy:
        try:
            with _reading(source) as origin, contextlib.closing(sqlite3.connect(copy)) as connection:
                origin.backup(connection)
        except sqlite3.Error as error:
            raise SetupError(
                f"the backup could not be written to {target} ({getattr(error, 'sqlite_errorname', '?')}): is the disk full?"
            ) from error
        _must_be_good(copy, settings, target)
        _settle(copy)
        copy.replace(target)
        _settle(target.absolute().parent)


def restore(file: Path, target: Path, settings: Settings, now: datetime) -> Path | None:
    """Put a copy of `file` in the place of the database.

    Returns:
        Where the old database lies; None when there was none.

    Raises:
        SetupError: the backup is damaged, newer than this version or sealed with other keys, or the database is in use.
    """
    if target.exists() and target.samefile(file):
        raise SetupError(f"{file} is the database itself: name a backup")
    with _beside(target) as copy:
        try:
            with _reading(file) as origin, contextlib.closing(sqlite3.connect(copy)) as connection:
                origin.backup(connection)
        except sqlite3.DatabaseError as error:
            raise SetupError(f"{file} is no backup: it is not a SQLite database, or it is damaged. Nothing was changed") from error
        _must_be_good(copy, settings, file)
        _settle(copy)
        kept = _put_aside(target, now) if target.exists() else None
        copy.replace(target)
        _settle(target.absolute().parent)
    return kept


def _must_be_good(copy: Path, settings: Settings, name: Path) -> None:
    """Raises SetupError, which speaks of `name`, unless a copy is whole, of a version that we know and sealed with our keys."""
    found = problems(copy)
    why = found[0].replace(str(copy), str(name)) if found else _stranger(copy)
    if why is None and settings.encryption_keys is not None:
        why = _sealed_otherwise(copy, settings)
    if why is not None:
        raise SetupError(f"{name} cannot be used: {why}. Nothing was changed")
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")  # one file, without companions


def _stranger(copy: Path) -> str | None:
    from bot import schema
    from bot.db import make_engine

    engine = make_engine(f"sqlite:///{copy.absolute()}")
    try:
        present = schema.revision(engine)
    finally:
        engine.dispose()
    if present is None:
        return "it holds no Waymark database"
    return None if present in schema.known_revisions() else "it comes from a newer Waymark; install that version"


def _sealed_otherwise(copy: Path, settings: Settings) -> str | None:
    from bot.cli.db import contents
    from bot.vault import Vault

    with _reading(copy) as connection:
        row = connection.execute(_META).fetchone()
    missing = set(row[0].split(",")) - set(Vault(settings.keys).fingerprints) if row else set()
    if missing:
        return f"WAYMARK_ENCRYPTION_KEYS does not hold the key {min(missing)}, with which it was sealed"
    return next(iter(contents(settings, f"sqlite:///{copy.absolute()}")), None)


def _put_aside(target: Path, now: datetime) -> Path:
    """Keep the old database under another name. Journals are folded in first, which also shows whether somebody else has it open."""
    kept = target.with_name(f"{target.name}.before-{now:%Y%m%dT%H%M%S}")
    try:
        with contextlib.closing(sqlite3.connect(target, timeout=0.5)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.OperationalError as error:
        raise SetupError(f"{target} is in use: stop `waymark run` first. Nothing was changed") from error
    except sqlite3.DatabaseError:
        pass  # damaged: all the more reason to restore; it is kept as it is, journals too
    try:
        os.link(target, kept)  # no moment without a database under its name
    except OSError:
        shutil.copy2(target, kept)
    for ending in ("-wal", "-shm"):
        companion = target.with_name(target.name + ending)
        if companion.exists():
            companion.replace(kept.with_name(kept.name + ending))
    return kept


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A new file in the target's folder, for this user alone; gone afterwards unless it was moved."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.absolute().parent)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            Path(name + ending).unlink(missing_ok=True)


@contextlib.contextmanager
def _reading(file: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        yield connection


def _settle(path: Path) -> None:
    """Make sure that it is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
