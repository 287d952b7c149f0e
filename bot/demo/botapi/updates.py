"""The queue of updates: kept until a later offset confirms them, at most a day, one poller at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.demo.botapi.errors import ApiError
from bot.demo.botapi.model import Json

RETENTION = timedelta(hours=24)
MAX_BATCH = 100
MAX_TIMEOUT_S = 50.0
_NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(frozen=True, slots=True)
class Pending:
    """An update that waits; `body` is the whole `Update` object."""

    update_id: int
    at: datetime
    body: Json


class UpdateQueue:
    """Updates for the bot, whichever way it fetches them."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.pending: deque[Pending] = deque()
        self.next_id = 100_001
        self.allowed: list[str] = []  # empty: everything but what Telegram leaves out by default
        self._poll: asyncio.Future[str] | None = None
        self.on_put: Callable[[], None] = lambda: None

    def wants(self, kind: str) -> bool:
        """The bot asked for updates of this kind."""
        return kind in self.allowed if self.allowed else kind not in _NOT_BY_DEFAULT

    def put(self, kind: str, body: Json) -> int | None:
        """Queue an update and wake the poller or the webhook.

        Returns:
            Its update_id; None when the bot did not ask for this kind, and it is gone for good.
        """
        if not self.wants(kind):
            return None
        update_id = self.next_id
        self.next_id += 1
        self.pending.append(Pending(update_id, self.clock.now(), {"update_id": update_id, kind: body}))
        self._wake("updates")
        self.on_put()
        return update_id

    def head(self) -> Pending | None:
        """The oldest update that waits."""
        self._expire()
        return self.pending[0] if self.pending else None

    def confirm(self, offset: int) -> None:
        """Forget everything before `offset`; a negative one keeps only the last `-offset` updates."""
        if offset < 0:
            while len(self.pending) > -offset:
                self.pending.popleft()
            return
        while self.pending and self.pending[0].update_id < offset:
            self.pending.popleft()

    async def poll(self, offset: int, limit: int, timeout_s: float) -> list[Json]:
        """What getUpdates answers: at once when something waits or `timeout_s` is 0, else when something comes or time is up.

        Raises:
            ApiError: 409 when another poll began meanwhile.
        """
        self._wake("conflict")
        self.confirm(offset)
        batch = self._batch(limit)
        if batch or timeout_s <= 0:
            return batch
        waiting: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._poll = waiting
        try:
            reason = await asyncio.wait_for(waiting, min(timeout_s, MAX_TIMEOUT_S))
        except TimeoutError:
            return []
        finally:
            if self._poll is waiting:
                self._poll = None
        if reason == "conflict":
            raise conflict()
        return self._batch(limit)

    def stop_poll(self) -> None:
        """End a waiting poll with 409, as a new poller or a new webhook does."""
        self._wake("conflict")

    def _batch(self, limit: int) -> list[Json]:
        self._expire()
        return [self.pending[index].body for index in range(min(limit, len(self.pending)))]

    def _expire(self) -> None:
        if self.pending:
            oldest = self.clock.now() - RETENTION
            while self.pending and self.pending[0].at < oldest:
                self.pending.popleft()

    def _wake(self, reason: str) -> None:
        waiting = self._poll
        if waiting is None:
            return
        loop = waiting.get_loop()
        try:
            here = asyncio.get_running_loop() is loop
        except RuntimeError:
            here = False
        if here:
            _settle(waiting, reason)
        elif not loop.is_closed():
            loop.call_soon_threadsafe(_settle, waiting, reason)

    def dump(self) -> Json:
        return {
            "next_id": self.next_id,
            "allowed": self.allowed,
            "pending": [{"update_id": entry.update_id, "at": entry.at.isoformat(), "body": entry.body} for entry in self.pending],
        }

    def load(self, state: Json) -> None:
        self.next_id = state["next_id"]
        self.allowed = state["allowed"]
        self.pending = deque(Pending(entry["update_id"], datetime.fromisoformat(entry["at"]), entry["body"]) for entry in state["pending"])


def _settle(waiting: asyncio.Future[str], reason: str) -> None:
    if not waiting.done():
        waiting.set_result(reason)


def conflict() -> ApiError:
    """What a poller hears when another one has taken over."""
    return ApiError(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
