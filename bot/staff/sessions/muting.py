"""[Mute reminders] in an opened case: session and medication reminders rest until the case is closed, or until they are wanted again."""

from __future__ import annotations

from bot import audit
from bot.errors import NotAllowed
from bot.escalation import ack
from bot.outbox import Button
from bot.turn import Turn


def mute(turn: Turn) -> None:
    """Off, or on again; only for who may read the case."""
    number, wanted = ack.number_of(turn.args[0]), turn.args[1]
    case = ack.of_number(turn.work, number, turn.person)
    if not ack.may_see_words(turn.person) or wanted not in ("on", "off"):
        raise NotAllowed
    quiet = wanted == "off"
    if quiet != (case.muted_at is not None):
        case.muted_at, case.muted_by = (turn.now, turn.person.id) if quiet else (None, None)
        audit.record(turn.work, "case.muted" if quiet else "case.unmuted", actor=turn.person, person_id=case.person_id, case_id=case.id)
    label, other = ("sessions/unmute", "on") if quiet else ("sessions/mute", "off")
    turn.say("sessions/muted", [[Button(label, "sessions.mute", (number, other))]], number=number, quiet=quiet)
