"""The frames of live timers: edits that follow from the clock, on a lane below all others and outside the outbox.

A frame is never queued. Whoever looks at the clock late sends what belongs on the screen now; what was missed is missed.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, func, or_, select, update

from bot import logs, outbox
from bot.content.tools import Script
from bot.errors import DeliveryError, RetryLater, Undeliverable
from bot.escalation import delivery
from bot.features.tools import rules, timer
from bot.models import Lane, Outbox, OutboxState, Person, Timer
from bot.ports import Outgoing
from bot.sending import spend_spare
from bot.services import Services
from bot.work import Work

_log = logs.get_logger()

POLL_S = 1.0
AT_ONCE = 50  # frames in one transaction
LEASE = timedelta(seconds=25)  # longer than the client's own time-outs together
YIELD = timedelta(seconds=1)  # to what the outbox has for the same chat, or until there are tokens
_LOST = (OutboxState.FAILED, OutboxState.DROPPED, OutboxState.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that this process sends now.

    Attributes:
        place: in the script, from 0.
        lease: the timer's `next_at` while it is on its way.
    """

    timer_id: UUID
    place: int
    lease: datetime
    message: Outgoing


class Frames:
    """Wakes when the next frame is due, at the latest each second."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Send frames until cancelled. An error of the database is logged and tried again."""
        if self._services.database.is_sqlite:
            await self._services.run_quietly(recover)
        while True:
            try:
                wait = await self._step()
            except Exception as error:
                _log.error("frames.failed", error=error)
                wait = POLL_S
            await asyncio.sleep(wait)

    async def _step(self) -> float:
        """Start what is due.

        Returns:
            Seconds until the next look.
        """
        due, next_at = await self._services.run_quietly(claim, self._tasks.keys())
        for frame in due:
            task = asyncio.create_task(self._send(frame))
            self._tasks[frame.timer_id] = task
            task.add_done_callback(functools.partial(self._done, frame.timer_id))
        if next_at is None:
            return POLL_S
        return min(max((next_at - self._services.clock.now()).total_seconds(), 0.05), POLL_S)

    def _done(self, timer_id: UUID, _task: asyncio.Task[None]) -> None:
        self._tasks.pop(timer_id, None)

    async def pump(self) -> None:
        """Send every frame that is due now; for tests and for a clock that is moved by hand."""
        while True:
            await self._step()
            if not self._tasks:
                return
            await asyncio.wait(list(self._tasks.values()))

    async def close(self, grace_s: float = 5.0) -> None:
        """Wait for what is on its way."""
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=grace_s)

    async def _send(self, frame: Frame) -> None:
        problem: DeliveryError | None = None
        try:
            await self._services.transport.send(frame.message)
        except DeliveryError as error:
            problem = error
        except Exception as error:
            _log.error("frames.transport_failed", error=error)
            problem = RetryLater(rules.GAP)
        try:
            await self._services.run(settle, frame, problem)
        except Exception as error:
            _log.error("frames.not_settled", error=error)  # the lease runs out and the newest frame goes


def recover(work: Work) -> None:
    """At the start of the only process: forget what a stopped one was sending; each timer goes on at the clock's frame."""
    running = update(Timer).where(col(Timer.ended_at).is_(None), col(Timer.next_at) > work.now)
    work.session.execute(running.values(next_at=work.now))


def claim(work: Work, on_their_way: Set[UUID] = frozenset()) -> tuple[list[Frame], datetime | None]:
    """Take the frames that are due, in one transaction, and end the timers of everyone with an open case.

    Args:
        on_their_way: timers with a frame that this process has not heard back from.

    Returns:
        The frames to send, and when the next one is due.
    """
    timer.stop_in_cases(work)
    due = select(Timer).where(col(Timer.next_at) <= work.now, col(Timer.ended_at).is_(None)).order_by(col(Timer.next_at)).limit(AT_ONCE)
    ready: list[tuple[Timer, Script, Person, int, int]] = []
    for row in work.session.exec(due.with_for_update(skip_locked=True, key_share=True)).all():
        if row.id in on_their_way:
            row.next_at = work.now + YIELD
            continue
        found = _place(work, row)
        if found is not None:
            ready.append((row, *found))
    granted = spend_spare(work, len(ready))
    frames: list[Frame] = []
    for row, script, person, place, target in ready:
        if len(frames) == granted:
            row.next_at = work.now + YIELD
            continue
        lease = work.now + LEASE
        row.next_at, row.last_sent_at = lease, work.now
        message = replace(timer.paint(work, person, row, script), kind="edit", target=target)
        frames.append(Frame(row.id, place, lease, message))
    work.session.flush()
    return frames, next_at(work)


