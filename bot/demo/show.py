"""`waymark demo`: the real bot against a Bot API server of its own, in one process with one clock that can be moved."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import tempfile
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import command_menu, invitations, logs, people, schema
from bot.app import App, build, greet, until_stopped
from bot.clock import OffsetClock
from bot.config import Settings
from bot.content.files import parse_yaml, read_text
from bot.content.library import Content, load
from bot.db import Database
from bot.demo import clinic, page
from bot.demo.botapi import http
from bot.demo.botapi.core import BotApi
from bot.demo.botapi.server import serving
from bot.errors import SetupError
from bot.models import Meta, Role
from bot.telegram.polling import Polling
from bot.telegram.transport import TelegramTransport, make_bot
from bot.vault import new_key
from bot.work import Work

_log = logs.get_logger()

TOKEN = "4000000001:demo-token-of-no-value"  # noqa: S105 - opens nothing but the demo's own server
KEEP_FOLDER = Path(".waymark-demo")
SAVE_EVERY_S = 2.0
ZONE = "America/New_York"
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Files:
    """Where a demo keeps its things."""

    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "demo.db"

    @property
    def state(self) -> Path:
        return self.folder / "phones.json"

    @property
    def key(self) -> Path:
        return self.folder / "key"


class Demo:
    """The demo's parts, running."""

    def __init__(self, files: Files, content: Content) -> None:
        self.files = files
        self.clock = OffsetClock()
        self.content = content
        self.api = BotApi(self.clock, TOKEN, bot_name="Waymark", bot_username="WaymarkDemoBot")
        self.api.zone = ZONE
        self.invites: list[dict[str, str]] = []
        self._moving = asyncio.Lock()
        self.app: App

    async def run(self, port: int, ready: Callable[[str], None]) -> None:
        """Serve until cancelled. The state is written down as it changes, so that a restart goes on from there.

        Raises:
            SetupError: the port is taken.
        """
        self._restore()
        routes = [*page.routes(), *http.routes(self.api, on_clock=self.move), Route("/demo/intro", self._intro)]
        try:
            async with serving(routes, port=port, before_stop=self.api.aclose) as root:
                await self._serve(root, ready)
        except OSError as error:
            raise SetupError(f"port {port} is taken: choose another one, for example: waymark demo --port {port + 1}") from error

    async def _serve(self, root: str, ready: Callable[[str], None]) -> None:
        settings = self._settings(root)
        database = Database(settings.database_url)
        schema.upgrade(settings.database_url, database.engine, now=self.clock.now())
        database.close()
        transport = TelegramTransport(make_bot(settings.token, root))
        self.app = build(settings, self.clock, transport, loaded=self.content)
        try:
            fresh = await self.app.services.run(first_time)
            if fresh:
                await self._seed()
            self.invites = await self.app.services.run(invite_codes)
            await transport.start()
            async with self.app.running():
                await greet(self.app, transport)
                if fresh:
                    await self._welcome(transport)
                polling = asyncio.create_task(Polling(transport.bot, self.app.pipeline, self.clock).run())
                saving = asyncio.create_task(self._save_for_ever())
                ready(root)
                try:
                    await polling
                finally:
                    for task in (polling, saving):
                        task.cancel()
                    await asyncio.gather(polling, saving, return_exceptions=True)
        finally:
            self._save()
            await transport.stop()
            self.app.services.database.close()

    async def _welcome(self, transport: TelegramTransport) -> None:
        """Everyone of the cast finds a word of welcome, and has their role's command menu, as after their first words."""
        await self.app.services.run(clinic.welcome)
        for one in clinic.PEOPLE:
            menu = command_menu.entries(self.content, self.app.routes, one.role, one.language)
            await transport.set_commands(one.user_id, one.language, menu)

    async def _seed(self) -> None:
        clinic.put_phones(self.api)
        await self.app.services.run(clinic.seed)
        await clinic.import_meetings(self.app.services)

    def _settings(self, root: str) -> Settings:
        if not self.files.key.exists():
            self.files.key.write_text(new_key())
            self.files.key.chmod(0o600)
        return Settings.load(
            bot_token=TOKEN,
            bot_api_url=root,
            database_url=f"sqlite:///{self.files.database}",
            encryption_keys=self.files.key.read_text().strip(),
            timezone=ZONE,
            country="US",
            language="en",
            clinic_name="Harbor Clinic",
            clinic_phone="+1 212 555 0100",
            clinic_hours="Mon-Fri 9:00-17:00",
            drill_chat=clinic.DRILL_ROOM[0],
        )

    async def move(self, minutes: float) -> None:
        """Move the clock forward, stepping through each instant at which something is due: nothing gets late by it."""
        async with self._moving:
            target = self.clock.now() + timedelta(minutes=minutes)
            while self.clock.now() < target:
                instants = await self.app.ticker.instants(target)
                self.clock.move_to(min([*instants[:1], target]))
                await self.app.ticker.tick(wait=True)
                await self.app.pipeline.idle()
                await self.app.sender.drain()
                await self.app.frames.pump()
            self.api.clock_moved()

    async def _intro(self, _request: Request) -> Response:
        cards = parse_yaml(read_text(_HERE / "intro.yaml"), _HERE / "intro.yaml")["cards"]
        return JSONResponse({"cards": cards, "invites": self.invites})

    def _restore(self) -> None:
        if not self.files.state.exists():
            return
        kept = json.loads(self.files.state.read_text(encoding="utf-8"))
        self.clock.offset = timedelta(seconds=kept["offset_s"])
        self.api.load(kept["phones"])

    async def _save_for_ever(self) -> None:
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            self._save()

    def _save(self) -> None:
        state: dict[str, Any] = {"offset_s": self.clock.offset.total_seconds(), "phones": self.api.dump()}
        fresh = self.files.state.with_suffix(".new")
        fresh.write_text(json.dumps(state), encoding="utf-8")
        fresh.replace(self.files.state)


