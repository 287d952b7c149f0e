"""[Closed days]: when the clinic has no sessions."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from bot import typed
from bot.errors import NotAllowed, NotUnderstood
from bot.escalation import relay
from bot.ids import short, unshort
from bot.outbox import Button, Rows
from bot.programme import holidays, store
from bot.staff.sessions import rules, views
from bot.turn import Turn

FORM = "sessions_closed"
FIRST, LAST, NAME = "first", "last", "name"
STEPS = (FIRST, LAST, NAME)
LISTED = 12
LONGEST = timedelta(days=60)
FARTHEST = timedelta(days=700)
SPANS = (1, 2, 3, 7)
_FOOT: Rows = ((Button("common/back", "form.back"), Button("common/later", "form.leave")),)
_LATER: Rows = ((Button("common/later", "form.leave"),),)


def show(turn: Turn) -> None:
    """The days ahead, with a button to take each back."""
    views.present(turn)
    found = store.holidays(turn.work, views.today(turn))[:LISTED]
    entries = [
        {
            "number": number,
            "first": one.from_date,
            "last": one.until_date,
            "name": store.opened(turn.work, "holiday", "name", one.id, one.name),
        }
        for number, one in enumerate(found, 1)
    ]
    off = [
        Button("sessions/open_number", "sessions.reopen_day", (short(one.id),), {"number": number}) for number, one in enumerate(found, 1)
    ]
    rows = [off[at : at + 3] for at in range(0, len(off), 3)]
    turn.edit(
        "sessions/closed",
        [*rows, [Button("sessions/add_closed", "sessions.close_day"), Button("sessions/back", "sessions.week", ("0", "own"))]],
        entries=entries,
    )


def add(turn: Turn) -> None:
    """[Add]: the first day."""
    views.present(turn)
    turn.drop_form(FORM)
    turn.proceed(f"{FORM}.{FIRST}")


def ask(turn: Turn) -> None:
    """Put the present step's question (again)."""
    relay.stop_writing(turn)
    step = _step(turn)
    if step == FIRST:
        turn.ask("sessions/closed_first", [*views.day_buttons(turn, "sessions.closed_pick"), *_LATER])
    elif step == LAST:
        first = date.fromisoformat(turn.data["first"])
        days = [
            Button("sessions/days", "sessions.closed_pick", ((first + timedelta(days=span - 1)).isoformat(),), {"count": span})
            for span in SPANS
        ]
        turn.ask("sessions/closed_last", [days[:2], days[2:], *_FOOT], first=first)
    else:
        turn.ask("sessions/closed_name", [[Button("common/skip", "sessions.closed_pick", ("none",))], *_FOOT])


def pick(turn: Turn) -> None:
    """A day's button, or [Skip]."""
    step = _step(turn)
    if step == NAME and turn.arg == "none":
        _save(turn, "")
    elif step in (FIRST, LAST):
        _on_day(turn, views.day_of(turn.arg))
    else:
        raise NotAllowed


def answer(turn: Turn) -> None:
    """A date, or the day's name."""
    text = turn.text
    if _step(turn) == NAME:
        name = rules.short_text(text, rules.TITLE_LENGTH)
        if name is None:
            raise NotUnderstood("sessions/title_again")
        _save(turn, name)
        return
    found = typed.day(text, views.today(turn))
    if found is None:
        raise NotUnderstood("sessions/day_again")
    _on_day(turn, found)


def _on_day(turn: Turn, day: date) -> None:
    today = views.today(turn)
    if _step(turn) == FIRST:
        if not today <= day <= today + FARTHEST:
            raise NotUnderstood("sessions/day_again")
        turn.proceed(f"{FORM}.{LAST}", first=day.isoformat())
        return
    first = date.fromisoformat(turn.data["first"])
    if not first <= day <= first + LONGEST:
        raise NotUnderstood("sessions/day_again")
    turn.proceed(f"{FORM}.{NAME}", last=day.isoformat())


def _save(turn: Turn, name: str) -> None:
    first, last = date.fromisoformat(turn.data["first"]), date.fromisoformat(turn.data["last"])
    turn.finish()
    told = holidays.add(turn.work, first, last, name, turn.person)
    rows = [[Button("sessions/undo", "sessions.undo", (short(told.id),)), Button("sessions/closed", "sessions.closed")]]
    turn.say("sessions/closed_saved", rows, first=first, last=last)


def reopen(turn: Turn) -> None:
    """[Open n]: the clinic is open after all."""
    views.present(turn)
    try:
        wanted: UUID = unshort(turn.arg)
    except ValueError as error:
        raise NotAllowed from error
    holidays.remove(turn.work, wanted, turn.person)
    show(turn)


def _step(turn: Turn) -> str:
    return (turn.state or "").partition(".")[2]
