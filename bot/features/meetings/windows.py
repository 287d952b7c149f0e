"""Spans of real time as minutes of the week on the wall clocks of many zones, so that a database can look for them. Pure.

A wall clock that is set forward or back makes two pieces of a span. A wall time in the gap comes after it, one in the overlap counts the
first time: the same as `occurrences.to_utc`, which the tests hold against this, zone by zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot import due

DAY = 24 * 60
WEEK = 7 * DAY
_EPOCH_WEEKDAY = 4  # 1970-01-01 was a Thursday, 0 = Sunday
_LONGEST_GAP = timedelta(hours=3)  # that a clock is set forward by
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Segment:
    """Minutes of the week ``low <= minute < high`` in a zone; the one at `low` comes `base` minutes after the span's start."""

    zone: str
    low: int
    high: int
    base: int


def whole_minute(moment: datetime) -> datetime:
    """The first whole minute that is not before this instant."""
    floor = moment.replace(second=0, microsecond=0)
    return floor if floor == moment else floor + _MINUTE


def segments(zone: str, start: datetime, end: datetime) -> list[Segment]:
    """A span of at most a week on one zone's wall clock.

    Args:
        start: UTC, a whole minute, included; so is `end`, which is not.
    """
    here = ZoneInfo(zone)
    first, last = _minutes(start), _minutes(end)
    found: list[Segment] = []
    pieces = list(_regimes(here, start - _LONGEST_GAP, end))
    for number, (offset, until) in enumerate(pieces):
        # Wall times from the break on belong to the next offset; the break is the later of the two clocks at the change.
        before = pieces[number - 1] if number else None
        low, high = first + offset, last + offset
        if before is not None and before[1] is not None:
            low = max(low, before[1] + max(before[0], offset))
        if until is not None:
            high = min(high, until + max(offset, pieces[number + 1][0]))
        found.extend(_in_weeks(zone, low, high, first + offset))
    return found


def _regimes(here: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[int, int | None]]:
    """The offsets that hold one after the other, in minutes, each with the minute at which it ends (None: not in this span)."""
    moment = start
    while moment < end:
        offset, following = _offset(here, moment), min(moment + timedelta(days=1), end)
        if _offset(here, following) != offset:
            change = _change(here, moment, following)
            yield offset, _minutes(change)
            moment = change
        else:
            moment = following
    yield _offset(here, end), None


def _change(here: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The first minute at which another offset holds than at `low`."""
    before = _offset(here, low)
    while high - low > _MINUTE:
        middle = low + timedelta(minutes=(high - low) // _MINUTE // 2)
        low, high = (middle, high) if _offset(here, middle) == before else (low, middle)
    return high


def _offset(here: ZoneInfo, moment: datetime) -> int:
    ahead = moment.astimezone(here).utcoffset()
    assert ahead is not None
    return int(ahead / _MINUTE)


def _minutes(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


def _in_weeks(zone: str, low: int, high: int, zero: int) -> Iterator[Segment]:
    """A stretch of local minutes, cut where weeks end; `zero` is the local minute at which the span starts."""
    while low < high:
        minute = (low + _EPOCH_WEEKDAY * DAY) % WEEK
        length = min(high - low, WEEK - minute)
        yield Segment(zone, minute, minute + length, low - zero)
        low += length


def week_minute(weekday: int, wall: time) -> int:
    """0 = Sunday 00:00."""
    return weekday * DAY + wall.hour * 60 + wall.minute


def from_now_to_midnight(now: datetime, zone: str, *, days: int = 1) -> tuple[datetime, datetime]:
    """From now until the person's midnight, `days` days from today on."""
    return now, _midnight(now, zone, days)


def day(now: datetime, zone: str, ahead: int) -> tuple[datetime, datetime]:
    """The whole of one of the person's coming days: 23, 24 or 25 hours."""
    return _midnight(now, zone, ahead), _midnight(now, zone, ahead + 1)


def weekend(now: datetime, zone: str) -> tuple[datetime, datetime]:
    """The person's coming Saturday and Sunday; what is left of them when the weekend has begun."""
    weekday = due.local_date(now, zone).weekday()  # 0 = Monday
    start = now if weekday >= 5 else _midnight(now, zone, 5 - weekday)
    return start, _midnight(now, zone, 7 - weekday)


def _midnight(now: datetime, zone: str, ahead: int) -> datetime:
    return due.instant_of(due.local_date(now, zone) + timedelta(days=ahead), time(0), zone).astimezone(UTC)
