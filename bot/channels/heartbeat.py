"""The heartbeat: an outside address is called each minute, only while every open case is where it should be. Silence raises the alarm."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx

from bot import logs
from bot.channels import answers
from bot.escalation import drill, watchdog
from bot.sender import Sender
from bot.services import Services
from bot.ticker import SENDER_STUCK_S, Ticker
from bot.work import Work

_log = logs.get_logger()

EVERY_S = 60.0
FRESH = 2 * watchdog.EVERY + timedelta(seconds=30)  # an audit, a tick and the sender's last step are news for that long


class Heartbeat:
    """Calls `WAYMARK_HEARTBEAT_URL` when the audit was good, the sender made progress and the last drill, if one ever ran, was good."""

    def __init__(self, services: Services, ticker: Ticker, sender: Sender) -> None:
        self._services = services
        self._ticker = ticker
        self._sender = sender
        self._told: str | None = None

    async def run(self) -> None:
        """Beat until cancelled; without an address there is nothing to do."""
        while self._services.settings.heartbeat_url is not None:
            await asyncio.sleep(EVERY_S)
            try:
                await self.beat()
            except Exception as error:
                _log.error("heartbeat.failed", error=error)

    async def beat(self) -> str:
        """Look, and call the address if all is well.

        Returns:
            `ok`; or why it stayed silent: `no_audit`, `stuck`, `sender`, `drill_failed`, `drill_old`; or `no_answer`.
        """
        state = self._local() or await self._services.run_quietly(_drills)
        if state == "ok":
            state = await self._call()
        if state != self._told:
            (_log.info if state == "ok" else _log.error)("heartbeat.state", state=state)
            self._told = state
        await self._services.run_quietly(watchdog.note_beat, state)
        return state

    def _local(self) -> str:
        now, verdict = self._services.clock.now(), self._ticker.verdict
        if verdict is None or now - verdict.at > FRESH or self._ticker.last_tick is None or now - self._ticker.last_tick > FRESH:
            return "no_audit"
        if not verdict.good:
            return "stuck"
        return "sender" if self._sender.idle_s > SENDER_STUCK_S else ""

    async def _call(self) -> str:
        address = self._services.settings.heartbeat_url
        assert address is not None
        try:
            async with (
                httpx.AsyncClient(follow_redirects=False, timeout=answers.TIMEOUT_S, trust_env=False) as client,
                asyncio.timeout(answers.TIMEOUT_S),
                client.stream("GET", address, headers={"User-Agent": "Waymark"}) as got,
            ):
                return "ok" if 200 <= got.status_code < 300 else "no_answer"
        except (TimeoutError, httpx.HTTPError):
            return "no_answer"


def _drills(work: Work) -> str:
    return {"failed": "drill_failed", "old": "drill_old"}.get(drill.verdict(work), "ok")
