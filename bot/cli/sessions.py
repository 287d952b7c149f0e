"""`waymark sessions`: put a whole programme in from a table, and list what is in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.common import group, unit
from bot.errors import SetupError

if TYPE_CHECKING:
    from bot.models import Person
    from bot.programme.editing import Draft
    from bot.work import Work

app = group("The programme's own sessions: put them in from a table, list them.")

NEEDED = ("kind", "leader", "from", "time", "minutes")
COLUMNS = (*NEEDED, "track", "patients", "days", "until", "title", "room", "link")
LARGEST = 1_000_000  # bytes
MOST = 2000  # rows


@dataclass(frozen=True)
class Row:
    """One line of the table, by column; its number is the line's in the file."""

    number: int
    cells: Mapping[str, str]

    def wrong(self, column: str, why: str) -> SetupError:
        """What is wrong with a cell, as one line."""
        return SetupError(f"row {self.number}: {column} is wrong: {why}; nothing was put in")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help=f"A CSV file with the columns {', '.join(COLUMNS)}; the first five are needed.")],
    quiet: Annotated[bool, typer.Option("--quiet", help="Patients are not told; their reminders come all the same.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the table.")] = False,
) -> None:
    """Put sessions in, all or none. `days` is mon-fri or mon,wed; empty means once, on `from`. People are named by their IDs."""
    rows = list(_rows(file))
    if dry_run:
        with unit() as work:
            for row in rows:
                _draft(work, row)
        typer.echo(f"{len(rows)} sessions are fine; nothing was put in")
        return
    from bot.errors import Conflict, NotAllowed
    from bot.programme import editing

    with unit() as work:
        for row in rows:
            draft, leader = _draft(work, row)
            try:
                editing.create(work, draft, leader, quiet=quiet)
            except NotAllowed:
                raise row.wrong("patients", "somebody there is not in the leader's care") from None
            except Conflict as conflict:
                why = {"sessions/past": "that time is over", "sessions/nobody": "it is for nobody"}.get(conflict.reason, conflict.reason)
                raise row.wrong("from", why) from None
    typer.echo(f"{len(rows)} sessions put in")


def _rows(file: Path) -> Iterator[Row]:
    try:
        data = file.read_bytes()
    except OSError:
        raise SetupError(f"{file.name} cannot be read: name a CSV file that this user may read") from None
    try:
        if len(data) > LARGEST:
            raise SetupError(f"{file.name} is larger than {LARGEST // 1000} kB")
        found = csv.DictReader(io.StringIO(data.decode("utf-8-sig")), strict=True)
        names = [(name or "").strip().casefold() for name in found.fieldnames or ()]
        missing = [name for name in NEEDED if name not in names]
        unknown = [name for name in names if name not in COLUMNS]
        if missing or unknown:
            raise SetupError(f"{file.name}: columns are missing or unknown: {', '.join([*missing, *unknown])}")
        for number, cells in enumerate(found, 2):
            if number > MOST:
                raise SetupError(f"{file.name} has more than {MOST} rows")
            if None in cells or None in cells.values():
                raise SetupError(f"row {number}: it has more or fewer cells than the first row; nothing was put in")
            yield Row(number, dict(zip(names, (value.strip() for value in cells.values()), strict=True)))
    except (UnicodeDecodeError, csv.Error):
        raise SetupError(f"{file.name} is no CSV table in UTF-8") from None


def _draft(work: Work, row: Row) -> tuple[Draft, Person]:
    from bot import typed
    from bot.cli.patient import clinician, patient_with
    from bot.programme import tracks
    from bot.programme.editing import Draft
    from bot.programme.rules import Kind
    from bot.staff.oncall.rules import parse_days
    from bot.staff.sessions import rules

    def cell(name: str) -> str:
        return row.cells.get(name, "")

    def number(column: str, text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) <= 9):
            raise row.wrong(column, "it is an ID that `staff list` or `patient list` prints")
        return int(text)

    kind = next((one.value for one in Kind if one.value == cell("kind").casefold()), None)
    if kind is None:
        raise row.wrong("kind", "it is group, individual or family")
    leader = clinician(work, number("leader", cell("leader")))
    members = tuple(patient_with(work, number("patients", one)) for one in cell("patients").replace(",", " ").split())
    track = tracks.read(work, cell("track")) if cell("track") else None
    if (track is None) == (not members):
        raise row.wrong("track", "a session is for a track or for named patients, one of both")
    weekdays = parse_days(cell("days")) if cell("days") else frozenset[int]()
    if weekdays is None:
        raise row.wrong("days", "it is mon-fri, sat,sun or all, or empty for once")
    first, last = _day(cell("from")), _day(cell("until")) if cell("until") else None
    if first is None or (cell("until") and (last is None or last < first)):
        raise row.wrong("from", "from and until are dates like 2026-03-31, in this order")
    wall, minutes = typed.wall(cell("time")), rules.length(cell("minutes"))
    if wall is None or minutes is None:
        raise row.wrong("time", "time is like 18:00, minutes from 15 to 480")
    room, link = _place(row, cell("room"), cell("link"))
    title = rules.short_text(cell("title"), rules.TITLE_LENGTH) if cell("title") else ""
    if title is None:
        raise row.wrong("title", f"it has up to {rules.TITLE_LENGTH} letters")
    return Draft(kind, track, members, tuple(sorted(weekdays)), first, wall, minutes, room, link, title, last), leader


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _place(row: Row, room: str, link: str) -> tuple[str, str]:
    from bot.staff.sessions import rules

    if not room and not link:
        return "", ""
    found = rules.place(f"{room} {link}".strip())
    if found is None or bool(found[1]) != bool(link):
        raise row.wrong("room", f"a room has up to {rules.ROOM_LENGTH} letters, a link begins with https")
    return found


@app.command("list")
def listing() -> None:
    """The series and single sessions that are not over: kind, for whom (a track, or how many), when, how long, who leads."""
    from bot import due
    from bot.models import Person
    from bot.programme import store
    from bot.programme.store import Book
    from bot.staff.oncall.rules import DAYS

    with unit() as work:
        today = due.local_date(work.now, work.settings.timezone)
        for row in Book(work, today).series.values():
            leader = work.session.get(Person, row.leader_id)
            named = len(store.members_on(work, row, max(today, row.from_date)))
            days = ",".join(DAYS[day] for day in row.weekdays) or "once"
            until = f" until {row.until_date}" if row.weekdays and row.until_date else ""
            when = f"{days} {row.wall} from {row.from_date}{until} {row.zone}"
            cells = (row.kind, row.track or f"{named} named", when, f"{row.minutes} min", f"led by {leader.number if leader else '-'}")
            typer.echo("\t".join(cells))
