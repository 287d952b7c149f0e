"""A thread that does one thing after the other, and that nobody has to wait for: a process ends without it, whatever it hangs in."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class Daemon:
    """Owns the thread, which starts with the first call. An executor's would be joined at the end of the process."""

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[tuple[asyncio.Future[Any], Callable[..., Any], tuple[Any, ...]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def call(self, function: Callable[..., T], *args: object) -> asyncio.Future[T]:
        """Call a function in the thread, after whatever it is at.

        Returns:
            What becomes of it, to be awaited in the running loop. Whoever stops waiting stops nothing.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if self._thread.ident is None:
            self._thread.start()
        self._calls.put((future, function, args))
        return future

    def close(self) -> None:
        """The thread ends when it is through with what it has, if ever."""
        self._calls.put(None)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            future, function, args = call
            result, failure = None, None
            try:
                result = function(*args)
            except Exception as error:
                failure = error
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                future.get_loop().call_soon_threadsafe(_tell, future, result, failure)


def _tell(future: asyncio.Future[Any], result: Any, failure: Exception | None) -> None:
    if future.done():
        return  # cancelled
    if failure is None:
        future.set_result(result)
    else:
        future.set_exception(failure)
