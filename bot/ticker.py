"""`tick`: due items, escalation, watchdog and housekeeping, each with its own deadline and its own failure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, or_, select

from bot import audit, command_menu, frames, inbox, logs
from bot.clock import SystemClock
from bot.command_menu import CommandMenu
from bot.escalation import channels, engine, store, watchdog
from bot.models import Audit, Due, DueState, Inbox, InboxState, Outbox, OutboxState, PageDelivery
from bot.pipeline import Pipeline
from bot.routing import Routes
from bot.sender import Sender
from bot.sending import erase_old
from bot.services import Services
from bot.staff.oncall import planner
from bot.turns import run_due
from bot.work import Work

_log = logs.get_logger()

PART_DEADLINE_S = 10.0
DUE_BATCH = 20  # due items in one short transaction
DUE_ATTEMPTS = 3
CYCLES = 100  # of escalation in one tick
NEVER_SET_ASIDE = ("case.", "sos.")  # kinds of due items that are tried for ever
SENDER_STUCK_S = 15.0
PICTURE_EVERY = timedelta(seconds=20)
HOUSEKEEPING_EVERY = timedelta(minutes=5)
LEFTOVER_AGE = timedelta(seconds=30)
CLOCK_EVERY = timedelta(minutes=1)
ROTA_EVERY = timedelta(minutes=1)  # another process (the command line) may have changed it
SKEW = timedelta(seconds=2)  # a step of the clock that is worth a line in the log


class Ticker:
    """Called each second by the scheduler; the rows are the schedule."""

    def __init__(self, services: Services, routes: Routes, pipeline: Pipeline, sender: Sender) -> None:
        self._services = services
        self._routes = routes
        self._pipeline = pipeline
        self._sender = sender
        self._pictured: datetime | None = None
        self._cleaned: datetime | None = None
        self._day: str | None = None
        self._rota_seen: datetime | None = None
        self._rota_at: datetime | None = None
        self._synchronised: datetime | None = None
        self._latest: datetime | None = None
        self._busy = asyncio.Lock()
        self.last_tick: datetime | None = None
        self.verdict: watchdog.Verdict | None = None
        self.failures: dict[str, int] = {}

    async def tick(self, *, wait: bool = False) -> None:
        """One round of all parts. A round that is still running when the next is called takes that one's place, unless told to `wait`."""
        if self._busy.locked() and not wait:
            return
        async with self._busy:
            parts: Mapping[str, Callable[[], Awaitable[None]]] = {
                "clock": self._clock,
                "escalation": self._escalation,
                "due": self._due,
                "rota": self._rota,
                "watchdog": self._watchdog,
                "cases": self._audit_cases,
                "picture": self._picture,
                "audit": self._seal_audit,
                "housekeeping": self._housekeeping,
            }
            for name, part in parts.items():
                try:
                    async with asyncio.timeout(PART_DEADLINE_S):
                        await part()
                except Exception as error:
                    self.failures[name] = self.failures.get(name, 0) + 1
                    _log.error("tick.part_failed", part=name, error=error)
            self.last_tick = self._services.clock.now()

    async def _clock(self) -> None:
        """Follow the database server's clock, or the machine's; when the time steps back, what waits for a few minutes steps with it."""
        clock, database = self._services.clock, self._services.database
        now = clock.now()
        if isinstance(clock, SystemClock) and (self._synchronised is None or abs(now - self._synchronised) >= CLOCK_EVERY):
            skew = clock.synchronise(clock.wall() if database.is_sqlite else await database.run_quietly(server_time))
            if abs(skew) > SKEW:
                _log.warning("clock.stepped", seconds=round(skew.total_seconds(), 1))
            now = self._synchronised = clock.now()
        latest, self._latest = self._latest or await database.run_quietly(last_known), now
        if latest is not None and latest - now > SKEW:
            _log.warning("clock.set_back", seconds=round((latest - now).total_seconds(), 1))
            await self._services.run(set_back, latest - now)

    async def _escalation(self) -> None:
        for _ in range(CYCLES):
            if await self._services.run(engine.cycle) < engine.CYCLE_LIMIT:
                return

    async def _due(self) -> None:
        tried: set[int] = set()
        held = 0  # another replica has those: they are not tried twice in a round
        while True:
            found = await self._services.run_quietly(due_now, DUE_BATCH + held)
            items = [item for item in found if item not in tried]
            if not items:
                return
            held = len(found) - len(items)
            for item_id in items:
                try:
                    self._pipeline.set_menus(await self._services.run(do_due, self._routes, item_id))
                except Exception as error:
                    _log.error("due.failed", error=error, due=item_id)
                    await self._services.run(due_failed, item_id)
            tried.update(items)

    async def _rota(self) -> None:
        now = self._services.clock.now()
        waits = self._rota_at is not None and now < self._rota_at
        if waits and self._rota_seen is not None and timedelta(0) <= now - self._rota_seen < ROTA_EVERY:
            return
        self._rota_seen = now
        self._rota_at = await self._services.run(planner.run)

    async def _watchdog(self) -> None:
        if self._sender.idle_s > SENDER_STUCK_S:
            _log.error("sender.stuck")
            self._sender.wake()
        leftovers = await self._services.run_quietly(left_over)
        if leftovers:
            self._pipeline.enqueue(leftovers)

    async def _audit_cases(self) -> None:
        """Each minute, after escalation did what was due: is every open case where it should be?"""
        now = self._services.clock.now()
        if self.verdict is None or abs(now - self.verdict.at) >= watchdog.EVERY:
            self.verdict = await self._services.run(watchdog.look)

    async def _picture(self) -> None:
        now = self._services.clock.now()
        if self._pictured is None or now - self._pictured >= PICTURE_EVERY:
            await self._services.database.run_quietly(self._pipeline.fallback.read)
            self._pictured = now

    async def _seal_audit(self) -> None:
        await self._services.database.run_quietly(lambda session: audit.seal(session, self._services.vault))
        day = self._services.clock.now().date().isoformat()
        if self._day != day:
            number, mac = await self._services.database.run_quietly(audit.head)
            _log.info("audit.head", day=day, number=number, mac=mac)
            self._day = day

    async def _housekeeping(self) -> None:
        now = self._services.clock.now()
        if self._cleaned is not None and now - self._cleaned < HOUSEKEEPING_EVERY:
            return
        self._cleaned = now
        services = self._services
        await services.run_quietly(erase_old, services.settings.retention_days)
        await services.run_quietly(inbox.forget, services.settings.retention_days)

    async def instants(self, until: datetime) -> list[datetime]:
        """When something is due from now to `until`, in order; for a clock that is moved by hand."""
        found = await self._services.run_quietly(next_instants, until)
        self._rota_at = await self._services.run_quietly(planner.next_at)
        return sorted({*found, self._rota_at}) if self._rota_at <= until else found


