"""[New session], step by step: kind, for whom, on which days, from when, at what time, how long, where; a last look, and it stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

from bot import due, people, typed
from bot.errors import NotAllowed, NotUnderstood
from bot.escalation import ack, relay
from bot.ids import short
from bot.models import Person
from bot.outbox import Button, Rows
from bot.programme import editing, membership, store, tracks
from bot.programme.editing import Draft
from bot.programme.rules import Kind, Slot, overlap
from bot.programme.store import Book
from bot.staff.sessions import rules, views
from bot.turn import Turn

FORM = "sessions"
KIND, WHO, PEOPLE, DAYS, FIRST, TIME, LENGTH, PLACE, CHECK, TITLE, LAST = (
    "kind",
    "who",
    "people",
    "days",
    "first",
    "time",
    "length",
    "place",
    "check",
    "title",
    "last",
)
STEPS = (KIND, WHO, PEOPLE, DAYS, FIRST, TIME, LENGTH, PLACE, CHECK, TITLE, LAST)
_TAP_ONLY = frozenset({KIND, DAYS, CHECK})
FARTHEST = timedelta(days=366)
PICKED = 10  # people of one message
ROOMS = 4
WEEKS = (4, 8, 12)
_FOOT: Rows = ((Button("common/back", "form.back"), Button("common/later", "form.leave")),)
_FIRST_FOOT: Rows = ((Button("common/later", "form.leave"),),)


def new(turn: Turn) -> None:
    """[New session]."""
    views.present(turn)
    turn.drop_form(FORM)
    turn.proceed(f"{FORM}.{KIND}")


def new_for(turn: Turn) -> None:
    """[New session] below one patient."""
    views.present(turn)
    number = ack.number_of(turn.arg)
    if number not in {one.number for one in membership.looked_after(turn.work, turn.person)}:
        raise NotAllowed
    turn.drop_form(FORM)
    turn.proceed(f"{FORM}.{KIND}", people=[number])


def ask(turn: Turn) -> None:
    """Put the present step's question (again)."""
    relay.stop_writing(turn)
    data, step = turn.data, _step(turn)
    if step == KIND:
        turn.ask("sessions/ask_kind", [[_pick(f"sessions/kind_{kind}", kind) for kind in Kind], *_FIRST_FOOT])
    elif step == WHO:
        names = tracks.known(turn.work)[:8]
        buttons = [_pick("sessions/track", str(at), name=tracks.shown(turn.work, one, turn.lang)[:24]) for at, one in enumerate(names)]
        rows = [buttons[at : at + 3] for at in range(0, len(buttons), 3)]
        turn.ask("sessions/ask_who", [*rows, [_pick("sessions/named", "named")], *_FOOT])
    elif step == PEOPLE:
        _ask_people(turn, turn.ask)
    elif step == DAYS:
        _ask_days(turn, turn.ask)
    elif step == FIRST:
        turn.ask("sessions/ask_first", [*views.day_buttons(turn, "sessions.pick"), *_FOOT], weekly=bool(data["days"]))
    elif step == TIME:
        turn.ask("sessions/ask_time", [*views.time_buttons("sessions.pick"), *_FOOT], zone_name=turn.work.settings.timezone)
    elif step == LENGTH:
        turn.ask("sessions/ask_length", [[_pick("sessions/minutes", str(one), minutes=one) for one in views.LENGTHS], *_FOOT])
    elif step == PLACE:
        rooms = [_pick("sessions/room", str(at), name=one[:24]) for at, one in enumerate(_rooms(turn))]
        turn.ask("sessions/ask_place", [rooms[:2], rooms[2:], [_pick("sessions/no_place", "none")], *_FOOT])
    elif step == TITLE:
        turn.ask("sessions/ask_title", _FOOT)
    elif step == LAST:
        weeks = [_pick("sessions/weeks", str(one), count=one) for one in WEEKS]
        turn.ask("sessions/ask_last", [weeks, [_pick("sessions/no_end", "none")], *_FOOT])
    else:
        _ask_check(turn)


