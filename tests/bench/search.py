"""How fast the finder is over 60,000 meetings: by place, by time, by both, by name of a town; and how long their index takes.

`python -m tests.bench search`; on PostgreSQL too when WAYMARK_TEST_POSTGRES_URL is set (`.ci/with-postgres`).
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, insert, select

from bot import schema
from bot.config import Settings
from bot.content import library
from bot.db import Database
from bot.features.meetings import indexing, search, windows
from bot.features.meetings.search import Ask, Spot
from bot.models import Feed, Meeting, MeetingImport, MeetingTown
from bot.vault import Vault, new_key
from bot.work import Work

MEETINGS = 60_000
TOWNS = 3_000
QUERIES = 200
NOW = datetime(2027, 3, 13, 22, 10, tzinfo=UTC)  # the night in which the clocks of the United States go forward
ZONES = (
    ("America/New_York", 33.0, 45.0, -85.0, -72.0),
    ("America/Chicago", 30.0, 47.0, -98.0, -86.0),
    ("America/Denver", 33.0, 47.0, -110.0, -103.0),
    ("America/Los_Angeles", 33.0, 47.0, -122.0, -116.0),
    ("Europe/London", 51.0, 55.0, -4.0, 0.0),
    ("Europe/Madrid", 37.0, 43.0, -6.0, 0.0),
    ("America/Mexico_City", 18.0, 22.0, -103.0, -97.0),
    ("Australia/Sydney", -37.0, -30.0, 147.0, 152.0),
)
SYLLABLES = ("ash", "brook", "cal", "dale", "el", "ford", "glen", "har", "kirk", "lo", "mar", "nor", "oak", "pine", "ros", "san", "ton")
HOURS = (6, 7, 8, 9, 12, 12, 17, 18, 19, 19, 19, 20, 20, 21)
TYPES = ("O", "C", "W", "M", "Y", "BE", "S", "X", "LGBTQ", "D", "B", "ST", "FR")


class Towns:
    """Invented towns: a few large ones and many small ones, as in life."""

    def __init__(self, chance: random.Random) -> None:
        self.rows: list[tuple[str, str, str, float, float]] = []
        for number in range(TOWNS):
            zone, south, north, west, east = chance.choice(ZONES)
            name = "".join(chance.choice(SYLLABLES) for _ in range(3)).title()
            self.rows.append((name, f"R{number % 40}", zone, chance.uniform(south, north), chance.uniform(west, east)))
        self.weights = [1 / (number + 3) for number in range(TOWNS)]


def rows(chance: random.Random, towns: Towns, import_id: int) -> Iterator[dict[str, Any]]:
    """Meetings of one list."""
    for number in range(MEETINGS // 2):
        name, region, zone, latitude, longitude = chance.choices(towns.rows, towns.weights)[0]
        attendance = chance.choices(("in_person", "hybrid", "online"), (75, 10, 15))[0]
        yield {
            "feed_id": import_id,
            "import_id": import_id,
            "key": f"m{number}",
            "name": f"{name} group {number}",
            "days": sorted(chance.sample(range(7), 1 if chance.random() < 0.9 else 5)),
            "time": f"{chance.choice(HOURS):02}:{chance.choice((0, 0, 0, 15, 30, 30, 45)):02}",
            "end_time": "23:59" if chance.random() < 0.001 else None,
            "timezone": zone,
            "attendance": attendance,
            "approximate": False,
            "types": chance.sample(TYPES, 3),
            "latitude": latitude + chance.gauss(0, 0.1),
            "longitude": longitude + chance.gauss(0, 0.1),
            "address": f"{number} Oak Street, {name}, {region} 10001, USA",
            "city": name,
            "digest": "",
        }


@contextmanager
def filled(url: str, towns: Towns, chance: random.Random) -> Iterator[Database]:
    """A database with two lists, indexed."""
    database = Database(url)
    schema.upgrade(url, database.engine, now=NOW)
    content = library.load()
    settings = Settings.load(bot_token="1:bench", encryption_keys=new_key(), database_url=url, country="US", timezone="America/New_York")
    vault = Vault(settings.keys)

    def unit(function: Callable[..., Any], *args: Any) -> Any:
        with database.transaction() as session:
            return function(Work(session, NOW, content, vault, settings), *args)

    slowest = 0.0

    def timed(work_function: Callable[..., Any], *args: Any) -> Any:
        nonlocal slowest
        began = time.perf_counter()
        found = unit(work_function, *args)
        slowest = max(slowest, time.perf_counter() - began)
        return found

    took = 0.0
    for fellowship in ("aa", "na"):
        import_id = unit(_feed, fellowship)
        data = list(rows(chance, towns, import_id))
        with database.transaction() as session:
            session.execute(insert(Meeting), data)
        began = time.perf_counter()
        indexing.build(timed, import_id)
        took += time.perf_counter() - began
    print(f"  index of {MEETINGS:,} meetings: {took:.1f} s, its longest transaction {slowest * 1000:.0f} ms")
    if not database.is_sqlite:
        with database.transaction() as session:
            session.execute(text("ANALYZE"))
    try:
        yield database
    finally:
        database.close()


def _feed(work: Work, fellowship: str) -> int:
    feed = Feed(fellowship=fellowship, source=fellowship, timezone="America/New_York", format="bench", created_at=NOW, imported_at=NOW)
    work.session.add(feed)
    work.session.flush()
    made = MeetingImport(feed_id=feed.id or 0, started_at=NOW, state="current")
    work.session.add(made)
    work.session.flush()
    feed.current_import_id = made.id
    assert feed.id == made.id and made.id is not None
    return made.id


def asks(chance: random.Random, towns: Towns) -> dict[str, Callable[[], Ask]]:
    """Kinds of questions, each with another place and kind every time."""
    week = (NOW, NOW + timedelta(days=7))
    soon = (NOW - timedelta(minutes=30), NOW + timedelta(hours=3), NOW)

    def spot() -> Spot:
        _, _, _, latitude, longitude = chance.choices(towns.rows, towns.weights)[0]
        return Spot(latitude, longitude)

    def kinds() -> tuple[tuple[str, ...], ...]:
        return ((chance.choice(TYPES),), (chance.choice(TYPES),))

    largest = Spot(towns.rows[0][3], towns.rows[0][4])
    return {
        "near, any day": lambda: Ask(*week, unlimited=True, around=spot()),
        "near, now and next 3 hours": lambda: Ask(*soon, around=spot()),
        "near, tomorrow, two types": lambda: Ask(*windows.day(NOW, "America/New_York", 1), around=spot(), kinds=kinds()),
        "near the largest town, any day": lambda: Ask(*week, unlimited=True, around=largest),
        "near the largest town, two types": lambda: Ask(*week, unlimited=True, around=largest, kinds=kinds(), fellowship="aa"),
        "anywhere, now": lambda: Ask(*soon),
        "anywhere, today": lambda: Ask(*windows.from_now_to_midnight(NOW, "America/New_York")),
        "anywhere, weekend": lambda: Ask(*windows.weekend(NOW, "America/New_York")),
        "online, any day": lambda: Ask(*week, unlimited=True, online=True),
        "online, any day, two types": lambda: Ask(*week, unlimited=True, online=True, kinds=kinds()),
    }


def measure(session: Session, ask: Callable[[], Ask]) -> list[float]:
    """Milliseconds a question, pages 1 to 3."""
    taken = []
    for number in range(QUERIES):
        one = ask()
        began = time.perf_counter()
        search.find(session, one, limit=6, offset=number % 3 * 5)
        taken.append((time.perf_counter() - began) * 1000)
        session.expunge_all()
    return taken


def _line(name: str, taken: list[float]) -> str:
    late = statistics.quantiles(taken, n=20)[-1]
    return f"  {name:<36}{statistics.median(taken):7.1f} ms median {late:7.1f} ms 95th {max(taken):7.1f} ms worst"


def run(url: str) -> None:
    """All measures on one database."""
    chance = random.Random(6)
    towns = Towns(chance)
    with filled(url, towns, chance) as database, database.reading() as session:
        everything: list[float] = []
        for name, ask in asks(chance, towns).items():
            taken = measure(session, ask)
            everything += taken
            print(_line(name, taken))
        print(_line("all of them", everything))
        taken = []
        names = session.exec(select(MeetingTown.name).order_by(col(MeetingTown.id))).all()
        for number in range(QUERIES):
            town = chance.choice(names)
            typed = town if number % 2 else town[: len(town) // 2] + town[len(town) // 2 + 1 :]
            began = time.perf_counter()
            assert search.towns_named(session, typed)
            taken.append((time.perf_counter() - began) * 1000)
        print(_line("a town, every other misspelt", taken))


def main() -> None:
    """On SQLite, and on PostgreSQL where there is one."""
    print(f"search: {MEETINGS:,} meetings in {TOWNS:,} towns and {len(ZONES)} zones, {QUERIES} questions of each kind")
    with tempfile.TemporaryDirectory() as folder:
        print(" SQLite")
        run(f"sqlite:///{Path(folder) / 'bench.db'}")
    if url := os.environ.get("WAYMARK_TEST_POSTGRES_URL"):
        print(" PostgreSQL")
        run(url)


if __name__ == "__main__":
    main()
