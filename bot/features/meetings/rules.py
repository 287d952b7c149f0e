"""Which meetings to offer: near, today, tomorrow, online. Pure; nothing here prefers one fellowship to another."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.features.meetings.listing import Attendance, MeetingRow
from bot.features.meetings.occurrences import Occurrence, next_occurrence, occurrences, to_utc

EARTH_RADIUS_KM = 6371.0088  # mean radius
_ON_SITE = (Attendance.IN_PERSON, Attendance.HYBRID)
_ONLINE = (Attendance.ONLINE, Attendance.HYBRID)


@dataclass(frozen=True, slots=True)
class Listed:
    """A meeting and the time it takes place next, or on the day asked for."""

    row: MeetingRow
    occurrence: Occurrence


@dataclass(frozen=True, slots=True)
class Nearby:
    """A meeting, how far its place is in a straight line, and when it takes place next (None: by appointment)."""

    row: MeetingRow
    km: float
    occurrence: Occurrence | None


def distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """The way over the globe in a straight line (haversine), degrees in, kilometres out; right across poles and the date line."""
    here, there = math.radians(latitude), math.radians(other_latitude)
    half_lat, half_lon = (there - here) / 2, math.radians(other_longitude - longitude) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(here) * math.cos(there) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))


def near(rows: Iterable[MeetingRow], latitude: float, longitude: float, now: datetime, *, within_km: float = 40.0) -> list[Nearby]:
    """Meetings at a real place within reach, the nearest first, then the soonest. Approximate places are left out: nobody can go there."""
    found = [
        Nearby(row, km, next_occurrence(row, now))
        for row in rows
        if row.attendance in _ON_SITE and not row.approximate and row.latitude is not None and row.longitude is not None
        if (km := distance_km(latitude, longitude, row.latitude, row.longitude)) <= within_km
    ]
    return sorted(found, key=_nearest_first)


def _nearest_first(nearby: Nearby) -> tuple[float, bool, float, str]:
    starts = nearby.occurrence.start_utc.timestamp() if nearby.occurrence else math.inf
    return round(nearby.km, 2), nearby.occurrence is None, starts, nearby.row.key


def day_span(day: date, zone: str) -> tuple[datetime, datetime]:
    """First instant of a local day and of the next one, in UTC: 23 or 25 hours when the clocks change."""
    return to_utc(day, time(0), zone), to_utc(day + timedelta(days=1), time(0), zone)


def today(rows: Iterable[MeetingRow], now: datetime, zone: str) -> list[Listed]:
    """What starts from now until the end of the person's own day, by start; `zone` is the person's."""
    _, midnight = day_span(now.astimezone(ZoneInfo(zone)).date(), zone)
    return between(rows, now, midnight)


def tomorrow(rows: Iterable[MeetingRow], now: datetime, zone: str) -> list[Listed]:
    """What starts on the person's next day, by start; `zone` is the person's."""
    return between(rows, *day_span(now.astimezone(ZoneInfo(zone)).date() + timedelta(days=1), zone))


def between(rows: Iterable[MeetingRow], start: datetime, end: datetime) -> list[Listed]:
    """What starts from `start` (included) until `end`, by start, then name."""
    found = [Listed(row, occurrence) for row in rows for occurrence in occurrences(row, start, end)]
    return sorted(found, key=_soonest_first)


def online(rows: Iterable[MeetingRow], now: datetime) -> list[Listed]:
    """Meetings that one can join from anywhere, hybrid ones too, each with its next time, the soonest first."""
    found = [Listed(row, occurrence) for row in rows if row.attendance in _ONLINE and (occurrence := next_occurrence(row, now)) is not None]
    return sorted(found, key=_soonest_first)


def _soonest_first(listed: Listed) -> tuple[datetime, str, str]:
    return listed.occurrence.start_utc, listed.row.name.casefold(), listed.row.key


def of_types(rows: Iterable[MeetingRow], codes: Collection[str]) -> list[MeetingRow]:
    """Meetings that have all of these codes, in their order. A row that is both open and closed counts as closed."""
    wanted = set(codes)
    return [row for row in rows if wanted <= set(row.types) and not ("O" in wanted and "C" in row.types)]
