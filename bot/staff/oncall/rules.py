"""Days, hours and moments as people type them; pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.due import instant_of

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FURTHEST = timedelta(days=366)  # how far ahead somebody is put on call in the chat
_WALL = re.compile(r"([01]?\d|2[0-3])[:.h]([0-5]\d)")
_MOMENT = re.compile(r"(?:(\d{4})-(\d\d?)-(\d\d?)[ T,]*)?(\S+)")
_RANGE = re.compile(r"\s*(?:-|\u2013|\u2014|to|a|until|hasta)\s*")  # a hyphen, a dash, or a word between two times


def parse_wall(text: str) -> str | None:
    """`8:05`, `08.05` or `8h05` as `08:05`; None when it is no time of day."""
    found = _WALL.fullmatch(text.strip().lower())
    return f"{int(found[1]):02}:{found[2]}" if found else None


def parse_hours(text: str) -> tuple[str, str] | None:
    """`22:00-08:00` as two wall times; None when it is none."""
    parts = _RANGE.split(text.strip().lower())
    if len(parts) != 2:
        return None
    first, last = parse_wall(parts[0]), parse_wall(parts[1])
    return (first, last) if first is not None and last is not None else None


def parse_days(text: str) -> frozenset[int] | None:
    """`mon-fri`, `sat,sun`, `fri-mon` or `all` as weekdays, 0 = Monday .. 6; None when it is none."""
    found: set[int] = set()
    if text.strip().lower() in ("all", "daily", "every day"):
        return frozenset(range(7))
    for part in text.strip().lower().split(","):
        ends = [_day(piece) for piece in part.split("-")]
        first, last = ends[0], ends[-1]
        if len(ends) > 2 or first is None or last is None:
            return None
        found |= {(first + step) % 7 for step in range((last - first) % 7 + 1)}
    return frozenset(found)


def _day(text: str) -> int | None:
    """`mon` to `monday` as 0, and so on; None for what is no day."""
    short = text.strip()
    return next((day for day, name in enumerate(_NAMES) if len(short) >= 3 and name.startswith(short)), None)


def parse_moment(text: str, now: datetime, zone: str) -> datetime | None:
    """A moment that lies ahead: `08:00` (the next time it is that) or `2026-03-09 08:00`, the clinic's wall time.

    Returns:
        The instant in UTC; None when it is none, lies in the past or more than a year ahead.
    """
    found = _MOMENT.fullmatch(text.strip())
    wall = parse_wall(found[4]) if found else None
    if found is None or wall is None:
        return None
    clock = time.fromisoformat(wall)
    if found[1] is None:
        today = now.astimezone(ZoneInfo(zone)).date()
        at = next(at for days in range(3) if (at := instant_of(today + timedelta(days=days), clock, zone)) > now)
    else:
        try:
            at = instant_of(date(int(found[1]), int(found[2]), int(found[3])), clock, zone)
        except (ValueError, OverflowError):
            return None
    return at if now < at <= now + FURTHEST else None


def from_iso(text: str | None) -> datetime | None:
    """An instant that a form kept."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
