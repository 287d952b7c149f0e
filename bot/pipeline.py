"""The pipeline: `receive` stores and screens updates before they are confirmed, workers live through them, chat by chat in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.exc import IntegrityError

from bot import inbox, logs, outbox, people
from bot.arrival import Screened, screen, store_batch, store_unjudged
from bot.command_menu import CommandMenu
from bot.db import POSTGRES_THREADS, database_is_away
from bot.errors import DeliveryError, RetryLater
from bot.fallback import Fallback
from bot.inbound import Inbound
from bot.opinions import Opinions
from bot.routing import Routes
from bot.safety.levels import Level
from bot.services import Services
from bot.turns import After, run_batch
from bot.work import Work

_log = logs.get_logger()

BATCH = 12  # turns of as many chats in one transaction: a commit costs more than a turn
CRISIS_PATIENCE_S = 3.0  # a crisis transaction that takes longer is answered directly
PATIENCE_S = 1.0  # with other updates, and with a database that is known to be late: a crisis may be waiting behind them
PIECE, CRISIS_COST = 100, 20  # of a batch in one transaction: a hundred updates without a danger, or five with one
LOAD = 1000
RETRY_S = 0.05
LONGEST_RETRY_S = 2.0
UNCOUNTED = 6  # failures of the database that are nobody's fault, before they count like any other


class NotStored(Exception):
    """The updates could not be stored: they must not be confirmed; Telegram sends them again."""


class Pipeline:
    """Owns the transactions of turns."""

    def __init__(self, services: Services, routes: Routes) -> None:
        self._services = services
        self._routes = routes
        self.fallback = Fallback(services)
        self.opinions = Opinions(services, lambda: len(self._queues), directly=self.fallback.answer)
        self._storing: dict[int, asyncio.Task[None]] = {}
        self._late: set[asyncio.Task[None]] = set()
        self._queues: dict[int, deque[int]] = {}
        self._ready: deque[int] = deque()
        self._workers: set[asyncio.Task[None]] = set()
        self._alone = services.database.is_sqlite
        self._most_workers = 1 if self._alone else POSTGRES_THREADS
        self._asides: set[asyncio.Task[None]] = set()
        self._leaving: set[int] = set()
        self._stopping = False

    async def receive(self, updates: Sequence[Inbound]) -> None:
        """Store a batch of updates; dangers in them are answered and paged in the same transaction.

        Returns only when everything is committed: now, and not before, may the updates be confirmed.

        Raises:
            NotStored: the database did not take them in time. Crises among them were answered and paged directly.
        """
        drill_chat = self._services.settings.drill_chat  # may be a group: it only shows drills there, and stays
        self._leave_groups([one for one in updates if not one.private and one.chat_id and one.chat_id != drill_chat])
        content, second, sure = self._services.content, self.opinions.reads, self.opinions.ready
        batch = [screen(content, one, second=second, sure=sure) for one in updates if one.private and one.chat_id]
        if not batch:
            return
        urgent = [one for one in batch if one.cannot_wait]
        # A transaction is not cancelled when patience ends: it may yet commit. What comes again meanwhile waits for the same one.
        stores = {task for one in batch if (task := self._storing.get(one.inbound.update_id)) is not None}
        fresh = [one for one in batch if one.inbound.update_id not in self._storing]
        patience = CRISIS_PATIENCE_S if urgent and not self._late else PATIENCE_S
        if fresh:
            stores.add(self._store(fresh))
        done, late = await asyncio.wait(stores, timeout=patience)
        errors = [error for task in done if (error := task.exception()) is not None]
        if not errors and not late:
            return
        self._late |= late
        for error in errors:
            _log.error("inbox.not_stored", error=error, updates=len(batch))
        if late:
            _log.error("inbox.late", updates=len(batch))
        if sure:  # without rows there is no second opinion: the rules decide alone
            alone = [screen(content, one.inbound) for one in batch]
            urgent = [one for one in alone if one.cannot_wait]
        await self.fallback.answer(urgent)
        raise NotStored

    def _store(self, batch: list[Screened]) -> asyncio.Task[None]:
        task = asyncio.create_task(self._stored(batch))
        ids = [one.inbound.update_id for one in batch]
        self._storing.update(dict.fromkeys(ids, task))

        def forget(done: asyncio.Task[None]) -> None:
            self._late.discard(done)
            for update_id in ids:
                self._storing.pop(update_id, None)
            if not done.cancelled():
                done.exception()

        task.add_done_callback(forget)
        return task

    async def _stored(self, batch: list[Screened]) -> None:
        """Store a batch and give what is new to the workers, even when nobody waits for it any more."""
        for piece in in_pieces(batch):
            await self._store_piece(piece)

    async def _store_piece(self, batch: list[Screened]) -> None:
        try:
            try:
                stored, left = await self._services.run(store_batch, batch)
            except IntegrityError:
                # Another replica stored one of them at the same moment: now it is known.
                stored, left = await self._services.run(store_batch, batch)
        except Exception as error:
            if database_is_away(error):
                raise
            _log.error("inbox.batch_failed", error=error, updates=len(batch))
            for one in batch:
                await self._store_alone(one)
            return
        self._take_up(batch, stored)
        if left:
            await self._store_piece(left)

    def _take_up(self, batch: Sequence[Screened], stored: Sequence[Inbound]) -> None:
        """What was stored goes to the workers, and to the second opinion."""
        self.enqueue([(one.chat_id, one.update_id) for one in stored])
        if any(one.second for one in batch):
            ids = {one.update_id for one in stored}
            self.opinions.submit([one for one in batch if one.inbound.update_id in ids])

    async def _store_alone(self, one: Screened) -> None:
        """One of a batch made it fail: each by itself, so that it takes nobody else's message with it."""
        run = self._services.run
        try:
            stored, _ = await run(store_batch, [one])
        except Exception as error:
            if database_is_away(error):
                raise
            # Nobody knows whether a second look will come through where the first did not: the rules decide alone.
            one = replace(screen(self._services.content, one.inbound), second=one.second)
            _log.error("inbox.not_judged", error=error, update=one.inbound.update_id, level=one.screening.level)
            try:
                stored = await run(store_unjudged, one)
            except Exception as again:
                if database_is_away(again):
                    raise
                # Confirmed all the same: it would come back for ever, and everybody else's messages behind it.
                _log.error("inbox.lost", error=again, update=one.inbound.update_id)
                stored = []
            if one.cannot_wait:
                await self.fallback.answer([one])
        self._take_up([one], stored)

    async def load(self) -> None:
        """Take up what a stopped process left in the inbox."""
        after = -1
        while True:
            found = await self._services.database.run_quietly(inbox.waiting, after, LOAD)
            self.enqueue(found)
            if len(found) < LOAD:
                return
            after = found[-1][1]

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
            left: frozenset[int] = frozenset()
            try:
                lived, left = await self._live_through([self._queues[chat][0] for chat in chats])
                if lived and not self._alone:
                    await self._follow(lived)
            finally:
                for chat in chats:
                    queue = self._queues[chat]
                    if queue[0] not in left:
                        queue.popleft()
                    if queue:
                        self._ready.append(chat)
                    else:
                        del self._queues[chat]
        # In the same step as the last look, not when the loop calls the task's callbacks: what is enqueued in between would count on a
        # worker that is none any more, and wait until the watchdog finds it.
        this = asyncio.current_task()
        if this is not None:
            self._workers.discard(this)

    async def _live_through(self, update_ids: list[int]) -> tuple[set[int], frozenset[int]]:
        """One transaction's worth of turns.

        Returns:
            The chats whose turn was lived through, and the updates that wait for the next transaction.
        """
        try:
            batch = await self._services.run(run_batch, self._routes, update_ids)
        except Exception as error:
            if len(update_ids) == 1:
                return await self._again(update_ids[0], error), frozenset()
            # One of them failed and took the others back with it: each once more, by itself.
            return {chat_id for update_id in update_ids for chat_id in (await self._live_through([update_id]))[0]}, frozenset()
        return self._finish_all(batch.afters), batch.left

    async def _again(self, update_id: int, error: Exception) -> set[int]:
        """Try a failed turn again until it is lived through or set aside. While the database is away its chat waits, in order."""
        pause, tries = RETRY_S, 0
        while not self._stopping:
            tries += 1
            _log.error("turn.failed", error=error, update=update_id)
            if not (database_is_away(error) and tries <= UNCOUNTED) and await self._count_failure(update_id):
                return set()
            await asyncio.sleep(pause)
            pause = min(pause * 4, LONGEST_RETRY_S)
            try:
                return self._finish_all((await self._services.run(run_batch, self._routes, [update_id])).afters)
            except Exception as again:
                error = again
        return set()

    async def _count_failure(self, update_id: int) -> bool:
        try:
            if not await self._services.run(inbox.failed, update_id):
                return False
        except Exception as error:
            _log.error("turn.failure_not_counted", error=error, update=update_id)
            return False
        _log.error("turn.set_aside", update=update_id)
        try:
            await self._services.run(tell_set_aside, update_id)
        except Exception as error:
            _log.error("turn.set_aside_not_told", error=error, update=update_id)
        return True

    async def _follow(self, chats: set[int]) -> None:
        """Other replicas store updates of these chats too, and leave them to whoever lives through the one before."""
        try:
            self.enqueue(await self._services.database.run_quietly(inbox.next_of, chats))
        except Exception as error:
            _log.error("inbox.next_not_read", error=error)  # the watchdog finds them

    def _finish_all(self, afters: Sequence[After]) -> set[int]:
        for after in afters:
            if after.query_id or after.menus:
                self._aside(self._finish(after))
        return {after.chat_id for after in afters}

    async def _finish(self, after: After) -> None:
        transport = self._services.transport
        try:
            if after.query_id:
                await transport.answer_press(after.query_id, after.toast, alert=after.alert)
            for menu in after.menus:
                await transport.set_commands(menu.chat_id, menu.language, menu.commands)
                await self._services.run(mark_commands, menu.chat_id, menu.mark)
        except DeliveryError as error:
            _log.info("turn.aside_failed", error=error)
        except Exception as error:
            _log.error("turn.aside_failed", error=error)

    def set_menus(self, menus: Sequence[CommandMenu]) -> None:
        """Set command menus of chats whose role a due item changed; what fails is set at the person's next update."""
        if menus:
            self._aside(self._finish(After(0, menus=tuple(menus))))

    def _leave_groups(self, updates: Sequence[Inbound]) -> None:
        for one in updates:
            if one.member in ("left", "kicked"):
                self._leaving.discard(one.chat_id)  # whoever adds the bot again gets the same answer again
            elif one.chat_id not in self._leaving:
                self._leaving.add(one.chat_id)
                self._aside(self._leave_group(one.chat_id))

    async def _leave_group(self, chat_id: int) -> None:
        """Say once that it only talks in private, and go; whether or not the words could be said."""
        transport = self._services.transport
        for step in (transport.send(self.fallback.only_private(chat_id)), transport.leave(chat_id)):
            try:
                await step
            except DeliveryError as error:
                _log.info("group.not_left", error=error)
                if isinstance(error, RetryLater):
                    self._leaving.discard(chat_id)  # the group's next message tries again

    def _aside(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)

    async def idle(self) -> None:
        """Wait until every update that was received has been lived through."""
        while self._workers or self._asides:
            await asyncio.gather(*self._workers, *self._asides, return_exceptions=True)

    async def close(self) -> None:
        """Live through what is there. What the database does not take now waits in the inbox for the next start."""
        self._stopping = True
        await self.idle()


def in_pieces(batch: Sequence[Screened]) -> list[list[Screened]]:
    """A batch in as many short transactions as it needs: opening a case costs as much as storing many updates."""
    pieces: list[list[Screened]] = []
    room = 0
    for one in batch:
        cost = CRISIS_COST if one.screening.level is not Level.NONE else 1
        if room < cost:
            pieces.append([])
            room = PIECE
        pieces[-1].append(one)
        room -= cost
    return pieces


def tell_set_aside(work: Work, update_id: int) -> None:
    """The writer of an update that failed three times hears that something went wrong."""
    row = inbox.get(work, update_id)
    person = people.by_chat(work.session, row.chat_id) if row is not None else None
    if person is not None:
        outbox.say(work, person, "common/went_wrong")


def mark_commands(work: Work, chat_id: int, mark: str) -> None:
    """Remember for which role and language the command menu of a chat was set."""
    person = people.by_chat(work.session, chat_id)
    if person is not None:
        person.commands_set = mark
