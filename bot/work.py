"""`Work`: what every unit of work is given. One mechanism instead of five arguments that always travel together."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from bot.config import Settings
from bot.content.library import Content
from bot.vault import Vault


@dataclass(frozen=True, slots=True)
class Work:
    """One unit of work in one transaction.

    Attributes:
        session: the open transaction; whoever opened it commits it.
        now: the instant at which it runs, UTC; read once.
    """

    session: Session
    now: datetime
    content: Content
    vault: Vault
    settings: Settings


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a unit of work that takes many things in a row goes on before it leaves the rest to the next transaction.

    Nobody else can write meanwhile (SQLite), a page least of all. The commit's own time comes on top.
    """

    limit_s: float = 0.012
    _started_s: float = field(default_factory=time.perf_counter)

    @property
    def spent(self) -> bool:
        """Whether it is time to commit."""
        return time.perf_counter() - self._started_s >= self.limit_s
