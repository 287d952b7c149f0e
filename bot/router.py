"""The one explicit table: commands, buttons, states and due items, and the functions behind them. Nothing is registered elsewhere."""

from __future__ import annotations

from bot.features.help import handlers as help_
from bot.models import EVERYONE, Role
from bot.routing import Command, Press, Routes, State, Timed

COMMANDS = (Command("help", help_.help_, menu=EVERYONE),)

PRESSES: tuple[Press, ...] = ()

STATES: tuple[State, ...] = ()

TIMED: tuple[Timed, ...] = ()

FREE = dict.fromkeys(Role, help_.not_understood)

# The keyboard below the text field: label -> command.
MENU_LABELS: dict[str, str] = {}


def build() -> Routes:
    """The routes, checked for clashes."""
    return Routes.build(COMMANDS, PRESSES, STATES, TIMED, FREE, help_.media, MENU_LABELS)
