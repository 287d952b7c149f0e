"""What repeats, as rows: rotations, fixed shifts, declared off-hours. Put in and taken out of force; nothing is deleted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import col, select

from bot import audit, due
from bot.errors import NotAllowed
from bot.escalation import duty
from bot.escalation.rota import POSITIONS
from bot.models import CLINICAL, OffHours, Person, RotaRule
from bot.work import Work

LONGEST_TURN = 366


@dataclass(frozen=True, slots=True)
class Weekly:
    """The same hours each week. `weekdays`: 0 = Monday .. 6; `until` at or before `start` is on the next day; both `HH:MM`."""

    weekdays: Collection[int]
    start: str
    until: str
    from_date: date | None = None
    until_date: date | None = None

    def check(self) -> None:
        """Raises ValueError with the first thing that is wrong."""
        if not self.weekdays or not set(self.weekdays) <= set(range(7)):
            raise ValueError("on which days?")
        for wall in (self.start, self.until):
            due.parse_wall(wall)
        _in_order(self.from_date, self.until_date)


def add_rotation(
    work: Work,
    position: str,
    members: Sequence[Person],
    *,
    every: int,
    at: str,
    from_date: date,
    until_date: date | None = None,
    by: Person | None = None,
) -> RotaRule:
    """Members take turns of `every` days; the first one's begins on `from_date` at the clinic's wall time `at`.

    Raises:
        NotAllowed: somebody who cannot be on call.
        ValueError: no such position, no members, a length or a time that is none.
    """
    _check(position, members)
    if not 1 <= every <= LONGEST_TURN:
        raise ValueError(f"a turn lasts 1 to {LONGEST_TURN} days")
    due.parse_wall(at)
    _in_order(from_date, until_date)
    rule = RotaRule(
        position=position,
        kind="rotation",
        members=[str(one.id) for one in members],
        turn_days=every,
        start_wall=at,
        from_date=from_date,
        until_date=until_date,
        created_at=work.now,
        created_by=by.id if by is not None else None,
    )
    return _added(work, rule, by)


def add_fixed(work: Work, position: str, staff: Person, hours: Weekly, *, by: Person | None = None) -> RotaRule:
    """One person's hours each week, from today on when no date is given.

    Raises:
        NotAllowed: somebody who cannot be on call.
        ValueError: no such position, or hours that are none.
    """
    _check(position, [staff])
    hours.check()
    rule = RotaRule(
        position=position,
        kind="fixed",
        members=[str(staff.id)],
        weekdays=sorted(set(hours.weekdays)),
        start_wall=hours.start,
        end_wall=hours.until,
        from_date=hours.from_date or due.local_date(work.now, work.settings.timezone),
        until_date=hours.until_date,
        created_at=work.now,
        created_by=by.id if by is not None else None,
    )
    return _added(work, rule, by)


def declare_off(work: Work, hours: Weekly, *, by: Person | None = None) -> OffHours:
    """The clinic says that nobody watches in these hours: patients are told so, and no gap is announced in them.

    Raises:
        ValueError: hours that are none.
    """
    hours.check()
    row = OffHours(
        weekdays=sorted(set(hours.weekdays)),
        start_wall=hours.start,
        end_wall=hours.until,
        from_date=hours.from_date,
        until_date=hours.until_date,
        created_at=work.now,
        created_by=by.id if by is not None else None,
    )
    work.session.add(row)
    work.session.flush()
    duty.forget(work.session)
    days = ",".join(map(str, row.weekdays))
    _record(work, "rota.off_hours_added", by, rule=row.id, days=days, start=row.start_wall, end=row.end_wall)
    return row


def rules_in_force(work: Work) -> Sequence[RotaRule]:
    """Rotations and fixed shifts, the oldest first."""
    return work.session.exec(select(RotaRule).where(col(RotaRule.removed_at).is_(None)).order_by(col(RotaRule.id))).all()


def off_in_force(work: Work) -> Sequence[OffHours]:
    """Declared off-hours, the oldest first."""
    return work.session.exec(select(OffHours).where(col(OffHours.removed_at).is_(None)).order_by(col(OffHours.id))).all()


def remove_rule(work: Work, number: int, *, by: Person | None = None) -> bool:
    """Take a rotation or fixed shift out of force; whether there was such a one."""
    row = work.session.get(RotaRule, number)
    if row is None or row.removed_at is not None:
        return False
    row.removed_at = work.now
    return _removed(work, "rota.rule_removed", by, number)


def remove_off(work: Work, number: int, *, by: Person | None = None) -> bool:
    """Take declared off-hours back; whether there were such."""
    row = work.session.get(OffHours, number)
    if row is None or row.removed_at is not None:
        return False
    row.removed_at = work.now
    return _removed(work, "rota.off_hours_removed", by, number)


def _check(position: str, staff: Sequence[Person]) -> None:
    if position not in POSITIONS:
        raise ValueError(f"{position} is no position of the rota: {', '.join(POSITIONS)}")
    if not staff:
        raise ValueError("nobody was named")
    if any(one.role not in CLINICAL or one.removed_at is not None for one in staff):
        raise NotAllowed


def _in_order(first: date | None, last: date | None) -> None:
    if first is not None and last is not None and last < first:
        raise ValueError("the last day lies before the first")


def _added(work: Work, rule: RotaRule, by: Person | None) -> RotaRule:
    work.session.add(rule)
    work.session.flush()
    duty.forget(work.session)
    _record(work, "rota.rule_added", by, rule=rule.id, kind=rule.kind, position=rule.position, members=len(rule.members))
    return rule


def _removed(work: Work, action: str, by: Person | None, number: int) -> bool:
    work.session.flush()
    duty.forget(work.session)
    _record(work, action, by, rule=number)
    return True


def _record(work: Work, action: str, by: Person | None, **details: str | int | None) -> None:
    audit.record(work, action, actor=by, by=None if by is not None else "operator", person_id=None, case_id=None, **details)