def last_known(session: Session) -> datetime | None:
    """After a start: the time that the process before this one had last, as far as the newest act or message tells. None before any."""
    acts, messages = select(Audit.at).order_by(col(Audit.id).desc()), select(Outbox.created_at).order_by(col(Outbox.id).desc())
    return max((at for newest in (acts, messages) if (at := session.exec(newest.limit(1)).first()) is not None), default=None)


def server_time(session: Session) -> datetime:
    """What the database server's clock says (PostgreSQL)."""
    found: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return found


def set_back(work: Work, by: timedelta) -> None:
    """The clock was set back: escalation's next steps and messages that wait for their next attempt do not wait so much longer.

    Reminders stay at their wall time.
    """
    for case in store.open_cases(work.session):
        case.level_at -= by
        case.next_page_at = case.next_page_at - by if case.next_page_at is not None else None
        case.word_due_at = case.word_due_at - by if case.word_due_at is not None else None
    urgent = or_(*(col(Due.kind).startswith(kind) for kind in NEVER_SET_ASIDE))
    for item in work.session.exec(select(Due).where(col(Due.state) == DueState.WAITING, urgent)):
        item.due_at -= by
        item.useful_until = item.useful_until - by if item.useful_until is not None else None
    for row in work.session.exec(select(Outbox).where(col(Outbox.state) == OutboxState.WAITING, col(Outbox.due_at) > work.now)):
        row.due_at -= by
    for call in work.session.exec(select(PageDelivery).where(col(PageDelivery.state) == channels.WAITING)):
        call.next_at -= by
        call.useful_until = call.useful_until - by if call.useful_until is not None else None
    for row in work.session.exec(select(Outbox).where(col(Outbox.state) == OutboxState.SENDING)):
        row.lease_until = row.lease_until - by if row.lease_until is not None else None


