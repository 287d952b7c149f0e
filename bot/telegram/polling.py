"""Our own polling: the offset moves only after the batch was committed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError, TimedOut

from bot import logs
from bot.clock import Clock
from bot.errors import SetupError
from bot.inbound import Inbound
from bot.pipeline import NotStored, Pipeline
from bot.telegram.adapter import to_inbound

_log = logs.get_logger()

ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
LONG_POLL_S = 10
MAX_PAUSE_S = 30.0
AGAIN_S = 0.5  # after a batch that was not stored: what comes next may be a crisis
CONFLICT_S = 5.0
BATCH = 100


def _longer(pause: float) -> float:
    return min(max(pause * 1.5, 1.0), MAX_PAUSE_S)


def convert(updates: Sequence[Update], clock: Clock) -> list[Inbound]:
    """A batch in our words; what the product does not listen to, and what it cannot read, is left out."""
    now = clock.now()
    found: list[Inbound] = []
    for update in updates:
        try:
            inbound = to_inbound(update, now)
        except Exception as error:
            # It would come back for ever, and everybody else's messages behind it.
            _log.error("update.unreadable", error=error, update=update.update_id)
            continue
        if inbound is not None:
            found.append(inbound)
    return found


class Polling:
    """Asks Telegram for updates and gives them to the pipeline."""

    def __init__(self, bot: Bot, pipeline: Pipeline, clock: Clock) -> None:
        self._bot = bot
        self._pipeline = pipeline
        self._clock = clock
        self._offset = 0
        self.polled = asyncio.Event()

    async def run(self) -> None:
        """Poll until cancelled.

        Raises:
            SetupError: the token was revoked.
        """
        await self._take_over()
        pause, loop = 0.0, asyncio.get_running_loop()
        while True:
            started = loop.time()
            try:
                await self.once(LONG_POLL_S)
                pause = 0.0
            except NotStored:
                pause = AGAIN_S
            except TimedOut:
                # A poll that nobody answered is over; a line that was cut at once is a Telegram that is away.
                pause = 0.0 if loop.time() - started >= 1 else _longer(pause)
            except RetryAfter as error:
                after = error.retry_after
                pause = float(after) if isinstance(after, int) else after.total_seconds()
            except Conflict:
                _log.error("poll.conflict")  # another process polls with this token
                pause = CONFLICT_S
            except InvalidToken as error:
                raise SetupError(
                    "WAYMARK_BOT_TOKEN is refused by Telegram now: it was revoked, take the new one from @BotFather"
                ) from error
            except Exception as error:
                pause = _longer(pause)
                _log.warning("poll.failed", error=error)
            if pause:
                await asyncio.sleep(pause)

    async def once(self, timeout_s: int = 0) -> int:
        """Poll one batch, store it, and only then move the offset.

        Returns:
            How many updates came.
        """
        try:
            updates = await self._bot.get_updates(offset=self._offset, timeout=timeout_s, limit=BATCH, allowed_updates=ALLOWED)
        except TelegramError:
            raise
        except Exception as error:
            _log.error("poll.unreadable", error=error)
            return await self._one_by_one()
        self.polled.set()
        if updates:
            await self._pipeline.receive(convert(updates, self._clock))
            self._offset = updates[-1].update_id + 1
        return len(updates)

    async def _one_by_one(self) -> int:
        """The library cannot read one update of a batch and gives none of them: each by itself, and that one is passed over."""
        asked = {"offset": self._offset, "timeout": 0, "limit": BATCH, "allowed_updates": list(ALLOWED)}
        raw: list[dict[str, Any]] = await self._bot.do_api_request("getupdates", api_kwargs=asked)
        readable: list[Update] = []
        for shape in raw:
            try:
                readable.append(Update.de_json(shape, self._bot))
            except Exception as error:
                _log.error("update.unreadable", error=error, update=shape["update_id"])
        await self._pipeline.receive(convert(readable, self._clock))
        if raw:
            self._offset = raw[-1]["update_id"] + 1
        return len(raw)

    async def confirm(self) -> None:
        """At the end: tell Telegram what was taken, so that the next start does not get it again."""
        if not self._offset:
            return
        with contextlib.suppress(TelegramError):
            await self._bot.get_updates(offset=self._offset, timeout=0, limit=1, allowed_updates=ALLOWED)

    async def _take_over(self) -> None:
        while True:
            try:
                await self._bot.delete_webhook()
            except InvalidToken as error:
                raise SetupError("WAYMARK_BOT_TOKEN is refused by Telegram: take the token that @BotFather shows for this bot") from error
            except TelegramError as error:
                _log.warning("poll.failed", error=error)
                await asyncio.sleep(1.0)
            else:
                return
