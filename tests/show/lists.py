"""What meeting lists come to: import reports, both changes of clock, the calendar file in another library's eyes.

The first two run by the command line, as an operator has them, on a database of their own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import vobject  # type: ignore[import-untyped]
from dateutil import tz
from dateutil.rrule import rrulestr
from dateutil.tz import tzical

from bot.features.meetings import calendar, rules, store
from bot.features.meetings.calendar import Entry
from bot.models import Meeting
from tests.features.meetings.imported import load
from tests.world import KEY, world_at

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "data" / "meetings"
ZONES = {
    "aa-tsml-orange-county": ("aa", "America/Los_Angeles"),
    "aa-meeting-guide-sf-marin": ("aa", "America/Los_Angeles"),
    "aa-meeting-guide-edmonton": ("aa", "America/Edmonton"),
    "aa-meeting-guide-kansas-city": ("aa", "America/Chicago"),
    "eda-tsml-worldwide": ("eda", "America/New_York"),
    "na-bmlt-new-york-large": ("na", "America/New_York"),
    "na-bmlt-full-fields": ("na", "America/New_York"),
}
SPANS = (("2026-10-24", "2026-10-27"), ("2026-10-31", "2026-11-03"), ("2027-03-13", "2027-03-16"), ("2027-03-27", "2027-03-30"))
CLOCKS = ("America/New_York", "Europe/Madrid", "Australia/Sydney", "Pacific/Apia")


@dataclass(frozen=True)
class Figures:
    """What an import finds, and what the folder's README says that it should."""

    rows: int
    weekly: int
    no_schedule: int
    attendance: tuple[int, ...]
    past_midnight: int | None


