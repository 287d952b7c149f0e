"""What the finder and the reminders decide: spans of days, lead times, what a new listing changes for its people. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot import due
from bot.features.meetings.listing import MeetingRow
from bot.features.meetings.occurrences import Occurrence, occurrences

EARTH_RADIUS_KM = 6371.0088  # mean radius
MILES_IN_KM = 0.621371
IN_MILES = frozenset({"US", "GB"})  # where ways are told in miles

EVENING = -1  # the lead time "the evening before"
LEADS = (10, 30, 60, 120, EVENING)  # minutes before the start
DEFAULT_LEADS = (60,)
EVENING_AT = time(19, 0)  # on the person's own wall
GRACE = timedelta(minutes=15)  # after the start a reminder is useful no more
ALL_DAY = timedelta(hours=20)  # from which on a meeting is a room that is always open
JUST_STARTED = timedelta(minutes=30)  # a meeting that began so short a time ago still counts as now
RECENT = timedelta(days=7)  # how long ago a meeting may be that one has not told of
WENT_WITHIN = timedelta(days=3)  # and that one says by oneself that one went to
ASK_AFTER = timedelta(minutes=15)  # after its end


class When(StrEnum):
    """The days to look at, on the person's own clock."""

    NOW = "now"  # and the next three hours
    TODAY = "today"
    TOMORROW = "tomorrow"
    WEEKEND = "weekend"
    ANY = "any"


class Change(StrEnum):
    """What a new list changed about a picked meeting."""

    DAY = "day"
    TIME = "time"
    PLACE = "place"
    ONLINE = "online"  # it is online only now
    IN_PERSON = "in_person"  # one can go there now
    RENAMED = "renamed"
    GONE = "gone"
    BACK = "back"


def distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """The way over the globe in a straight line (haversine), degrees in, kilometres out; right across poles and the date line."""
    here, there = math.radians(latitude), math.radians(other_latitude)
    half_lat, half_lon = (there - here) / 2, math.radians(other_longitude - longitude) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(here) * math.cos(there) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))


def toggled(leads: Collection[int], lead: int) -> list[int]:
    """The lead times after a tap on one, the longest first; the last one stays.

    Raises:
        ValueError: there is no such lead time.
    """
    if lead not in LEADS:
        raise ValueError("no such lead time")
    chosen = set(leads) ^ {lead}
    return in_order(chosen or {lead})


def in_order(leads: Collection[int]) -> list[int]:
    """Lead times, the longest first: the evening before, then hours, then minutes."""
    return sorted({lead for lead in leads if lead in LEADS}, key=lambda lead: (lead != EVENING, -lead))


def remind_at(start: datetime, lead: int, zone: str) -> datetime:
    """When to remind of a start, UTC.

    Args:
        lead: minutes of real time before it, or `EVENING`: 19:00 on the day before it, both on the person's clock.
        zone: the person's.
    """
    if lead != EVENING:
        return start - timedelta(minutes=lead)
    return due.instant_of(start.astimezone(ZoneInfo(zone)).date() - timedelta(days=1), EVENING_AT, zone)


def useful_until(start: datetime, lead: int, leads: Collection[int], zone: str) -> datetime:
    """Until when a late reminder makes sense: the next one takes its place, the last one serves until shortly after the start."""
    at = remind_at(start, lead, zone)
    later = [other for other in (remind_at(start, one, zone) for one in leads) if other > at]
    return min(later, default=start + GRACE)


def following(row: MeetingRow, after: datetime, weekday: int, *, weeks: int = 3) -> Iterator[Occurrence]:
    """The coming occurrences of one of its weekdays that start later than `after`, in order."""
    found = occurrences(row, after, after + timedelta(days=7 * weeks + 2), weekday=weekday)
    return (occurrence for occurrence in found if occurrence.start_utc > after)


def last_before(row: MeetingRow, now: datetime, weekday: int) -> Occurrence | None:
    """The newest occurrence of a weekday that has begun, within the last days."""
    found = list(occurrences(row, now - WENT_WITHIN, now + timedelta(minutes=1), weekday=weekday))
    return found[-1] if found else None


def at_or_soon(row: MeetingRow, now: datetime, weekday: int) -> Occurrence | None:
    """The occurrence that one can go to now: the next one, one that has just begun, or that of a room which is open all day."""
    begun = [one for one in occurrences(row, now - timedelta(days=1), now, weekday=weekday) if _still_open(one, now)]
    return begun[-1] if begun else next(following(row, now - timedelta(seconds=1), weekday), None)


def _still_open(one: Occurrence, now: datetime) -> bool:
    if one.end_utc - one.start_utc >= ALL_DAY:
        return one.end_utc > now
    return one.start_utc > now - JUST_STARTED


def on_day(row: MeetingRow, day: str, weekday: int) -> Occurrence | None:
    """The occurrence of a local date (ISO), at the meeting's place."""
    if row.timezone is None:
        return None
    start = due.instant_of(date.fromisoformat(day), time(0), row.timezone)
    found = occurrences(row, start - timedelta(hours=3), start + timedelta(hours=30), weekday=weekday)
    return next((one for one in found if one.local_date.isoformat() == day), None)


def fitting(leads: Sequence[int], start: datetime, now: datetime, zone: str) -> list[int]:
    """The lead times whose moment is still to come; when none is, the longest of all that fits; none shortly before the start."""
    chosen = [lead for lead in leads if remind_at(start, lead, zone) > now]
    if chosen:
        return chosen
    rest = [lead for lead in sorted(LEADS, reverse=True) if lead != EVENING and remind_at(start, lead, zone) > now]
    return rest[:1]


@dataclass(frozen=True, slots=True)
class Listing:
    """What a person knew of a meeting when they picked it."""

    name: str
    wall: str | None
    timezone: str | None
    attendance: str | None
    place: str | None


def changes(before: Listing, now: Listing) -> list[Change]:
    """What matters to somebody who wants to go. What was not known before (None) has not changed."""
    found = []
    if (before.wall, before.timezone) != (now.wall, now.timezone):
        found.append(Change.TIME)
    was_there, is_there = before.attendance in ("in_person", "hybrid"), now.attendance in ("in_person", "hybrid")
    if before.attendance is not None and was_there != is_there:
        found.append(Change.IN_PERSON if is_there else Change.ONLINE)
    elif is_there and before.place is not None and before.place != now.place:
        found.append(Change.PLACE)
    return found


def new_weekday(picked: int, before: Collection[int], now: Collection[int]) -> int | None:
    """Where a picked weekday went: itself when it is still one, the one new day in its place; None when that cannot be told."""
    if picked in now:
        return picked
    new = set(now) - set(before)
    if len(new) == 1:
        return new.pop()
    return next(iter(now)) if len(now) == 1 and len(before) <= 1 else None
