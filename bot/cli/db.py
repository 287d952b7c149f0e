"""`waymark db`: upgrade, backup, restore, check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.common import complain, database_trouble, group, now, opened, present
from bot.errors import SetupError

if TYPE_CHECKING:
    from bot.config import Settings

app = group("Database care.")


@app.command("upgrade")
def upgrade() -> None:
    """Bring the database to this version's schema; a filled SQLite file is copied first. Stop all replicas before."""
    from bot.config import Settings

    migrate(Settings.load())


def migrate(settings: Settings) -> None:
    """Upgrade, and say what was done.

    Raises:
        SetupError: the database is newer than this version, or does not answer.
    """
    from bot import schema
    from bot.db import Database

    path = settings.database_path
    if path is not None and not path.exists():
        if not path.absolute().parent.is_dir():
            raise SetupError(f"the folder of {path} does not exist: make it, or set WAYMARK_DATABASE_URL")
        path.touch(mode=0o600)  # the journals beside it get the same rights
    database = Database(settings.database_url)
    try:
        with database_trouble():
            before = schema.revision(database.engine)
            copy = schema.upgrade(settings.database_url, database.engine, now=now())
    finally:
        database.close()
    if copy is not None:
        typer.echo(f"The database as it was lies in {copy}.")
    done = "is at" if before == schema.head() else "was upgraded to"
    typer.echo(f"The database {done} revision {schema.head()}.")


@app.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; it must not exist yet.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Take the place of an older backup.")] = False,
) -> None:
    """Copy the database to FILE while the bot runs, and prove that the copy can be read. Keep the encryption keys elsewhere."""
    from bot.cli import db_files, db_server
    from bot.config import Settings

    settings = Settings.load()
    if file.exists() and not overwrite:
        raise SetupError(f"{file} exists already: name another file, or add --overwrite")
    if not file.absolute().parent.is_dir():
        raise SetupError(f"the folder of {file} does not exist: make it first")
    with opened(settings):
        pass
    source = settings.database_path
    if source is not None:
        db_files.backup(source, file, settings)
    else:
        db_server.dump(settings, file)
    typer.echo(
        f"{file} holds the whole database and was read back. It opens only with WAYMARK_ENCRYPTION_KEYS: keep a copy of them elsewhere."
    )


@app.command("restore")
def restore(file: Annotated[Path, typer.Argument(metavar="FILE", help="What `db backup` wrote.")]) -> None:
    """Put a backup in the database's place after it was checked; what was there is kept. Stop the bot before."""
    from bot.cli import db_files, db_server
    from bot.config import Settings

    settings = Settings.load()
    if not file.is_file():
        raise SetupError(f"there is no file {file}")
    target = settings.database_path
    kept = db_files.restore(file, target, settings, now()) if target is not None else db_server.restore(settings, file, now())
    if kept is not None:
        typer.echo(f"What was there before lies in {kept}.")
    typer.echo(f"The database is what {file} holds.")
    if target is not None:
        _outdated(settings)


def _outdated(settings: Settings) -> None:
    from bot import schema
    from bot.db import Database

    database = Database(settings.database_url)
    try:
        if schema.revision(database.engine) != schema.head():
            complain("It comes from an older version: run `waymark db upgrade` before `waymark run`.")
    finally:
        database.close()


@app.command("check")
def check() -> None:
    """Look whether the database is whole: file, links between rows, schema, keys, one sealed value of each kind, the audit log's chain."""
    from bot.cli import db_files
    from bot.config import Settings

    settings = Settings.load(("encryption_keys",))
    present(settings)
    problems: list[str] = []
    source = settings.database_path
    if source is not None:
        problems += db_files.problems(source)
    if not problems:
        with opened(settings) as database:
            problems += contents(settings, database.url)
    for problem in problems:
        typer.echo(problem)
    typer.echo(f"{len(problems)} to mend" if problems else "all is well")
    if problems:
        raise typer.Exit(1)


def contents(settings: Settings, url: str) -> list[str]:
    """What is wrong inside a database of this version's schema: keys, sealed values, the audit log's chain.

    Raises:
        SetupError: the keys are not those of this database.
    """
    from bot import audit, schema
    from bot.cli.sealed import cannot_be_opened
    from bot.db import Database
    from bot.vault import Vault

    vault = Vault(settings.keys)
    database = Database(url)
    try:
        with database_trouble(), database.transaction() as session:
            schema.check_keys(session, vault)
            found = [f"{place}: {why}" for place, why in cannot_be_opened(session, vault)]
            broken = audit.verify(session, vault)
            if broken is not None:
                found.append(
                    f"audit: the chain is broken at row {broken}: a row was changed or taken away; compare with the heads in the logs"
                )
            session.rollback()
    finally:
        database.close()
    return found
