"""Delivery by webhook: updates in order, one at a time, again and again until the bot has taken each."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping

import httpx

from bot.demo.botapi.model import Json
from bot.demo.botapi.updates import UpdateQueue

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105, the header's name
Post = Callable[[str, Json, Mapping[str, str]], Awaitable[int]]

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 10.0
_TIMEOUT_S = 30.0


async def post_over_http(url: str, body: Json, headers: Mapping[str, str]) -> int:
    """POST an update; gives the status.

    Raises:
        httpx.HTTPError: nobody answered.
    """
    async with httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) as client:
        response = await client.post(url, json=body, headers=dict(headers))
    return response.status_code


class Webhook:
    """Where updates are pushed to, if anywhere. `post` may be replaced, for instance to reach an ASGI app in process."""

    def __init__(self, updates: UpdateQueue) -> None:
        self.updates = updates
        self.url = ""
        self.secret = ""
        self.max_connections = 40
        self.last_error = ""
        self.last_error_at: int | None = None
        self.post: Post = post_over_http
        self._task: asyncio.Task[None] | None = None
        self._something = asyncio.Event()
        updates.on_put = self._on_put

    def set(self, url: str, secret: str, max_connections: int) -> None:
        """Push to `url` from now on; a poll that waits is ended."""
        self.url, self.secret, self.max_connections = url, secret, max_connections
        self.last_error, self.last_error_at = "", None
        self.updates.stop_poll()
        self.start()

    def clear(self) -> None:
        """Push no more; getUpdates is open again."""
        self.url, self.secret = "", ""
        self.last_error, self.last_error_at = "", None
        self._something.set()

    def start(self) -> None:
        """Deliver, if there is an address and an event loop is running."""
        if self.url and (self._task is None or self._task.done()):
            with contextlib.suppress(RuntimeError):
                self._task = asyncio.get_running_loop().create_task(self._deliver(), name="botapi-webhook")
        self._something.set()

    async def stop(self) -> None:
        """End the deliveries of this process; the address stays."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def _on_put(self) -> None:
        if self.url:
            self.start()

    async def _deliver(self) -> None:
        pause = _FIRST_PAUSE_S
        while self.url:
            head = self.updates.head()
            if head is None:
                self._something.clear()
                await self._something.wait()
                continue
            headers = {SECRET_HEADER: self.secret} if self.secret else {}
            try:
                status = await self.post(self.url, head.body, headers)
                problem = "" if 200 <= status < 300 else f"Wrong response from the webhook: {status}"
            except (httpx.HTTPError, OSError) as error:
                problem = f"Connection failed: {type(error).__name__}"
            if not problem:
                self.updates.confirm(head.update_id + 1)
                pause = _FIRST_PAUSE_S
                continue
            self.last_error, self.last_error_at = problem, int(self.updates.clock.now().timestamp())
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    def info(self) -> Json:
        """The Bot API's `WebhookInfo`."""
        shape: Json = {"url": self.url, "has_custom_certificate": False, "pending_update_count": len(self.updates.pending)}
        if self.url:
            shape["max_connections"] = self.max_connections
        if self.last_error_at is not None:
            shape |= {"last_error_date": self.last_error_at, "last_error_message": self.last_error}
        if self.updates.allowed:
            shape["allowed_updates"] = self.updates.allowed
        return shape

    def dump(self) -> Json:
        return {"url": self.url, "secret": self.secret, "max_connections": self.max_connections}

    def load(self, state: Json) -> None:
        self.url, self.secret, self.max_connections = state["url"], state["secret"], state["max_connections"]
        self.start()