def _place(work: Work, row: Timer) -> tuple[Script, Person, int, int] | None:
    """What a timer shows now: script, reader, place of the frame, message. None, with a new `next_at`, when nothing is to be sent yet."""
    tool = work.content.tools.get(row.script)
    person = work.session.get(Person, row.person_id)
    start = work.session.get(Outbox, row.outbox_id)
    if tool is None or tool.script is None or person is None or start is None:
        row.next_at = None
        return None
    script = tool.script
    if start.result_message_id is None:
        if start.state in _LOST:
            timer.end(work, row, "gone")
        else:
            row.next_at = work.now + YIELD  # its first message is still waiting
        return None
    place = rules.frame_now(script, rules.elapsed_s(row, work.now))
    if place is None:
        row.next_at = None  # what is left is the end, a due item
        return None
    if place < row.frame:
        row.next_at = rules.next_frame_at(row, script, work.now)
        return None
    shown_at = max(filter(None, (row.last_sent_at, start.sent_at)), default=None)
    if shown_at is not None and work.now - shown_at < rules.GAP:
        row.next_at = shown_at + rules.GAP
        return None
    if _has_something_better(work, row.chat_id):
        row.next_at = work.now + YIELD
        return None
    return script, person, place, start.result_message_id


def _has_something_better(work: Work, chat_id: int) -> bool:
    """Whether the outbox sends something to this chat, or is about to: it goes first."""
    waiting = (col(Outbox.state) == OutboxState.WAITING) & (col(Outbox.due_at) <= work.now)
    statement = select(Outbox.id).where(col(Outbox.chat_id) == chat_id, or_(col(Outbox.state) == OutboxState.SENDING, waiting)).limit(1)
    return work.session.exec(statement).first() is not None


def settle(work: Work, frame: Frame, problem: DeliveryError | None) -> None:
    """Write down what became of a frame and when the next one may go."""
    row = timer.by_id(work, frame.timer_id)
    if row is None:
        return
    if isinstance(problem, Undeliverable):
        _lost(work, row, problem.reason)
    if row.ended_at is not None or row.paused_at is not None:
        if problem is None:
            _put_right(work, row)
        return
    if row.next_at != frame.lease:
        return  # paused and taken up again meanwhile: that decided anew
    tool = work.content.tools.get(row.script)
    if tool is None or tool.script is None:
        row.next_at = None
        return
    if isinstance(problem, RetryLater):
        row.next_at = work.now + max(problem.after, rules.GAP)
        return
    row.frame, row.last_sent_at = frame.place + 1, work.now
    row.next_at = rules.next_frame_at(row, tool.script, work.now)


def _lost(work: Work, row: Timer, reason: str) -> None:
    """The message is gone or the chat is: the timer ends without a word."""
    if reason == "rejected":
        _log.warning("frames.rejected", script=row.script)
        return
    if row.ended_at is None:
        timer.end(work, row, "gone")
    if reason in delivery.UNREACHABLE:
        delivery.blocked(work, row.chat_id, reason)


def _put_right(work: Work, row: Timer) -> None:
    """A frame arrived after the message had been paused or ended: what the outbox wrote on it last is written again."""
    statement = (
        select(Outbox)
        .where(col(Outbox.edits_id) == row.outbox_id, col(Outbox.kind).in_(("edit", "markup")))
        .order_by(col(Outbox.id).desc())
        .limit(1)
    )
    last = work.session.exec(statement).first()
    person = work.session.get(Person, row.person_id)
    start = work.session.get(Outbox, row.outbox_id)
    if last is None or last.state is OutboxState.WAITING or person is None or start is None:
        return
    message = outbox.opened(work, last)
    if message is not None:
        kind = "markup" if last.kind == "markup" else "text"
        outbox.edit(work, person, start, replace(message, kind=kind), lane=Lane.REPLY)


def next_at(work: Work) -> datetime | None:
    """When the next frame is due."""
    return work.session.exec(select(func.min(Timer.next_at)).where(col(Timer.ended_at).is_(None))).one()
