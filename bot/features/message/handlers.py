"""`/message`: first what it is for and when it is answered, then the words; the thread, and the list for the next session."""

from __future__ import annotations

from uuid import UUID

from bot import menu
from bot.errors import NotAllowed, NotUnderstood
from bot.escalation import store as cases
from bot.escalation import team
from bot.ids import short, unshort
from bot.outbox import Button, Rows
from bot.turn import Turn

FORM = "message"
LONGEST = 3000
POINT_LENGTH = 300

_LATER = Button("common/later", "form.leave")
_HOME: Rows = ((Button("message/thread", "message.thread"), Button("message/points", "message.points")),)


def message(turn: Turn) -> None:
    """`/message`: with a case open words go to whoever has it anyway, and it says so."""
    if cases.open_case(turn.session, turn.person.id) is not None:
        turn.say("message/in_case")
        return
    turn.proceed("message.text")


def ask_text(turn: Turn) -> None:
    """When it is answered, that it is not for emergencies, and the question."""
    turn.ask("message/ask", [*_HOME, [menu.SOS, _LATER]], hours=_hours(turn))


def on_text(turn: Turn) -> None:
    """The words: kept, and on the list of whoever looks after this person."""
    text, (chat_id, message_id) = turn.text, _source(turn)
    if len(text) > LONGEST:
        raise NotUnderstood("message/too_long")
    team.write(turn.work, turn.person, text, chat_id=chat_id, message_id=message_id)
    turn.finish()
    turn.say("message/sent", _HOME, hours=_hours(turn))


def thread(turn: Turn) -> None:
    """[Messages]: what both sides wrote last."""
    rows: Rows = [[Button("message/write", "message.write"), Button("message/points", "message.points")]]
    turn.say("message/thread", rows, lines=_short(turn))


def _short(turn: Turn) -> list[dict[str, object]]:
    """A long message keeps its beginning: the whole stood in the chat when it came."""
    return [{**line, "text": _cut(str(line["text"]))} for line in team.lines(turn.work, turn.person, turn.person)]


def _cut(text: str) -> str:
    return text if len(text) <= POINT_LENGTH else f"{text[:POINT_LENGTH]}…"


def show(turn: Turn) -> None:
    """[Open] on the neutral line: what the team wrote."""
    team.shown(turn.work, _id(turn), turn.person)
    turn.edit("message/opened")


def points(turn: Turn) -> None:
    """[Next session]: the list, with a button that ticks each off."""
    _points(turn, edit=False)


def _points(turn: Turn, *, edit: bool) -> None:
    found = list(team.points(turn.work, turn.person))
    rows = [Button("message/point_done", "message.done", (short(row.id),), {"number": number}) for number, row in enumerate(found, 1)]
    wide = [rows[start : start + 3] for start in range(0, len(rows), 3)]
    put = turn.edit if edit else turn.say
    put("message/points", [*wide, [Button("message/add", "message.add")]], points=[team.body(turn.work, row) for row in found])


def add(turn: Turn) -> None:
    """[Add]: another point."""
    turn.proceed("message.point")


def ask_point(turn: Turn) -> None:
    """What do you want to talk about?"""
    turn.ask("message/ask_point", [[_LATER]])


def on_point(turn: Turn) -> None:
    """A point, typed."""
    text, (chat_id, message_id) = turn.text, _source(turn)
    if len(text) > POINT_LENGTH:
        raise NotUnderstood("message/point_long")
    team.add_point(turn.work, turn.person, text, chat_id=chat_id, message_id=message_id)
    turn.finish()
    _points(turn, edit=False)


def done(turn: Turn) -> None:
    """A point was talked about."""
    team.point_done(turn.work, turn.person, _id(turn), turn.person)
    _points(turn, edit=True)
    turn.answer("message/ticked")


def _hours(turn: Turn) -> str:
    return str(menu.clinic(turn)["hours"])


def _source(turn: Turn) -> tuple[int, int]:
    assert turn.inbound is not None
    return turn.inbound.chat_id, turn.inbound.message_id


def _id(turn: Turn) -> UUID:
    try:
        return unshort(turn.arg)
    except ValueError as error:
        raise NotAllowed from error
