"""`World`: the real bot on a fresh copy of a migrated SQLite file, with a clock that stands still and the Bot API simulator in process.

A test says, waits and looks; nothing is patched. Every message goes through the real client library and the simulator's rules.
"""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Dialect, Engine
from sqlmodel import col, select

from bot import people, schema
from bot.app import App, build
from bot.clock import FakeClock
from bot.config import Settings
from bot.content import library
from bot.content.library import Content
from bot.db import Database
from bot.demo.botapi.core import BotApi
from bot.demo.botapi.inprocess import SimRequest
from bot.demo.botapi.model import SimMessage
from bot.demo.botapi.people import SimUser
from bot.models import Case, Outbox, Patient, Person, Role, Shift
from bot.pipeline import NotStored
from bot.safety.screen import Screener, Screening
from bot.telegram.polling import Polling
from bot.telegram.transport import TelegramTransport, make_bot
from bot.work import Work

TOKEN = "123456:test-token"
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
MOST_LATE = 20
START = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)  # a Tuesday, 10:00 in New York


@functools.cache
def content() -> Content:
    """The shipped content, read once for all tests."""
    return library.load()


class Stumbling:
    """A screener that fails on some texts.

    Args:
        over: the text; with None any.
    """

    def __init__(self, screener: Screener, over: str | None = None) -> None:
        self._screener, self._over = screener, over

    def screen(self, texts: Sequence[str], *, sure: bool = False) -> Screening:
        """As the real one, or not at all."""
        if self._over is None or self._over in texts:
            raise RuntimeError
        return self._screener.screen(texts, sure=sure)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._screener, name)


@functools.cache
def migrated() -> Path:
    """An empty database at the newest schema, made once for all tests."""
    file = Path(tempfile.mkdtemp(prefix="waymark-tests-")) / "migrated.db"
    database = Database(f"sqlite:///{file}")
    schema.upgrade(database.url, database.engine, now=START)
    database.close()
    return file


@dataclass(frozen=True)
class Seen:
    """A message as it stands on a phone.

    Attributes:
        key: of the template that it was made from; "" when it was none.
        html: its text in Telegram's HTML.
    """

    key: str
    text: str
    html: str
    labels: list[str]
    message: SimMessage


class Phone:
    """A person with a phone, and what they do with it."""

    def __init__(self, world: World, user: SimUser, person_id: UUID | None = None) -> None:
        self.world = world
        self.user = user
        self.person_id = person_id
        self._mark = 0

    async def starts(self, payload: str = "") -> None:
        """Tap Start (or the invitation's link)."""
        await self._does(lambda: self.user.start(payload))

    async def says(self, text: str, *, reply_to: int | None = None) -> int:
        """Write a text; the bot has answered when this returns."""
        sent: list[int] = []
        await self._does(lambda: sent.append(self.user.text(text, reply_to=reply_to)))
        return sent[0]

    async def edits(self, message_id: int, text: str) -> None:
        """Change an own text."""
        await self._does(lambda: self.user.edit(message_id, text))

    async def taps(self, label: str, *, message: SimMessage | None = None) -> str:
        """Tap an inline button by its label (or the beginning of its data), on the newest message that has it.

        Returns:
            The toast that came, or "".
        """
        chosen = message or self.find(label)
        before = len(self.user.toasts)
        data = next(data for row in chosen.buttons for text, data in row if text == label or data.startswith(label))
        await self._does(lambda: self.user.press(chosen.message_id, data))
        return " ".join(toast.text for toast in self.user.toasts[before:])

    async def forges(self, data: str, *, message: SimMessage | None = None) -> str:
        """Send button data that the bot never gave out."""
        before = len(self.user.toasts)
        target = message.message_id if message else (self.user.received[-1].message_id if self.user.received else 1)
        await self._does(lambda: self.user.forge(target, data))
        return " ".join(toast.text for toast in self.user.toasts[before:])

    async def taps_keyboard(self, label: str) -> None:
        """Tap a button of the keyboard below the text field."""
        await self._does(lambda: self.user.tap_reply_keyboard(label))

    async def shares_location(self, latitude: float, longitude: float) -> None:
        """Send a place."""
        await self._does(lambda: self.user.location(latitude, longitude))

    async def sends(self, kind: str, *args: Any, **kwargs: Any) -> None:
        """Send a photo, voice, document, sticker, contact or video_note (the simulator's arguments)."""
        await self._does(lambda: getattr(self.user, kind)(*args, **kwargs))

    async def _does(self, act: Any) -> None:
        self.look()
        act()
        await self.world.settle()

    def find(self, label: str) -> SimMessage:
        """The newest message with such a button."""
        for message in reversed(self.user.received):
            if any(text == label or data.startswith(label) for row in message.buttons for text, data in row):
                return message
        raise AssertionError(f"no button {label!r}; the last message has {self.user.received[-1].labels if self.user.received else None}")

    @property
    def replies(self) -> list[Seen]:
        """What the bot sent to this phone since this person's last act (or `look`)."""
        return [self.world.seen(self.user, message) for message in self.user.received if message.message_id > self._mark]

    @property
    def all(self) -> list[Seen]:
        """Every message from the bot that this phone shows."""
        return [self.world.seen(self.user, message) for message in self.user.received]

    @property
    def last(self) -> Seen:
        """The newest message from the bot."""
        return self.all[-1]

    @property
    def keys(self) -> list[str]:
        """The template keys of `replies`."""
        return [reply.key for reply in self.replies]

    def look(self) -> None:
        """From now on only what comes next counts as a reply."""
        self._mark = max(self.user.history, default=0)

    @property
    def person(self) -> Person:
        """The person's row as it is now."""
        with self.world.work() as work:
            person = people.by_chat(work.session, self.user.id)
            assert person is not None
            return person

    @property
    def case(self) -> Case | None:
        """The person's newest case."""
        with self.world.work() as work:
            person = people.by_chat(work.session, self.user.id)
            statement = select(Case).where(col(Case.person_id) == (person.id if person else None)).order_by(col(Case.number).desc())
            return work.session.exec(statement).first()

    @property
    def pages(self) -> list[Seen]:
        """The pages that this phone got, as they read now; an older one that was taken away, as it read last."""
        got = [self.world.seen(self.user, message) for message in self.user.history.values() if message.from_bot]
        return [seen for seen in got if seen.key.startswith("alerts/page")]


