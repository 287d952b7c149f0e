"""Queries of the rota: who is planned, who holds a position now, and when nobody watches by the clinic's own word.

A crisis asks for it in its transaction: a few small reads, once per transaction and instant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, or_, select

from bot import due, people
from bot.escalation import rota
from bot.escalation.rota import POSITIONS, Absence, Hours, Layer, Plan, Rule, Slot, Span
from bot.models import ChannelProof, Leave, OffHours, Person, RotaRule, Shift, ShiftCheck
from bot.work import Work

AHEAD = timedelta(days=14)  # how far the rota is looked at when nothing else is said
_AT_HAND, _PLANNED = "rota", "rota.plan"  # what this transaction has read already
_DAY = timedelta(days=1)


def forget(session: Session) -> None:
    """The rota was changed in this transaction: read it again."""
    session.info.pop(_AT_HAND, None)
    session.info.pop(_PLANNED, None)


def rules(session: Session) -> list[Rule]:
    """All rules that are in force, the oldest first."""
    rows = session.exec(select(RotaRule).where(col(RotaRule.removed_at).is_(None)).order_by(col(RotaRule.id)))
    return [
        Rule(
            row.id or 0,
            row.position,
            row.kind,
            tuple(UUID(member) for member in row.members),
            row.start_wall,
            row.from_date,
            row.turn_days,
            frozenset(row.weekdays),
            row.end_wall,
            row.until_date,
        )
        for row in rows
    ]


def slots(work: Work, start: datetime, end: datetime) -> list[Slot]:
    """Everything planned that touches the stretch from `start` to `end`: overrides, fixed shifts, turns."""
    statement = select(Shift).where(col(Shift.start_at) <= end, or_(col(Shift.end_at).is_(None), col(Shift.end_at) > start))
    found = [
        Slot(row.position, row.staff_id, row.start_at, row.end_at, row.id or 0, Layer.OVERRIDE, row.created_at)
        for row in work.session.exec(statement)
    ]
    for rule in rules(work.session):
        found += rota.slots_of(rule, work.settings.timezone, start, end)
    return found


def absences(work: Work, start: datetime, end: datetime) -> list[Absence]:
    """Who is on leave between two instants."""
    zone = work.settings.timezone
    first, last = due.local_date(start, zone), due.local_date(end, zone)
    statement = select(Leave).where(
        col(Leave.cancelled_at).is_(None), col(Leave.from_date) <= last + _DAY, col(Leave.until_date) >= first - _DAY
    )
    return [rota.on_leave(row.staff_id, row.from_date, row.until_date, zone, row.created_at) for row in work.session.exec(statement)]


def plan(work: Work, start: datetime, end: datetime) -> Plan:
    """What is planned between two instants, and perhaps around them; whoever is staff no more is away in it for ever.

    Within a transaction a plan that was read for a longer stretch serves again, until `forget`.
    """
    kept: tuple[datetime, datetime, Plan, Sequence[Person]] | None = work.session.info.get(_PLANNED)
    if kept is not None and kept[0] <= start and end <= kept[1]:
        return kept[2]
    found = slots(work, start, end)
    named = {slot.staff_id for slot in found}
    here = select(Person).where(col(Person.id).in_(named), col(Person.removed_at).is_(None))
    staff = work.session.exec(here).all() if named else []
    left = named - {person.id for person in staff}
    made = Plan(found, [*absences(work, start, end), *map(rota.gone, left)])
    work.session.info[_PLANNED] = (start, end, made, staff)  # the session forgets people whom nobody holds
    return made


def spans(work: Work, position: str, start: datetime, end: datetime) -> list[Span]:
    """Who is planned for a position from `start` to `end`, gaps included."""
    found = plan(work, start, end)
    return rota.spans(found.slots, position, start, end, found.away)


def planned(work: Work, at: datetime) -> dict[str, Person | None]:
    """Who is planned for each position at an instant; None in a gap."""
    found = plan(work, at, at)
    result: dict[str, Person | None] = {}
    for position in POSITIONS:
        staff_id = rota.holder(found.slots, position, at, found.away)
        result[position] = people.get(work.session, staff_id) if staff_id is not None else None
    return result


def on_call(work: Work, position: str, at: datetime) -> Person | None:
    """Who holds a position of the rota; None in a gap or when that person is no longer staff.

    Whoever did not confirm the first place in time changes places with the backup, as long as that one is not unconfirmed too:
    where nobody is confirmed, the planned people are paged all the same (SAFETY.md 3).
    """
    person = holders(work, at)[position]
    return person if person is not None and person.removed_at is None else None


def holders(work: Work, at: datetime) -> Mapping[str, Person | None]:
    """Who holds each position at an instant, as `on_call` says."""
    at_hand: dict[datetime, Mapping[str, Person | None]] = work.session.info.setdefault(_AT_HAND, {})
    found = at_hand.get(at)
    if found is None:
        found = at_hand[at] = _confirmed(work, planned(work, at), at)
    return found


def _confirmed(work: Work, found: dict[str, Person | None], at: datetime) -> Mapping[str, Person | None]:
    primary, backup = found["primary"], found["backup"]
    if primary is None or backup is None or primary.id == backup.id or not people.reachable(backup):
        return found
    unconfirmed = lapsed(work, at)
    if ("primary", primary.id) in unconfirmed and ("backup", backup.id) not in unconfirmed:
        return {"primary": backup, "backup": primary}
    return found


def lapsed(work: Work, at: datetime) -> set[tuple[str, UUID]]:
    """Who was asked to confirm the shift that they have at an instant and did not: (position, person)."""
    newest = {(check.position, check.staff_id): check for check in checks(work, at)}
    return {key for key, check in newest.items() if check.lapsed_at is not None and check.confirmed_at is None}


def checks(work: Work, at: datetime) -> Sequence[ShiftCheck]:
    """The taps that were asked for shifts which cover an instant, in the order of the shifts' starts."""
    statement = select(ShiftCheck).where(col(ShiftCheck.start_at) <= at, or_(col(ShiftCheck.end_at).is_(None), col(ShiftCheck.end_at) > at))
    return work.session.exec(statement.order_by(col(ShiftCheck.start_at))).all()


