"""The sender: a task of its own that takes rows from the outbox and puts them through the transport."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot import files, logs
from bot.errors import DeliveryError, RetryLater
from bot.models import Lane
from bot.sending import Claimed, Outcome, recover, turnover
from bot.services import Services

_log = logs.get_logger()

IN_FLIGHT = 48
URGENT_IN_FLIGHT = 32
SETTLED = 16  # results in one short transaction
POLL_S = 1.0
GATHER_S = 0.008
SHORT_WAIT_S = 0.03  # while rows wait for tokens


class Sender:
    """Woken after each commit, polls each second as fall-back. Sends concurrently, one message per chat at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._wake = asyncio.Event()
        self._outcomes: list[Outcome] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._ordinary = 0
        self._urgent = 0
        self._progress_s: float | None = None

    @property
    def idle_s(self) -> float:
        """Real seconds since the last step that went well; 0 before the first."""
        return 0.0 if self._progress_s is None else asyncio.get_running_loop().time() - self._progress_s

    def wake(self) -> None:
        """There may be something to send."""
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled. An error of the database is logged and tried again."""
        if self._services.database.is_sqlite:
            # One process: whatever is marked as being sent was left behind by a process that is no more.
            await self._services.run(recover)
        wait = 0.0
        while True:
            try:
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                busy = await self.step()
            except Exception as error:
                _log.error("sender.failed", error=error)
                wait = POLL_S
                continue
            wait = SHORT_WAIT_S if busy else POLL_S
            if self._ordinary:
                # Under load several results and new rows share a transaction; a page loses nothing that a person would notice.
                await asyncio.sleep(GATHER_S)

    async def step(self) -> bool:
        """Settle what came back and start what may go.

        Returns:
            Whether more is waiting.
        """
        outcomes, self._outcomes = self._outcomes[:SETTLED], self._outcomes[SETTLED:]
        try:
            claim = await self._services.run_quietly(
                turnover,
                outcomes,
                IN_FLIGHT - self._ordinary,
                IN_FLIGHT + URGENT_IN_FLIGHT - self._ordinary - self._urgent,
            )
        except Exception:
            self._outcomes = outcomes + self._outcomes
            raise
        self._outcomes = [*claim.unsettled, *self._outcomes]
        self._progress_s = asyncio.get_running_loop().time()
        for row in claim.rows:
            self._start(row)
        return claim.more or bool(self._outcomes)

    async def drain(self) -> None:
        """Send until nothing that is due is left; for tests and for a clock that is moved by hand."""
        while True:
            await self.step()
            if not self._tasks and not self._outcomes:
                return
            if self._tasks:
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    def _start(self, row: Claimed) -> None:
        urgent = row.lane in (Lane.PAGE, Lane.CRISIS)
        if urgent:
            self._urgent += 1
        else:
            self._ordinary += 1
        task = asyncio.create_task(self._send(row, urgent=urgent))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, row: Claimed, *, urgent: bool) -> None:
        try:
            message = await files.made(self._services, row.message)
            outcome = Outcome(row.id, message_id=await self._services.transport.send(message))
        except DeliveryError as error:
            outcome = Outcome(row.id, error=error)
        except Exception as error:
            # Not a word of the transport's own: whatever it is, the message is not lost for it.
            _log.error("sender.transport_failed", error=error)
            outcome = Outcome(row.id, error=RetryLater(timedelta(seconds=2), uncertain=True))
        finally:
            if urgent:
                self._urgent -= 1
            else:
                self._ordinary -= 1
        self._outcomes.append(outcome)
        self._wake.set()

    async def close(self, grace_s: float = 5.0) -> None:
        """Wait for what is in flight, then settle it."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)
        while self._outcomes:
            outcomes, self._outcomes = self._outcomes, []
            claim = await self._services.run(turnover, outcomes, 0, 0)
            self._outcomes = list(claim.unsettled)
