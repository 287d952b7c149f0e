"""A patient's messages: [Open] shows the thread in a protected message, [Reply] answers it."""

from __future__ import annotations

from bot import audit, people
from bot.errors import Conflict, NotAllowed, NotUnderstood
from bot.escalation import ack, relay, statuses, team
from bot.escalation import store as cases
from bot.models import Person
from bot.outbox import Button
from bot.turn import Turn

FORM = "team_reply"
LONGEST = 3000
CUT = 700  # of each message in the thread; what waits for an answer is shown whole


def thread(turn: Turn) -> None:
    """[Open]: the last messages of both sides; the look is logged."""
    patient = _patient(turn)
    audit.record(turn.work, "message.viewed", actor=turn.person, person_id=patient.id)
    waiting = {row.at for row in team.unanswered(turn.work, patient)}
    lines = [
        {**line, "text": str(line["text"]) if line["at"] in waiting else _cut(str(line["text"]))}
        for line in team.lines(turn.work, patient, turn.person)
    ]
    rows = [
        [Button("messages/reply", "messages.reply", (patient.number,))],
        [Button("messages/patient", "caseload.person", (patient.number,))],
    ]
    if any(row.author_id == patient.id and row.body is not None for row in team.thread(turn.work, patient)):
        rows.append([Button("verdicts/should", "verdicts.thread", (patient.number,))])
    name, points = people.name_of(turn.work, patient), [team.body(turn.work, row) for row in team.points(turn.work, patient)]
    ack.show_protected(turn.work, turn.person, "messages/thread", rows, name=name, number=patient.number, lines=lines, points=points)


def reply(turn: Turn) -> None:
    """[Reply]: with a case open, the way is the case."""
    patient = _patient(turn)
    if cases.open_case(turn.session, patient.id) is not None:
        raise Conflict("messages/in_case")
    turn.goto("team_reply.text", patient=patient.number)
    ask(turn)


def ask(turn: Turn) -> None:
    """What shall they read?"""
    relay.stop_writing(turn)
    turn.ask("messages/ask", [[Button("common/later", "form.leave")]], number=turn.data["patient"])


def on_text(turn: Turn) -> None:
    """The answer: on its way, and the item is done."""
    text = turn.text
    if len(text) > LONGEST:
        raise NotUnderstood("messages/too_long")
    found = people.by_number(turn.session, int(turn.data["patient"]))
    turn.finish()
    if found is None:
        raise NotAllowed
    assert turn.inbound is not None
    sent = team.reply(turn.work, found, turn.person, text, chat_id=turn.inbound.chat_id, message_id=turn.inbound.message_id)
    if sent.failure is None:
        turn.say("messages/sent", number=found.number)


def _patient(turn: Turn) -> Person:
    found = people.by_number(turn.session, ack.number_of(turn.arg))
    if found is None or not statuses.may_change(turn.work, found, turn.person):
        raise NotAllowed
    return found


def _cut(text: str) -> str:
    return text if len(text) <= CUT else f"{text[:CUT]}…"
