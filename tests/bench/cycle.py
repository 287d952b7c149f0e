"""An engine cycle and a watchdog audit over 1,000 open and 100,000 closed cases, against a nearly empty table."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import insert
from sqlalchemy.engine import make_url

from bot import people, schema
from bot.config import Settings
from bot.content import library
from bot.content.library import Content
from bot.db import Database
from bot.escalation import engine, policy, watchdog
from bot.ids import uuid7
from bot.models import Case, CaseState, Person, Role, Shift
from bot.safety.levels import Level
from bot.vault import Vault, new_key
from bot.work import Work
from tests.bench.harness import TOKEN, folder

OPEN, CLOSED, PIECE = 1000, 100_000, 5000
TIMES = 15
POSTGRES_URL = "WAYMARK_TEST_POSTGRES_URL"


@contextmanager
def databases(place: Path) -> Iterator[dict[str, str]]:
    """An address of a fresh database of each kind that the machine has."""
    found = {"SQLite": f"sqlite:///{place / 'cycle.db'}"}
    base = os.environ.get(POSTGRES_URL)
    if not base:
        yield found
        return
    server = make_url(base).set(drivername="postgresql")
    name = f"waymark_bench_{uuid4().hex}"
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
        yield {**found, "PostgreSQL": server.set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)}
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class _Clinic:
    """A database with people and cases."""

    def __init__(self, url: str, content: Content) -> None:
        key = new_key()
        self.settings = Settings.load(bot_token=TOKEN, database_url=url, encryption_keys=key, timezone="America/New_York")
        self.database, self.content, self.vault = Database(url), content, Vault(self.settings.keys)
        self.now = datetime.now(UTC)
        schema.upgrade(url, self.database.engine, now=self.now)
        with self.database.transaction() as session:
            work = self.work(session)
            for chat, position in ((1, "primary"), (2, "backup")):
                person = people.add(work, Role.COUNSELOR, chat_id=chat, language="en", name=position)
                session.add(Shift(position=position, staff_id=person.id, start_at=self.now - timedelta(days=1), created_at=self.now))

    def work(self, session: Any) -> Work:
        return Work(session, self.now, self.content, self.vault, self.settings)

    def fill(self, open_cases: int, closed: int) -> None:
        """Cases in big pieces: none of the open ones has anything due for an hour."""
        chain = policy.snapshot(self.content.policies.emergency)
        with self.database.transaction() as session:
            first = people.next_number(session, "person") + 1000
            rows = [self._person(first + number) for number in range(open_cases + closed // 20)]
            session.execute(insert(Person), rows)
            ids = [row["id"] for row in rows]
        cases = [
            self._case(
                number, ids[number] if number < open_cases else ids[open_cases + number % (closed // 20)], number < open_cases, chain
            )
            for number in range(open_cases + closed)
        ]
        for start in range(0, len(cases), PIECE):
            with self.database.transaction() as session:
                session.execute(insert(Case), cases[start : start + PIECE])

    def _person(self, number: int) -> dict[str, Any]:
        return {
            "id": uuid7(),
            "number": number,
            "role": Role.PATIENT,
            "chat_id": 10_000 + number,
            "language": "en",
            "country": "US",
            "zone": "America/New_York",
            "created_at": self.now,
            "enrolled_at": self.now,
            "reminders_off": [],
        }

    def _case(self, number: int, person: Any, is_open: bool, chain: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": uuid7(),
            "number": number + 1,
            "person_id": person,
            "level": Level.EMERGENCY.value,
            "category": "suicide",
            "state": CaseState.OPEN if is_open else CaseState.CLOSED,
            "opened_at": self.now,
            "level_at": self.now,
            "policy": chain,
            "step": 1,
            "next_page_at": self.now + timedelta(hours=1),
        }

    def times(self, unit: Any) -> list[float]:
        """Milliseconds of each run, commit included."""
        took = []
        for _ in range(TIMES):
            started = time.perf_counter()
            with self.database.transaction() as session:
                unit(self.work(session))
            took.append(1000 * (time.perf_counter() - started))
        return took


def main() -> None:
    """Print both, for each database."""
    content = library.load()
    with folder() as place, databases(place) as urls:
        for where, url in urls.items():
            clinic = _Clinic(url, content)
            units = {"engine cycle": engine.cycle, "watchdog audit": watchdog.look}
            control = {name: statistics.median(clinic.times(unit)) for name, unit in units.items()}
            clinic.fill(OPEN, CLOSED)
            for name, unit in units.items():
                took = clinic.times(unit)
                median = statistics.median(took)
                print(
                    f"{name}, {where}, {OPEN} open and {CLOSED} closed cases: median {median:.1f} ms, slowest {max(took):.1f} ms "
                    f"(wanted under 200); {median / control[name]:.1f} times that of an empty table"
                )
            clinic.database.close()


if __name__ == "__main__":
    main()
