"""The pipeline: `receive` stores and screens updates before they are confirmed, workers live through them, chat by chat in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Sequence
from typing import Any

from bot import inbox, logs, outbox, people
from bot.arrival import screen, store_batch
from bot.db import POSTGRES_THREADS
from bot.errors import DeliveryError
from bot.fallback import Fallback
from bot.inbound import Inbound
from bot.routing import Routes
from bot.services import Services
from bot.turns import After, run_batch
from bot.work import Work

_log = logs.get_logger()

BATCH = 12  # turns of as many chats in one transaction: a commit costs more than a turn
CRISIS_PATIENCE_S = 3.0  # a crisis transaction that takes longer is answered directly
RETRY_S = (0.05, 0.5)


class NotStored(Exception):
    """The updates could not be stored: they must not be confirmed; Telegram sends them again."""


class Pipeline:
    """Owns the transactions of turns."""

    def __init__(self, services: Services, routes: Routes) -> None:
        self._services = services
        self._routes = routes
        self.fallback = Fallback(services)
        self._queues: dict[int, deque[int]] = {}
        self._ready: deque[int] = deque()
        self._workers: set[asyncio.Task[None]] = set()
        self._most_workers = 1 if services.database.is_sqlite else POSTGRES_THREADS
        self._asides: set[asyncio.Task[None]] = set()

    async def receive(self, updates: Sequence[Inbound]) -> None:
        """Store a batch of updates; dangers in them are answered and paged in the same transaction.

        Returns only when everything is committed: now, and not before, may the updates be confirmed.

        Raises:
            NotStored: the database did not take them. Crises among them were answered and paged directly.
        """
        private = [one for one in updates if one.private and one.chat_id]
        for chat_id in {one.chat_id for one in updates if not one.private and one.chat_id and one.member not in ("left", "kicked")}:
            self._aside(self._leave_group(chat_id))
        if not private:
            return
        batch = [screen(self._services.content, one) for one in private]
        crises = [one for one in batch if one.screening.level.pages]
        stored = asyncio.ensure_future(self._services.run(store_batch, batch))
        try:
            # The transaction is not cancelled when patience ends: it may yet commit, and the fallback remembers the update ids.
            fresh = await asyncio.wait_for(asyncio.shield(stored), CRISIS_PATIENCE_S if crises else None)
        except Exception as error:
            stored.add_done_callback(_read)
            _log.error("inbox.not_stored", error=error, updates=len(private))
            await self.fallback.answer(crises)
            raise NotStored from error
        self.enqueue([(one.chat_id, one.update_id) for one in fresh])

    async def load(self) -> None:
        """Take up what a stopped process left in the inbox."""
        while True:
            found = await self._services.database.run(lambda session: inbox.waiting(session, list(self._queues), 500))
            self.enqueue(found)
            if not found:
                return
            await self.idle()

    def enqueue(self, items: Sequence[tuple[int, int]]) -> None:
        """Give updates (chat id, update id) to the workers, in order."""
        for chat_id, update_id in items:
            queue = self._queues.get(chat_id)
            if queue is None:
                self._queues[chat_id] = deque([update_id])
                self._ready.append(chat_id)
            elif update_id not in queue:
                queue.append(update_id)
        while len(self._workers) < self._most_workers and len(self._workers) * BATCH < len(self._ready):
            task = asyncio.create_task(self._work())
            self._workers.add(task)
            task.add_done_callback(self._workers.discard)

    async def _work(self) -> None:
        """Live through the first update of some chats at a time, in one transaction; a chat is in one worker's hands only."""
        while self._ready:
            chats = [self._ready.popleft() for _ in range(min(BATCH, len(self._ready)))]
            try:
                await self._live_through([self._queues[chat][0] for chat in chats])
            finally:
                for chat in chats:
                    queue = self._queues[chat]
                    queue.popleft()
                    if queue:
                        self._ready.append(chat)
                    else:
                        del self._queues[chat]

    async def _live_through(self, update_ids: list[int]) -> None:
        try:
            afters = await self._services.run(run_batch, self._routes, update_ids)
        except Exception as error:
            if len(update_ids) == 1:
                await self._again(update_ids[0], error)
                return
            # One of them failed and took the others back with it: each once more, by itself.
            for update_id in update_ids:
                await self._live_through([update_id])
            return
        for after in afters:
            if after.query_id or after.commands is not None:
                self._aside(self._finish(after))

    async def _again(self, update_id: int, error: Exception) -> None:
        for pause in (*RETRY_S, None):
            _log.error("turn.failed", error=error, update=update_id)
            if await self._count_failure(update_id) or pause is None:
                return
            await asyncio.sleep(pause)
            try:
                afters = await self._services.run(run_batch, self._routes, [update_id])
            except Exception as again:
                error = again
                continue
            for after in afters:
                self._aside(self._finish(after))
            return

    async def _count_failure(self, update_id: int) -> bool:
        try:
            aside = await self._services.run(set_aside, update_id)
        except Exception as error:
            _log.error("turn.failure_not_counted", error=error, update=update_id)
            return False
        if aside:
            _log.error("turn.set_aside", update=update_id)
        return aside

    async def _finish(self, after: After) -> None:
        transport = self._services.transport
        try:
            if after.query_id:
                await transport.answer_press(after.query_id, after.toast, alert=after.alert)
            if after.commands is not None:
                language, commands = after.commands
                await transport.set_commands(after.chat_id, language, commands)
                await self._services.run(mark_commands, after.chat_id, after.mark)
        except DeliveryError as error:
            _log.info("turn.aside_failed", error=error)

    async def _leave_group(self, chat_id: int) -> None:
        services = self._services
        try:
            await services.transport.send(self.fallback.only_private(chat_id))
            await services.transport.leave(chat_id)
        except DeliveryError as error:
            _log.info("group.not_left", error=error)

    def _aside(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)

    async def idle(self) -> None:
        """Wait until every update that was received has been lived through."""
        while self._workers or self._asides:
            await asyncio.gather(*self._workers, *self._asides, return_exceptions=True)


def set_aside(work: Work, update_id: int) -> bool:
    """Count a failed turn; on the third the update is set aside and its writer hears that something went wrong."""
    if not inbox.failed(work, update_id):
        return False
    row = inbox.get(work, update_id)
    person = people.by_chat(work.session, row.chat_id) if row is not None else None
    if person is not None:
        outbox.say(work, person, "common/went_wrong")
    return True


def mark_commands(work: Work, chat_id: int, mark: str) -> None:
    """Remember for which role and language the command menu of a chat was set."""
    person = people.by_chat(work.session, chat_id)
    if person is not None:
        person.commands_set = mark


def _read(done: asyncio.Future[list[Inbound]]) -> None:
    if not done.cancelled():
        done.exception()
