"""When the last day of a status is over."""

from __future__ import annotations

from bot.escalation import statuses
from bot.models import Due
from bot.turn import Turn

KIND = statuses.ENDS


def status_ends(turn: Turn, item: Due) -> None:
    """A traveller is home; whether somebody is out of hospital or custody, a person finds out."""
    statuses.ended(turn.work, turn.person, int(item.args["change"]))
