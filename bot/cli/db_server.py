"""Backup and restore of a PostgreSQL database with the server's own tools."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

from bot.errors import SetupError

if TYPE_CHECKING:
    from bot.config import Settings

_VARIABLES = {"host": "PGHOST", "port": "PGPORT", "username": "PGUSER", "password": "PGPASSWORD", "database": "PGDATABASE"}


def dump(settings: Settings, target: Path) -> None:
    """Write an archive of `pg_dump`; it appears under its name only when it was read back.

    Raises:
        SetupError: the tools are missing or fail.
    """
    part = target.with_name(f".{target.name}.part")
    try:
        part.touch(mode=0o600)
        _run(settings, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={part}")
        _read_back(settings, part, target)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def restore(settings: Settings, file: Path, now: datetime) -> Path:
    """Check an archive, dump what is there, then replace it in one transaction.

    Returns:
        Where the old database lies.

    Raises:
        SetupError: the tools are missing or fail, the archive is newer than this version or sealed with other keys.
    """
    _read_back(settings, file, file)
    kept = Path(f"waymark.before-{now:%Y%m%dT%H%M%S}.dump")
    dump(settings, kept)
    database = make_url(settings.database_url).database or ""
    _run(
        settings,
        "pg_restore",
        "--clean",
        "--if-exists",
        "--no-owner",
        "--no-privileges",
        "--single-transaction",
        "--exit-on-error",
        f"--dbname={database}",
        str(file),
    )
    return kept


def _read_back(settings: Settings, archive: Path, name: Path) -> None:
    """Raises SetupError unless an archive holds a database of a version that we know, sealed with our keys."""
    from bot import schema
    from bot.vault import Vault

    revisions = _table(settings, archive, "alembic_version")
    if not revisions or revisions[0][0] not in schema.known_revisions():
        why = "comes from a newer Waymark; install that version" if revisions else "holds no Waymark database"
        raise SetupError(f"{name} cannot be used: it {why}. Nothing was changed")
    if settings.encryption_keys is None:
        return
    known = Vault(settings.keys).fingerprints
    for row in _table(settings, archive, "meta"):
        if row[0] == "encryption_keys" and (missing := set(row[1].split(",")) - set(known)):
            raise SetupError(
                f"WAYMARK_ENCRYPTION_KEYS does not hold the key {min(missing)}, with which {name} was sealed. Nothing was changed"
            )


def _table(settings: Settings, archive: Path, table: str) -> list[list[str]]:
    """A table's rows out of an archive, as text, without the server."""
    lines = _run(settings, "pg_restore", "--data-only", f"--table={table}", "--file=-", str(archive)).splitlines()
    start = next((number for number, line in enumerate(lines) if line.startswith("COPY ")), None)
    if start is None:
        return []
    rows = lines[start + 1 :]
    return [row.split("\t") for row in rows[: rows.index("\\.") if "\\." in rows else len(rows)]]


def _run(settings: Settings, tool: str, *arguments: str) -> str:
    program = shutil.which(tool)
    if program is None:
        raise SetupError(f"{tool} is missing: install PostgreSQL's client programs (postgresql-client), or back up on the database server")
    url = make_url(settings.database_url)
    # Through the environment: arguments can be read by every user of the machine.
    own = {variable: str(value) for name, variable in _VARIABLES.items() if (value := getattr(url, name)) is not None}
    own |= {"PGHOST": str(url.query["host"])} if "host" in url.query else {}
    done = subprocess.run([program, *arguments], env={**os.environ, **own}, capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        # What the tools say may quote rows.
        raise SetupError(f"{tool} ended with {done.returncode}: is the server reachable, and the tool at least as new as the server?")
    return done.stdout.decode(errors="replace")
