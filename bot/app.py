"""The composition root: everything that exists once is made here, started and stopped here."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import command_menu, invitations, logs, router, schema
from bot.channels.drilling import Drills
from bot.channels.heartbeat import Heartbeat
from bot.channels.ringer import Ringer
from bot.clock import Clock, SystemClock
from bot.config import Mode, Settings
from bot.content import library
from bot.content.library import Content
from bot.content.render import LANGUAGES
from bot.db import Database
from bot.errors import DeliveryError, RetryLater, SetupError
from bot.features.meetings.refreshing import Refresher
from bot.frames import Frames
from bot.models import Role
from bot.pipeline import Pipeline
from bot.ports import Transport
from bot.routing import Routes
from bot.sender import Sender
from bot.services import Services
from bot.telegram.polling import Polling
from bot.telegram.transport import TelegramTransport, make_bot
from bot.ticker import Ticker
from bot.vault import Vault

_log = logs.get_logger()

TICK_S = 1.0


@dataclass(frozen=True)
class App:
    """The running parts around one `Services`."""

    services: Services
    routes: Routes
    pipeline: Pipeline
    sender: Sender
    frames: Frames
    ticker: Ticker
    ringer: Ringer
    drills: Drills
    heartbeat: Heartbeat
    refresher: Refresher

    @contextlib.asynccontextmanager
    async def running(self, *, ticking: bool = True) -> AsyncIterator[None]:
        """Sender and ticker run inside this block; what a stopped process left in the inbox is taken up first."""
        self.services.database.on_commit(self.sender.wake)
        self.services.database.on_commit(self.ringer.wake)
        logs.watch_loop(asyncio.get_running_loop())
        await self.services.database.run_quietly(self.pipeline.fallback.read)
        await self.pipeline.load()
        beside = (
            self.sender.run(),
            self.frames.run(),
            self.ringer.run(),
            self.drills.run(),
            self.heartbeat.run(),
            self.refresher.run(),
            self.pipeline.opinions.run(),
        )
        sending = [asyncio.create_task(one) for one in beside]
        scheduler = AsyncIOScheduler(timezone="UTC")
        if ticking:
            # One interval job as the clock and nothing else: the rows are the schedule.
            scheduler.add_job(self.ticker.tick, "interval", seconds=TICK_S, max_instances=1, coalesce=True)
            scheduler.start()
        try:
            yield
        finally:
            if ticking:
                scheduler.shutdown(wait=False)
            await self.pipeline.close()
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)
            await self.pipeline.opinions.close()
            await self.frames.close()
            await self.ringer.close()
            await self.sender.close()


def build(settings: Settings, clock: Clock, transport: Transport, *, loaded: Content | None = None) -> App:
    """Put the parts together over a database that was checked.

    Args:
        loaded: content that was read already.

    Raises:
        SetupError, ContentError: a setting, the database or the content is wrong; one line says what to do.
    """
    own = loaded or library.load(settings.content_dir)
    database = Database(settings.database_url)
    vault = Vault(settings.keys)
    schema.check(database.engine)
    with database.transaction() as session:
        schema.check_keys(session, vault)
    services = Services(settings, clock, database, vault, own, transport)
    routes = router.build()
    pipeline = Pipeline(services, routes)
    sender = Sender(services)
    ticker = Ticker(services, routes, pipeline, sender)
    ringer, drills, heartbeat = Ringer.of(services), Drills(services, pipeline), Heartbeat(services, ticker, sender)
    pipeline.fallback.ring = ringer.direct
    return App(services, routes, pipeline, sender, Frames(services), ticker, ringer, drills, heartbeat, Refresher(services))


async def greet(app: App, transport: TelegramTransport) -> None:
    """Set what people see before they are known: the visitor's command menu and the bot's description, per language."""
    texts = app.services.content.texts
    await app.services.run_quietly(invitations.remember_bot, transport.bot.username)
    for lang in (None, *LANGUAGES):
        language = lang or app.services.settings.language
        menu = command_menu.entries(app.services.content, app.routes, Role.VISITOR, language)
        try:
            await transport.set_default_commands(lang, menu)
            description = texts.render("common/description", language, {"clinic": app.services.settings.clinic_name})
            await transport.describe(lang, description, texts.render("common/short_description", language, {}))
        except DeliveryError as error:
            _log.warning("greeting.failed", error=error)


async def serve(app: App, transport: TelegramTransport, ready: Callable[[], None] | None = None) -> None:
    """Run until cancelled, polling or by webhook as the settings say."""
    settings, clock = app.services.settings, app.services.clock
    async with app.running():
        greeting = asyncio.create_task(greet(app, transport))
        try:
            if settings.mode is Mode.WEBHOOK:
                from bot.telegram.webhook import serve_webhook

                await serve_webhook(transport.bot, app.pipeline, settings, clock, ready)
            else:
                await _poll(Polling(transport.bot, app.pipeline, clock), ready)
        finally:
            greeting.cancel()
            await asyncio.gather(greeting, return_exceptions=True)


async def _poll(polling: Polling, ready: Callable[[], None] | None) -> None:
    task = asyncio.create_task(polling.run())
    try:
        first = asyncio.create_task(polling.polled.wait())
        await asyncio.wait({task, first}, return_when=asyncio.FIRST_COMPLETED)
        first.cancel()
        if ready is not None and not task.done():
            ready()
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await polling.confirm()


def run(settings: Settings, clock: Clock | None = None) -> None:
    """`waymark run`: until SIGINT or SIGTERM.

    Raises:
        SetupError, ContentError: it cannot start; one line says why and what to do.
    """
    asyncio.run(_run(settings, clock or SystemClock()))


async def _run(settings: Settings, clock: Clock) -> None:
    transport = TelegramTransport(make_bot(settings.token, settings.bot_api_url))
    app = build(settings, clock, transport)
    gc.freeze()  # code and content stay to the end: no search for garbage goes through them again
    gc.enable()
    try:
        await _connect(transport)
        _log.info("bot.started", mode=settings.mode, content=app.services.content.version)
        await until_stopped(lambda: serve(app, transport))
        writes = app.services.database
        _log.info("bot.stopped", slowest_write_ms=round(writes.slowest_write_s * 1000), slow_writes=sum(writes.slow_writes.values()))
    finally:
        await transport.stop()
        app.services.database.close()


async def _connect(transport: TelegramTransport) -> None:
    pause = 1.0
    while True:
        try:
            await transport.start()
        except SetupError:
            raise
        except RetryLater as error:
            _log.warning("telegram.unreachable", error=error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 30.0)
        else:
            return


async def until_stopped(serving: Callable[[], Awaitable[None]]) -> None:
    """Run until it ends by itself or SIGINT or SIGTERM comes."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(serving())
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return
    finally:
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(name)
