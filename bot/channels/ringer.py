"""The ringer: a task of its own that takes page deliveries and calls their targets, each in its own time."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from bot import jobs, logs
from bot.channels import proof, queue
from bot.channels.answers import SOON
from bot.channels.queue import Call, Result
from bot.channels.webhook import Webhook
from bot.config import Settings
from bot.errors import DeliveryError, RetryLater
from bot.escalation import channels
from bot.escalation.kinds import WEBHOOK
from bot.services import Services

if TYPE_CHECKING:
    from bot.channels.targets import Target

_log = logs.get_logger()

POLL_S = 0.5
GATHER_S = 0.02  # every commit wakes it: under load one look does for many
DIRECT_TRIES, DIRECT_PAUSE_S = 3, 1.0
WEBHOOK_AT_ONCE = 8


class Ringer:
    """Calls one target at a time only once; a slow one holds up nobody else. Without targets it does nothing."""

    def __init__(self, services: Services, targets: Mapping[str, Target], webhook: Webhook | None) -> None:
        self._services = services
        self.targets = targets
        self.webhook = webhook
        self._posts = asyncio.Semaphore(WEBHOOK_AT_ONCE)
        self._calls: dict[asyncio.Task[None], str] = {}
        self._tests: set[asyncio.Task[None]] = set()
        self._results: list[Result] = []
        self._direct: set[str] = set()
        self._wake = asyncio.Event()

    @classmethod
    def of(cls, services: Services) -> Ringer:
        """The ringer of the settings.

        Raises:
            SetupError: a target is none.
        """
        return cls(services, build_targets(services.settings), webhook_of(services.settings))

    @property
    def idle(self) -> bool:
        """Whether there is nothing that it could call."""
        return not self.targets and self.webhook is None

    def wake(self) -> None:
        """There may be something to ring."""
        self._wake.set()

    async def run(self) -> None:
        """Ring until cancelled. An error of the database is logged and tried again."""
        await self._services.run_quietly(channels.forget_gone)
        while not self.idle:
            try:
                async with asyncio.timeout(POLL_S):
                    await self._wake.wait()
            except TimeoutError:
                pass
            await asyncio.sleep(GATHER_S)
            self._wake.clear()
            try:
                waiting: bool = await asyncio.to_thread(self._look)
                if waiting or self._results:
                    await self.step()
            except Exception as error:
                _log.error("ringer.step_failed", error=error)
                await asyncio.sleep(POLL_S)

    def _look(self) -> bool:
        now = self._services.clock.now()
        with self._services.database.reading() as session:
            return queue.pending(session, now) or jobs.waiting(session, proof.KIND)

    async def step(self) -> None:
        """Settle what came back and start what may go."""
        job = await self._services.run_quietly(jobs.claim, proof.KIND, proof.LEASE)
        if job is not None:
            task = asyncio.create_task(self._test(job.id or 0, UUID(str(job.args["staff"]))))
            self._tests.add(task)
            task.add_done_callback(self._tests.discard)
        results, self._results = self._results, []
        try:
            if results:
                await self._services.run(queue.settle, results)
            known = [*self.targets, *([WEBHOOK] if self.webhook is not None else [])]
            calls = await self._services.run(queue.claim, known, set(self._calls.values()))
        except Exception:
            self._results = results + self._results
            raise
        for call in calls:
            task = asyncio.create_task(self._call(call))
            self._calls[task] = call.target
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._calls.pop(task, None)
        self._wake.set()

    async def _call(self, call: Call) -> None:
        error: DeliveryError | None = None
        try:
            await self._deliver(call)
        except DeliveryError as failure:
            error = failure
        except Exception as failure:
            _log.error("ringer.target_failed", error=failure)
            error = RetryLater(SOON, uncertain=True)
        self._results.append(Result(call, error))

    async def _deliver(self, call: Call) -> None:
        if call.target != WEBHOOK:
            await self.targets[call.target].send(call.text)
        elif self.webhook is not None:
            now = self._services.clock.now()
            delivery = str(call.ids[0] or f"direct-{int(now.timestamp())}")
            async with self._posts:
                await self.webhook.post(call.body, delivery=delivery, now=now)

    async def _test(self, job_id: int, staff_id: UUID) -> None:
        try:
            wanted = await self._services.run_quietly(proof.plan, staff_id)
            results = await proof.call(wanted, self.targets, self.webhook)
            await self._services.run(proof.store, wanted, results)
            await self._services.run(jobs.done, job_id)
        except Exception as error:
            _log.error("ringer.test_failed", error=error)
            await self._services.run(jobs.done, job_id, "failed")

    async def direct(self, staff: Sequence[tuple[int, str]], level: str) -> None:
        """Ring these people at once, past the database, which does not answer. A target that is being called already is not called again.

        Args:
            staff: (ID, language) each.
        """
        now = self._services.clock.now()
        calls = []
        for number, lang in staff:
            text = self._direct_text(lang)
            for way in channels.ways(self._services.settings, number):
                if way.target not in self._direct:
                    self._direct.add(way.target)
                    body = {"kind": "page", "case": None, "level": level, "minutes": 0, "step": 0, "staff": number, "at": now.isoformat()}
                    calls.append(self._ring_directly(Call(way.target, (0,), text, body)))
        await asyncio.gather(*calls)

    def _direct_text(self, lang: str) -> str:
        settings = self._services.settings
        context = {"zone": settings.timezone, "lines": self._services.content.lines_for(settings.country).view(lang)}
        return html.unescape(self._services.content.texts.render("channels/direct", lang, context)).strip()

    async def _ring_directly(self, call: Call) -> None:
        """Nothing else remembers it, so that trouble is tried again a few times."""
        try:
            for attempt in range(DIRECT_TRIES):
                try:
                    await self._deliver(call)
                except RetryLater as error:
                    _log.error("page.direct_late", target=call.target, error=error)
                    await asyncio.sleep(DIRECT_PAUSE_S * (attempt + 1))
                except DeliveryError as error:
                    _log.error("page.direct_failed", target=call.target, error=error)
                    return
                else:
                    return
        finally:
            self._direct.discard(call.target)

    async def drain(self) -> None:
        """Ring until nothing that is due is left; for tests and for a clock that is moved by hand."""
        while not self.idle:
            await self.step()
            running = [*self._calls, *self._tests]
            if not running and not self._results:
                return
            if running:
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)

    async def close(self) -> None:
        """Settle what has come back, and leave the rest to the next start."""
        running = [*self._calls, *self._tests]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        results, self._results = self._results, []
        if results:
            await self._services.run(queue.settle, results)
        if self.webhook is not None:
            await self.webhook.close()


def build_targets(settings: Settings) -> Mapping[str, Target]:
    """The targets of the settings by fingerprint; the library that knows them is loaded only when there are any.

    Raises:
        SetupError: one of them is none.
    """
    if settings.page_urls is None:
        return {}
    from bot.channels import targets

    return targets.build(settings)


def webhook_of(settings: Settings) -> Webhook | None:
    """The webhook of the settings, if there is one."""
    if settings.page_webhook_url is None or settings.page_webhook_secret is None:
        return None
    return Webhook(settings.page_webhook_url, settings.page_webhook_secret.get_secret_value())
