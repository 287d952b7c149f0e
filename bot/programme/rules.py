"""When sessions take place, when they are reminded of, and how many hours a week they come to. Pure.

Everything starts from wall time and zone; nothing adds a week of seconds. In a spring gap a session starts at the next valid moment, in
an autumn overlap at the first of the two (MEETINGS.md D5); it lasts its minutes of real time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from bot import due

ONE_DAY = timedelta(days=1)
DAY_USEFUL, HOUR_USEFUL = timedelta(hours=6), timedelta(minutes=70)  # how late a reminder may be
HOUR = timedelta(hours=1)
BREAK = timedelta(minutes=30)  # sessions that follow each other within it are one stay: reminded of once
SHORTEST, LONGEST = 15, 480  # minutes of a session
LEAST_HOURS, MOST_HOURS = 1, 40  # of a plan for a week; an IOP's are 9 to 19 (CLINICAL.md 1.1)
IOP_HOURS = (9, 12, 15, 19)


class Kind(StrEnum):
    GROUP = "group"
    INDIVIDUAL = "individual"
    FAMILY = "family"


class Mark(StrEnum):
    PRESENT = "present"
    LATE = "late"
    ABSENT = "absent"
    EXCUSED = "excused"


THERE = frozenset({Mark.PRESENT.value, Mark.LATE.value})
_CYCLE = (Mark.PRESENT, Mark.ABSENT, Mark.LATE, Mark.EXCUSED)  # one tap for the commonest: absent


@dataclass(frozen=True, slots=True)
class Plan:
    """A series as it is planned. `weekdays`: 0 = Monday .. 6; none means once, on `first`."""

    id: UUID
    weekdays: frozenset[int]
    first: date
    last: date | None
    wall: time
    minutes: int
    zone: str
    keeps_holidays: bool = True

    @property
    def once(self) -> bool:
        return not self.weekdays

    def on(self, day: date) -> bool:
        """Whether the plan has this date."""
        if day < self.first or (self.last is not None and day > self.last):
            return False
        return day == self.first if self.once else day.weekday() in self.weekdays


@dataclass(frozen=True, slots=True)
class Differs:
    """What differs on one date."""

    cancelled: bool = False
    moved_date: date | None = None
    moved_wall: time | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """One time that a session takes place (or would have, when `cancelled`).

    Attributes:
        day: the local date by the plan; with the series it names the occurrence, also when it was moved.
        start, end: UTC.
    """

    series_id: UUID
    day: date
    start: datetime
    end: datetime
    zone: str
    cancelled: bool = False
    changed: bool = False


def slots(
    plan: Plan, differs: Mapping[date, Differs], closed: Collection[date], start: datetime, end: datetime, *, cancelled: bool = False
) -> Iterator[Slot]:
    """The occurrences with ``start <= slot.start < end``, in the order of their planned dates.

    Args:
        closed: the clinic's holidays, for a plan that keeps them.
        cancelled: whether those that do not take place are given too, marked so.
    """
    zone = ZoneInfo(plan.zone)
    first, last = start.astimezone(zone).date() - ONE_DAY, end.astimezone(zone).date() + ONE_DAY
    moved_here = {day for day, one in differs.items() if one.moved_date is not None and first <= one.moved_date <= last}
    for day in sorted({*_days(plan, first, last), *moved_here}):
        found = slot_of(plan, differs.get(day), closed, day)
        if found is not None and start <= found.start < end and (cancelled or not found.cancelled):
            yield found


def slot_of(plan: Plan, differs: Differs | None, closed: Collection[date], day: date) -> Slot | None:
    """The occurrence of a planned date; None when the plan does not have it."""
    if not plan.on(day):
        return None
    other = differs or Differs()
    wall = other.moved_wall or plan.wall
    begins = due.instant_of(other.moved_date or day, wall, plan.zone)
    holiday = plan.keeps_holidays and other.moved_date is None and day in closed
    return Slot(
        plan.id,
        day,
        begins,
        begins + timedelta(minutes=other.minutes or plan.minutes),
        plan.zone,
        cancelled=other.cancelled or holiday,
        changed=differs is not None and not other.cancelled,
    )


def _days(plan: Plan, first: date, last: date) -> Iterator[date]:
    day = max(first, plan.first)
    until = last if plan.last is None else min(last, plan.last)
    if plan.once:
        if day <= plan.first <= until:
            yield plan.first
        return
    while day <= until:
        if day.weekday() in plan.weekdays:
            yield day
        day += ONE_DAY


@dataclass(frozen=True, slots=True)
class Nudge:
    """A reminder that is to be put in.

    Attributes:
        lead: `day` or `hour`.
        start: of the session that it is about, UTC.
    """

    lead: str
    at: datetime
    useful_for: timedelta
    start: datetime
    zone: str

    @property
    def mark(self) -> str:
        """What names it among one person's reminders: another time is another reminder, the same one never comes twice."""
        return f"{self.lead}:{self.start:%Y%m%dT%H%M}"


