"""Somebody asks for help or for a person, without a word of danger: every way there is, and what each does. Nobody is alerted."""

from __future__ import annotations

from bot import menu
from bot.escalation import answers
from bot.models import Role
from bot.turn import Turn


def show(turn: Turn) -> None:
    """Say them at once: a form that does not understand drops what a turn says."""
    at_home = turn.person.role is Role.PATIENT and turn.person.enrolled_at is not None
    rows = [[menu.SOS, menu.to("message")]] if at_home else [[menu.SOS]]
    values = {**menu.clinic(turn), "at_home": at_home, "visitor": turn.person.role is Role.VISITOR}
    answers.say(turn.work, turn.person, None, "help/ways", rows, **values)
