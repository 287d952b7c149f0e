"""Who is on call. Pure over overrides, rules, leave and off-hours; `duty` reads them.

Wall times are the clinic's: a turn or shift that starts or ends in the hour that the clocks skip does so an hour later on that
wall, in the hour that they repeat the first time; so whoever hands over and whoever takes over always mean the same instant.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from bot.due import instant_of, parse_wall

POSITIONS = ("primary", "backup")
ALWAYS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
DAY = timedelta(days=1)

Stretch = tuple[datetime, datetime]


class Layer(IntEnum):
    """What a stretch comes from; the higher counts."""

    ROTATION = 0
    FIXED = 1
    OVERRIDE = 2


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of a position. `end` None: until further notice; within a layer the highest `rank`, the newest, counts."""

    position: str
    staff_id: UUID
    start: datetime
    end: datetime | None
    rank: int
    layer: Layer = Layer.OVERRIDE
    made_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """What repeats.

    Attributes:
        kind: rotation (the members take turns of `turn_days` from `from_date` on) or fixed (the one member's hours each week).
        weekdays: fixed: on which days it starts, 0 = Monday .. 6.
        end_wall: fixed: until when; at or before the start it is on the next day.
        until_date: the last day on which a turn or shift starts.
    """

    id: int
    position: str
    kind: str
    members: tuple[UUID, ...]
    start_wall: str
    from_date: date
    turn_days: int = 7
    weekdays: frozenset[int] = frozenset()
    end_wall: str | None = None
    until_date: date | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """Declared off-hours: each week on these days (0 = Monday .. 6) from one wall time to another."""

    weekdays: frozenset[int]
    start_wall: str
    end_wall: str
    from_date: date | None = None
    until_date: date | None = None


@dataclass(frozen=True, slots=True)
class Absence:
    """Someone is away: what they were planned for is a gap, unless an override that is younger than the absence names them."""

    staff_id: UUID
    start: datetime
    end: datetime
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """Who holds a position between two instants; None is a gap."""

    position: str
    staff_id: UUID | None
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is planned for a stretch of time, and who is away in it."""

    slots: Sequence[Slot] = ()
    away: Sequence[Absence] = ()


def gone(staff_id: UUID) -> Absence:
    """Someone who is staff no more is away for ever, whatever names them."""
    return Absence(staff_id, *ALWAYS, made_at=ALWAYS[1])


def on_leave(staff_id: UUID, first: date, last: date, zone: str, made_at: datetime) -> Absence:
    """Leave from the first day's midnight to the end of the last, both dates of the clinic."""
    midnight = parse_wall("00:00")
    return Absence(staff_id, instant_of(first, midnight, zone), instant_of(last + DAY, midnight, zone), made_at)


def slots_of(rule: Rule, zone: str, start: datetime, end: datetime) -> list[Slot]:
    """The turns or shifts of a rule that touch the stretch from `start` to `end`, in order.

    Args:
        zone: the clinic's.
    """
    if not rule.members:
        return []
    if rule.kind == "rotation":
        return [slot for slot in _turns(rule, zone, start, end) if slot.end is not None and slot.end > start]
    hours = Hours(rule.weekdays, rule.start_wall, rule.end_wall or rule.start_wall, rule.from_date, rule.until_date)
    member = rule.members[0]
    return [Slot(rule.position, member, begin, finish, rule.id, Layer.FIXED) for begin, finish in _weekly(hours, zone, start, end)]