def nudges(found: Iterable[Slot], zone: str, quiet: tuple[time, time]) -> list[Nudge]:
    """The reminders of one person's sessions: one the day before for each of their days, one an hour before each stay.

    Args:
        found: the sessions that they are expected at, in any order.
        zone: the person's; their local days and quiet hours count.
        quiet: from (included) and until (not included), over midnight too.
    """
    ordered = sorted(found, key=lambda one: (one.start, one.end))
    result: list[Nudge] = []
    seen: set[date] = set()
    until: datetime | None = None
    for one in ordered:
        day = one.start.astimezone(ZoneInfo(zone)).date()
        if day not in seen:
            seen.add(day)
            result.append(Nudge("day", _day_before(one, zone, quiet), DAY_USEFUL, one.start, one.zone))
        if until is None or one.start > until + BREAK:
            result.append(Nudge("hour", one.start - HOUR, HOUR_USEFUL, one.start, one.zone))
        until = one.end if until is None else max(until, one.end)
    return sorted(result, key=lambda nudge: (nudge.at, nudge.lead))


def _day_before(slot: Slot, zone: str, quiet: tuple[time, time]) -> datetime:
    """The same time of the clinic's day before; where that is in the person's quiet hours, the end of these."""
    local = slot.start.astimezone(ZoneInfo(slot.zone))
    at = due.instant_of(local.date() - ONE_DAY, local.time().replace(tzinfo=None, fold=0), slot.zone)
    own = at.astimezone(ZoneInfo(zone))
    start, end = quiet
    wall = own.time().replace(tzinfo=None, fold=0)
    inside = start <= wall < end if start <= end else wall >= start or wall < end
    if not inside:
        return at
    day = own.date() + ONE_DAY if start > end and wall >= start else own.date()
    return due.instant_of(day, end, zone)


def week_of(now: datetime, zone: str, weeks: int = 0) -> tuple[datetime, datetime]:
    """Monday 00:00 to the next Monday of a week on this zone's wall, as instants; 0 is the present one."""
    today = due.local_date(now, zone)
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=weeks)
    return due.instant_of(monday, time(), zone), due.instant_of(monday + timedelta(days=7), time(), zone)


def hours(minutes: int) -> float | int:
    """Minutes as hours, to the nearest half; a whole number as one."""
    halves = round(minutes / 30)
    return halves // 2 if halves % 2 == 0 else halves / 2


def after_tap(mark: str | None) -> Mark:
    """The next mark of an attendance button: present, late, absent, excused, and round again."""
    known = next((one for one in _CYCLE if one == mark), Mark.EXCUSED)
    return _CYCLE[(_CYCLE.index(known) + 1) % len(_CYCLE)]


def first_mark(reply: str | None, *, away: bool) -> Mark:
    """What the list proposes for somebody: there, unless they said that they cannot come or are away."""
    return Mark.EXCUSED if away or reply == "cannot" else Mark.PRESENT


def overlap(one: Slot, others: Sequence[Slot]) -> bool:
    """Whether a session falls together with another one."""
    return any(one.start < other.end and other.start < one.end and one != other for other in others)


def shifted(weekdays: Collection[int], before: int, after: int) -> list[int]:
    """The weekdays of a series when one of them moves to another."""
    return sorted({after if day == before else day for day in weekdays})
