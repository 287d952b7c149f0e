"""The second opinion beside the pipeline: reads each stored message after the rules, in a thread, and opens or raises a case by itself.

The rules never wait for it. A message that is to be read is marked in the inbox in the transaction that stores it, and keeps its words
until it was read: what a stopped process left is read after the next start. Whatever the reader stumbles over is judged as the rules judge
alone.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from bot import arrival, inbox, logs, people
from bot.arrival import Screened
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
PRESSING = 24  # chats that wait for their turn: from so many on reading gives way, for so long at most
GIVES_WAY_S, LOOK_S = 2.0, 0.02
SETTLE_S = 0.5  # how long the marks of harmless messages may wait, so that many go in one transaction
SETTLED = 50  # of them at most
SWEEP_S = 30.0
LEFT = timedelta(seconds=30)  # what waits longer was left by a stopped process
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
    """

    def __init__(self, services: Services, pressing: Callable[[], int] = lambda: 0, load: Callable[[], SecondReader] | None = None) -> None:
        self._services = services
        self._pressing = pressing
        self._load = load or (lambda: load_reader(services))
        self.state = State.LOADING if services.settings.second_opinion else State.OFF
        self.slowest_s = 0.0
        self._reader: SecondReader | None = None
        self._waiting: deque[Waiting] = deque()
        self._harmless: list[int] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="opinion")

    @property
    def ready(self) -> bool:
        """Whether the rules may leave to it what they are not sure of."""
        return self.state is State.READY

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
        swept = time.monotonic()
        while True:
            if not self._waiting:
                await self._settle()
                self._idle.set()
                try:
                    async with asyncio.timeout(SWEEP_S):
                        await self._wake.wait()
                except TimeoutError:
                    pass
            self._wake.clear()
            await self._give_way()
            await self.read()
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
        until = time.monotonic() + GIVES_WAY_S
        while self._pressing() >= PRESSING and time.monotonic() < until:
            await asyncio.sleep(LOOK_S)

    async def read(self) -> None:
        """Read what waits."""
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            for one, opinion in zip(batch, await self._opinions(batch), strict=True):
                await self._judge(one, opinion)
            if len(self._harmless) >= SETTLED:
                await self._settle()

    async def idle(self) -> None:
        """Wait until everything that was submitted has been read."""
        await self._idle.wait()

    async def close(self) -> None:
        """Settle what was read; what waits stays marked for the next start."""
        await self._settle()
        self._thread.shutdown(wait=True)

    async def _opinions(self, batch: Sequence[Waiting]) -> list[Opinion | None]:
        reader = self._reader
        if reader is None:
            return [None] * len(batch)
        started = time.perf_counter()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, reader.opinions, [one.inbound.texts for one in batch])
        except Exception as error:
            _log.error("opinion.failed", error=error, updates=len(batch))
            return [None] * len(batch)
        finally:
            self.slowest_s = max(self.slowest_s, time.perf_counter() - started)

    async def _judge(self, one: Waiting, opinion: Opinion | None) -> None:
        table = self._services.content.opinion
        if opinion is not None and joint(table, one.found, opinion.scores) < table.lowest and not one.found.level.pages:
            self._harmless.append(one.inbound.update_id)
            return
        try:
            await self._services.run(judge, one, opinion)
        except Exception as error:
            # It stays marked: the sweep reads it again.
            _log.error("opinion.not_judged", error=error, update=one.inbound.update_id)

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
        try:
            left = await self._services.run_quietly(left_unread, age, {one.inbound.update_id for one in self._waiting}, self.ready)
        except Exception as error:
            _log.error("opinion.not_swept", error=error)
            return
        self.submit(left)
        if self._reader is None and left:
            await self.read()
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
    """
    from bot.opinion.second import SecondReader

    content = services.content
    if content.opinion_model is None:
        raise ContentError("crisis/opinion.npz", "", "is missing: `make train-screen` writes it")
    return SecondReader.load(content.screener, content.opinion, content.opinion_model)


def judge(work: Work, one: Waiting, opinion: Opinion | None) -> Level:
    """What rules and model say together; higher than the rules, it opens or raises the case. Without an opinion the rules decide alone.

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
    inbox.read_over(work, [inbound.update_id])
    return level


def left_unread(work: Work, age: timedelta, but: set[int], sure: bool) -> list[Screened]:
    """Messages that were marked and never read, with what the rules find in them."""
    out = []
    for row in inbox.unread(work, work.now - age):
        if row.update_id not in but:
            inbound = inbox.read(work, row)
            out.append(Screened(inbound, work.content.screener.screen(inbound.texts, sure=sure), second=True))
    return out


def note(work: Work, state: State, version: str) -> None:
    """Leave word for `doctor`."""
    row = work.session.get(Meta, META) or Meta(name=META, value="")
    row.value = " ".join((state.value, version, work.now.isoformat(timespec="seconds")))
    work.session.add(row)
