"""How meetings are put into messages: entries of a list, the details of one, and their buttons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from bot import menu
from bot.content.library import Content
from bot.errors import NotUnderstood
from bot.features.meetings import rules, store
from bot.features.meetings.codes import TypeBook, load_types
from bot.features.meetings.occurrences import Occurrence
from bot.features.meetings.search import Hit
from bot.models import Feed, Meeting, MeetingPick, Role
from bot.outbox import Button, ReplyButton
from bot.turn import Turn

NOTES_SHOWN = 500  # characters of a listing's notes
TYPES_SHOWN = 8
LABEL = 22  # characters of a name on a button
NAME = 80  # characters of a name in a list
Rows = list[list[Button]]


def number(text: str) -> int | None:
    """A number out of a button; None for anything that the bot never put in one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None


def wanted(turn: Turn) -> tuple[Meeting, Feed, int]:
    """The meeting and weekday that a button names.

    Raises:
        NotUnderstood: it is listed no more.
    """
    meeting_id = number(turn.args[0])
    found = store.shown(turn.session, meeting_id) if meeting_id is not None else None
    weekday = number(turn.args[1])
    if found is None or weekday is None or weekday > 6:
        raise NotUnderstood("meetings/not_listed")
    return found[0], found[1], weekday


def book(content: Content) -> TypeBook:
    """The names of type codes: the clinic's own file when it has one."""
    return _book(content.folders, content.version)


@lru_cache(maxsize=4)
def _book(folders: tuple[Path, ...], _version: str) -> TypeBook:
    files = (folder / "meetings" / "types.yaml" for folder in reversed(folders))
    return load_types(next(file for file in files if file.is_file()))


def start_rows() -> Rows:
    """The ways into the lists."""
    return [
        [_when(rules.When.NOW), _when(rules.When.TODAY)],
        [_when(rules.When.TOMORROW), _when(rules.When.WEEKEND)],
        [Button("meetings/near", "meetings.near"), Button("meetings/online", "meetings.online")],
        [Button("meetings/mine", "meetings.mine"), Button("meetings/others", "meetings.links")],
    ]


def _when(when: rules.When) -> Button:
    return Button(f"meetings/{when}", "meetings.when", (str(when.value),))


def days_rows() -> Rows:
    """Which days?"""
    return [*([_when(when)] for when in rules.When), [Button("meetings/list", "meetings.results")]]


