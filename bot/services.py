"""Everything that exists once, in one frozen object that is passed along; built in `app.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar

from sqlmodel import Session

from bot.clock import Clock
from bot.config import Settings
from bot.content.library import Content
from bot.db import Database
from bot.ports import Transport
from bot.vault import Vault
from bot.work import Work

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Services:
    """Nothing of this is a module-level singleton, so that tests and the demo build their own."""

    settings: Settings
    clock: Clock
    database: Database
    vault: Vault
    content: Content
    transport: Transport

    def work(self, session: Session) -> Work:
        """What a unit of work is given; the time is read here, once."""
        return Work(session, self.clock.now(), self.content, self.vault, self.settings)

    async def run(self, unit: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit of work whole, in the database's executor, and commit it; the sender is woken.

        Args:
            unit: a plain function whose first argument is the `Work`.
        """
        return await self.database.run(lambda session: unit(self.work(session), *args, **kwargs))

    async def run_quietly(self, unit: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like `run`, without waking the sender."""
        return await self.database.run_quietly(lambda session: unit(self.work(session), *args, **kwargs))
