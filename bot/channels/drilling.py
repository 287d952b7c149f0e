"""The drill's walk: a fictitious patient's words go in where Telegram's updates do, and every stretch to the close is waited for and timed.

A task of the running process. Whoever wants a walk (the command line, a supervisor's chat, the calendar) puts a job in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bot import jobs, logs
from bot.escalation import drill
from bot.escalation.drill import COUNSELOR_CHAT, KIND, PATIENT_CHAT, Begun, Seen, Stretch
from bot.inbound import Inbound, Kind
from bot.models import Job
from bot.pipeline import NotStored, Pipeline
from bot.services import Services
from bot.work import Work

_log = logs.get_logger()

POLL_S = 1.0
LOOK_S = 0.02  # between two looks at how far the case is
STRETCH_S = 30.0  # the longest that a stretch may take
SETTLED_S = 300.0  # the daily walk does not begin in a process that has just started
PLAN_S = 60.0
LEASE = timedelta(minutes=4)
FIRST_UPDATE = -(2**52)  # Telegram's are positive; growing like theirs, since a chat's updates are lived through in this order


class Failed(Exception):
    """A stretch was not passed in time."""

    def __init__(self, stretch: Stretch) -> None:
        super().__init__(stretch.value)
        self.stretch = stretch


@dataclass
class _Walk:
    """One walk: what it began with, when, how many updates it has sent, and the stretch that it is on."""

    begun: Begun
    started_s: float
    updates: int = 0
    stretch: Stretch = Stretch.ANSWER


class Drills:
    """Performs the walks that are asked for, one at a time."""

    def __init__(self, services: Services, pipeline: Pipeline) -> None:
        self._services = services
        self._pipeline = pipeline

    async def run(self) -> None:
        """Perform walks until cancelled."""
        loop = asyncio.get_running_loop()
        planned = loop.time() + SETTLED_S - PLAN_S
        while True:
            await asyncio.sleep(POLL_S)
            try:
                if loop.time() - planned >= PLAN_S:
                    planned = loop.time()
                    await self._services.run_quietly(drill.plan_today)
                if await asyncio.to_thread(self._asked):
                    await self.once()
            except Exception as error:
                _log.error("drill.not_performed", error=error)

    def _asked(self) -> bool:
        with self._services.database.reading() as session:
            return jobs.waiting(session, KIND)

    async def once(self) -> bool:
        """Perform the oldest walk that was asked for.

        Returns:
            Whether there was one.
        """
        job = await self._services.run_quietly(jobs.claim, KIND, LEASE)
        if job is None:
            return False
        begun = await self._services.run(_begin, job.id or 0)
        walk = _Walk(begun, asyncio.get_running_loop().time())
        try:
            failure = await self._walk(walk)
        except asyncio.CancelledError:
            # The process stops: that is no failure. The next one clears away what is left, and walks anew.
            await self._services.run_quietly(jobs.give_back, job.id or 0)
            raise
        await self._services.run(drill.end, begun.drill_id, failure)
        await self._services.run(jobs.done, job.id or 0, failure.value if failure is not None else None)
        return True

    async def _walk(self, walk: _Walk) -> Stretch | None:
        try:
            await self._stretches(walk)
        except Failed as failed:
            return failed.stretch
        except Exception as error:
            _log.error("drill.walk_failed", error=error)
            return walk.stretch
        return None

    async def _stretches(self, walk: _Walk) -> None:
        await self._receive(walk, Stretch.ANSWER, PATIENT_CHAT, text=walk.begun.words)
        seen = await self._until(walk, Stretch.ANSWER, lambda seen: seen.answered)
        if walk.begun.telegram:
            seen = await self._until(walk, Stretch.PAGE, lambda seen: seen.paged)
        else:
            await self._note(walk, Stretch.PAGE, seen)
        await self._receive(walk, Stretch.ACKNOWLEDGE, COUNSELOR_CHAT, data=f"alerts.acknowledge:{seen.page_id}")
        await self._until(walk, Stretch.ACKNOWLEDGE, lambda seen: seen.acknowledged)
        if walk.begun.telegram:
            await self._receive(walk, Stretch.WORD, COUNSELOR_CHAT, data=f"relay.write:{seen.number}")
            await self._receive(walk, Stretch.WORD, COUNSELOR_CHAT, text=walk.begun.answer)
        else:  # nothing can be written to nobody's chat: they are reached by phone
            await self._receive(walk, Stretch.WORD, COUNSELOR_CHAT, data=f"alerts.reached:{seen.number}")
        seen = await self._until(walk, Stretch.WORD, lambda seen: seen.word)
        if seen.case_id is not None:
            await self._services.run(drill.resolve, seen.case_id)
        await self._until(walk, Stretch.CLOSE, lambda seen: seen.closed and seen.gone)

    async def _receive(self, walk: _Walk, stretch: Stretch, chat_id: int, *, text: str = "", data: str = "") -> None:
        """An update of one of the two people, by the way of every update."""
        walk.updates += 1
        update = Inbound(
            update_id=FIRST_UPDATE + walk.begun.drill_id * 16 + walk.updates,
            kind=Kind.TEXT if text else Kind.PRESS,
            chat_id=chat_id,
            user_id=chat_id,
            at=self._services.clock.now(),
            text=text,
            texts=(text,) if text else (),
            data=data,
        )
        try:
            await self._pipeline.receive([update])
        except NotStored as error:
            raise Failed(stretch) from error

    async def _until(self, walk: _Walk, stretch: Stretch, passed: Callable[[Seen], bool]) -> Seen:
        """Wait until the case is so far, and note how long that took since the first words."""
        loop = asyncio.get_running_loop()
        end = loop.time() + STRETCH_S
        walk.stretch = stretch
        while True:
            seen = await asyncio.to_thread(self._see, walk.begun.drill_id)
            if passed(seen):
                await self._note(walk, stretch, seen)
                return seen
            if seen.failed or loop.time() >= end:
                raise Failed(Stretch.PAGE if seen.failed else stretch)
            await asyncio.sleep(LOOK_S)

    async def _note(self, walk: _Walk, stretch: Stretch, seen: Seen) -> None:
        ms = round((asyncio.get_running_loop().time() - walk.started_s) * 1000)
        await self._services.run_quietly(drill.note, walk.begun.drill_id, stretch, ms, seen.case_id)

    def _see(self, drill_id: int) -> Seen:
        with self._services.database.reading() as session:
            return drill.see(session, drill_id, self._services.settings.drill_chat)


def _begin(work: Work, job_id: int) -> Begun:
    job = work.session.get_one(Job, job_id)
    begun = drill.begin(work, str(job.args.get("reason", "command")))
    job.args = {**job.args, "drill": begun.drill_id}
    return begun
