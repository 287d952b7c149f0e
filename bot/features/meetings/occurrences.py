"""When a meeting takes place: weekly wall time and IANA zone to instants in UTC. Pure.

Wall time in a spring gap is the next valid moment (02:30 becomes 03:30), in an autumn overlap the first of the two: `fold=0`, brought to
UTC at once. Nothing here adds a week of seconds: every occurrence is computed from its own local date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.features.meetings.listing import MeetingRow

ASSUMED_LENGTH = timedelta(minutes=60)  # of a meeting without an end
_ONE_DAY = timedelta(days=1)
_ONE_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a meeting takes place.

    Args:
        key: the meeting's key in its feed.
        name: as shown.
        local_date: the date at the meeting's place; with the key it names the occurrence.
        start_utc: aware, in UTC; so is `end_utc`, which is later.
        timezone: the IANA zone that was used.
    """

    key: str
    name: str
    local_date: date
    start_utc: datetime
    end_utc: datetime
    timezone: str

    @property
    def weekday(self) -> int:
        """0 = Sunday, at the meeting's place."""
        return self.local_date.isoweekday() % 7

    def start_in(self, zone: str) -> datetime:
        """The start on a wall clock of this IANA zone."""
        return self.start_utc.astimezone(ZoneInfo(zone))

    def as_line(self, fellowship: str) -> dict[str, str]:
        """The form of `meetings occurrences`; instants as ``2027-03-14T19:00:00Z``."""
        return {
            "fellowship": fellowship,
            "slug": self.key,
            "name": self.name,
            "start": _instant(self.start_utc),
            "end": _instant(self.end_utc),
            "timezone": self.timezone,
        }


def _instant(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def to_utc(day: date, wall: time, zone: str) -> datetime:
    """The instant at which this wall time comes in this IANA zone: in a gap the next valid moment, in an overlap the first."""
    return datetime.combine(day, wall.replace(fold=0), tzinfo=_zone(zone)).astimezone(UTC)


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def occurrences(row: MeetingRow, start: datetime, end: datetime, *, weekday: int | None = None) -> Iterator[Occurrence]:
    """A meeting's occurrences with ``start <= start_utc < end``, in order; none for an inactive or unscheduled one.

    Args:
        start: aware, in any zone; so is `end`.
        weekday: only this one of its days, 0 = Sunday.

    Raises:
        ValueError: `start` or `end` has no zone.
    """
    if start.tzinfo is None or end.tzinfo is None:
        raise ValueError("start and end need a time zone")
    if not row.active or row.days is None or row.time is None or row.timezone is None:
        return
    days = row.days if weekday is None else tuple(day for day in row.days if day == weekday)
    zone = _zone(row.timezone)
    first, last = start.astimezone(zone).date() - _ONE_DAY, end.astimezone(zone).date() + _ONE_DAY
    sunday = first - timedelta(days=first.isoweekday() % 7)
    while days and sunday <= last:
        for number in days:
            day = sunday + timedelta(days=number)
            begins = to_utc(day, row.time, row.timezone)
            if start <= begins < end:
                yield Occurrence(row.key, row.name, day, begins, _end(row, day, begins), row.timezone)
        sunday += _ONE_WEEK


def _end(row: MeetingRow, day: date, begins: datetime) -> datetime:
    if row.end_time is None or row.time is None or row.timezone is None:
        return begins + ASSUMED_LENGTH
    ends = to_utc(day + _ONE_DAY if row.ends_next_day else day, row.end_time, row.timezone)
    if ends > begins:
        return ends
    # The gap has pushed the start past the given end: it lasts as long as usual.
    return begins + (datetime.combine(day, row.end_time) - datetime.combine(day, row.time))


def all_occurrences(rows: Iterable[MeetingRow], start: datetime, end: datetime) -> list[Occurrence]:
    """Those of many meetings, by start, then key."""
    found = [occurrence for row in rows for occurrence in occurrences(row, start, end)]
    return sorted(found, key=lambda occurrence: (occurrence.start_utc, occurrence.key))
