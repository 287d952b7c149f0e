"""Due items: things to do at an instant. Recurring ones are kept as local wall time plus zone; the next instant is computed anew."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select, update

from bot.models import LEFT_ALONE, Due, DueState, Person, Started
from bot.work import Work

STARTED_A_DAY = 2


def instant_of(day: date, wall: time, zone: str) -> datetime:
    """The UTC instant of a local wall time.

    In the spring gap it is the next valid moment (02:30 -> 03:30), in the autumn overlap the first of the two.

    Source: MEETINGS.md D5.
    """
    local = datetime.combine(day, wall, tzinfo=ZoneInfo(zone))
    return local.astimezone(UTC)


def parse_wall(text: str) -> time:
    """`HH:MM` as a time."""
    hours, minutes = text.split(":")
    return time(int(hours), int(minutes))


def next_instant(after: datetime, wall: str, zone: str, *, weekday: int | None = None) -> datetime:
    """The first instant after `after` at which it is `wall` in `zone`.

    Args:
        weekday: 0 = Sunday .. 6 = Saturday, local; any day when left out.
    """
    clock = parse_wall(wall)
    day = after.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    while True:
        found = instant_of(day, clock, zone)
        if found > after and (weekday is None or (day.weekday() + 1) % 7 == weekday):
            return found
        day += timedelta(days=1)


def local_date(now: datetime, zone: str) -> date:
    """The date on a person's wall."""
    return now.astimezone(ZoneInfo(zone)).date()


def put(
    work: Work,
    kind: str,
    key: str,
    at: datetime,
    *,
    person: Person | None = None,
    case_id: UUID | None = None,
    useful_for: timedelta | None = None,
    wall: str | None = None,
    zone: str | None = None,
    **args: Any,
) -> Due:
    """Put a due item in, or move the one with the same key; one that was dropped comes back.

    Args:
        kind: names the function in the ticker's table.
        key: ids and ISO dates; one that was done stays done.
        at: UTC instant.
        useful_for: how late it may be; later it is dropped and logged. None: always useful.
        args: ids, keys, numbers.
    """
    row = work.session.exec(select(Due).where(col(Due.key) == key)).first()
    if row is None:
        row = Due(kind=kind, key=key, due_at=at, created_at=work.now)
        work.session.add(row)
    elif row.state is DueState.DONE:
        return row
    row.state, row.done_at, row.attempts = DueState.WAITING, None, 0
    row.due_at, row.wall, row.zone, row.args = at, wall, zone, args
    row.useful_until = at + useful_for if useful_for is not None else None
    row.person_id, row.case_id = (person.id if person else None), case_id
    return row


def drop(work: Work, key: str) -> None:
    """Take back the waiting item with this key, and those whose keys continue it after a colon."""
    matches = (col(Due.key) == key) | col(Due.key).startswith(f"{key}:", autoescape=True)
    work.session.execute(update(Due).where(matches, col(Due.state) == DueState.WAITING).values(state=DueState.DROPPED, done_at=work.now))


def is_quiet(person: Person, now: datetime) -> bool:
    """Whether it is one of the person's quiet hours, on their wall: from the first to before the second, over midnight too."""
    wall = now.astimezone(ZoneInfo(person.zone)).time()
    start, end = parse_wall(person.quiet_from), parse_wall(person.quiet_until)
    return start <= wall < end if start <= end else wall >= start or wall < end


def may_start(work: Work, person: Person, kind: str) -> bool:
    """Whether the bot may start a message to this person now, and if so count it.

    The cap of two a day stands here alone, for every slice: meeting, session and medication reminders, and what belongs to a
    case, do not ask. A blocked, removed, paused, silent or away (hospital, custody, ...) person gets none, and nobody in their quiet hours.

    Source: CLINICAL.md 9, DESIGN.md 2.
    """
    if person.blocked_at or person.removed_at or person.silent_since or (person.paused_until and person.paused_until > work.now):
        return False
    if person.status in LEFT_ALONE or is_quiet(person, work.now):
        return False
    day = local_date(work.now, person.zone).isoformat()
    counted = select(func.count()).select_from(Started).where(col(Started.person_id) == person.id, col(Started.local_date) == day)
    if work.session.exec(counted).one() >= STARTED_A_DAY:
        return False
    work.session.add(Started(person_id=person.id, local_date=day, kind=kind, at=work.now))
    return True