class World:
    """A clinic in a test."""

    def __init__(self, api: BotApi, app: App, clock: FakeClock, polling: Polling) -> None:
        self.api = api
        self.app = app
        self.clock = clock
        self.polling = polling
        self._next_user = 1000
        self.phones: list[Phone] = []
        self.primary: Phone
        self.backup: Phone

    @contextmanager
    def work(self) -> Iterator[Work]:
        """A transaction of the test's own."""
        with self.app.services.database.transaction() as session:
            yield self.app.services.work(session)

    def seen(self, user: SimUser, message: SimMessage) -> Seen:
        """A message with the key of its template."""
        with self.work() as work:
            statement = select(Outbox.template).where(col(Outbox.chat_id) == user.id, col(Outbox.result_message_id) == message.message_id)
            keys = [key for key in work.session.exec(statement) if key]
        return Seen(keys[0] if keys else "", message.text or "", message.html, message.labels, message)

    def stranger(self, name: str = "Sam", *, language: str = "en") -> Phone:
        """Someone with a phone whom the bot does not know."""
        self._next_user += 1
        phone = Phone(self, self.api.user(self._next_user, name, language_code=language))
        self.phones.append(phone)
        return phone

    def look(self) -> None:
        """From now on only what comes next is heard, on every phone."""
        for phone in self.phones:
            phone.look()

    @property
    def heard(self) -> dict[str, list[str]]:
        """Every message that any phone got since its own last act (or `look`), by first name: nothing that is not expected stays unseen."""
        return {phone.user.first_name: phone.keys for phone in self.phones if phone.keys}

    async def enrol(self, name: str = "Ana", *, language: str = "en", zone: str = "America/New_York", country: str = "US") -> Phone:
        """An enrolled patient, without the walk through the enrolment."""
        phone = self._member(name, Role.PATIENT, language)
        with self.work() as work:
            person = people.get(work.session, phone.person_id) if phone.person_id else None
            assert person is not None
            person.zone, person.country, person.enrolled_at, person.checkin_at = zone, country, work.now, "18:00"
            work.session.add(Patient(person_id=person.id, started_on=work.now.date()))
        await self.settle()
        phone.look()
        return phone

    async def hire(self, name: str, role: Role = Role.COUNSELOR, *, language: str = "en") -> Phone:
        """A member of staff whose account is confirmed."""
        phone = self._member(name, role, language)
        await self.settle()
        phone.look()
        return phone

    def _member(self, name: str, role: Role, language: str) -> Phone:
        phone = self.stranger(name, language=language)
        phone.user.started = True  # they tapped Start long ago
        with self.work() as work:
            person = people.add(work, role, chat_id=phone.user.id, language=language, name=name)
            person.enrolled_at = work.now
            phone.person_id = person.id
        return phone

    def on_call(self, position: str, phone: Phone | None) -> None:
        """Put someone on the rota from now on (None: nobody)."""
        with self.work() as work:
            if phone is None:
                for shift in work.session.exec(select(Shift).where(col(Shift.position) == position)):
                    shift.end_at = work.now
                return
            assert phone.person_id is not None
            work.session.add(
                Shift(position=position, staff_id=phone.person_id, start_at=work.now - timedelta(hours=1), created_at=work.now)
            )

    async def settle(self) -> None:
        """Let everything that can happen now happen."""
        late = 0
        while True:
            try:
                came = await self.polling.once()
            except NotStored:
                # A busy machine held the database up; the bot's own loop asks again too.
                late += 1
                if late == MOST_LATE:
                    raise
                continue
            await self.app.pipeline.idle()
            await self.app.sender.drain()
            await self.app.ringer.drain()
            await self.app.frames.pump()
            await self.app.sender.drain()
            if not came:
                return

    async def tick(self) -> None:
        """What the clock's second does: due items, escalation, sending."""
        await self.app.ticker.tick()
        await self.settle()

    async def passes(self, **span: float) -> None:
        """Move the time, stepping through each due instant, ticking and draining at each."""
        until = self.clock.now() + timedelta(**span)
        await self.tick()
        while True:
            instants = await self.app.ticker.instants(until)
            target = instants[0] if instants else until
            self.clock.move_to(target)
            await self.tick()
            if target >= until:
                return