def entries(turn: Turn, hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """The lines of a list; times and miles or kilometres are the person's own."""
    return [_entry(turn, number, hit) for number, hit in enumerate(hits, start=1)]


def _entry(turn: Turn, place: int, hit: Hit) -> dict[str, Any]:
    meeting, names = hit.meeting, book(turn.content)
    languages = [code for code in meeting.types if code in turn.content.meeting_filters.languages]
    return {
        "number": place,
        "name": meeting.name[:NAME],
        "at": hit.start_at,
        "started": hit.start_at is not None and hit.start_at < turn.now,
        "attendance": meeting.attendance,
        "place": (meeting.location or meeting.address or "")[:NAME],
        "fellowship": spelled(hit.fellowship),
        "languages": [names.name(code, turn.lang, hit.fellowship) for code in languages],
        "distance": distance(turn, hit.km),
        "miles": turn.person.country in rules.IN_MILES,
    }


def distance(turn: Turn, km: float | None) -> float | None:
    """Kilometres in the unit of the person's country."""
    return km * rules.MILES_IN_KM if km is not None and turn.person.country in rules.IN_MILES else km


def spelled(fellowship: str) -> str:
    """A fellowship's label as it is shown."""
    return fellowship.upper() if fellowship in ("aa", "na") else fellowship


def number_row(hits: Sequence[Hit]) -> list[Button]:
    """Numbers that open the meetings of a list."""
    return [
        Button("meetings/number", "meetings.show", (hit.meeting.id or 0, weekday_of(hit)), {"number": number})
        for number, hit in enumerate(hits, 1)
    ]


def weekday_of(hit: Hit) -> int:
    """The weekday at the meeting's place on which a hit starts, 0 = Sunday; 0 for one by appointment."""
    if hit.start_at is None:
        return 0
    row = store.to_row(hit.meeting)
    found = (one for day in row.days or () if (one := next(rules.following(row, hit.start_at - timedelta(minutes=1), day), None)))
    return next((one.weekday for one in found if one.start_utc == hit.start_at), 0)


def upcoming(meeting: Meeting, turn: Turn, weekday: int) -> Occurrence | None:
    """The occurrence that a card is about: the next one, or one that has just begun."""
    row = store.to_row(meeting)
    return rules.at_or_soon(row, turn.now, weekday) if weekday in (row.days or ()) else None


def details(turn: Turn, meeting: Meeting, feed: Feed, weekday: int) -> dict[str, Any]:
    """What the card of one meeting needs."""
    occurrence, names = upcoming(meeting, turn, weekday), book(turn.content)
    kept = store.favourite(turn.session, turn.person.id, meeting)
    return {
        "name": meeting.name,
        "fellowship": spelled(feed.fellowship),
        "scheduled": store.to_row(meeting).scheduled,
        "weekday": weekday,
        "wall": meeting.time or "",
        "until": meeting.end_time or "",
        "started": occurrence is not None and occurrence.start_utc <= turn.now,
        **on_my_clock(turn, meeting, weekday),
        "attendance": meeting.attendance,
        "approximate": meeting.approximate,
        "location": meeting.location or "",
        "address": meeting.address or "",
        "types": [names.name(code, turn.lang, feed.fellowship) for code in meeting.types][:TYPES_SHOWN],
        "notes": (meeting.notes or "")[:NOTES_SHOWN],
        "check": meeting.check_note or "",
        "phone": meeting.conference_phone or "",
        "online_notes": (meeting.conference_url_notes or "")[:NOTES_SHOWN],
        "updated": date.fromisoformat(meeting.updated) if meeting.updated else None,
        "home": kept is not None and kept.home,
        "favourite": kept is not None,
    }


def on_my_clock(turn: Turn, meeting: Meeting | None, weekday: int) -> dict[str, Any]:
    """When a weekly time comes next, and whether the person's clock then shows another time than the meeting's."""
    occurrence = upcoming(meeting, turn, weekday) if meeting is not None else None
    return {
        "upcoming": occurrence.start_utc if occurrence else None,
        "elsewhere": meeting is not None and _other_wall(occurrence, turn.person.zone, meeting.timezone),
    }


def _other_wall(occurrence: Occurrence | None, zone: str, own: str | None) -> bool:
    """Whether the person's clock shows another time than the meeting's."""
    if occurrence is None or own is None:
        return False
    return occurrence.start_in(zone).replace(tzinfo=None) != occurrence.start_in(own).replace(tzinfo=None)


def place_button(meeting: Meeting, weekday: int) -> Button | None:
    """To the place: a pin in the chat when it is known exactly, else a map's search for the address; None where nobody can go."""
    if meeting.attendance not in ("in_person", "hybrid") or meeting.approximate:
        return None
    if meeting.latitude is not None and meeting.longitude is not None:
        return Button("meetings/map", "meetings.pin", (meeting.id or 0, weekday))
    return Button("meetings/map", url=map_url(meeting)) if meeting.address else None


def map_url(meeting: Meeting) -> str:
    """A map at the place of a meeting."""
    spot = f"{meeting.latitude},{meeting.longitude}" if meeting.latitude is not None else quote_plus(meeting.address or meeting.name)
    return f"https://www.google.com/maps/search/?api=1&query={spot}"


def way_rows(meeting: Meeting, weekday: int) -> Rows:
    """Map and link."""
    links = [button] if (button := place_button(meeting, weekday)) is not None else []
    if meeting.conference_url:
        links.append(Button("meetings/join", url=meeting.conference_url))
    return [links]


def card_rows(turn: Turn, meeting: Meeting, weekday: int, picked: MeetingPick | None) -> Rows:
    """All that one can do with a meeting."""
    ids = (meeting.id or 0, weekday)
    rows = way_rows(meeting, weekday)
    if meeting.url:
        rows[0].append(Button("meetings/page", url=meeting.url))
    if meeting.attendance == "inactive":
        return rows
    kept = store.favourite(turn.session, turn.person.id, meeting)
    keep = [Button(f"meetings/{'unkeep' if kept else 'keep'}", "meetings.keep", ids)]
    keep.append(Button(f"meetings/{'unhome' if kept and kept.home else 'home'}", "meetings.home", ids))
    if not store.to_row(meeting).scheduled or weekday not in meeting.days:
        return [*rows, keep]
    if picked is None:
        remind = [Button("meetings/remind_once", "meetings.once", ids), Button("meetings/remind_weekly", "meetings.weekly", ids)]
    else:
        remind = [
            Button("meetings/leads", "meetings.leads", (picked.id or 0,)),
            Button("meetings/undo", "meetings.undo", (picked.id or 0,)),
        ]
    went = [Button("meetings/going", "meetings.going", ids), Button("meetings/went", "meetings.went", ids)]
    return [*rows, remind, went, keep, [Button("meetings/calendar", "meetings.calendar", ids)]]


def short(name: str) -> str:
    """A name for a button."""
    return name if len(name) <= LABEL else f"{name[: LABEL - 1].rstrip()}…"


def no_keyboard(turn: Turn) -> tuple[tuple[ReplyButton, ...], ...]:
    """What stands below the text field after the place was asked for: the patient's menu again, or nothing."""
    return menu.KEYBOARD if turn.person.role is Role.PATIENT and turn.person.enrolled_at is not None else ()
