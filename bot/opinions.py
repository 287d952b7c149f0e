"""The second opinion beside the pipeline: reads each stored message after the rules, in a thread, and opens or raises a case by itself.

The rules never wait for it. A message that is to be read is marked in the inbox in the transaction that stores it, and keeps its words
until it was read: what a stopped process left is read after the next start. Whatever the reader stumbles over, or is too late for, is
judged as the rules judge alone. Neither reader nor database is waited for without end: `Late` is how either has not come back.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar
from uuid import uuid4

from bot import inbox, logs
from bot.arrival import Screened
from bot.db import database_is_away
from bot.errors import ContentError
from bot.opinion.decide import Opinion, joint
from bot.opinion.thread import Daemon
from bot.opinion_work import State, Waiting, judge, left_unread, note, said
from bot.services import Services
from bot.work import Work

if TYPE_CHECKING:
    from bot.opinion.second import SecondReader

P = ParamSpec("P")
T = TypeVar("T")
_log = logs.get_logger()

AT_ONCE, CHARACTERS = 32, 4000  # messages that are read together, and how long: a short one does not wait behind many long ones
BACKLOG = 200  # messages that wait: from so many on its word comes late, and the rules decide alone
PRESSING = 24  # chats that wait for their turn: from so many on reading gives way, for so long at most
LOOK_S, LOOKS = 0.02, 100  # two seconds
SETTLED = 50  # marks of harmless messages that go in one transaction
SWEEP_S = 30.0
LEFT = timedelta(seconds=30)  # what waits longer was left by a stopped process
LOADING_S = 60.0  # it takes a second; a reader that comes later is welcome
PATIENCE_S = 5.0  # a reader that takes longer for what it was given keeps nobody's page: the rules decide alone until it is back
LOST_S = 60.0  # late for so long: nothing is kept for it any more
DATABASE_S = 3.0  # a danger that the database takes longer for is answered and paged directly, as on the rules' path
RETRY_S, LONGEST_RETRY_S = 1.0, 15.0  # what could not be judged is tried again
DIRECTLY = 2  # failures, from which on a danger is answered and paged without its case; one that is the database's is enough
GIVEN_UP = 5  # failures that are not the database's


class Late(Exception):
    """The reader or the database has not come back in time. What it was given goes on and may still be done."""


class Opinions:
    """Owns the reader and its thread.

    Args:
        pressing: how many chats wait for their turn.
        load: makes the reader (half a second, in the thread); tests give their own.
        directly: answers and pages for a danger that the database does not take; each message once.
    """

    def __init__(
        self,
        services: Services,
        pressing: Callable[[], int] = lambda: 0,
        load: Callable[[], SecondReader] | None = None,
        directly: Callable[[Sequence[Screened]], Awaitable[None]] | None = None,
    ) -> None:
        self._services = services
        self._pressing = pressing
        self._load = load or (lambda: load_reader(services))
        self._directly = directly
        self._process = uuid4().hex[:8]
        self._go(State.LOADING if services.settings.second_opinion else State.OFF)
        self._failed = 0
        self._reader: SecondReader | None = None
        self._waiting: deque[Waiting] = deque()
        self._harmless: list[int] = []
        self._again: list[Waiting] = []
        self._failures: dict[int, int] = {}
        self._writing: asyncio.Task[object] | None = None  # what the database has not come back from
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._thread = Daemon("opinion")

    def _go(self, state: State) -> None:
        """Into another state; the next sweep is at once."""
        self.state = state
        self._since, self._entered = self._services.clock.now(), time.monotonic()
        self._sweep_at = 0.0
        self._age = timedelta(0) if state is State.READY else LEFT

    @property
    def ready(self) -> bool:
        """Whether the rules may leave to it what they are not sure of."""
        return self.state is State.READY and len(self._waiting) < BACKLOG

    @property
    def reads(self) -> bool:
        """Whether messages are to be marked for it: what comes while it is being loaded, or is late, it reads afterwards."""
        return self.state in (State.LOADING, State.READY, State.LATE)

    def submit(self, stored: Sequence[Screened]) -> None:
        """Give messages that were just stored to the reader; it takes them in order."""
        self._take_up(Waiting(one.inbound, one.screening, one.screening.level) for one in stored if one.second)

    def _take_up(self, wanted: Iterable[Waiting]) -> None:
        before = len(self._waiting)
        self._waiting.extend(wanted)
        if len(self._waiting) > before:
            self._idle.clear()
            self._wake.set()

    async def run(self) -> None:
        """Load, then read and sweep until cancelled. Without a reader what is found is judged by the rules alone."""
        await self.start()
        pause = RETRY_S
        while True:
            if not self._waiting:
                await self._settle()
                self._idle.set()
                try:
                    async with asyncio.timeout(pause if self._again else SWEEP_S):
                        await self._wake.wait()
                except TimeoutError:
                    pass
            self._wake.clear()
            try:
                await self._give_way()
                await self.read()
                await self.retry()
                if time.monotonic() >= self._sweep_at:
                    await self.sweep()
            except Exception as error:
                _log.error("opinion.stumbled", error=error)  # what it had in hand stays marked: the sweep reads it again
            pause = min(pause * 2, LONGEST_RETRY_S) if self._again else RETRY_S

    async def start(self) -> None:
        """Load the reader; when that fails the rules go on alone, and the log and `doctor` say so."""
        await self._note()
        if self.state is State.LOADING:
            try:
                self._loaded(await self._ask(LOADING_S, self._load))
            except ContentError as error:
                _log.error("opinion.not_loaded", file=str(error.file), key=error.key)
                self._go(State.FAILED)
            except Exception as error:
                _log.error("opinion.not_loaded", error=error)
                self._go(State.FAILED)
        await self.sweep()

    def _loaded(self, reader: SecondReader) -> None:
        self._reader = reader
        self._go(State.READY)
        _log.info("opinion.ready", version=reader.model.version)

    async def _ask(self, patience_s: float, function: Callable[..., T], *args: object) -> T:
        """Ask the thread for something.

        Raises:
            Late: it did not come in time.
        """
        future = self._thread.call(function, *args)
        done, _ = await asyncio.wait({future}, timeout=patience_s)
        if not done:
            future.add_done_callback(self._back)
            raise Late
        return future.result()

    def _back(self, future: asyncio.Future[Any]) -> None:
        """What was late has come: a loaded reader is taken over, one that hung is asked again."""
        if future.cancelled():
            return
        error = future.exception()
        _log.info("opinion.back", failed=error is not None)
        if self._reader is not None:
            self._go(State.READY)
        elif error is None:
            self._loaded(future.result())
        self._wake.set()

    async def _give_way(self) -> None:
        """In a rush the rules' answers go first: both want the same processor."""
        for _ in range(LOOKS):
            if self._pressing() < PRESSING:
                return
            await asyncio.sleep(LOOK_S)

    async def read(self) -> None:
        """Read what waits."""
        while self._waiting:
            for one in await self._opinions(self._batch()):
                await self._judge(one)
            if len(self._harmless) >= SETTLED:
                await self._settle()

    def _batch(self) -> list[Waiting]:
        batch: list[Waiting] = []
        room = CHARACTERS
        while self._waiting and len(batch) < AT_ONCE:
            room -= sum(map(len, self._waiting[0].inbound.texts))
            if batch and room < 0:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def retry(self) -> None:
        """Judge what could not be judged, until something fails again."""
        if self._writing is not None:
            return
        again, self._again = self._again, []
        for number, one in enumerate(again, 1):
            await self._judge(one)
            if self._again:
                self._again += again[number:]
                return

    async def idle(self) -> None:
        """Wait until everything that was submitted has been read."""
        await self._idle.wait()

    async def close(self) -> None:
        """Settle what was read; what waits stays marked for the next start. Nobody waits for the thread."""
        self._thread.close()
        await self._settle()
        await self._note(stopped=True)

    async def _opinions(self, batch: list[Waiting]) -> list[Waiting]:
        """Messages with what the reader makes of them."""
        reader = self._reader
        if reader is None or self.state is not State.READY:
            return [replace(one, late=self.reads) for one in batch]
        try:
            opinions: list[Opinion | None] = await self._ask(PATIENCE_S, reader.opinions, [one.inbound.texts for one in batch])
            if len(opinions) != len(batch):
                raise ValueError("an opinion is missing")
        except Late:
            _log.error("opinion.late", updates=len(batch))
            self._go(State.LATE)
            return [replace(one, late=True) for one in batch]
        except Exception as error:
            _log.error("opinion.failed", error=error, updates=len(batch))
            if len(batch) == 1:
                self._failed += 1
                return batch
            # It stumbled over one of them: each by itself, so that it takes the opinion from nobody else's message.
            return [read for one in batch for read in await self._opinions([one])]
        self._failed = 0
        return [replace(one, opinion=opinion) for one, opinion in zip(batch, opinions, strict=True)]

    async def _judge(self, one: Waiting) -> None:
        update_id = one.inbound.update_id
        table = self._services.content.opinion
        if one.opinion is not None and joint(table, one.found, one.opinion.scores) < table.lowest and not one.found.level.pages:
            self._harmless.append(update_id)
            return
        try:
            await self._write(judge, one)
            self._failures.pop(update_id, None)
        except Exception as error:
            _log.error("opinion.not_judged", error=error, update=update_id)
            away = isinstance(error, Late) or database_is_away(error)
            failures = self._failures[update_id] = self._failures.get(update_id, 0) + (not away)
            if failures < GIVEN_UP:
                self._again.append(one)
            else:
                _log.error("opinion.given_up", update=update_id)
                self._failures.pop(update_id)
                self._harmless.append(update_id)  # what was said is kept no longer for its sake
            if away or failures >= DIRECTLY:
                await self._answer_directly(one)

    async def _answer_directly(self, one: Waiting) -> None:
        """Somebody is in danger and it cannot be written down: once, however often it is tried."""
        found = said(self._services.content, one)
        if self._directly is not None and found.level.pages and found.level > one.paged:
            await self._directly([Screened(one.inbound, found)])

    async def _write(self, unit: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit of work; the next one only when the database has come back from it.

        Raises:
            Late: the database did not come back in time. It may still commit.
        """
        if self._writing is not None:
            raise Late
        task = asyncio.create_task(self._services.run(unit, *args, **kwargs))
        done, _ = await asyncio.wait({task}, timeout=DATABASE_S)
        if not done:
            self._writing = task
            task.add_done_callback(self._written)
            raise Late
        return task.result()

    def _written(self, task: asyncio.Task[T]) -> None:
        self._writing = None
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("opinion.not_written", error=error)
        self._wake.set()

    async def _settle(self) -> None:
        ids, self._harmless = self._harmless, []
        if not ids:
            return
        try:
            await self._write(inbox.read_over, ids)
        except Exception as error:
            _log.error("opinion.not_settled", error=error, updates=len(ids))  # marked still: the sweep reads them again

    async def sweep(self) -> None:
        """Leave word for `doctor`, and take up what a stopped process left unread: without a reader only what no other is about to read."""
        if self.state is State.LATE and time.monotonic() - self._entered >= LOST_S:
            _log.error("opinion.lost")
            self._go(State.LOST)
        self._sweep_at = time.monotonic() + SWEEP_S
        await self._note()
        if self.state is State.LATE:
            return  # what is marked is kept for it
        known = {one.inbound.update_id for one in (*self._waiting, *self._again)}.union(self._harmless)
        age, self._age = self._age, LEFT
        after, more = -1, True
        while more:
            try:
                left, after, more = await self._write(left_unread, age, known, after)
            except Exception as error:
                _log.error("opinion.not_swept", error=error)
                return
            self._take_up(left)
            if self.state is not State.READY:
                await self.read()
                await self._settle()
                self._idle.set()

    async def _note(self, *, stopped: bool = False) -> None:
        try:
            await self._write(note, self._process, None if stopped else self.state, self._since, self._failed)
        except Exception as error:
            _log.error("opinion.not_noted", error=error)


def load_reader(services: Services) -> SecondReader:
    """The reader of this installation's content.

    Raises:
        ContentError: the model file is missing or damaged.
        ImportError, OSError: the encoder is not there.
        ValueError: it is another one than the file was made for.
    """
    from bot.opinion.second import SecondReader

    content = services.content
    if content.opinion_model is None:
        raise ContentError("crisis/opinion.npz", "", "is missing: `make train-screen` writes it")
    return SecondReader.load(content.screener, content.opinion, content.opinion_model)
