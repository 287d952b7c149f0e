"""What comes due about the other ways of a page."""

from __future__ import annotations

from bot.escalation import channels
from bot.models import Due
from bot.turn import Turn


def silent(turn: Turn, item: Due) -> None:
    """Telegram has said nothing about a page for too long: the other ways are called upon."""
    channels.silent(turn.work, int(item.args["page"]))
