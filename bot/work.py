"""`Work`: what every unit of work is given. One mechanism instead of five arguments that always travel together."""

from __future__ import annotations

from dataclasses import dataclass
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
