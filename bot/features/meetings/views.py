"""How meetings are put into messages: entries of a list, the details of one, and their buttons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import quote_plus

from bot import due, menu
from bot.features.meetings import importing, rules, store
from bot.features.meetings.codes import load_types
from bot.features.meetings.occurrences import Occurrence, next_occurrence
from bot.models import Meeting, MeetingPick, Role
from bot.outbox import Button, ReplyButton
from bot.turn import Turn

NOTES_SHOWN = 500  # characters of a listing's notes
SPANISH = "S"  # the code of a meeting held in Spanish
IN_MILES = frozenset({"US", "GB"})  # where ways are told in miles
MILES_IN_KM = 0.621371


def start_rows() -> list[list[Button]]:
    """The ways into the lists."""
    return [
        [Button("meetings/today", "meetings.today", (0,)), Button("meetings/tomorrow", "meetings.tomorrow", (0,))],
        [Button("meetings/near", "meetings.near"), Button("meetings/online", "meetings.online", (0,))],
        [Button("meetings/mine", "meetings.mine")],
    ]


def number_rows(found: Sequence[tuple[str, int]]) -> list[Button]:
    """One row of numbers that open the meetings of a list."""
    return [
        Button("meetings/number", "meetings.show", (key, weekday), {"number": number}) for number, (key, weekday) in enumerate(found, 1)
    ]


def entries(turn: Turn, found: Sequence[rules.Listed | rules.Nearby]) -> list[dict[str, Any]]:
    """The lines of a list; times and miles or kilometres are the person's own."""
    fellowships = store.fellowships(turn.session, [one.row.key for one in found])
    types = load_types(importing.types_file(turn.content))
    miles = turn.person.country in IN_MILES
    return [
        {
            "number": number,
            "name": one.row.name,
            "at": one.occurrence.start_utc if one.occurrence else None,
            "attendance": one.row.attendance.value,
            "place": one.row.location or one.row.address or "",
            "fellowship": _spelled(fellowships[one.row.key]),
            "language": types.name(SPANISH, turn.lang, fellowships[one.row.key]) if SPANISH in one.row.types else "",
            "distance": (one.km * MILES_IN_KM if miles else one.km) if isinstance(one, rules.Nearby) else None,
            "miles": miles,
        }
        for number, one in enumerate(found, start=1)
    ]


def _spelled(fellowship: str) -> str:
    return fellowship.upper() if fellowship in ("aa", "na") else fellowship


def details(turn: Turn, meeting: Meeting, fellowship: str, weekday: int) -> dict[str, Any]:
    """What the template of one meeting needs."""
    row = store.to_row(meeting)
    upcoming = next_occurrence(row, turn.now, weekday=weekday if weekday in (row.days or ()) else None)
    types = load_types(importing.types_file(turn.content))
    return {
        "name": meeting.name,
        "fellowship": _spelled(fellowship),
        "weekday": weekday,
        "wall": meeting.time or "",
        "until": meeting.end_time or "",
        "upcoming": upcoming.start_utc if upcoming else None,
        "elsewhere": _other_wall(upcoming, turn.person.zone, meeting.timezone),
        "attendance": meeting.attendance,
        "approximate": meeting.approximate,
        "location": meeting.location or "",
        "address": meeting.address or "",
        "types": [types.name(code, turn.lang, fellowship) for code in meeting.types][:8],
        "notes": (meeting.notes or "")[:NOTES_SHOWN],
        "check": meeting.check_note or "",
        "phone": meeting.conference_phone or "",
        "online_notes": (meeting.conference_url_notes or "")[:NOTES_SHOWN],
    }


def _other_wall(upcoming: Occurrence | None, zone: str, own: str | None) -> bool:
    """Whether the person's clock shows another time than the meeting's."""
    if upcoming is None or own is None:
        return False
    return upcoming.start_in(zone).replace(tzinfo=None) != upcoming.start_in(own).replace(tzinfo=None)


def detail_rows(meeting: Meeting, weekday: int, picked: MeetingPick | None) -> list[list[Button]]:
    """Map, link, reminders."""
    ids = (meeting.id or 0, weekday)
    links = []
    if meeting.attendance in ("in_person", "hybrid") and not meeting.approximate:
        where = f"{meeting.latitude},{meeting.longitude}" if meeting.latitude is not None else quote_plus(meeting.address or "")
        if where:
            links.append(Button("meetings/map", url=f"https://www.google.com/maps/search/?api=1&query={where}"))
    if meeting.conference_url:
        links.append(Button("meetings/join", url=meeting.conference_url))
    if meeting.url:
        links.append(Button("meetings/page", url=meeting.url))
    if not meeting.days or meeting.time is None or meeting.timezone is None:
        return [links]
    remind = [Button("meetings/remind_once", "meetings.once", ids), Button("meetings/remind_weekly", "meetings.weekly", ids)]
    if picked is not None:
        remind = [Button("meetings/undo", "meetings.undo", (picked.id or 0,))]
    return [links, remind, [Button("meetings/going", "meetings.going", ids), Button("meetings/went", "meetings.went", ids)]]


def no_keyboard(turn: Turn) -> tuple[tuple[ReplyButton, ...], ...]:
    """What stands below the text field after the place was asked for: the patient's menu again, or nothing."""
    return menu.KEYBOARD if turn.person.role is Role.PATIENT and turn.person.enrolled_at is not None else ()


def local_date(turn: Turn) -> date:
    """Today, by the person's clock."""
    return due.local_date(turn.now, turn.person.zone)


def local_day(turn: Turn) -> str:
    """Today as an ISO date."""
    return local_date(turn).isoformat()