def _pick(label: str, value: str, **values: Any) -> Button:
    return Button(label, "sessions.pick", (value,), values)


def _ask_people(turn: Turn, put: Callable[..., None]) -> None:
    chosen = set(turn.data.get("people", []))
    own = membership.looked_after(turn.work, turn.person)
    wanted = str(turn.data.get("search", ""))
    shown = [one for one in own if one.number in chosen]
    shown += [one for one in own if one.number not in chosen and typed.plain(wanted) in typed.plain(people.name_of(turn.work, one))]
    buttons = [
        _pick("sessions/person", str(one.number), name=views.called(turn, one, mark="✓" if one.number in chosen else ""))
        for one in shown[: max(PICKED, len(chosen))]
    ]
    rows = [buttons[at : at + 2] for at in range(0, len(buttons), 2)]
    done = [[_pick("sessions/go_on", "done")]] if chosen else []
    put("sessions/ask_people", [*rows, *done, *_FOOT], nobody=not own, more=len(shown) > len(buttons), kind=turn.data["kind"])


def _ask_days(turn: Turn, put: Callable[..., None]) -> None:
    chosen = set(turn.data.get("days", []))
    buttons = [
        _pick("sessions/weekday_on" if day in chosen else "sessions/weekday", f"d{day}", day=date(2026, 2, 2 + day)) for day in range(7)
    ]
    ways = [_pick("sessions/go_on", "done")] if chosen else [_pick("sessions/once", "once")]
    put("sessions/ask_days", [buttons[:3], buttons[3:6], buttons[6:], ways, *_FOOT])


def pick(turn: Turn) -> None:
    """A button of a step."""
    step, value = _step(turn), turn.arg
    if step == KIND:
        _on_kind(turn, value)
    elif step == WHO:
        _on_who(turn, value)
    elif step == PEOPLE:
        _on_person(turn, value)
    elif step == DAYS:
        _on_days(turn, value)
    elif step == FIRST:
        _on_first(turn, views.day_of(value))
    elif step == TIME:
        _on_time(turn, views.wall_of(value))
    elif step == LENGTH:
        if value not in {str(one) for one in views.LENGTHS}:
            raise NotAllowed
        _go(turn, PLACE, minutes=int(value))
    elif step == PLACE:
        _on_room(turn, value)
    elif step == LAST:
        _on_weeks(turn, value)
    elif step == CHECK:
        _on_check(turn, value)
    else:
        raise NotAllowed


def answer(turn: Turn) -> None:
    """Words: what the step wants, read kindly."""
    step = _step(turn)
    if step in _TAP_ONLY:
        raise NotUnderstood("sessions/tap")
    text = turn.text
    if step == WHO:
        track = tracks.read(turn.work, text)
        if track is None:
            raise NotUnderstood("sessions/track_again")
        _go(turn, DAYS, track=track, people=[])
    elif step == PEOPLE:
        own = membership.looked_after(turn.work, turn.person)
        if not any(typed.plain(text) in typed.plain(people.name_of(turn.work, one)) for one in own):
            raise NotUnderstood("sessions/nobody_found")
        turn.data["search"] = text
        turn.proceed(f"{FORM}.{PEOPLE}")
    elif step == FIRST:
        found = typed.day(text, views.today(turn))
        if found is None:
            raise NotUnderstood("sessions/day_again")
        _on_first(turn, found)
    elif step == TIME:
        wall = typed.wall(text)
        if wall is None:
            raise NotUnderstood("sessions/time_again")
        _on_time(turn, wall)
    elif step == LENGTH:
        minutes = rules.length(text)
        if minutes is None:
            raise NotUnderstood("sessions/length_again")
        _go(turn, PLACE, minutes=minutes)
    elif step == PLACE:
        place = rules.place(text)
        if place is None:
            raise NotUnderstood("sessions/place_again")
        _go(turn, CHECK, room=place[0], link=place[1])
    elif step == TITLE:
        title = rules.short_text(text, rules.TITLE_LENGTH)
        if title is None:
            raise NotUnderstood("sessions/title_again")
        _go(turn, CHECK, title=title)
    else:
        found = typed.day(text, views.today(turn))
        if found is None or found < date.fromisoformat(turn.data["first"]):
            raise NotUnderstood("sessions/day_again")
        _go(turn, CHECK, last=found.isoformat())


