"""`/leave`: one's own days away, with a colleague who covers. Whoever looks after patients cannot go without one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from bot import leave, people, typed
from bot.errors import Conflict, NotAllowed, NotUnderstood
from bot.escalation import ack, relay
from bot.models import CLINICAL, Due, Leave, Person
from bot.outbox import Button, Rows
from bot.turn import Turn

FORM = "leave"
BEGINS = leave.BEGINS
_FOOT: Rows = ((Button("common/back", "form.back"), Button("common/later", "form.leave")),)


def show(turn: Turn) -> None:
    """What is planned, with [Cancel] for each, and [New leave]."""
    _present(turn)
    own = list(leave.ahead(turn.work, turn.person.id))
    duties = [row for row in leave.planned(turn.work) if row.cover_id == turn.person.id]
    rows = [[Button("leave/cancel", "leave.cancel", (row.id or 0,), {"day": row.from_date})] for row in own]
    turn.say(
        "leave/list",
        [*rows, [Button("leave/new", "leave.new")]],
        own=[_line(turn, row, row.cover_id) for row in own],
        duties=[_line(turn, row, row.staff_id) for row in duties],
    )


def _line(turn: Turn, row: Leave, other: UUID | None) -> dict[str, Any]:
    return {
        "first": row.from_date,
        "last": row.until_date,
        "name": _first(turn, people.get(turn.session, other)) if other is not None else "",
    }


def new(turn: Turn) -> None:
    """[New leave]: the first day."""
    _present(turn)
    turn.proceed("leave.first")


def ask_first(turn: Turn) -> None:
    """From which day on?"""
    relay.stop_writing(turn)
    today = leave.today(turn.work)
    monday = today + timedelta(days=7 - today.weekday())
    days = [Button("leave/today", "leave.first", (today.isoformat(),)), Button("leave/tomorrow", "leave.first", (_after(today, 1),))]
    turn.ask("leave/first", [days, [Button("leave/day", "leave.first", (monday.isoformat(),), {"day": monday})], *_FOOT])


def on_first(turn: Turn) -> None:
    """A day, typed."""
    _take_first(turn, _typed(turn))


def choose_first(turn: Turn) -> None:
    """A day's button."""
    _take_first(turn, _pressed(turn))


def _take_first(turn: Turn, day: date) -> None:
    if not leave.today(turn.work) <= day <= leave.today(turn.work) + leave.LONGEST:
        raise NotUnderstood("leave/day_again")
    turn.proceed("leave.last", first=day.isoformat())


def ask_last(turn: Turn) -> None:
    """Until which day?"""
    first = date.fromisoformat(turn.data["first"])
    days = [Button(f"leave/span_{span}", "leave.last", (_after(first, span - 1),)) for span in (1, 3, 7, 14)]
    turn.ask("leave/last", [days[:2], days[2:], *_FOOT], first=first)


def on_last(turn: Turn) -> None:
    """A day, typed."""
    _take_last(turn, _typed(turn))


def choose_last(turn: Turn) -> None:
    """A day's button."""
    _take_last(turn, _pressed(turn))


def _take_last(turn: Turn, day: date) -> None:
    if not date.fromisoformat(turn.data["first"]) <= day <= date.fromisoformat(turn.data["first"]) + leave.LONGEST:
        raise NotUnderstood("leave/day_again")
    turn.proceed("leave.cover", last=day.isoformat())


def ask_cover(turn: Turn) -> None:
    """Who covers? Only colleagues who are there; nobody may be chosen only by someone without patients."""
    first, last = _days(turn)
    found = leave.covers(turn.work, turn.person, first, last)
    buttons = [Button("leave/colleague", "leave.cover", (one.number,), {"name": _label(turn, one)}) for one in found]
    count = leave.owned(turn.session, turn.person.id)
    nobody = [] if count else [[Button("leave/nobody", "leave.cover", (0,))]]
    rows = [buttons[start : start + 2] for start in range(0, len(buttons), 2)]
    turn.ask("leave/cover", [*rows, *nobody, *_FOOT], count=count, alone=not found, first=first, last=last)


def choose_cover(turn: Turn) -> None:
    """A colleague's button: the leave is planned, and they hear of it."""
    number = ack.number_of(turn.arg)
    cover = people.by_number(turn.session, number) if number else None
    if number and cover is None:
        raise NotAllowed
    first, last = _days(turn)
    row = leave.plan(turn.work, turn.person, first, last, cover, by=turn.person)
    turn.finish()
    turn.say("leave/planned", first=row.from_date, last=row.until_date, name=_first(turn, cover) if cover is not None else "")


def tap(_turn: Turn) -> None:
    """Words where a colleague's button is wanted."""
    raise NotUnderstood("leave/tap")


def cancel(turn: Turn) -> None:
    """[Cancel]: back at work; the cover hears of it."""
    row = leave.of_id(turn.session, ack.number_of(turn.arg))
    _present(turn)
    if row is None or not leave.may_plan(turn.person, people.get(turn.session, row.staff_id)):
        raise NotAllowed
    leave.cancel(turn.work, row, by=turn.person)
    turn.edit("leave/cancelled", first=row.from_date, last=row.until_date)


def begins(turn: Turn, item: Due) -> None:
    """The first morning of a leave: the cover hears whose patients are theirs."""
    row = leave.of_id(turn.session, int(item.args["leave"]))
    if row is not None:
        leave.begins(turn.work, row)


def _days(turn: Turn) -> tuple[date, date]:
    return date.fromisoformat(turn.data["first"]), date.fromisoformat(turn.data["last"])


def _typed(turn: Turn) -> date:
    found = typed.day(turn.text, leave.today(turn.work))
    if found is None:
        raise NotUnderstood("leave/day_again")
    return found


def _pressed(turn: Turn) -> date:
    try:
        return date.fromisoformat(turn.arg)
    except ValueError as error:
        raise Conflict("common/old_button") from error


def _after(day: date, days: int) -> str:
    return (day + timedelta(days=days)).isoformat()


def _present(turn: Turn) -> None:
    if turn.person.removed_at is not None or turn.person.role not in CLINICAL:
        raise NotAllowed


def _first(turn: Turn, person: Person) -> str:
    return people.name_of(turn.work, person).partition(" ")[0]


def _label(turn: Turn, person: Person) -> str:
    first, _, rest = people.name_of(turn.work, person).partition(" ")
    return f"{first[:16]} {rest[:1]}." if rest else first[:18] or f"#{person.number}"
