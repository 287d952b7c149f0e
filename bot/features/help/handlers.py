"""Help in plain words, what else there is, and what to say when nothing was understood."""

from __future__ import annotations

from bot import menu
from bot.models import STAFF, Role
from bot.outbox import Button
from bot.turn import Turn

_RESUME = Button("common/continue", "form.resume")


def help_(turn: Turn) -> None:
    """`/help`: what the bot can do for this role, the clinic's phone and hours, how to reach a human."""
    role = turn.person.role
    if role in STAFF:
        turn.say("help/staff")
    elif role is Role.PATIENT:
        turn.say("help/patient", [[menu.SOS, menu.to("more")]], enrolled=turn.person.enrolled_at is not None)
        turn.say("help/human", **menu.clinic(turn))
    else:
        turn.say("help/visitor", menu.VISITOR, **menu.clinic(turn))


def menu_(turn: Turn) -> None:
    """`/menu`: the keyboard again."""
    menu.home(turn)


def more(turn: Turn) -> None:
    """What does not stand on the keyboard."""
    turn.say("menu/more_text", [[menu.to("schedule"), menu.to("message")], [menu.to("settings"), menu.to("privacy")], [menu.to("help")]])


def not_understood(turn: Turn) -> None:
    """Words that nothing asked for."""
    person = turn.person
    if person.role is Role.PATIENT and person.enrolled_at is not None:
        menu.show(turn, "common/not_understood")
    elif person.role is Role.PATIENT:
        turn.say("common/enrol_first", [[_RESUME]] if turn.parked else [])
    else:
        turn.say("common/not_understood")


def media(turn: Turn) -> None:
    """A photo, voice note or file that nobody asked for."""
    turn.say("common/need_text", [[menu.SOS]])