def _turns(rule: Rule, zone: str, start: datetime, end: datetime) -> Iterator[Slot]:
    wall, length = parse_wall(rule.start_wall), max(rule.turn_days, 1)
    passed = (start.astimezone(ZoneInfo(zone)).date() - rule.from_date).days
    for number in itertools.count(max(passed // length - 1, 0)):
        day = rule.from_date + timedelta(days=number * length)
        begin = instant_of(day, wall, zone)
        if begin > end or (rule.until_date is not None and day > rule.until_date):
            return
        finish = instant_of(day + timedelta(days=length), wall, zone)
        yield Slot(rule.position, rule.members[number % len(rule.members)], begin, finish, rule.id, Layer.ROTATION)


def _weekly(hours: Hours, zone: str, start: datetime, end: datetime) -> Iterator[Stretch]:
    """Each week's stretches that touch the one from `start` to `end`. One that lies whole in the skipped hour is left out."""
    first, last = parse_wall(hours.start_wall), parse_wall(hours.end_wall)
    over_midnight = DAY if last <= first else timedelta(0)
    day = start.astimezone(ZoneInfo(zone)).date() - 2 * DAY
    final = end.astimezone(ZoneInfo(zone)).date()
    while day <= final:
        wanted = (hours.from_date is None or hours.from_date <= day) and (hours.until_date is None or day <= hours.until_date)
        if wanted and day.weekday() in hours.weekdays:
            begin, finish = instant_of(day, first, zone), instant_of(day + over_midnight, last, zone)
            if begin < finish and begin <= end and finish > start:
                yield begin, finish
        day += DAY


def holder(slots: Iterable[Slot], position: str, at: datetime, away: Collection[Absence] = ()) -> UUID | None:
    """Who holds a position at an instant, or None in a gap.

    Overrides come before fixed shifts, those before rotations; of one kind the newest counts. When that person is away it is a gap:
    nobody is put in their place who was not asked.
    """
    return _chosen([slot for slot in slots if slot.position == position and slot.start <= at and _lasts(slot, at)], at, away)


def _lasts(slot: Slot, at: datetime) -> bool:
    return slot.end is None or at < slot.end


def _chosen(covering: Sequence[Slot], at: datetime, away: Collection[Absence]) -> UUID | None:
    if not covering:
        return None
    chosen = max(covering, key=lambda slot: (slot.layer, slot.rank))
    return None if any(_counts(absence, chosen, at) for absence in away) else chosen.staff_id


def _counts(absence: Absence, slot: Slot, at: datetime) -> bool:
    if absence.staff_id != slot.staff_id or not absence.start <= at < absence.end:
        return False
    return slot.layer is not Layer.OVERRIDE or slot.made_at is None or slot.made_at < absence.made_at


def spans(slots: Sequence[Slot], position: str, start: datetime, end: datetime, away: Collection[Absence] = ()) -> list[Span]:
    """The rota of a position from `start` to `end`, without holes (gaps are spans with nobody), neighbours of one person joined."""
    own = sorted(
        (slot for slot in slots if slot.position == position and slot.start < end and _lasts(slot, start)), key=lambda slot: slot.start
    )
    absent = [one for one in away if one.start < end and one.end > start]
    bounds = [*((slot.start, slot.end) for slot in own), *((one.start, one.end) for one in absent)]
    edges = {start, end, *(edge for bound in bounds for edge in bound if edge is not None and start < edge < end)}
    result: list[Span] = []
    running: list[Slot] = []
    begun = 0
    for begin, finish in itertools.pairwise(sorted(edges)):
        running = [slot for slot in running if _lasts(slot, begin)]
        while begun < len(own) and own[begun].start <= begin:
            running.append(own[begun])
            begun += 1
        who = _chosen(running, begin, absent)
        if result and result[-1].staff_id == who:
            result[-1] = Span(position, who, result[-1].start, finish)
        else:
            result.append(Span(position, who, begin, finish))
    return result


def off_hours(declared: Iterable[Hours], zone: str, start: datetime, end: datetime) -> list[Stretch]:
    """When the clinic says that nobody watches, from `start` to `end`: in order, what touches is joined."""
    found: list[Stretch] = []
    for begin, finish in sorted(stretch for hours in declared for stretch in _weekly(hours, zone, start, end)):
        begin, finish = max(begin, start), min(finish, end)
        if begin >= finish:
            continue
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], finish))
        else:
            found.append((begin, finish))
    return found


def is_off(declared: Iterable[Hours], zone: str, at: datetime) -> bool:
    """Whether an instant lies in declared off-hours."""
    return any(begin <= at < finish for hours in declared for begin, finish in _weekly(hours, zone, at, at))


def without(span: Span, off: Iterable[Stretch]) -> list[Span]:
    """What is left of a span outside declared off-hours (in order, not overlapping)."""
    left: list[Span] = []
    start = span.start
    for begin, finish in off:
        if finish <= start or begin >= span.end:
            continue
        if begin > start:
            left.append(Span(span.position, span.staff_id, start, begin))
        start = finish
    if start < span.end:
        left.append(Span(span.position, span.staff_id, start, span.end))
    return left
