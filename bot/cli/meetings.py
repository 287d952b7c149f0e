"""`waymark meetings import` and `waymark meetings occurrences`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.errors import SetupError

app = typer.Typer(help="Meeting lists: import them, list what takes place when.", no_args_is_help=True)

FETCH_LIMIT = 50_000_000  # bytes
HELD_EXIT = 1


@app.command("import")
def import_(
    source: Annotated[str, typer.Argument(help="A file or an http(s) address of a Meeting Guide JSON list.")],
    fellowship: Annotated[str, typer.Option(help="aa, na, or any other label.")],
    timezone: Annotated[str | None, typer.Option(help="The list's default zone (IANA); WAYMARK_TIMEZONE when left out.")] = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Take it although it holds fewer than half of the last import's rows.")] = False,
) -> None:
    """Import a list; every row that is not ok is reported."""
    from bot.cli.common import now, opened
    from bot.config import Settings
    from bot.content import library
    from bot.features.meetings import importing
    from bot.vault import Vault
    from bot.work import Work

    fellowship = " ".join(fellowship.split())
    if not fellowship or len(fellowship) > 40 or not fellowship.isprintable():
        raise SetupError("--fellowship is wrong: it is aa, na or another label of up to 40 letters, for example: smart")
    settings = Settings.load(needs=("encryption_keys",))
    data = _read(source, settings.feed_allow_private)
    content, vault = library.load(settings.content_dir), Vault(settings.keys)
    with opened(settings) as database:

        def step(unit: Callable[[Work], None]) -> None:
            with database.transaction() as session:
                unit(Work(session, now(), content, vault, settings))

        zone = timezone or settings.timezone
        done = importing.run(importing.Unit(step), content, data, fellowship=fellowship, source=source, zone=zone, anyway=anyway)
    name = source if "://" in source else Path(source).name
    for row in done.report:
        typer.echo(f"{name}: {row.text}")
    counts = done.counts
    if done.held:
        typer.echo(
            f"Held back: this list has {counts.imported} meetings, fewer than half of the last import. The old list stays. "
            "If the new one is right, import it again with --anyway.",
            err=True,
        )
        raise typer.Exit(HELD_EXIT)
    outcomes = ", ".join(f"{count} {outcome.value}" for outcome, count in counts.outcomes.items() if count)
    typer.echo(f"Imported {counts.imported} of {counts.rows} rows ({outcomes}); {counts.weekly} weekly meetings.")


@app.command()
def occurrences(
    start: Annotated[str, typer.Option("--from", help="ISO instant; without an offset it is the clinic's local time.")],
    until: Annotated[str, typer.Option("--until", help="ISO instant, exclusive.")],
) -> None:
    """Print what takes place between two instants, a JSON line each."""
    from bot.cli.common import unit
    from bot.features.meetings.listing import Attendance
    from bot.features.meetings.occurrences import occurrences as find
    from bot.features.meetings.present import present_rows

    with unit() as work:
        zone = work.settings.zone
        first, last = _instant(start, "--from", zone), _instant(until, "--until", zone)
        if last <= first:
            raise SetupError("--until is not after --from: give a later instant, for example: --until 2026-03-09T00:00:00Z")
        lines: list[tuple[datetime, dict[str, Any]]] = []
        for fellowship, row in present_rows(work.session):
            if row.attendance is not Attendance.INACTIVE:
                lines.extend((one.start_utc, one.as_line(fellowship)) for one in find(row, first, last))
    for _at, line in sorted(lines, key=lambda item: (item[0], item[1]["fellowship"], item[1]["slug"])):
        typer.echo(json.dumps(line, ensure_ascii=False))


def _instant(text: str, option: str, zone: Any) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise SetupError(f"{option} {text!r} is no ISO date or instant, for example: 2026-03-02T00:00:00Z") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def _read(source: str, allow_private: bool) -> bytes:
    if "://" not in source:
        try:
            return Path(source).read_bytes()
        except OSError as error:
            raise SetupError(f"{source} cannot be read ({error.strerror}): give a file that is there, or an http(s) address") from error
    from bot.features.meetings.fetching import fetch

    return fetch(source, allow_private=allow_private, limit=FETCH_LIMIT)
