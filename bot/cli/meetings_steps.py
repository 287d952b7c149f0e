"""What `waymark meetings` does with a feed: several short transactions in a row, beside a bot that may be running."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sqlmodel import select

from bot.cli.common import now, opened
from bot.config import Settings
from bot.content import library
from bot.content.library import Content, shipped_root
from bot.db import Database
from bot.errors import SetupError
from bot.features.meetings import feed_state, importing, sources
from bot.features.meetings.feed_state import Fetched
from bot.features.meetings.fetching import FetchError
from bot.features.meetings.importing import Imported, Unit
from bot.features.meetings.refusal import FeedRefused
from bot.features.meetings.sources import Opened
from bot.models import MeetingPick
from bot.vault import Vault
from bot.work import Work

BREATH_S = 0.02  # the longest pause after a transaction


@dataclass(frozen=True)
class Steps:
    """The database and the content, opened once."""

    settings: Settings
    content: Content
    unit: Unit

    def import_(self, source: str, fellowship: str, zone: str | None, also: Sequence[str], every: int | None, *, accept: bool) -> Imported:
        """Import a list; an address is read again by the bot from now on.

        Raises:
            SetupError: it cannot be read, or is refused.
        """
        address = feed_state.is_address(source)
        if every and not address:
            raise SetupError("--every is for addresses: a file is read when you import it")
        known = self.known_zone(source, fellowship)

        def run(found: Opened) -> Imported:
            return self._run(found, fellowship, source, zone or known or self.settings.timezone, accept)

        done = asyncio.run(self._fetched(source, run)) if address else self._opened(source, also, run)
        hours = every if every is not None else feed_state.DAILY if address and known is None else None
        if hours is not None:
            self.unit(feed_state.set_every, done.feed_id, hours)
        importing.sweep(self.unit)
        return done

    def known_zone(self, source: str, fellowship: str) -> str | None:
        """The default zone that a list was imported with before."""
        return self.unit(lambda work: feed_state.zone_of(work.session, fellowship, source))

    def refresh(self, feed_id: int, *, accept: bool) -> tuple[str, Imported]:
        """Read a feed again.

        Returns:
            Its source, and what became of it.

        Raises:
            SetupError: there is none with this ID, it cannot be read, or is refused.
        """
        fellowship, source, zone = self.unit(_names, feed_id)

        def run(found: Opened) -> Imported:
            return self._run(found, fellowship, source, zone, accept)

        try:
            done = asyncio.run(self._fetched(source, run)) if feed_state.is_address(source) else self._opened(source, (), run)
        except (FetchError, FeedRefused) as error:
            self.unit(feed_state.failed, feed_id, str(error), 0.5)
            raise
        importing.sweep(self.unit)
        return source, done

    def remove(self, feed_id: int) -> int:
        """Take a feed out.

        Returns:
            How many picks are told.
        """
        self.unit(lambda work: feed_state.by_id(work.session, feed_id).id)
        self.unit(feed_state.remove, feed_id)
        return importing.follow(self.unit, feed_id)

    def _run(self, found: Opened, fellowship: str, source: str, zone: str, accept: bool) -> Imported:
        assert found.file is not None  # nothing was said of a version that is known
        return importing.run(
            self.unit,
            self.content,
            found.file,
            fellowship=fellowship,
            source=source,
            zone=zone,
            anyway=accept,
            side=found.side,
            fetched=found.fetched,
        )

    async def _fetched(self, address: str, run: Callable[[Opened], Imported]) -> Imported:
        async with sources.fetched(address, allow_private=self.settings.feed_allow_private, known=Fetched()) as found:
            return run(found)

    def _opened(self, path: str, also: Sequence[str], run: Callable[[Opened], Imported]) -> Imported:
        with sources.opened(path, also) as found:
            return run(found)


@contextlib.contextmanager
def steps() -> Iterator[Steps]:
    """Open what the commands need.

    Raises:
        SetupError, ContentError: a setting, the database or the content is wrong.
    """
    settings = Settings.load(needs=("encryption_keys",))
    vault = Vault(settings.keys)
    with opened(settings) as database:
        content = _content(settings, database)

        def step(work_function: Callable[[Work], Any]) -> None:
            started = time.perf_counter()
            with database.transaction() as session:
                work_function(Work(session, now(), content, vault, settings))
            # A bot that waits for the writer looks only now and then: as much time as was taken is left to it.
            time.sleep(min(time.perf_counter() - started, BREATH_S))

        yield Steps(settings, content, Unit(step))


def _content(settings: Settings, database: Database) -> Content:
    """The content. Where nobody picked a meeting yet nothing will be said to anybody, and its texts need not be read."""
    with database.reading() as session:
        if session.exec(select(MeetingPick.id).limit(1)).first() is not None:
            return library.load(settings.content_dir)
    return cast(Content, _Unread(settings.content_dir))


class _Unread:
    """Content of which only the folders are known until something else is asked for."""

    def __init__(self, own: Path | None) -> None:
        self.folders = (shipped_root("content"), *((own,) if own else ()))
        self._own = own
        self._read: Content | None = None

    def __getattr__(self, name: str) -> Any:
        self._read = self._read or library.load(self._own)
        return getattr(self._read, name)


def source_of(given: str) -> str:
    """The name under which a list is kept: a file's is its whole path, so that one file is one list from wherever it is named."""
    return given if feed_state.is_address(given) else os.path.abspath(given)  # noqa: PTH100 - a link keeps its own name


def name_of(source: str) -> str:
    """A source as it stands before each line of a report: a file's name, an address without what may be secret."""
    return feed_state.shown(source) if feed_state.is_address(source) else Path(source).name


def _names(work: Work, feed_id: int) -> tuple[str, str, str]:
    found = feed_state.by_id(work.session, feed_id)
    return found.fellowship, found.source, found.timezone
