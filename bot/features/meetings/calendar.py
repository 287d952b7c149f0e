"""The calendar file: one event for each weekly time, in the meeting's own zone, with a neutral title unless the person wants otherwise.

Source: MEETINGS.md F.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import icalendar

from bot import people
from bot.content.library import Content
from bot.features.meetings import rules, store, vzone
from bot.features.meetings.occurrences import Occurrence
from bot.models import Feed, Meeting
from bot.ports import Attachment
from bot.work import Work

PRODUCT = "-//Waymark//Calendar//EN"
MEDIA_TYPE = "text/calendar"
_CODES = frozenset({"pwd", "pw", "p", "pass", "passcode", "password"})
_DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")


@dataclass(frozen=True, slots=True)
class Entry:
    """One event.

    Args:
        occurrence: the first one; with `weekly` it is repeated.
        source: of the feed, which with the meeting's key names it for good.
    """

    meeting: Meeting
    source: str
    occurrence: Occurrence
    weekly: bool


def document(work: Work, parameters: Mapping[str, Any]) -> Attachment:
    """The recipe `calendar`: `person`; `meeting` and `weekday`, or 0 for all that they picked; `name` and `codes` as they chose.

    Raises:
        LookupError: it is listed no more.
    """
    person = people.get(work.session, UUID(str(parameters["person"])))
    entries = _all(work, person.id) if not parameters["meeting"] else _one(work, int(parameters["meeting"]), int(parameters["weekday"]))
    if not entries or person.chat_id is None:
        raise LookupError("nothing to put into a calendar")
    lang = person.language
    data = made(entries, work.now, work.content, lang, name=bool(parameters["name"]), codes=bool(parameters["codes"]))
    return Attachment(f"{work.content.texts.label('meetings/calendar_filename', lang)}.ics", data, MEDIA_TYPE)


def _one(work: Work, meeting_id: int, weekday: int) -> list[Entry]:
    found = store.shown(work.session, meeting_id)
    return _entry(*found, work.now, weekday) if found is not None else []


def _all(work: Work, person_id: UUID) -> list[Entry]:
    entries: list[Entry] = []
    for chosen in store.picks_of(work.session, person_id):
        found = store.of_pick(work.session, chosen)
        if found is not None:
            day = chosen.local_date if chosen.mode == "once" else None
            entries += _entry(*found, work.now, chosen.weekday, day)
    return entries


def _entry(meeting: Meeting, feed: Feed, now: datetime, weekday: int, day: str | None = None) -> list[Entry]:
    row = store.to_row(meeting)
    occurrence = rules.on_day(row, day, weekday) if day is not None else next(rules.following(row, now, weekday), None)
    return [Entry(meeting, f"{feed.fellowship}|{feed.source}", occurrence, day is None)] if occurrence is not None else []


def made(entries: list[Entry], now: datetime, content: Content, lang: str, *, name: bool, codes: bool) -> bytes:
    """The file's bytes.

    Args:
        name: whether the meeting's and the fellowship's own words may stand in it.
        codes: whether notes with passcodes may.
    """
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    for zone in sorted({entry.occurrence.timezone for entry in entries}):
        calendar.add_component(vzone.component(zone, now))
    for entry in entries:
        calendar.add_component(_event(entry, now, content, lang, name=name, codes=codes))
    data: bytes = calendar.to_ical()
    return data


def _event(entry: Entry, now: datetime, content: Content, lang: str, *, name: bool, codes: bool) -> icalendar.Event:
    meeting, occurrence = entry.meeting, entry.occurrence
    zone = ZoneInfo(occurrence.timezone)
    event = icalendar.Event()
    event.add("uid", uid(entry))
    event.add("dtstamp", now)
    event.add("summary", meeting.name if name else content.texts.label("meetings/calendar_title", lang))
    event.add("dtstart", _wall(entry, zone))
    event.add("duration", _length(occurrence))
    if entry.weekly:
        event.add("rrule", {"freq": "weekly", "byday": _DAYS[occurrence.weekday]})
    if (place := _place(meeting, name=name)) is not None:
        event.add("location", place)
    if meeting.conference_url:
        event.add("url", meeting.conference_url if codes else _without_code(meeting.conference_url))
    if words := "\n".join(_words(meeting, name=name, codes=codes)):
        event.add("description", words)
    event.add("class", "PRIVATE")
    return event


def uid(entry: Entry) -> str:
    """The same for the same meeting and weekday at every export, and it tells nobody what it is."""
    key = f"{entry.source}|{entry.meeting.key}|{entry.occurrence.weekday}{'' if entry.weekly else f'|{entry.occurrence.local_date}'}"
    return f"{hashlib.sha256(key.encode()).hexdigest()[:32]}@waymark"


def _wall(entry: Entry, zone: ZoneInfo) -> datetime:
    """The start as the wall clock says it, which in the hour that is skipped is not the start that day."""
    wall = store.to_row(entry.meeting).time
    assert wall is not None
    return datetime.combine(entry.occurrence.local_date, wall, tzinfo=zone)


def _length(occurrence: Occurrence) -> timedelta:
    return max(occurrence.end_utc - occurrence.start_utc, timedelta(minutes=1))


def _place(meeting: Meeting, *, name: bool) -> str | None:
    """Where to go; the house's name may tell what is held there, so it comes with the name."""
    if meeting.attendance not in ("in_person", "hybrid"):
        return None
    parts = [meeting.location if name else None, meeting.address]
    return ", ".join(part for part in parts if part) or None


def _without_code(url: str) -> str:
    """A link that still leads to the room, but does not open it by itself."""
    parts = urlsplit(url)
    kept = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key.casefold() not in _CODES]
    return urlunsplit(parts._replace(query=urlencode(kept)))


def _words(meeting: Meeting, *, name: bool, codes: bool) -> list[str]:
    lines = [meeting.check_note, meeting.url] if name else []
    if codes:
        lines += [meeting.conference_phone, meeting.conference_url_notes]
    return [line for line in lines if line]