def _go(turn: Turn, step: str, **data: Any) -> None:
    turn.proceed(f"{FORM}.{step}", **data)


def _on_kind(turn: Turn, value: str) -> None:
    kind = next((one for one in Kind if one.value == value), None)
    if kind is None:
        raise NotAllowed
    if turn.data.get("people"):
        _go(turn, DAYS, kind=kind.value, track=None)
    elif kind is Kind.GROUP:
        _go(turn, WHO, kind=kind.value)
    else:
        _go(turn, PEOPLE, kind=kind.value, track=None)


def _on_who(turn: Turn, value: str) -> None:
    names = tracks.known(turn.work)[:8]
    if value == "named":
        _go(turn, PEOPLE, track=None)
    elif value.isascii() and value.isdecimal() and int(value) < len(names):
        _go(turn, DAYS, track=names[int(value)], people=[])
    else:
        raise NotAllowed


def _on_person(turn: Turn, value: str) -> None:
    chosen = list(turn.data.get("people", []))
    if value == "done":
        if not chosen:
            raise NotUnderstood("sessions/tap")
        _go(turn, DAYS)
        return
    number = ack.number_of(value)
    if number not in {one.number for one in membership.looked_after(turn.work, turn.person)}:
        raise NotAllowed
    turn.data["people"] = [one for one in chosen if one != number] if number in chosen else [*chosen, number]
    if turn.data["kind"] == Kind.INDIVIDUAL.value and turn.data["people"]:
        turn.data["people"] = [number]
        _go(turn, DAYS)  # one tap is enough
        return
    turn.data.pop("search", None)
    _ask_people(turn, partial(turn.edit, step=True))


def _on_days(turn: Turn, value: str) -> None:
    chosen = set(turn.data.get("days", []))
    if value == "once":
        _go(turn, FIRST, days=[])
    elif value == "done" and chosen:
        _go(turn, FIRST, days=sorted(chosen))
    elif len(value) == 2 and value[0] == "d" and value[1] in "0123456":
        turn.data["days"] = sorted(chosen ^ {int(value[1])})
        _ask_days(turn, partial(turn.edit, step=True))
    else:
        raise NotAllowed


def _on_first(turn: Turn, day: date) -> None:
    if not views.today(turn) <= day <= views.today(turn) + FARTHEST:
        raise NotUnderstood("sessions/day_again")
    _go(turn, TIME, first=day.isoformat())


def _on_time(turn: Turn, wall: str) -> None:
    day = date.fromisoformat(turn.data["first"])
    if not turn.data["days"] and due.instant_of(day, due.parse_wall(wall), turn.work.settings.timezone) <= turn.now:
        raise NotUnderstood("sessions/time_past")
    _go(turn, LENGTH, time=wall)


def _on_room(turn: Turn, value: str) -> None:
    rooms = _rooms(turn)
    if value == "none":
        _go(turn, CHECK, room="", link="")
    elif value.isascii() and value.isdecimal() and int(value) < len(rooms):
        _go(turn, CHECK, room=rooms[int(value)], link="")
    else:
        raise NotAllowed


def _on_weeks(turn: Turn, value: str) -> None:
    if value == "none":
        _go(turn, CHECK, last=None)
    elif value in {str(one) for one in WEEKS}:
        _go(turn, CHECK, last=(date.fromisoformat(turn.data["first"]) + timedelta(weeks=int(value), days=-1)).isoformat())
    else:
        raise NotAllowed


