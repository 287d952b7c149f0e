"""How sessions are put into a staff member's messages, and what the buttons of this slice name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from bot import due, people
from bot.errors import Conflict, NotAllowed
from bot.ids import short, unshort
from bot.models import Person
from bot.outbox import Button
from bot.programme import store, tracks
from bot.programme.store import Book, Occasion
from bot.turn import Turn

TIMES = ("08:00", "09:00", "10:00", "11:00", "13:00", "14:00", "15:00", "17:00", "18:00", "19:00")
LENGTHS = (50, 60, 90, 120, 180)
LISTED = 30  # sessions of one message
NAMES = 12  # people of one message


def present(turn: Turn) -> None:
    """Raises NotAllowed unless they are a counselor or supervisor who is there."""
    if not store.is_clinical(turn.person):
        raise NotAllowed


def key(occasion: Occasion) -> tuple[str, str]:
    """What names an occurrence in a button."""
    return short(occasion.row.id), occasion.slot.day.isoformat()


def named(args: Sequence[str]) -> tuple[UUID, date]:
    """Series and date out of a button.

    Raises:
        NotAllowed: the bot never gave out such a button.
    """
    try:
        return unshort(args[0]), date.fromisoformat(args[1])
    except ValueError as error:
        raise NotAllowed from error


def occasion(turn: Turn, args: Sequence[str] | None = None) -> Occasion:
    """The occurrence that a button names, as far as this member of staff may see it: groups of a track, and what is theirs.

    Raises:
        NotAllowed: not theirs, or no such button.
        Conflict: it is in the programme no more.
    """
    present(turn)
    series_id, day = named(args if args is not None else turn.args)
    book = Book(turn.work, min(day, turn.now.date()) - timedelta(days=30))
    found = book.occasion(series_id, day)
    if found is None:
        raise Conflict("sessions/gone")
    if found.row.track is None and not store.may_lead(turn.work, found, turn.person):
        raise NotAllowed
    return found


def led(turn: Turn, args: Sequence[str] | None = None) -> Occasion:
    """An occurrence that they may change.

    Raises:
        NotAllowed, Conflict: as `occasion`.
    """
    found = occasion(turn, args)
    if not store.may_lead(turn.work, found, turn.person):
        raise NotAllowed
    return found


def visible(turn: Turn, book: Book, start: datetime, end: datetime, *, mine: bool) -> list[Occasion]:
    """What takes place in a span, for this reader: theirs, or everything that they may see."""
    found = book.occasions(start, end, cancelled=True)
    own = {row.id for row in book.series.values() if store.may_manage(turn.work, row, turn.person)}
    if mine:
        involved = {row.id for row in book.series.values() if turn.person.id in (row.leader_id, row.created_by)}
        named_ = {row_id for row_id in own if book.series[row_id].track is None and not _is_supervisor(turn)}
        return [one for one in found if one.row.id in involved | named_ or one.leader_id == turn.person.id]
    return [one for one in found if one.row.track is not None or one.row.id in own or one.leader_id == turn.person.id]


def _is_supervisor(turn: Turn) -> bool:
    return turn.person.role.value == "supervisor"


def line(turn: Turn, one: Occasion, number: int = 0, book: Book | None = None) -> dict[str, Any]:
    """One session for a template."""
    known = book or Book(turn.work, min(one.slot.day, turn.now.date()) - timedelta(days=30))
    expected, seats = known.people_of(one), known.said(one)
    ids = {person.id for person in expected}
    said = {person_id: seat.reply for person_id, seat in seats.items() if person_id in ids}
    roll = known.roll(one)
    return {
        "number": number,
        "name": store.name_of(turn.work, one.row, turn.lang),
        "track": tracks.shown(turn.work, one.row.track, turn.lang),
        "start": one.slot.start,
        "end": one.slot.end,
        "minutes": one.minutes,
        "cancelled": one.slot.cancelled,
        "expected": len(expected),
        "coming": sum(1 for reply in said.values() if reply == "coming"),
        "cannot": sum(1 for reply in said.values() if reply == "cannot"),
        "over": one.slot.end <= turn.now,
        "done": roll is not None and roll.done_at is not None,
        "weekly": bool(one.row.weekdays),
    }


def names(turn: Turn, one: Occasion) -> list[dict[str, Any]]:
    """Who is expected, with what they said; at most `NAMES`."""
    seats, found = store.seats_at(turn.work, one), []
    for person in Book(turn.work, one.slot.day - timedelta(days=30)).people_of(one)[: 2 * NAMES]:
        seat = seats.get(person.id)
        why = turn.content.texts.label(f"schedule/why_{seat.why}", turn.lang) if seat is not None and seat.why else ""
        note = store.opened(turn.work, "session_seat", "note", seat.id, seat.note) if seat is not None else ""
        guests = store.opened(turn.work, "session_seat", "guests", seat.id, seat.guests) if seat is not None else ""
        found.append(
            {
                "name": people.name_of(turn.work, person) or f"#{person.number}",
                "reply": (seat.reply or "") if seat is not None else "",
                "why": why or cut(note, 60),
                "guests": cut(guests, 30),
            }
        )
    return found


def cut(text: str, longest: int) -> str:
    """Words that fit."""
    return text if len(text) <= longest else f"{text[:longest]}…"


def called(turn: Turn, person: Person, *, mark: str = "") -> str:
    """A name that fits a button: first name, initial, number where there is room for it."""
    first, _, rest = people.name_of(turn.work, person).partition(" ")
    name = f"{first[:13]} {rest[:1]}." if rest else first[:15] or f"#{person.number}"
    return f"{mark} {name}".strip()


def number_rows(found: Sequence[Occasion], route: str = "sessions.show") -> list[list[Button]]:
    """Numbers that open the sessions of a list, six in a row."""
    buttons = [Button("sessions/number", route, key(one), {"number": number}) for number, one in enumerate(found, 1)]
    return [buttons[start : start + 6] for start in range(0, len(buttons), 6)]


def day_buttons(turn: Turn, route: str, first: date | None = None, count: int = 6) -> list[list[Button]]:
    """The next days as buttons, three in a row."""
    start = first or today(turn)
    days = [start + timedelta(days=number) for number in range(count)]
    buttons = [Button("sessions/day", route, (one.isoformat(),), {"day": one, "date": f"{one:%d}"}) for one in days]
    return [buttons[at : at + 3] for at in range(0, len(buttons), 3)]


def time_buttons(route: str) -> list[list[Button]]:
    """Usual times as buttons, five in a row."""
    buttons = [Button("common/words", route, (wall.replace(":", ""),), {"words": wall}) for wall in TIMES]
    return [buttons[at : at + 5] for at in range(0, len(buttons), 5)]


def wall_of(text: str) -> str:
    """A time out of a button.

    Raises:
        NotAllowed: the bot never gave out such a button.
    """
    wall = f"{text[:2]}:{text[2:]}"
    if wall not in TIMES:
        raise NotAllowed
    return wall


def day_of(text: str) -> date:
    """A day out of a button.

    Raises:
        NotAllowed: the bot never gave out such a button.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotAllowed from error


def today(turn: Turn) -> date:
    """The date on the clinic's wall."""
    return due.local_date(turn.now, turn.work.settings.timezone)


def week_arg(text: str) -> int:
    """How many weeks from now a button means: `0`, `3`, `m2` for two weeks ago.

    Raises:
        NotAllowed: the bot never gave out such a button.
    """
    digits = text.removeprefix("m")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 2):
        raise NotAllowed
    return -min(int(digits), 8) if text.startswith("m") else min(int(digits), 26)


def week_name(weeks: int) -> str:
    """The same the other way round."""
    return f"m{-weeks}" if weeks < 0 else str(weeks)
