"""A stage for end-to-end tests: the Bot API simulator over real HTTP in the test, the bot in a process of its own that may be killed."""

from __future__ import annotations

import asyncio
import functools
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot import invitations, people, schema
from bot.clock import OffsetClock
from bot.config import Settings
from bot.content import library
from bot.content.library import Content
from bot.db import Database
from bot.demo.botapi import http
from bot.demo.botapi.core import BotApi
from bot.demo.botapi.model import SimMessage
from bot.demo.botapi.people import SimUser
from bot.demo.botapi.server import serving
from bot.models import Patient, Role, Shift
from bot.vault import Vault, new_key
from bot.work import Work

TOKEN = "123456:e2e"
ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0


class Stage:
    """People with phones, a clinic in a database, and the bot's process."""

    def __init__(self, api: BotApi, clock: OffsetClock, folder: Path, env: dict[str, str]) -> None:
        self.api, self.clock, self.folder, self.env = api, clock, folder, env
        self.offset = folder / "offset"
        self.log = folder / "bot.log"
        self.process: asyncio.subprocess.Process | None = None
        self.kills = 0
        self.settings = Settings.load(
            bot_token=TOKEN,
            database_url=env["WAYMARK_DATABASE_URL"],
            encryption_keys=env["WAYMARK_ENCRYPTION_KEYS"],
            timezone="America/New_York",
        )

    async def start(self) -> None:
        """Start the bot; it need not be ready when this returns."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.e2e.child", str(self.offset), cwd=ROOT, env={**os.environ, **self.env}, stdout=log, stderr=log
            )

    async def kill(self) -> None:
        """SIGKILL: no goodbye of any kind."""
        assert self.process is not None
        self.kills += 1
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def kill_after_a_moment(self, number: int) -> None:
        """Kill at one of many instants: right away, while the update is stored, during the turn, the send, after it."""
        await asyncio.sleep((number * 7919 % 60) / 1000)
        await self.kill()

    async def stop(self) -> None:
        """SIGTERM, as an operator's service manager does it."""
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await asyncio.wait_for(self.process.wait(), PATIENCE_S)

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until something is so.

        Raises:
            AssertionError: it did not become so, or the bot's process ended by itself.
        """
        for _ in range(int(PATIENCE_S / 0.02)):
            if condition():
                return
            if self.process is not None and self.process.returncode not in (None, -signal.SIGKILL):
                break
            await asyncio.sleep(0.02)
        raise AssertionError(f"never happened: {what}; the bot's last words: {self.log.read_text()[-2000:]}")

    def moves(self, **span: float) -> None:
        """Move the clock forward, for the simulator and the bot."""
        self.clock.move_to(self.clock.now() + timedelta(**span))
        self.offset.write_text(str(self.clock.offset.total_seconds()))

    def work(self, action: Callable[[Work], Any]) -> Any:
        """A unit of work of the test's own, beside the bot's process."""
        database = Database(self.settings.database_url)
        try:
            with database.transaction() as session:
                return action(Work(session, self.clock.now(), _content(), Vault(self.settings.keys), self.settings))
        finally:
            database.close()

    def phone(self, number: int, name: str, language: str = "en") -> SimUser:
        """Someone with a phone."""
        return self.api.user(number, name, language_code=language)

    def hire(self, number: int, name: str, role: Role = Role.COUNSELOR, position: str | None = None) -> SimUser:
        """A member of staff, on call when a position is given."""
        user = self.phone(number, name)
        user.started = True

        def add(work: Work) -> None:
            person = people.add(work, role, chat_id=number, language="en", name=name)
            person.enrolled_at = work.now
            if position is not None:
                start = work.now - timedelta(hours=1)
                work.session.add(Shift(position=position, staff_id=person.id, start_at=start, created_at=start))

        self.work(add)
        return user

    def enrol(self, number: int, name: str, language: str = "en") -> SimUser:
        """An enrolled patient."""
        user = self.phone(number, name, language)
        user.started = True

        def add(work: Work) -> None:
            person = people.add(work, Role.PATIENT, chat_id=number, language=language, name=name)
            person.enrolled_at, person.checkin_at = work.now, "18:00"
            work.session.add(Patient(person_id=person.id))

        self.work(add)
        return user

    def invitation(self) -> str:
        """A patient's code."""
        code: str = self.work(lambda work: invitations.create(work, Role.PATIENT))
        return code


@functools.cache
def _content() -> Content:
    """Read once: the simulator answers nobody while this process reads content."""
    return library.load()


def find(user: SimUser, label: str) -> SimMessage | None:
    """The newest message from the bot with such a button."""
    return next((message for message in reversed(user.received) if label in message.labels), None)


def press(user: SimUser, label: str) -> None:
    """Tap the newest button of that name."""
    message = find(user, label)
    assert message is not None, f"no button {label!r}; there are {[one.labels for one in user.received[-3:]]}"
    user.press(message.message_id, label)


@asynccontextmanager
async def stage(folder: Path, *, database_url: str | None = None, start: datetime | None = None) -> AsyncIterator[Stage]:
    """A fresh stage; the bot's process is ended with it."""
    clock = OffsetClock()
    if start is not None:
        clock.offset = start - datetime.now(UTC)
    api = BotApi(clock, TOKEN)
    url = database_url or f"sqlite:///{folder / 'waymark.db'}"
    database = Database(url)
    schema.upgrade(url, database.engine, now=clock.now())
    database.close()
    async with serving(http.bot_routes(api), before_stop=api.aclose) as root:
        env = {
            "WAYMARK_BOT_TOKEN": TOKEN,
            "WAYMARK_BOT_API_URL": root,
            "WAYMARK_DATABASE_URL": url,
            "WAYMARK_ENCRYPTION_KEYS": new_key(),
            "WAYMARK_TIMEZONE": "America/New_York",
            "WAYMARK_CLINIC_NAME": "Harbor Clinic",
            "WAYMARK_LOG_LEVEL": "warning",
            "WAYMARK_SECOND_OPINION": os.environ.get("WAYMARK_SECOND_OPINION", "off"),  # it takes half a second to load
        }
        made = Stage(api, clock, folder, env)
        made.offset.write_text(str(clock.offset.total_seconds()))
        try:
            yield made
        finally:
            if made.process is not None and made.process.returncode is None:
                made.process.kill()
                await made.process.wait()
