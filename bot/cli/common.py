"""What the commands share: one line to the operator, one unit of work in a checked database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from bot.errors import SetupError

if TYPE_CHECKING:
    from datetime import datetime

    from bot.config import Settings
    from bot.db import Database
    from bot.models import Person
    from bot.work import Work


def complain(line: str) -> None:
    """A line on standard error."""
    typer.echo(line, err=True)


def group(help_text: str) -> typer.Typer:
    """A group of commands such as `waymark db`."""
    return typer.Typer(help=help_text, no_args_is_help=True, pretty_exceptions_enable=False)


@contextlib.contextmanager
def database_trouble() -> Iterator[None]:
    """Turn the database's own errors into one line.

    Raises:
        SetupError: the server or the file does not answer as it should.
    """
    from sqlalchemy.exc import DatabaseError

    from bot import logs

    try:
        yield
    except DatabaseError as error:
        code = logs.describe(error).get("code", "")
        raise SetupError(_trouble(code)) from error


def _trouble(code: str) -> str:
    # SQLite's error names and PostgreSQL's SQLSTATEs; the messages may hold values and are never shown.
    known = {
        "SQLITE_CANTOPEN": "the database file cannot be opened: its folder must exist and this user must be able to write there",
        "SQLITE_NOTADB": "the file that WAYMARK_DATABASE_URL names is not a SQLite database: name another, or restore a backup",
        "SQLITE_CORRUPT": "the database file is damaged: stop Waymark and run `waymark db restore FILE` with your last backup",
        "SQLITE_READONLY": "the database file cannot be written: give this user the right to write it and its folder",
        "SQLITE_BUSY": "the database is locked by another program: wait until it is done, or stop it",
        "SQLITE_FULL": "the disk is full: free some space and try again",
        "SQLITE_IOERR": "the disk does not answer as it should: look at the machine's logs, then run `waymark db check`",
        "28P01": "the database server refuses the password in WAYMARK_DATABASE_URL",
        "3D000": "the database that WAYMARK_DATABASE_URL names does not exist on its server: create it first",
    }
    for name, line in known.items():
        if code.startswith(name):
            return line
    if not code:
        return "the database server that WAYMARK_DATABASE_URL names does not answer: start it, or correct the address"
    return f"the database refuses the work ({code}): run `waymark db check`"


def present(settings: Settings) -> None:
    """Make sure that a SQLite file is there before something opens, and so makes, an empty one.

    Raises:
        SetupError: there is none.
    """
    path = settings.database_path
    if path is not None and not path.is_file():
        raise SetupError(
            f"there is no database at {path}: run `waymark init` first, or set WAYMARK_DATABASE_URL "
            "(a relative path counts from the working directory)"
        )


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database of the settings at this version's schema.

    Raises:
        SetupError: it is missing, behind, ahead or does not answer.
    """
    from bot import schema
    from bot.db import Database

    present(settings)
    database = Database(settings.database_url)
    try:
        with database_trouble():
            schema.check(database.engine)
            yield database
    finally:
        database.close()


@contextlib.contextmanager
def unit(needs: Sequence[str] = ("encryption_keys",), **overrides: Any) -> Iterator[Work]:
    """One unit of work of a command, committed at the end, rolled back on any error.

    Raises:
        SetupError, ContentError: a setting, the key, the database or the content is wrong.
    """
    from bot.config import Settings

    settings = Settings.load(needs, **overrides)
    with opened(settings) as database, work_in(settings, database) as work:
        yield work


@contextlib.contextmanager
def work_in(settings: Settings, database: Database) -> Iterator[Work]:
    """One unit of work in an open database; the keys are checked first."""
    from bot import schema
    from bot.content import library
    from bot.vault import Vault
    from bot.work import Work

    vault = Vault(settings.keys)
    content = library.load(settings.content_dir)
    with database.transaction() as session:
        schema.check_keys(session, vault)
        yield Work(session, now(), content, vault, settings)


def own_content() -> Path | None:
    """The clinic's own content folder, for commands that need no other setting.

    Raises:
        SetupError: the setting names no folder.
    """
    import os

    from dotenv import dotenv_values

    from bot.config import ENV_FILE, name_of

    name = name_of("content_dir")
    value = (os.environ.get(name) or dotenv_values(ENV_FILE, encoding="utf-8-sig").get(name) or "").strip()
    if value and not Path(value).is_dir():
        raise SetupError(
            f"{name} is wrong: there is no such folder. It is a folder with content of your own, for example: /etc/waymark/content"
        )
    return Path(value) if value else None


def now() -> datetime:
    """The present instant, UTC."""
    from bot.clock import SystemClock

    return SystemClock().now()


def member(work: Work, number: int) -> Person:
    """The member of staff with this ID.

    Raises:
        SetupError: there is none.
    """
    from bot import people
    from bot.models import STAFF

    person = people.by_number(work.session, number)
    if person is None or person.role not in STAFF or person.removed_at is not None:
        raise SetupError(f"{number} is not the ID of a member of staff: `waymark staff list` prints them")
    return person


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on standard output: drawn on a terminal, separated by tabs elsewhere."""
    import sys

    if not sys.stdout.isatty():
        for row in rows:
            typer.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table

    drawn = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        drawn.add_row(*row)
    Console(markup=False, highlight=False).print(drawn)
