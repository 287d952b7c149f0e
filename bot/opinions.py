"""The second opinion beside the pipeline: reads each stored message after the rules, in a thread, and opens or raises a case by itself.

The rules never wait for it. A message that is to be read is marked in the inbox in the transaction that stores it, and keeps its words
until it was read: what a stopped process left is read after the next start. Whatever the reader stumbles over is judged as the rules judge
alone.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from bot import arrival, inbox, logs, people
from bot.arrival import Screened
from bot.db import database_is_away
from bot.errors import ContentError
from bot.escalation import hours
from bot.inbound import Inbound
from bot.models import STAFF, Meta
from bot.opinion.decide import Opinion, joint, raised
from bot.safety.levels import Level
from bot.safety.screen import Screening
from bot.services import Services
from bot.work import Work

if TYPE_CHECKING:
    from bot.opinion.second import SecondReader

_log = logs.get_logger()

AT_ONCE = 32  # messages that are read together
BACKLOG = 200  # messages that wait: from so many on its word comes late, and the rules decide alone
PRESSING = 24  # chats that wait for their turn: from so many on reading gives way, for so long at most
LOOK_S, LOOKS = 0.02, 100  # two seconds
SETTLED = 50  # marks of harmless messages that go in one transaction
SWEEP_S = 30.0
LEFT = timedelta(seconds=30)  # what waits longer was left by a stopped process
PATIENCE_S = 5.0  # a reader that takes longer for what it was given keeps nobody's page: the rules decide alone until it is back
RETRY_S, LONGEST_RETRY_S = 1.0, 15.0  # what could not be judged is tried again
DIRECTLY = 2  # failures, from which on a danger is answered and paged without the database
GIVEN_UP = 5  # failures that are not the database's
PAGE = 50  # of what was left, in one unit of work
META = "second_opinion"


class State(StrEnum):
    """What the second opinion does."""

    OFF = "off"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits for the second reader: what the rules found in it."""

    inbound: Inbound
    found: Screening


