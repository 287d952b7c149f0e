"""The time: the only module that asks for it. Everything else is handed `now` or a `Clock`."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        ...


class SystemClock:
    """The monotonic clock plus an offset: a step of the machine's clock moves nothing until `synchronise` is called.

    The offset is the machine's wall clock at start. The ticker refreshes it once a minute: on PostgreSQL from the server, so that all
    replicas agree; on SQLite from the machine (small ones start with a wrong time and learn the right one later).
    """

    def __init__(self) -> None:
        self._base = datetime.now(UTC)
        self._started = time.monotonic()

    def now(self) -> datetime:
        return self._base + timedelta(seconds=time.monotonic() - self._started)

    @staticmethod
    def wall() -> datetime:
        """What the machine's own clock says."""
        return datetime.now(UTC)

    def synchronise(self, reference: datetime) -> timedelta:
        """Follow an outside clock.

        Args:
            reference: the instant by the outside clock, aware.

        Returns:
            How far this clock was off (positive: it was behind).
        """
        skew = reference.astimezone(UTC) - self.now()
        self._base += skew
        return skew


class OffsetClock:
    """A clock that people may move forward: real time plus an offset. The demo's and the crash tests' clock, never `waymark run`'s."""

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self.offset = offset

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def move_to(self, instant: datetime) -> None:
        """Set the clock so that `now()` is at `instant` (aware); it never goes backwards."""
        self.offset = max(self.offset, instant.astimezone(UTC) - datetime.now(UTC))


class FileOffsetClock:
    """An `OffsetClock` whose offset (seconds, decimal text) is read from a file at each look, so that a test can move a child process."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def now(self) -> datetime:
        try:
            seconds = float(self.path.read_text() or 0)
        except (OSError, ValueError):
            seconds = 0.0
        return datetime.now(UTC) + timedelta(seconds=seconds)


class FakeClock:
    """A clock that stands still until it is moved; for tests."""

    def __init__(self, start: datetime) -> None:
        self.instant = start.astimezone(UTC)

    def now(self) -> datetime:
        return self.instant

    def move_to(self, instant: datetime) -> None:
        """Set the time. Unlike the others it may go back: a wrong clock is one of the tests."""
        self.instant = instant.astimezone(UTC)