_statements: dict[str, tuple[Dialect, Any]] = {}


def _share_statements(engine: Engine) -> None:
    """Let a world use what the worlds before it compiled: else each test compiles the same ones again, a fifth of its time."""
    engine.dialect, engine._compiled_cache = _statements.setdefault(engine.dialect.name, (engine.dialect, engine._compiled_cache))


@asynccontextmanager
async def world_at(
    folder: Path, start: datetime = START, *, staff: bool = True, loaded: Content | None = None, **settings: Any
) -> AsyncIterator[World]:
    """A fresh world; with two counselors on call and the shipped content unless told otherwise."""
    file = folder / "waymark.db"
    shutil.copy(migrated(), file)
    async with world_on(f"sqlite:///{file}", start, staff=staff, loaded=loaded, **settings) as world:
        yield world


@asynccontextmanager
async def world_on(
    url: str, start: datetime = START, *, staff: bool = True, loaded: Content | None = None, **settings: Any
) -> AsyncIterator[World]:
    """A world on a database that is migrated already."""
    clock = FakeClock(start)
    values = {
        "bot_token": TOKEN,
        "encryption_keys": KEY,
        "database_url": url,
        "timezone": "America/New_York",
        "country": "US",
        "clinic_name": "Harbor Clinic",
        "clinic_phone": "+1 212 555 0100",
        "clinic_hours": "Mon-Fri 9:00-17:00",
        "send_rate": 100_000,
        "second_opinion": False,  # tests of it bring a reader of their own
    }
    api = BotApi(clock, TOKEN)
    bot = make_bot(TOKEN, "http://127.0.0.1", SimRequest(api), SimRequest(api))
    transport = TelegramTransport(bot)
    app = build(Settings.load(**{**values, **settings}), clock, transport, loaded=loaded or content())
    _share_statements(app.services.database.engine)
    await transport.start()
    world = World(api, app, clock, Polling(bot, app.pipeline, clock))
    try:
        if staff:
            world.primary = await world.hire("Dana Reyes")
            world.backup = await world.hire("Luis Ortega")
            world.on_call("primary", world.primary)
            world.on_call("backup", world.backup)
        await app.services.database.run_quietly(app.pipeline.fallback.read)
        yield world
        await app.pipeline.idle()
    finally:
        await transport.stop()
        await app.ringer.close()
        app.services.database.close()