class Opinions:
    """Owns the reader and its thread.

    Args:
        pressing: how many chats wait for their turn.
        load: makes the reader (half a second, in the thread); tests give their own.
        directly: answers and pages for a danger that the database does not take.
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
        self.state = State.LOADING if services.settings.second_opinion else State.OFF
        self.slowest_s = 0.0
        self._reader: SecondReader | None = None
        self._waiting: deque[Waiting] = deque()
        self._harmless: list[int] = []
        self._again: list[tuple[Waiting, Opinion | None]] = []
        self._failures: dict[int, int] = {}
        self._late: asyncio.Future[list[Opinion | None]] | None = None
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="opinion")

    @property
    def ready(self) -> bool:
        """Whether the rules may leave to it what they are not sure of."""
        return self.state is State.READY and self._late is None and len(self._waiting) < BACKLOG

    @property
    def reads(self) -> bool:
        """Whether messages are to be marked for it: what comes while it is still being loaded it reads afterwards."""
        return self.state in (State.LOADING, State.READY)

    def submit(self, stored: Sequence[Screened]) -> None:
        """Give messages that were just stored to the reader; it takes them in order."""
        wanted = [Waiting(one.inbound, one.screening) for one in stored if one.second]
        if wanted:
            self._waiting.extend(wanted)
            self._idle.clear()
            self._wake.set()

    async def run(self) -> None:
        """Load, then read until cancelled."""
        if self.state is State.OFF:
            await self._note()
            await self._sweep(timedelta(0))  # what an earlier process left is judged by the rules alone
            return
        await self.start()
        swept, pause = time.monotonic(), RETRY_S
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
            except Exception as error:
                _log.error("opinion.stumbled", error=error)  # what it had in hand stays marked: the sweep reads it again
            pause = min(pause * 2, LONGEST_RETRY_S) if self._again else RETRY_S
            if time.monotonic() - swept >= SWEEP_S:
                swept = time.monotonic()
                await self._sweep(LEFT)

    async def start(self) -> None:
        """Load the reader; when that fails the rules go on alone, and the log and `doctor` say so."""
        loop = asyncio.get_running_loop()
        await self._note()
        try:
            self._reader = await loop.run_in_executor(self._thread, self._load)
        except ContentError as error:
            _log.error("opinion.not_loaded", file=str(error.file), key=error.key)
            self.state = State.FAILED
        except Exception as error:
            _log.error("opinion.not_loaded", error=error)
            self.state = State.FAILED
        else:
            self.state = State.READY
            _log.info("opinion.ready", version=self._reader.model.version)
        await self._note()
        await self._sweep(timedelta(0))

    async def _give_way(self) -> None:
        """In a rush the rules' answers go first: both want the same processor."""
        for _ in range(LOOKS):
            if self._pressing() < PRESSING:
                return
            await asyncio.sleep(LOOK_S)

    async def read(self) -> None:
        """Read what waits."""
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            opinions = await self._opinions(batch)
            for one, opinion in zip(batch, opinions or [None] * len(batch), strict=True):
                await self._judge(one, opinion, read=opinions is not None)
            if len(self._harmless) >= SETTLED:
                await self._settle()

    async def retry(self) -> None:
        """Judge what could not be judged, until something fails again."""
        again, self._again = self._again, []
        for number, (one, opinion) in enumerate(again, 1):
            await self._judge(one, opinion)
            if self._again:
                self._again += again[number:]
                return

    async def idle(self) -> None:
        """Wait until everything that was submitted has been read."""
        await self._idle.wait()

    async def close(self) -> None:
        """Settle what was read; what waits stays marked for the next start."""
        await self._settle()
        self._thread.shutdown(wait=self._late is None, cancel_futures=True)

    async def _opinions(self, batch: Sequence[Waiting]) -> list[Opinion | None] | None:
        """What the reader makes of some messages: None for each that it has no opinion on.

        Returns:
            None when it does not answer in time.
        """
        reader = self._reader
        if reader is None:
            return [None] * len(batch)
        if self._late is not None:
            return None
        started = time.perf_counter()
        future = asyncio.get_running_loop().run_in_executor(self._thread, reader.opinions, [one.inbound.texts for one in batch])
        done, _ = await asyncio.wait({future}, timeout=PATIENCE_S)
        self.slowest_s = max(self.slowest_s, time.perf_counter() - started)
        if not done:
            _log.error("opinion.late", updates=len(batch))
            self._late = future
            future.add_done_callback(self._back)
            return None
        try:
            opinions = future.result()
            if len(opinions) != len(batch):
                raise ValueError("an opinion is missing")
        except Exception as error:
            _log.error("opinion.failed", error=error, updates=len(batch))
            if len(batch) == 1:
                return [None]
            # It stumbled over one of them: each by itself, so that it takes the opinion from nobody else's message.
            return [opinion for one in batch for opinion in await self._opinions([one]) or [None]]
        return opinions

    def _back(self, future: asyncio.Future[list[Opinion | None]]) -> None:
        self._late = None
        if not future.cancelled():
            _log.info("opinion.back", failed=future.exception() is not None)

    async def _judge(self, one: Waiting, opinion: Opinion | None, *, read: bool = True) -> None:
        update_id = one.inbound.update_id
        table = self._services.content.opinion
        if opinion is not None and joint(table, one.found, opinion.scores) < table.lowest and not one.found.level.pages:
            self._harmless.append(update_id)
            return
        try:
            await self._services.run(judge, one, opinion, read)
            self._failures.pop(update_id, None)
        except Exception as error:
            failures = self._failures[update_id] = self._failures.get(update_id, 0) + 1
            _log.error("opinion.not_judged", error=error, update=update_id)
            if failures >= DIRECTLY:
                await self._answer_directly(one, opinion)
            if failures >= GIVEN_UP and not database_is_away(error):
                _log.error("opinion.given_up", update=update_id)
                self._failures.pop(update_id)
                self._harmless.append(update_id)  # what was said is kept no longer for its sake
            else:
                self._again.append((one, opinion))

    async def _answer_directly(self, one: Waiting, opinion: Opinion | None) -> None:
        """Somebody is in danger and it cannot be written down: once, however often it is tried."""
        content = self._services.content
        said = content.screener.screen(one.inbound.texts) if opinion is None else raised(content.opinion, one.found, opinion)
        if self._directly is not None and said.level.pages and said.level > one.found.level:
            await self._directly([Screened(one.inbound, said)])

    async def _settle(self) -> None:
        ids, self._harmless = self._harmless, []
        if not ids:
            return
        try:
            await self._services.run_quietly(inbox.read_over, ids)
        except Exception as error:
            _log.error("opinion.not_settled", error=error, updates=len(ids))  # marked still: the sweep reads them again

    async def _sweep(self, age: timedelta) -> None:
        """Take up what a stopped process left unread."""
        known = {one.inbound.update_id for one in (*self._waiting, *(one for one, _ in self._again))}.union(self._harmless)
        after, found = -1, PAGE
        while found == PAGE:
            try:
                left, after, found = await self._services.run_quietly(left_unread, age, known, self.ready, after)
            except Exception as error:
                _log.error("opinion.not_swept", error=error)
                return
            self.submit(left)
            if self._reader is None and left:
                await self.read()
                await self._settle()
                self._idle.set()

    async def _note(self) -> None:
        version = self._reader.model.version if self._reader is not None else ""
        try:
            await self._services.run_quietly(note, self.state, version)
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


