"""What each role comes home to: the keyboard below the text field, the visitor's first buttons, buttons that lead to a command."""

from __future__ import annotations

from typing import Any

from bot.models import STAFF, Role
from bot.outbox import Button, ReplyButton, Rows
from bot.turn import Turn

KEYBOARD: tuple[tuple[ReplyButton, ...], ...] = (
    (ReplyButton("menu/checkin"), ReplyButton("menu/learn")),
    (ReplyButton("menu/tools"), ReplyButton("menu/meetings")),
    (ReplyButton("crisis/sos"), ReplyButton("menu/more")),
)


def to(command: str) -> Button:
    """A button that does what a command does; its label is `menu/<command>`, its route stands in the router as `menu.<command>`."""
    return Button(f"menu/{command}", f"menu.{command}")


SOS = Button("crisis/sos", "crisis.sos")
VISITOR: Rows = (
    (Button("visitor/iop", "visitor.iop"), Button("visitor/enrol", "visitor.enrol")),
    (Button("visitor/lines", "visitor.lines"), SOS),
    (Button("visitor/language", "visitor.language"),),
)


def show(turn: Turn, key: str, **values: Any) -> None:
    """Say something and put the patient's keyboard under it, in their language."""
    turn.say(key, keyboard=KEYBOARD, **values)


def home(turn: Turn) -> None:
    """Where this person begins: a visitor's greeting, a patient's keyboard, a word for staff."""
    role = turn.person.role
    if role in STAFF:
        turn.say("menu/staff")
    elif role is Role.PATIENT:
        show(turn, "menu/menu")
    else:
        turn.say("visitor/hello", VISITOR, clinic=turn.work.settings.clinic_name)


def clinic(turn: Turn) -> dict[str, Any]:
    """The clinic's name, phone and hours for a template; "" for what the operator did not set."""
    settings = turn.work.settings
    return {"clinic": settings.clinic_name, "phone": settings.clinic_phone, "hours": settings.clinic_hours}


def filled(turn: Turn, text: str) -> str:
    """A text of the consent with the clinic's and the country's words in it."""
    known, label = clinic(turn), turn.content.texts.label
    lines = turn.content.lines_for(turn.person.country).view(turn.lang)
    return text.format(
        clinic=known["clinic"],
        hours=known["hours"] or label("menu/no_hours", turn.lang),
        phone=known["phone"] or label("menu/no_phone", turn.lang),
        emergency=lines.emergency or label("menu/no_emergency", turn.lang),
    )