def wanted() -> dict[str, Figures]:
    """The README's table, file by file; empty without the folder."""
    if not (REAL / "README.md").exists():
        return {}
    _, _, table = (REAL / "README.md").read_text(encoding="utf-8").partition("## What an import should find")
    found = {}
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 6 and cells[0] in ZONES:
            numbers = [[int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", cell.partition("(")[0])] for cell in cells[1:]]
            (rows,), (weekly,), (no_schedule,), kinds, late = numbers
            found[cells[0]] = Figures(rows, weekly, no_schedule, tuple(kinds), late[0] if late else None)
    return found


class Waymark:
    """The command, on a database in a folder."""

    def __init__(self, folder: Path) -> None:
        self._env = {name: value for name, value in os.environ.items() if not name.startswith("WAYMARK_")}
        self._env |= {"WAYMARK_DATABASE_URL": f"sqlite:///{folder}/show.db", "WAYMARK_ENCRYPTION_KEYS": KEY, "PYTHONPATH": str(ROOT)}
        self._folder = folder

    def __call__(self, *args: str) -> list[str]:
        """Run it; the lines that it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "bot", *args], cwd=self._folder, env=self._env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()


def reports(waymark: Waymark) -> None:
    """Each list's import: how many rows are told and why, and the figures beside those of the README."""
    for name, should in wanted().items():
        fellowship, zone = ZONES[name]
        beside = ("--also", str(REAL / "na-bmlt-formats.json")) if name == "na-bmlt-new-york-large" else ()
        source = str(REAL / f"{name}.json")
        (line,) = waymark("meetings", "import", source, "--fellowship", fellowship, "--timezone", zone, *beside, "--json")
        said = json.loads(line)
        counts = said["counts"]
        kinds = tuple(counts[kind] for kind in ("in_person", "hybrid", "online", "inactive"))
        late = counts["past_midnight"] if should.past_midnight is not None else None
        found = Figures(counts["rows"], counts["weekly"], counts["no_schedule"], kinds, late)
        print(f"\n{name}: {found.rows} rows, {found.weekly} weekly, {found.no_schedule} without schedule, {kinds}, {late} past midnight")
        print(f"  {'as its README says' if found == should else f'ITS README SAYS {should}'}")
        for text, number in sorted(reasons(said["rows"]).items(), key=lambda item: -item[1]):
            print(f"  {number:5}  {text}")


def reasons(rows: list[dict[str, Any]]) -> dict[str, int]:
    """How often each reason is told."""
    counted: dict[str, int] = {}
    for row in rows:
        for one in row["reasons"]:
            text = f"{row['outcome']}: {one['text'].partition(' (')[0]}"
            counted[text] = counted.get(text, 0) + 1
    return counted


def clocks(waymark: Waymark, folder: Path) -> None:
    """One meeting at 02:30, one at 01:30 and one at 19:00 each day in four zones, over every change of clock; dateutil beside it."""
    walls = ("01:30", "02:30", "19:00")
    rows = [
        {
            "slug": f"{zone.partition('/')[2].lower()}-{wall[:2]}",
            "name": "A",
            "day": [0, 1, 2, 3, 4, 5, 6],
            "time": wall,
            "timezone": zone,
            "types": ["ONL"],
            "conference_url": "https://meet.example.org/1",
        }
        for zone in CLOCKS
        for wall in walls
    ]
    (folder / "clocks.json").write_text(json.dumps(rows), encoding="utf-8")
    waymark("meetings", "import", "clocks.json", "--fellowship", "clocks", "--timezone", "UTC")
    for first, until in SPANS:
        start, end = f"{first}T00:00:00Z", f"{until}T00:00:00Z"
        lines = [json.loads(line) for line in waymark("meetings", "occurrences", "--from", start, "--until", end)]
        mine = sorted((one["start"], one["slug"]) for one in lines if one["fellowship"] == "clocks")
        theirs = sorted(theirs_between(rows, datetime.fromisoformat(start), datetime.fromisoformat(end)))
        verdict = "as dateutil has them" if mine == theirs else "NOT AS DATEUTIL HAS THEM"
        print(f"\n{first} to {until}: {len(lines)} occurrences of all lists; {len(mine)} of these, {verdict}")
        for at, slug in mine:
            if slug.startswith(("new_york", "madrid")):
                print(f"  {at}  {slug}")


def theirs_between(rows: list[dict[str, Any]], start: datetime, until: datetime) -> Iterator[tuple[str, str]]:
    """The same by dateutil alone."""
    for row in rows:
        hour, minute = map(int, row["time"].split(":"))
        day = start.replace(tzinfo=None) - timedelta(days=2)
        while day <= until.replace(tzinfo=None) + timedelta(days=2):
            wall = day.replace(hour=hour, minute=minute, tzinfo=tz.gettz(row["timezone"]))
            at = tz.resolve_imaginary(wall).astimezone(UTC)
            if start <= at < until:
                yield f"{at:%Y-%m-%dT%H:%M:%SZ}", row["slug"]
            day += timedelta(days=1)


async def opened_by_another(folder: Path) -> None:
    """A weekly meeting's calendar file as vobject reads it."""
    row = {
        "slug": "noon",
        "name": "Noon",
        "day": 2,
        "time": "19:30",
        "end_time": "20:45",
        "timezone": "Europe/Madrid",
        "types": ["ONL"],
        "conference_url": "https://meet.example.org/noon?pwd=1",
    }
    async with world_at(folder, datetime(2026, 10, 19, 12, 0, tzinfo=UTC)) as world:
        load(world, [row])
        with world.work() as work:
            meeting = work.session.get_one(Meeting, 1)
            occurrence = next(rules.following(store.to_row(meeting), work.now, 2))
            data = calendar.made(
                [Entry(meeting, "aa|show", occurrence, weekly=True)], work.now, work.content, "en", name=False, codes=False
            )
    text = data.decode()
    print(text.replace("\r\n", "\n"))
    event = vobject.readOne(text).vevent
    print(f"vobject reads: {event.summary.value}, {event.dtstart.value:%a %Y-%m-%d %H:%M}, {event.duration.value}, {event.rrule.value}")
    wall = event.dtstart.value.replace(tzinfo=None)
    clock = tzical(StringIO(text)).get("Europe/Madrid")
    for at in islice(rrulestr(event.rrule.value, dtstart=wall), 3):
        print(f"dateutil, by the file's own zone: {at:%a %Y-%m-%d %H:%M} is {at.replace(tzinfo=clock).astimezone(UTC):%H:%M} UTC")


async def main() -> None:
    """All three."""
    with tempfile.TemporaryDirectory(prefix="waymark-show-") as name:
        folder = Path(name)
        waymark = Waymark(folder)
        waymark("db", "upgrade")
        reports(waymark)
        clocks(waymark, folder)
        print("\nA calendar file\n")
        await opened_by_another(folder)