def judge(work: Work, one: Waiting, opinion: Opinion | None, read: bool = True) -> Level:
    """What rules and model say together; higher than the rules, it opens or raises the case. Without an opinion the rules decide alone.

    Args:
        read: the reader has had it. A message that it was too late for stays marked, unless it pages without it.

    Returns:
        The level that counts now.
    """
    inbound, found = one.inbound, one.found
    row = inbox.get(work, inbound.update_id, lock=True)
    if row is None or not row.unread:
        return found.level  # another replica was faster
    person = people.by_chat(work.session, inbound.chat_id)
    level = found.level
    # Staff's words are work most of the time, and by now nobody can tell what they were written into.
    if person is None or person.role not in STAFF:
        if opinion is None:
            said = work.content.screener.screen(inbound.texts)
        else:
            said = raised(
                work.content.opinion, found, opinion, hours.context(work, person, inbound.update_id) if person is not None else ()
            )
        if said.level > found.level:
            level = arrival.raise_level(work, inbound, said)
            _log.info("opinion.raised", update=inbound.update_id, before=found.level, level=said.level)
            read = True
    if read:
        inbox.read_over(work, [inbound.update_id])
    return level


def left_unread(work: Work, age: timedelta, but: set[int], sure: bool, after: int = -1) -> tuple[list[Screened], int, int]:
    """Messages that were marked and never read, with what the rules find in them.

    Returns:
        At most `PAGE` of them from behind the id `after`; the last id that was looked at; how many were.
    """
    out = []
    rows = inbox.unread(work, work.now - age, after, PAGE)
    for row in rows:
        if row.update_id in but:
            continue
        try:
            inbound = inbox.read(work, row)
        except Exception as error:
            # It will not be readable the next time either, and must not keep the others from being read.
            _log.error("opinion.unreadable", error=error, update=row.update_id)
            inbox.read_over(work, [row.update_id])
            continue
        out.append(Screened(inbound, work.content.screener.screen(inbound.texts, sure=sure), second=True))
    return out, rows[-1].update_id if rows else after, len(rows)


def note(work: Work, state: State, version: str) -> None:
    """Leave word for `doctor`."""
    row = work.session.get(Meta, META) or Meta(name=META, value="")
    row.value = " ".join((state.value, version, work.now.isoformat(timespec="seconds")))
    work.session.add(row)
