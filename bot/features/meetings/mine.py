"""What is mine: home group, favourites, reminders, the meetings I went to; and the calendar file of one of them or all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.errors import NotUnderstood
from bot.features.meetings import rules, store, views
from bot.models import MeetingFavourite
from bot.outbox import Button
from bot.turn import Turn

SHOWN = 12  # favourites, reminders
MONTH = timedelta(days=30)
ALL = 0  # instead of a meeting's id: everything that I picked


def mine(turn: Turn) -> None:
    """Everything at a glance."""
    rows: list[list[Button]] = []
    picks = _picks(turn, rows)
    favourites = _favourites(turn, rows)
    asked = store.unanswered(turn.session, turn.person.id, turn.now)
    if asked is not None:
        rows.insert(0, [Button("meetings/tell", "meetings.after", (asked.id or 0,))])
    if picks:
        rows.append([Button("meetings/calendar", "meetings.calendar", (ALL, 0))])
    rows.append([Button("meetings/find", "meetings.start")])
    total = store.went(turn.session, turn.person.id)
    values: dict[str, Any] = {
        "home": next((one["name"] for one in favourites if one["home"]), ""),
        "favourites": [one for one in favourites if not one["home"]],
        "entries": picks,
        "total": total,
        "lately": store.went(turn.session, turn.person.id, turn.now - MONTH) if total else 0,
    }
    turn.say("meetings/mine" if picks or favourites or total else "meetings/mine_empty", rows, **values)


def _picks(turn: Turn, rows: list[list[Button]]) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    for chosen in store.picks_of(turn.session, turn.person.id)[:SHOWN]:
        found = store.of_pick(turn.session, chosen)
        if found is None:
            continue
        numbers = {"number": len(entries) + 1}
        entries.append(
            {
                "name": found[0].name,
                "weekday": chosen.weekday,
                "wall": found[0].time or "",
                "weekly": chosen.mode == "weekly",
                **views.on_my_clock(turn, found[0], chosen.weekday),
            }
        )
        rows.append(
            [
                Button("meetings/number", "meetings.show", (found[0].id or 0, chosen.weekday), numbers),
                Button("meetings/stop_number", "meetings.undo", (chosen.id or 0,), numbers),
            ]
        )
    return entries


def _favourites(turn: Turn, rows: list[list[Button]]) -> list[dict[str, Any]]:
    entries = []
    for kept in store.favourites(turn.session, turn.person.id)[:SHOWN]:
        found = store.present(turn.session, kept.feed_id, kept.key, kept.alt_id)
        entries.append({"name": found[0].name if found else kept.name, "home": kept.home, "listed": found is not None})
        if found is None:
            rows.append([Button("meetings/remove", "meetings.remove", (kept.id or 0,), {"name": views.short(kept.name)})])
            continue
        day = _next_day(turn, kept, found[0].days)
        label = "meetings/home_button" if kept.home else "meetings/favourite_button"
        rows.append([Button(label, "meetings.show", (found[0].id or 0, day), {"name": views.short(found[0].name)})])
    return entries


def _next_day(turn: Turn, kept: MeetingFavourite, days: list[int]) -> int:
    """The weekday on which a favourite meets next."""
    found = store.present(turn.session, kept.feed_id, kept.key, kept.alt_id)
    coming = [one for day in days if found and (one := rules.at_or_soon(store.to_row(found[0]), turn.now, day))]
    return min(coming, key=lambda one: one.start_utc).weekday if coming else (days[0] if days else 0)


def remove(turn: Turn) -> None:
    """A favourite that is listed no more goes."""
    number = views.number(turn.arg)
    found = next((one for one in store.favourites(turn.session, turn.person.id) if one.id == number), None)
    if found is None:
        raise NotUnderstood("meetings/not_listed")
    turn.session.delete(found)
    turn.session.flush()
    turn.answer("meetings/unkept")
    mine(turn)


def calendar(turn: Turn) -> None:
    """What may the calendar show? Calendars are often shared."""
    _options(turn, name=False, codes=False)


def option(turn: Turn) -> None:
    """A choice on or off: the argument holds both as they shall be."""
    name, codes = _flags(turn.args[2])
    _options(turn, name=name, codes=codes)


def _options(turn: Turn, *, name: bool, codes: bool) -> None:
    which = _which(turn)
    rows = [
        [Button("meetings/calendar_name", "meetings.option", (*which, _bits(not name, codes)), {"chosen": name})],
        [Button("meetings/calendar_codes", "meetings.option", (*which, _bits(name, not codes)), {"chosen": codes})],
        [Button("meetings/calendar_send", "meetings.file", (*which, _bits(name, codes)))],
    ]
    if len(turn.args) > 2:
        turn.edit("meetings/calendar_ask", rows, shown=name)
    else:
        turn.say("meetings/calendar_ask", rows, shown=name)


def _which(turn: Turn) -> tuple[int, int]:
    """A meeting and weekday of the present lists, or `ALL`.

    Raises:
        NotUnderstood: it is listed no more, or has no time.
    """
    if turn.args[0] == str(ALL):
        return ALL, 0
    meeting, _feed, weekday = views.wanted(turn)
    if not store.to_row(meeting).scheduled or weekday not in meeting.days:
        raise NotUnderstood("meetings/by_appointment")
    return meeting.id or 0, weekday


def _bits(name: bool, codes: bool) -> int:
    return int(name) + 2 * int(codes)


def _flags(text: str) -> tuple[bool, bool]:
    bits = views.number(text) or 0
    return bool(bits & 1), bool(bits & 2)


def file(turn: Turn) -> None:
    """The file itself."""
    meeting_id, weekday = _which(turn)
    name, codes = _flags(turn.args[2])
    if meeting_id == ALL and not store.picks_of(turn.session, turn.person.id):
        raise NotUnderstood("meetings/not_picked")
    args = {"person": str(turn.person.id), "meeting": meeting_id, "weekday": weekday, "name": name, "codes": codes}
    turn.document("calendar", "meetings/calendar_file", args=args)
