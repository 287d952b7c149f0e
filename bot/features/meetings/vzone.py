"""A zone for a calendar file: the rules of its clock as yearly repetitions, which every calendar understands.

The library's own writes lists of dates, of which some readers take only the first. Where the clocks keep to no yearly rule, each change of
the years to come stands there by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar

YEARS = 12  # for which a rule has to hold
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a clock.

    Args:
        wall: what the clock showed at that moment, before it was set.
    """

    wall: datetime
    before: timedelta
    after: timedelta
    name: str


def component(zone: str, now: datetime) -> icalendar.Timezone:
    """The zone from the beginning of last year on."""
    start = datetime(now.year - 1, 1, 1, tzinfo=UTC)
    changes = _changes(ZoneInfo(zone), start)
    made = icalendar.Timezone()
    made.add("tzid", zone)
    if not changes:
        made.add_component(_still(ZoneInfo(zone), start))
    for change, rule in _rules(changes) or [(change, None) for change in changes]:
        part = icalendar.TimezoneDaylight() if change.after > change.before else icalendar.TimezoneStandard()
        part.add("dtstart", change.wall)
        part.add("tzname", change.name)
        part.add("tzoffsetfrom", change.before)
        part.add("tzoffsetto", change.after)
        if rule is not None:
            part.add("rrule", rule)
        made.add_component(part)
    return made


def _still(here: ZoneInfo, start: datetime) -> icalendar.TimezoneStandard:
    """A clock that is never set."""
    part, local = icalendar.TimezoneStandard(), start.astimezone(here)
    part.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001 - a wall time
    part.add("tzname", local.tzname() or "")
    part.add("tzoffsetfrom", local.utcoffset())
    part.add("tzoffsetto", local.utcoffset())
    return part


def _changes(here: ZoneInfo, start: datetime) -> list[Change]:
    """Every change of the clock in the years to come."""
    found = []
    moment, end = start, start + timedelta(days=366 * YEARS)
    while moment < end:
        if _offset(here, moment) != _offset(here, moment + _DAY):
            at = next(
                moment + _HOUR / 4 * step for step in range(1, 97) if _offset(here, moment + _HOUR / 4 * step) != _offset(here, moment)
            )
            before, after = _offset(here, moment), _offset(here, at)
            found.append(Change((at + before).replace(tzinfo=None), before, after, at.astimezone(here).tzname() or ""))
        moment += _DAY
    return found


def _offset(here: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(here).utcoffset() or timedelta()


def _rules(changes: Sequence[Change]) -> list[tuple[Change, dict[str, object] | None]] | None:
    """The two yearly rules that give these changes, each with its first; None when there are no such rules."""
    found: list[tuple[Change, dict[str, object] | None]] = []
    for first in changes[:2]:
        same = [change for change in changes if (change.before, change.after) == (first.before, first.after)]
        places = set.intersection(*({*_places(change.wall)} for change in same))
        regular = len({change.wall.time() for change in same}) == len({change.wall.month for change in same}) == 1
        every_year = [change.wall.year for change in same] == list(range(first.wall.year, first.wall.year + len(same)))
        if not places or not regular or not every_year:
            return None
        rule = {"freq": "yearly", "bymonth": first.wall.month, "byday": f"{min(places, key=abs)}{_DAYS[first.wall.weekday()]}"}
        if len({change.wall.weekday() for change in same}) != 1:
            return None
        found.append((first, rule))
    return found if len(changes) >= 2 * (YEARS - 1) else None


def _places(day: datetime) -> tuple[int, ...]:
    """Which of its weekdays in the month a day is, counted from the beginning, and from the end when it is the last one."""
    number = (day.day - 1) // 7 + 1
    return (number, -1) if (day + timedelta(days=7)).month != day.month else (number,)
