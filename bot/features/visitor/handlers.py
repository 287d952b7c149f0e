"""For those who found the bot: what an IOP is, how to enrol, whom to call now."""

from __future__ import annotations

from bot import menu
from bot.turn import Turn


def hello(turn: Turn) -> None:
    """What this is."""
    menu.home(turn)


def iop(turn: Turn) -> None:
    """What an IOP is, in short."""
    turn.say("visitor/iop_text", menu.VISITOR)


def enrol(turn: Turn) -> None:
    """How to get in: ask the clinic for a code."""
    turn.say("visitor/enrol_text", menu.VISITOR, **menu.clinic(turn))


def lines(turn: Turn) -> None:
    """The crisis lines of the clinic's country."""
    turn.say("visitor/lines_text", menu.VISITOR)


def language(turn: Turn) -> None:
    """The other language."""
    turn.person.language = "en" if turn.person.language == "es" else "es"
    menu.home(turn)
