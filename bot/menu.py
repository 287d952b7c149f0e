"""The keyboard below the text field, and buttons that lead to a command from any message."""

from __future__ import annotations

from typing import Any

from bot.outbox import Button, ReplyButton
from bot.turn import Turn

KEYBOARD: tuple[tuple[ReplyButton, ...], ...] = (
    (ReplyButton("menu/checkin"), ReplyButton("menu/learn")),
    (ReplyButton("menu/tools"), ReplyButton("menu/meetings")),
    (ReplyButton("menu/sos"), ReplyButton("menu/more")),
)


def to(command: str) -> Button:
    """A button that does what a command does; its label is `menu/<command>`, its route stands in the router as `menu.<command>`."""
    return Button(f"menu/{command}", f"menu.{command}")


SOS = to("sos")


def show(turn: Turn, key: str, **values: Any) -> None:
    """Say something and put the patient's keyboard under it, in their language."""
    turn.say(key, keyboard=KEYBOARD, **values)
