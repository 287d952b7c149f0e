"""How sessions are put into a patient's messages, and the buttons below them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from bot import due
from bot.errors import NotAllowed, NotUnderstood
from bot.ids import short, unshort
from bot.models import SessionRequest, SessionSeat
from bot.outbox import Button
from bot.programme import requests, rules, store
from bot.programme.store import Book, Occasion
from bot.turn import Turn

WEEKS_AHEAD, WEEKS_BACK = 8, 8
LISTED = 20  # sessions of one week


def key(occasion: Occasion) -> tuple[str, str]:
    """What names an occurrence in a button."""
    return short(occasion.row.id), occasion.slot.day.isoformat()


def occasion(turn: Turn, args: tuple[str, ...] | None = None) -> Occasion:
    """The occurrence that a button (or a form) names, when the patient is expected at it.

    Raises:
        NotAllowed: the bot never gave out such a button.
        NotUnderstood: it is in their plan no more.
    """
    series_id, day = named(args or turn.args)
    book = Book(turn.work)
    found = book.occasion(series_id, day)
    if found is None:
        raise NotUnderstood("schedule/gone")
    if not book.expects(turn.person, found) and store.seat_of(turn.work, turn.person, series_id, day) is None:
        raise NotUnderstood("schedule/gone")
    return found


def named(args: tuple[str, ...]) -> tuple[UUID, date]:
    """Series and date out of a button."""
    try:
        return unshort(args[0]), date.fromisoformat(args[1])
    except ValueError as error:
        raise NotAllowed from error


def line(turn: Turn, one: Occasion, number: int = 0) -> dict[str, Any]:
    """One session for a template: its times are shown in the reader's zone, and in the clinic's where that differs."""
    seat = store.seat_of(turn.work, turn.person, one.row.id, one.slot.day)
    return {
        "number": number,
        "name": store.name_of(turn.work, one.row, turn.lang),
        "start": one.slot.start,
        "end": one.slot.end,
        "minutes": one.minutes,
        "cancelled": one.slot.cancelled,
        "reply": (seat.reply or "") if seat is not None else "",
        "attendance": (seat.attendance or "") if seat is not None and seat.counted else "",
        "over": one.slot.end <= turn.now,
    }


def details(turn: Turn, one: Occasion) -> dict[str, Any]:
    """Everything about one session."""
    room, link = store.place_of(turn.work, one)
    there = one.slot.start.astimezone(ZoneInfo(one.slot.zone))
    own = one.slot.start.astimezone(ZoneInfo(turn.person.zone))
    request = request_for(turn, one)
    seat = store.seat_of(turn.work, turn.person, one.row.id, one.slot.day)
    guests = store.opened(turn.work, "session_seat", "guests", seat.id, seat.guests) if seat is not None else ""
    return {
        **line(turn, one),
        "room": room,
        "video": bool(link),
        "leader": store.leader_name(turn.work, one),
        "elsewhere": there.replace(tzinfo=None) != own.replace(tzinfo=None),
        "there_day": there.date(),
        "there_wall": there.strftime("%H:%M"),
        "reason": store.reason_of(turn.work, one),
        "guests": guests,
        "asked": request.state if request is not None else "",
        "offer": offered_at(turn, request) if request is not None else None,
    }


def request_for(turn: Turn, one: Occasion) -> SessionRequest | None:
    """The open request of the patient about an occurrence, or None."""
    found = requests.open_of(turn.work, turn.person)
    return next((row for row in found if row.series_id == one.row.id and row.local_date == one.slot.day), None)


def offered_at(turn: Turn, row: SessionRequest) -> datetime | None:
    """When the time is that the team offers, UTC; None without an offer."""
    if row.state != "offered" or row.offer_date is None or row.offer_wall is None:
        return None
    return due.instant_of(row.offer_date, due.parse_wall(row.offer_wall), turn.work.settings.timezone)


def rows(turn: Turn, one: Occasion) -> list[list[Button]]:
    """What a patient can do with a session."""
    args, request = key(one), request_for(turn, one)
    seat = store.seat_of(turn.work, turn.person, one.row.id, one.slot.day)
    found: list[list[Button]] = []
    open_ = not one.slot.cancelled and one.slot.end > turn.now
    if open_:
        found += _open_rows(turn, one, seat)
    if request is not None:
        if request.state == "offered":
            found.append(offer_buttons(request))
        found.append([Button("schedule/withdraw", "schedule.withdraw", (short(request.id),))])
    elif may_ask(turn, one, seat):
        label = "schedule/ask_move" if requests.kind_for(turn.work, one) == requests.MOVE else "schedule/make_up"
        found.append([Button(label, "schedule.ask", args)])
    return [*found, [Button("schedule/week", "schedule.week", ("0",)), Button("schedule/home", "schedule.home")]]


def _open_rows(turn: Turn, one: Occasion, seat: SessionSeat | None) -> list[list[Button]]:
    args, reply, link = key(one), seat.reply if seat is not None else None, store.place_of(turn.work, one)[1]
    found = [[Button("schedule/join", url=link)]] if link else []
    coming = [] if reply == "coming" else [Button("schedule/coming", "schedule.coming", args)]
    found.append([*coming, *([] if reply == "cannot" else [Button("schedule/cannot", "schedule.cannot", args)])])
    if one.row.kind == rules.Kind.FAMILY.value:
        found.append([Button("schedule/guests", "schedule.guests", args), Button("schedule/letter", "schedule.letter", args)])
    return found


def may_ask(turn: Turn, one: Occasion, seat: SessionSeat | None) -> bool:
    """Whether asking for another time makes sense: a talk ahead, or anything that was missed, cancelled or that they cannot come to."""
    if requests.kind_for(turn.work, one) == requests.MOVE:
        return True
    if one.slot.end > turn.now and not one.slot.cancelled:
        return seat is not None and seat.reply == "cannot"
    lost = seat is not None and (seat.reply == "cannot" or (seat.counted and seat.attendance in ("absent", "excused")))
    return one.slot.cancelled or lost


def offer_buttons(row: SessionRequest) -> list[Button]:
    """[Take it] [Not for me]."""
    return [Button("schedule/take", "schedule.take", (short(row.id),)), Button("schedule/refuse", "schedule.refuse", (short(row.id),))]


def number_rows(found: list[Occasion]) -> list[list[Button]]:
    """Numbers that open the sessions of a list, five in a row."""
    buttons = [Button("schedule/number", "schedule.show", key(one), {"number": number}) for number, one in enumerate(found, 1)]
    return [buttons[start : start + 5] for start in range(0, len(buttons), 5)]


def week_arg(text: str) -> int:
    """How many weeks from now a button means: `0`, `3`, `m2` for two weeks ago.

    Raises:
        NotAllowed: the bot never gave out such a button.
    """
    digits = text.removeprefix("m")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 2):
        raise NotAllowed
    return max(-int(digits), -WEEKS_BACK) if text.startswith("m") else min(int(digits), WEEKS_AHEAD)


def week_button(label: str, weeks: int) -> Button:
    """A button to another week."""
    return Button(label, "schedule.week", (f"m{-weeks}" if weeks < 0 else str(weeks),))
