"""Help in plain words, and what to say when nothing was understood."""

from __future__ import annotations

from bot.turn import Turn


def help_(turn: Turn) -> None:
    """`/help`: what the bot can do, the clinic's phone and hours, how to reach a human."""
    settings = turn.work.settings
    turn.say("help/help", clinic=settings.clinic_name, phone=settings.clinic_phone, hours=settings.clinic_hours)


def not_understood(turn: Turn) -> None:
    """Words that nothing asked for."""
    turn.say("common/not_understood")


def media(turn: Turn) -> None:
    """A photo, voice note or file that nobody asked for."""
    turn.say("common/need_text")
