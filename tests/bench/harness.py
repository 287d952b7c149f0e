"""Starts and stops the processes of a benchmark; everything stays on loopback and ends by itself."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from bot import people, schema
from bot.config import Settings
from bot.content import library
from bot.db import Database
from bot.models import Patient, Person, Role, Shift
from bot.opinion_work import State, told
from bot.vault import Vault, new_key
from bot.work import Work

TOKEN = "123456:bench"
RUN = [sys.executable, "-m", "bot", "run"]
ROOT = Path(__file__).resolve().parents[2]


class Server:
    """The simulator's process, by its bench endpoints."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._http = httpx.Client(base_url=root, timeout=60)

    def post(self, path: str, **body: Any) -> Any:
        return self._http.post(path, json=body).raise_for_status().json()

    def get(self, path: str, **query: Any) -> Any:
        return self._http.get(path, params=query).raise_for_status().json()

    def wait_for(self, sent: int, *, limit_s: float) -> dict[str, Any]:
        """Wait until so many messages were sent.

        Raises:
            TimeoutError: they were not.
        """
        ends = time.monotonic() + limit_s
        while time.monotonic() < ends:
            counted: dict[str, Any] = self.get("/bench/count")
            if counted["sent"] >= sent:
                return counted
            time.sleep(0.05)
        raise TimeoutError(f"only {self.get('/bench/count')['sent']} of {sent} answers in {limit_s:.0f} s")


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """A fresh simulator."""
    with process([sys.executable, "-m", "tests.bench.server"], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        yield Server(running.stdout.readline().decode().strip())


@contextlib.contextmanager
def process(
    command: list[str], *, env: dict[str, str] | None = None, stdout: Any = subprocess.DEVNULL, stderr: Any = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """A child process that is stopped at the end."""
    running = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **(env or {})}, stdin=subprocess.PIPE, stdout=stdout, stderr=stderr)
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A passing folder on the disk (not in memory: the commits shall be real ones)."""
    with tempfile.TemporaryDirectory(prefix="waymark-bench-", dir=ROOT if os.access(ROOT, os.W_OK) else None) as made:
        yield Path(made)


def prepare(place: Path, root: str, chats: Iterable[int], **settings: str) -> dict[str, str]:
    """A migrated database with patients in these chats and two counselors on call.

    Returns:
        The environment for `waymark run`.
    """
    key = new_key()
    url = f"sqlite:///{place / 'bench.db'}"
    env = {
        "WAYMARK_BOT_TOKEN": TOKEN,
        "WAYMARK_BOT_API_URL": root,
        "WAYMARK_DATABASE_URL": url,
        "WAYMARK_ENCRYPTION_KEYS": key,
        "WAYMARK_TIMEZONE": "America/New_York",
        "WAYMARK_LOG_LEVEL": "error",
        **settings,
    }
    loaded = Settings.load(bot_token=TOKEN, database_url=url, encryption_keys=key, timezone="America/New_York")
    database = Database(url)
    now = datetime.now(UTC)
    schema.upgrade(url, database.engine, now=now)
    with database.transaction() as session:
        work = Work(session, now, library.load(), Vault(loaded.keys), loaded)
        for chat in chats:
            person = people.add(work, Role.PATIENT, chat_id=chat, language="en")
            _known(work, person)
            session.add(Patient(person_id=person.id))
        for position, chat in (("primary", 1), ("backup", 2)):
            counselor = people.add(work, Role.COUNSELOR, chat_id=chat, language="en", name=position.title())
            _known(work, counselor)
            session.add(Shift(position=position, staff_id=counselor.id, start_at=now, created_at=now))
    database.close()
    return env


def loaded(env: dict[str, str], *, limit_s: float = 60) -> None:
    """Wait until a process on this database has loaded its second opinion (or goes without), so that the measure is of a bot that runs.

    Raises:
        TimeoutError: it does not say so.
    """
    names = ("bot_token", "database_url", "encryption_keys", "timezone")
    settings = Settings.load(**{name: env[f"WAYMARK_{name.upper()}"] for name in names})
    database = Database(settings.database_url)
    ends = time.monotonic() + limit_s
    try:
        while time.monotonic() < ends:
            with database.transaction() as session:
                said = told(Work(session, datetime.now(UTC), library.load(), Vault(settings.keys), settings))
            if said and all(one.state is not State.LOADING for one in said):
                return
            time.sleep(0.1)
    finally:
        database.close()
    raise TimeoutError(f"no second opinion in {limit_s:.0f} s")


def _known(work: Work, person: Person) -> None:
    # As after the first turn: the command menu is set, so that the measure is of turns.
    person.enrolled_at = work.now
    person.commands_set = f"{person.role}:{person.language}:{work.content.version}"
