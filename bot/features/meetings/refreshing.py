"""Reads the feeds that are due again: a task of the running bot. Fetching waits in the event loop, parsing goes on in a thread.

A feed is taken by a lease in its row, so that of several replicas one reads it; how it went is kept there too.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from typing import BinaryIO

from bot import logs
from bot.errors import SetupError
from bot.features.meetings import feed_rows, feed_state, importing, indexing, sources
from bot.features.meetings.feed_state import Claim
from bot.features.meetings.fetching import FetchError, Limits
from bot.features.meetings.importing import Imported, Unit
from bot.services import Services
from bot.work import Work

_log = logs.get_logger()

POLL_S = 30.0
SWEEP_S = 600.0
BREATH_S = 0.001  # after each transaction, so that others come in


class Stopped(Exception):
    """The process ends in the middle of a reading; the next one begins it anew."""


class Refresher:
    """Reads one feed at a time.

    Args:
        jitter: 0 to 1, so that not all feeds of the world are read at the same minute.
    """

    def __init__(self, services: Services, *, limits: Limits | None = None, jitter: Callable[[], float] = random.random) -> None:
        self._services = services
        self._limits = limits
        self._jitter = jitter
        self._stopping = False

    async def run(self) -> None:
        """Read what is due until cancelled."""
        loop = asyncio.get_running_loop()
        swept = loop.time() - SWEEP_S + POLL_S
        while True:
            await asyncio.sleep(POLL_S)
            try:
                while await self.once():
                    pass
                if loop.time() - swept >= SWEEP_S:
                    swept = loop.time()
                    await self.sweep()
            except Exception as error:
                _log.error("meetings.refresh_failed", error=error)

    async def once(self) -> bool:
        """Read the feed that has been due for longest.

        Returns:
            Whether there was one.
        """
        claim = await self._services.run_quietly(feed_state.claim_due)
        if claim is None:
            return False
        try:
            await self._read(claim)
        except asyncio.CancelledError:
            self._stopping = True
            await self._services.run_quietly(feed_state.release, claim.feed_id)
            raise
        except SetupError as error:
            _log.warning("meetings.feed_unread", feed=claim.feed_id, error=error)
            wait = error.wait if isinstance(error, FetchError) else None
            await self._fail(claim, str(error), wait)
        except Exception as error:
            _log.error("meetings.feed_broke", feed=claim.feed_id, error=error)
            await self._fail(claim, "it broke off; the log says where")
        return True

    async def sweep(self) -> None:
        """Clear away what replaced and broken imports left, a few rows at a time; index what has no index yet."""
        while await self._services.run_quietly(feed_rows.sweep):
            pass
        await asyncio.to_thread(indexing.catch_up, self._unit(asyncio.get_running_loop()))

    async def _read(self, claim: Claim) -> None:
        private = self._services.settings.feed_allow_private
        loop = asyncio.get_running_loop()
        async with sources.fetched(claim.source, allow_private=private, known=claim.known, limits=self._limits) as opened:
            if opened.file is None:
                await self._services.run_quietly(feed_state.unchanged, claim.feed_id, self._jitter())
                await asyncio.to_thread(importing.follow, self._unit(loop), claim.feed_id)
                _log.info("meetings.refreshed", feed=claim.feed_id, result="not_modified")
                return
            await self._services.run_quietly(feed_state.extend, claim.feed_id)
            done = await asyncio.to_thread(self._import, loop, claim, opened, opened.file)
        _log.info(
            "meetings.refreshed",
            feed=claim.feed_id,
            result=done.result,
            rows=done.counts.imported,
            added=done.added,
            changed=done.changed,
            gone=done.gone,
            picks=done.changed_picks,
        )

    def _import(self, loop: asyncio.AbstractEventLoop, claim: Claim, opened: sources.Opened, file: BinaryIO) -> Imported:
        return importing.run(
            self._unit(loop),
            self._services.content,
            file,
            fellowship=claim.fellowship,
            source=claim.source,
            zone=claim.zone,
            side=opened.side,
            fetched=opened.fetched,
            claimed=claim,
            jitter=self._jitter(),
            version=self._services.content.version,
        )

    def _unit(self, loop: asyncio.AbstractEventLoop) -> Unit:
        """Units of work for a thread beside the event loop: they run where all others do, in the database's own."""

        async def step(work_function: Callable[[Work], None]) -> None:
            await self._services.run_quietly(work_function)
            await asyncio.sleep(BREATH_S)

        def run(work_function: Callable[[Work], None]) -> None:
            if self._stopping:
                raise Stopped
            asyncio.run_coroutine_threadsafe(step(work_function), loop).result()

        return Unit(run)

    async def _fail(self, claim: Claim, why: str, wait: timedelta | None = None) -> None:
        await self._services.run_quietly(feed_state.failed, claim.feed_id, why, self._jitter(), wait=wait)
