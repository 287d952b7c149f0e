"""`waymark meetings`: import lists, say what takes place when, look after the feeds."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.errors import SetupError

if TYPE_CHECKING:
    from bot.features.meetings.importing import Imported

app = typer.Typer(help="Meeting lists: import them, list what takes place when.", no_args_is_help=True)

HELD_EXIT = 1
LONGEST = 24 * 31  # hours between two readings

FeedId = Annotated[int, typer.Argument(metavar="ID", help="The feed's ID, as `waymark meetings feeds` prints it.")]
Every = Annotated[
    int | None, typer.Option(min=0, max=LONGEST, help="Hours between two readings of an address by the bot; 0: only by hand. At first 24.")
]
Accept = Annotated[bool, typer.Option("--accept", "--anyway", help="Take it although it holds fewer than half of the last import's rows.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines for people.")]


@app.command("import")
def import_(
    source: Annotated[str, typer.Argument(help="A file or an http(s) address: Meeting Guide JSON, a table, or a BMLT GetSearchResults.")],
    fellowship: Annotated[str, typer.Option(help="aa, na, or any other label.")],
    timezone: Annotated[
        str | None,
        typer.Option(help="The list's default zone (IANA); left out: the one it was imported with before, else WAYMARK_TIMEZONE."),
    ] = None,
    also: Annotated[list[str] | None, typer.Option(help="For a BMLT file: a file with its server's formats or service bodies.")] = None,
    every: Every = None,
    accept: Accept = False,
    as_json: AsJson = False,
) -> None:
    """Import a list; every row that is not ok is reported. The last line says what became of it."""
    from bot.cli.meetings_steps import source_of, steps

    fellowship = " ".join(fellowship.split())
    if not fellowship or len(fellowship) > 40 or not fellowship.isprintable():
        raise SetupError("--fellowship is wrong: it is aa, na or another label of up to 40 letters, for example: smart")
    if fellowship.casefold() in ("aa", "na"):
        fellowship = fellowship.casefold()  # their type codes are known by these labels
    source = source_of(source)
    with steps() as given, _refusal(as_json):
        assumed = timezone is None and given.known_zone(source, fellowship) is None
        _told(given.import_(source, fellowship, timezone, tuple(also or ()), every, accept=accept), source, as_json)
        if assumed and not as_json:
            zone = given.settings.timezone
            typer.echo(f"Rows that name no zone are read in {zone} (WAYMARK_TIMEZONE); if that is wrong, import with --timezone.", err=True)


@app.command()
def refresh(feed: FeedId, accept: Accept = False, as_json: AsJson = False) -> None:
    """Read a feed again now, as the bot does by itself."""
    from bot.cli.meetings_steps import steps

    with steps() as given, _refusal(as_json):
        source, done = given.refresh(feed, accept=accept)
        _told(done, source, as_json)


@contextlib.contextmanager
def _refusal(as_json: bool) -> Iterator[None]:
    """For machines, a list that was refused is an answer too; the exit code is the same."""
    try:
        yield
    except SetupError as error:
        if as_json:
            typer.echo(json.dumps({"result": "refused", "error": str(error)}, ensure_ascii=False))
        raise


def _told(done: Imported, source: str, as_json: bool) -> None:
    from bot.cli.meetings_steps import name_of

    name = name_of(source)
    if as_json:
        typer.echo(json.dumps(_document(done, name), ensure_ascii=False))
    else:
        for row in done.report:
            typer.echo(f"{name}: {row.text}")
    if done.held:
        _hold(done, as_json)
    if not as_json:
        typer.echo(_last_line(done))


def _hold(done: Imported, as_json: bool) -> None:
    line = (
        f"Held back: this list has {done.counts.imported} meetings, fewer than half of the last import. The old list stays. "
        f"If the new one is right, take it with: waymark meetings refresh {done.feed_id} --accept (or import it again with --accept)."
    )
    if not as_json:
        typer.echo(line, err=True)
    raise typer.Exit(HELD_EXIT)


def _last_line(done: Imported) -> str:
    counts = done.counts
    outcomes = ", ".join(f"{count} {outcome.value}" for outcome, count in counts.outcomes.items() if count)
    kinds = ", ".join(f"{count} {kind.value}" for kind, count in counts.attendance.items() if count)
    tail = f"{counts.rows} rows ({outcomes}; {kinds}); {counts.weekly} weekly meetings."
    if done.result.value == "unchanged":
        return f"Nothing has changed since the last import: {counts.imported} of {tail}"
    moved = f" {done.added} new, {done.changed} changed, {done.gone} no longer listed." if done.changed or done.gone else ""
    return f"Imported {counts.imported} of {tail}{moved}"


def _document(done: Imported, name: str) -> dict[str, Any]:
    return {
        "result": done.result.value,
        "feed": done.feed_id,
        "source": name,
        "format": done.format,
        "counts": done.counts.as_dict(),
        "added": done.added,
        "changed": done.changed,
        "gone": done.gone,
        "picks": done.changed_picks,
        "rows": [
            {
                "file": name,
                "row": row.row,
                "key": row.key,
                "outcome": row.outcome.value,
                "reasons": [{"reason": one.reason.value, "detail": one.detail, "text": one.text} for one in row.findings],
            }
            for row in done.report
        ],
    }


@app.command()
def feeds(as_json: AsJson = False) -> None:
    """List the feeds: whose, from where, how they are."""
    from bot.cli.common import table, unit
    from bot.features.meetings import feed_state

    with unit() as work:
        zone = work.settings.zone
        found = [
            {
                "id": feed.id,
                "fellowship": feed.fellowship,
                "source": feed_state.shown(feed.source),
                "format": feed.format,
                "zone": feed.timezone,
                "state": feed.state,
                "rows": row.rows if row is not None else 0,
                "last_good": feed.checked_at.isoformat() if feed.checked_at else None,
                "next": feed.next_at.isoformat() if feed.next_at else None,
                "every_hours": feed.every_hours,
                "error": feed.error,
            }
            for feed, row in feed_state.listed(work.session)
        ]
    if as_json:
        for line in found:
            typer.echo(json.dumps(line, ensure_ascii=False))
        return
    if not found:
        typer.echo("No lists yet: waymark meetings import FILE_OR_URL --fellowship aa --timezone ZONE")
        return

    def local(text: Any) -> str:
        return datetime.fromisoformat(text).astimezone(zone).strftime("%Y-%m-%d %H:%M") if text else "-"

    table(
        ("ID", "Fellowship", "Source", "Format", "Zone", "Last good", "Rows", "State", "Next", "Last error"),
        [
            (
                *(str(one[name]) for name in ("id", "fellowship", "source", "format", "zone")),
                local(one["last_good"]),
                str(one["rows"]),
                str(one["state"]),
                local(one["next"]),
                str(one["error"] or "-"),
            )
            for one in found
        ],
    )


@app.command()
def report(feed: FeedId, as_json: AsJson = False) -> None:
    """What the last reading of a feed found wrong, row by row (the first thousand)."""
    from bot.cli.common import unit
    from bot.cli.meetings_steps import name_of
    from bot.features.meetings import feed_state
    from bot.features.meetings.listing import Finding, Outcome, Reason, RowReport

    with unit() as work:
        found = feed_state.last_report(work.session, feed)
        name = name_of(feed_state.by_id(work.session, feed).source)
        rows = found.report if found is not None else []
        counts = dict(found.counts) if found is not None else {}
    lines = [
        RowReport(number, key, Outcome(outcome), tuple(Finding(Reason(reason), detail) for reason, detail in findings))
        for number, key, outcome, findings in rows
    ]
    if as_json:
        typer.echo(json.dumps({"feed": feed, "source": name, "counts": counts, "rows": rows}, ensure_ascii=False))
        return
    for line in lines:
        typer.echo(f"{name}: {line.text}")
    typer.echo(f"{counts.get('imported', 0)} of {counts.get('rows', 0)} rows imported; {len(lines)} rows were not simply ok.")


@app.command("set")
def set_(
    feed: FeedId, every: Annotated[int, typer.Option(min=0, max=LONGEST, help="Hours between two readings; 0: only by hand.")]
) -> None:
    """How often the bot reads an address again."""
    from bot.cli.common import unit
    from bot.features.meetings import feed_state

    with unit() as work:
        found = feed_state.by_id(work.session, feed)
        if not feed_state.is_address(found.source):
            raise SetupError(
                f"feed {feed} comes from a file: only an address can be read again by the bot. Import the file when it changes"
            )
        feed_state.set_every(work, feed, every)
    typer.echo(f"Feed {feed} is read every {every} hours." if every else f"Feed {feed} is read only by hand.")


@app.command()
def remove(feed: FeedId) -> None:
    """Take a feed out: its meetings are offered no more, and who picked one of them is told."""
    from bot.cli.meetings_steps import steps

    with steps() as given:
        told = given.remove(feed)
    typer.echo(f"Feed {feed} is removed." + (f" {told} picks are told." if told else ""))


@app.command()
def occurrences(
    start: Annotated[str, typer.Option("--from", help="ISO instant; without an offset it is the clinic's local time.")],
    until: Annotated[str, typer.Option("--until", help="ISO instant, exclusive.")],
) -> None:
    """Print what takes place between two instants, a JSON line each."""
    from bot.cli.common import unit
    from bot.features.meetings.occurrences import occurrences as find
    from bot.features.meetings.present import present_rows

    with unit() as work:
        zone = work.settings.zone
        first, last = _instant(start, "--from", zone), _instant(until, "--until", zone)
        if last <= first:
            raise SetupError("--until is not after --from: give a later instant, for example: --until 2026-03-09T00:00:00Z")
        lines = [
            (one.start_utc, one.as_line(fellowship)) for fellowship, row in present_rows(work.session) for one in find(row, first, last)
        ]
    for _at, line in sorted(lines, key=lambda item: (item[0], item[1]["fellowship"], item[1]["slug"])):
        typer.echo(json.dumps(line, ensure_ascii=False))


def _instant(text: str, option: str, zone: Any) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise SetupError(f"{option} {text!r} is no ISO date or instant, for example: 2026-03-02T00:00:00Z") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)
