"""`waymark verdicts`: what staff said of the screen's work, counted, and taken out into a file for a new training of the screen."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.common import complain, group, table, unit
from bot.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.staff.verdicts.store import Line

app = group("What staff said of the screening: should have paged, no crisis. Nothing of it leaves the database but by `export`.")
SURE = "yes"


@app.command("count")
def count() -> None:
    """How many messages staff said should have paged, and how many paged in cases closed as no crisis. Drills are left out."""
    from bot.staff.verdicts import store

    with unit() as work:
        missed, alarms = store.missed(work), store.false_alarms(work)
    table(("Verdict", "Messages"), [["should have paged", str(len(missed))], ["not a crisis", str(len(alarms))]])


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; it must not exist yet. Only this user can read it.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Write these messages to FILE, unsealed, for a new training of the screen: {"text", "level", "category", "lang", "said", "at"} a line.

    "level" is what the words should have had: urgent or emergency; none where the case was closed as no crisis. "said" is what the screen
    gave, "at" the day. Names, ids and chats are not in it, but what people mention in their words is. The audit log says that it was taken.
    """
    from bot.staff.verdicts import store

    _must_be_new(file)
    with unit() as work:
        number = len(store.missed(work)) + len(store.false_alarms(work))
    if number == 0:
        complain("There is nothing to export: no verdicts yet, and no case was closed as no crisis.")
        return
    if not yes:
        _ask(number, file)  # outside a transaction: nobody waits for the operator
    written = False
    try:
        with unit() as work:
            lines = store.taken_out(work)
            _write(file, lines)
            written = True
    except BaseException:
        if written:
            file.unlink(missing_ok=True)  # without its line in the audit log nothing leaves
        raise
    typer.echo(f"{len(lines)} lines were written to {file}.")
    complain("These are patients' words. Keep the file where their records may be kept, read it first, and delete it after use.")


def _must_be_new(file: Path) -> None:
    if file.exists() or file.is_symlink():
        raise SetupError(f"{file} exists already: name a new file")
    if not file.absolute().parent.is_dir():
        raise SetupError(f"the folder of {file} does not exist: make it first")


def _ask(number: int, file: Path) -> None:
    complain(f"{number} messages of patients will stand in {file}, readable to whoever can read it.")
    complain("Their own names, long numbers, links and accounts are masked. What else tells who somebody is stays.")
    answer = typer.prompt(f"Type {SURE} to go on", default="", show_default=False, err=True)
    if answer.strip().casefold() != SURE:
        complain("Nothing was written.")
        raise typer.Exit(1)


def _write(file: Path, lines: Sequence[Line]) -> None:
    """The file appears with rights for this user alone; what could not be written whole does not stay.

    Raises:
        SetupError: it cannot be written, or it appeared meanwhile.
    """
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SetupError(f"{file} exists already: name a new file") from None
    except OSError as error:
        raise SetupError(f"{file} cannot be written: give this user the right to write its folder") from error
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.writelines(_json(line) for line in lines)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        file.unlink(missing_ok=True)
        raise SetupError(f"{file} could not be written whole: is the disk full?") from error


def _json(line: Line) -> bytes:
    try:
        return json.dumps(line.plain(), ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair
        return json.dumps(line.plain()).encode() + b"\n"