def first_time(work: Work) -> bool:
    """Whether this database was never seeded; notes that it is now."""
    if work.session.get(Meta, "demo") is not None:
        return False
    work.session.add(Meta(name="demo", value="seeded"))
    return True


def invite_codes(work: Work) -> list[dict[str, str]]:
    """Fresh invitations for trying the enrolment: one for a patient, one for a counselor. Only their hashes are kept."""
    supervisor = next(iter(people.staff(work.session, {Role.SUPERVISOR})), None)
    return [
        {"label": "patient", "code": invitations.create(work, Role.PATIENT, created_by=supervisor)},
        {"label": "counselor", "code": invitations.create(work, Role.COUNSELOR, created_by=supervisor, name="Alex Kim")},
    ]


@contextlib.contextmanager
def folder(*, keep: bool) -> Iterator[Files]:
    """A folder of the demo's own: a passing one, or with `keep` one in the working directory."""
    if keep:
        KEEP_FOLDER.mkdir(mode=0o700, exist_ok=True)
        yield Files(KEEP_FOLDER.absolute())
        return
    with tempfile.TemporaryDirectory(prefix="waymark-demo-") as made:
        yield Files(Path(made))


def run(port: int, *, browser: bool, keep: bool, say: Callable[[str], None]) -> None:
    """Run the demo until Ctrl-C, then clean up.

    Args:
        port: of the page; 0 takes a free one.
        browser: open the page.
        keep: go on from the last time, and keep everything for the next.
        say: prints the address.

    Raises:
        SetupError, ContentError: it cannot start; one line says why.
    """

    def ready(root: str) -> None:
        say(f"{root}/")
        if browser and not os.environ.get("CI"):
            webbrowser.open(f"{root}/")

    async def serve(files: Files) -> None:
        demo = Demo(files, load())
        await until_stopped(lambda: demo.run(port, ready))

    with folder(keep=keep) as files:
        asyncio.run(serve(files))