def due_now(work: Work, limit: int) -> list[int]:
    """Ids of the items that are due, oldest first."""
    statement = select(Due.id).where(col(Due.state) == DueState.WAITING, col(Due.due_at) <= work.now)
    return [found for found in work.session.exec(statement.order_by(col(Due.due_at), col(Due.id)).limit(limit)) if found is not None]


def do_due(work: Work, routes: Routes, item_id: int) -> tuple[CommandMenu, ...]:
    """Do one item, in its own transaction. What is too late to be useful is dropped and logged.

    Returns:
        Command menus that it changed.
    """
    item = work.session.exec(select(Due).where(col(Due.id) == item_id).with_for_update(skip_locked=True, key_share=True)).first()
    if item is None or item.state is not DueState.WAITING or item.due_at > work.now:
        return ()
    if item.kind not in routes.dues:
        raise LookupError("no such kind of due item")
    if item.useful_until is not None and item.useful_until < work.now:
        item.state, item.done_at = DueState.DROPPED, work.now
        _log.warning("due.too_late", kind=item.kind, due=item_id)
        late = routes.dues[item.kind].late
        if late is not None:
            run_due(work, routes, item, handler=late)
        return ()
    item.state, item.done_at = DueState.DONE, work.now
    run_due(work, routes, item)
    return command_menu.of_others(work, routes)


def due_failed(work: Work, item_id: int) -> None:
    """Count a failure; the item comes again a minute later, three times at most."""
    item = work.session.get(Due, item_id)
    if item is None or item.state is not DueState.WAITING:
        return
    item.attempts += 1
    if item.attempts >= DUE_ATTEMPTS and not item.kind.startswith(NEVER_SET_ASIDE):
        item.state, item.done_at = DueState.DROPPED, work.now
        _log.error("due.set_aside", kind=item.kind, due=item_id)
    else:
        item.due_at = work.now + timedelta(minutes=1 if item.attempts > 1 else 0, seconds=5)


def left_over(work: Work) -> list[tuple[int, int]]:
    """Updates that wait although their process should have taken them long ago (another replica stopped)."""
    statement = select(Inbox.chat_id, Inbox.update_id).where(
        col(Inbox.state) == InboxState.NEW, col(Inbox.received_at) < work.now - LEFTOVER_AGE
    )
    return [(chat_id, update_id) for chat_id, update_id in work.session.exec(statement.order_by(col(Inbox.update_id)).limit(100))]


def next_instants(work: Work, until: datetime) -> list[datetime]:
    """When something is due, after now and until `until`, sorted."""
    session: Session = work.session
    found = {at for at in engine.next_instants(work) if work.now < at <= until}
    first = select(func.min(Due.due_at)).where(col(Due.state) == DueState.WAITING, col(Due.due_at) > work.now, col(Due.due_at) <= until)
    sends = select(func.min(Outbox.due_at)).where(
        col(Outbox.state) == OutboxState.WAITING, col(Outbox.due_at) > work.now, col(Outbox.due_at) <= until
    )
    held_back = select(Outbox.id).where(col(Outbox.state) == OutboxState.WAITING, col(Outbox.due_at) <= work.now).limit(1)
    if session.exec(held_back).first() is not None:
        found.add(min(work.now + timedelta(seconds=1), until))  # waiting for tokens or its chat's pace
    for at in (session.exec(first).one(), session.exec(sends).one(), frames.next_at(work), channels.next_at(work)):
        if at is not None and work.now < at <= until:
            found.add(at)
    return sorted(at for at in found if at > work.now)