def rings(work: Work, staff_id: UUID) -> bool:
    """Whether a channel of this person was proven, recently enough, to ring through do-not-disturb (SAFETY.md 3)."""
    since = work.now - timedelta(days=work.content.rota.rings_within_days)
    statement = select(ChannelProof.id).where(
        col(ChannelProof.staff_id) == staff_id, col(ChannelProof.rings).is_(True), col(ChannelProof.proven_at) >= since
    )
    return work.session.exec(statement.limit(1)).first() is not None


def declared(session: Session) -> list[Hours]:
    """The off-hours that the clinic declared."""
    rows = session.exec(select(OffHours).where(col(OffHours.removed_at).is_(None)).order_by(col(OffHours.id)))
    return [Hours(frozenset(row.weekdays), row.start_wall, row.end_wall, row.from_date, row.until_date) for row in rows]


def off_hours_now(work: Work, at: datetime | None = None) -> bool:
    """Whether the clinic declared that nobody watches at this instant (now when left out)."""
    return rota.is_off(declared(work.session), work.settings.timezone, at or work.now)


def nobody_now(work: Work, at: datetime | None = None) -> bool:
    """Whether the declared off-hours are kept: they are on, and nobody is on call in them."""
    at = at or work.now
    return off_hours_now(work, at) and not any(holders(work, at).values())


def next_on_duty(work: Work, after: datetime) -> datetime | None:
    """The first instant after `after`, within 14 days, at which somebody comes on call outside declared off-hours.

    None when nobody is planned, or when somebody is on call already: then there is no time to name.
    """
    end = after + AHEAD
    found = plan(work, after, end)
    off = rota.off_hours(declared(work.session), work.settings.timezone, after, end)
    starts = [
        part.start
        for position in POSITIONS
        for span in rota.spans(found.slots, position, after, end, found.away)
        if span.staff_id is not None
        for part in rota.without(span, off)
    ]
    first = min(starts, default=None)
    return first if first is not None and first > after else None