def _on_check(turn: Turn, value: str) -> None:
    if value == "title":
        _go(turn, TITLE)
    elif value == "last" and turn.data["days"]:
        _go(turn, LAST)
    elif value == "save":
        _save(turn)
    else:
        raise NotAllowed


def _rooms(turn: Turn) -> list[str]:
    """Rooms that sessions have now, the newest first."""
    found: dict[str, None] = {}
    for row in sorted(Book(turn.work).series.values(), key=lambda one: one.created_at, reverse=True):
        room = store.opened(turn.work, "session_series", "room", row.id, row.room)
        if room:
            found.setdefault(room)
    return list(found)[:ROOMS]


def _draft(turn: Turn) -> Draft:
    data = turn.data
    chosen = [one for one in membership.looked_after(turn.work, turn.person) if one.number in set(data.get("people", []))]
    return Draft(
        kind=str(data["kind"]),
        track=data.get("track"),
        people=tuple(chosen) if data.get("track") is None else (),
        weekdays=tuple(data["days"]),
        first=date.fromisoformat(data["first"]),
        wall=str(data["time"]),
        minutes=int(data["minutes"]),
        room=str(data.get("room", "")),
        link=str(data.get("link", "")),
        title=str(data.get("title", "")),
        last=date.fromisoformat(data["last"]) if data.get("last") else None,
    )


def _ask_check(turn: Turn) -> None:
    draft, work = _draft(turn), turn.work
    touched = tracks.patients(work, draft.track) if draft.track is not None else list(draft.people)
    more = [_pick("sessions/give_title", "title")]
    if draft.weekdays:
        more.append(_pick("sessions/give_last", "last"))
    turn.ask(
        "sessions/check",
        [[_pick("sessions/save", "save")], more, *_FOOT],
        kind=work.content.texts.label(f"sessions/kind_{draft.kind}", turn.lang),
        title=draft.title,
        track=tracks.shown(work, draft.track, turn.lang),
        names=[views.called(turn, one) for one in draft.people][: views.NAMES],
        weekdays=[date(2026, 2, 2 + day) for day in draft.weekdays],
        first=draft.first,
        last=draft.last,
        wall=draft.wall,
        minutes=draft.minutes,
        room=draft.room,
        video=bool(draft.link),
        count=len(touched),
        closed=not draft.weekdays and draft.first in store.closed_days(work, draft.first),
        clash=_clashes(turn, draft, touched),
    )


def _clashes(turn: Turn, draft: Draft, touched: list[Person]) -> bool:
    """Whether the leader, or one of a few named people, has another session at that time."""
    zone = turn.work.settings.timezone
    days = [draft.first + timedelta(days=number) for number in range(7)]
    day = next((one for one in days if not draft.weekdays or one.weekday() in draft.weekdays), draft.first)
    start = due.instant_of(day, due.parse_wall(draft.wall), zone)
    slot = Slot((Book(turn.work).closed and turn.person.id) or turn.person.id, day, start, start + timedelta(minutes=draft.minutes), zone)
    book, around = Book(turn.work), (start - timedelta(hours=9), start + timedelta(hours=9))
    led = [one.slot for one in book.occasions(*around) if one.leader_id == turn.person.id]
    own = [one.slot for person in touched[:5] if draft.track is None for one in book.of(person, *around)]
    return overlap(slot, [*led, *own])


def _save(turn: Turn) -> None:
    draft = _draft(turn)
    turn.finish()
    row, told = editing.create(turn.work, draft, turn.person)
    assert told is not None
    found = Book(turn.work).occasions(turn.now, turn.now + timedelta(days=400), only=[row])
    rows = [[Button("sessions/undo", "sessions.undo", (short(told.id),)), Button("sessions/back", "sessions.week", ("0", "own"))]]
    turn.say("sessions/saved", rows, start=found[0].slot.start if found else None, weekly=bool(row.weekdays))


def _step(turn: Turn) -> str:
    return (turn.state or "").partition(".")[2]
