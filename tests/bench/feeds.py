"""Meeting lists: how long an import takes, how much memory, how soon a year of occurrences is there, how late the event loop is."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from datetime import time as wall_time
from pathlib import Path
from typing import Any

from bot.features.meetings.listing import Attendance, MeetingRow
from bot.features.meetings.occurrences import all_occurrences
from tests.bench import harness

_TOWNS = (
    ("New York", "NY", 40.71, -74.0, "America/New_York"),
    ("Chicago", "IL", 41.88, -87.63, "America/Chicago"),
    ("Denver", "CO", 39.74, -104.99, "America/Denver"),
    ("Los Angeles", "CA", 34.05, -118.24, "America/Los_Angeles"),
    ("Phoenix", "AZ", 33.45, -112.07, "America/Phoenix"),
)
_NOTES = "Ring the bell at the side door. <br>Coffee from half past. " * 3


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Invented meetings, as large as real ones (about 800 bytes each)."""
    for number in range(count):
        town, state, latitude, longitude, zone = _TOWNS[number % len(_TOWNS)]
        online = number % 5 == 0
        yield {
            "id": number + 1,
            "name": f"Lantern Group {number % 977}",
            "slug": f"lantern-group-{town.lower().replace(' ', '-')}-{number}",
            "day": number % 7,
            "time": f"{6 + number % 17:02d}:{number % 4 * 15:02d}",
            "end_time": f"{7 + number % 17:02d}:{number % 4 * 15:02d}",
            "timezone": zone,
            "types": ["O", "D", "EN", "X"] if number % 2 else ["C", "ST", "EN", "ONL" if online else "W"],
            "location": f"Harbor House {number % 4001}",
            "location_notes": "Second floor, room 4.",
            "formatted_address": f"{number % 900 + 1} Kettle Row, {town}, {state} {10000 + number % 9000}, USA",
            "latitude": latitude + (number % 331) / 700,
            "longitude": longitude + (number % 401) / 900,
            "approximate": "no",
            "region": f"District {number % 60}",
            "group": f"Group {number % 5000}",
            "notes": _NOTES if number % 3 else "First Friday is a speaker meeting.",
            "conference_url": f"https://meet.example.org/j/{number}" if online else "",
            "updated": "2026-10-01 12:00:00",
            "url": f"https://aa.example.org/meetings/{number}",
            "attendance_option": "hybrid" if online else "in_person",
        }


def write(path: Path, count: int, changed: int = 0) -> None:
    """A list as one JSON array; of `changed` rows the time is another than before."""
    with path.open("w", encoding="utf-8") as file:
        for number, row in enumerate(rows(count)):
            file.write("[" if number == 0 else ",\n")
            json.dump({**row, "time": "05:05", "end_time": "06:00"} if number < changed else row, file)
        file.write("]")


def imported(place: Path, env: dict[str, str], path: Path) -> tuple[float, float, str]:
    """Seconds, the process's peak memory in MB, and the last line."""
    command = [sys.executable, "-m", "bot", "meetings", "import", str(path), "--fellowship", "aa", "--timezone", "America/New_York"]
    started = time.perf_counter()
    child = subprocess.Popen(command, cwd=harness.ROOT, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert child.stdout is not None
    said = child.stdout.read().decode().splitlines()
    _pid, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, said
    return time.perf_counter() - started, usage.ru_maxrss / 1024, said[-1]


def _meeting(number: int) -> MeetingRow:
    return MeetingRow(
        key=str(number),
        name="A",
        attendance=Attendance.IN_PERSON,
        days=(number % 7,),
        time=wall_time(number % 24, 30),
        timezone=_TOWNS[number % len(_TOWNS)][4],
    )


async def _lag(work: Any) -> tuple[float, float]:
    """How late the event loop was while `work` ran in a thread: the 99th percentile and the worst, ms."""
    late: list[float] = []
    task = asyncio.create_task(asyncio.to_thread(work))
    while not task.done():
        before = time.perf_counter()
        await asyncio.sleep(0.005)
        late.append((time.perf_counter() - before - 0.005) * 1000)
    await task
    late.sort()
    return late[int(len(late) * 0.99)], late[-1]


def main() -> None:
    """Print the figures."""
    print("feeds")
    with harness.folder() as place:
        env = harness.prepare(place, "http://127.0.0.1:1", ())
        for count in (2_000, 60_000):
            path = place / f"{count}.json"
            write(path, count)
            print(f"  {count:6} rows, {path.stat().st_size / 1e6:.0f} MB", end="", flush=True)
            for what, changed in (("first", 0), ("the same again", 0), ("50 rows changed", 50), ("half changed", count // 2)):
                write(path, count, changed)
                took, memory, line = imported(place, env, path)
                print(f"; {what}: {took:.1f} s, {memory:.0f} MB", end="", flush=True)
                assert line.startswith("Nothing" if what == "the same again" else "Imported"), line
            print()
        meetings = [_meeting(number) for number in range(2_000)]
        started = time.perf_counter()
        found = all_occurrences(meetings, datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))
        print(f"  a year of 2,000 meetings: {len(found)} occurrences in {time.perf_counter() - started:.2f} s")
        path = place / "2000.json"
        worst = asyncio.run(_lag(lambda: _parse(path)))
        print(f"  parsing 2,000 rows in a thread: the event loop late by {worst[0]:.0f} ms (99 %), {worst[1]:.0f} ms at most")
    print(f"  this process's own peak: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _parse(path: Path) -> None:
    from bot.features.meetings import feed
    from bot.features.meetings.codes import load_types

    types = load_types(harness.ROOT / "content" / "meetings" / "types.yaml")
    with path.open("rb") as file:
        for _row in feed.read(file, types=types, fellowship="aa", default_zone="America/New_York").rows():
            pass


if __name__ == "__main__":
    main()
