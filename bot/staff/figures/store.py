"""Figures from the rows: cases by week, rules by what a human judged."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, func, select

from bot import due
from bot.escalation import store as cases
from bot.escalation.resolution import NOT_A_CRISIS
from bot.models import Alert, Audit, Case, CaseState, Person
from bot.staff.figures import rules
from bot.staff.figures.rules import RuleCount, Week
from bot.work import Work

WEEK = timedelta(days=7)
LEVELS, HELPED, SOON = ("emergency", "urgent"), ("yes", "some", "no"), ("yes", "no")


def weeks(work: Work, count: int) -> list[Week]:
    """The last weeks, the present one first.

    Args:
        count: how many, at least 1.
    """
    first = rules.monday(due.local_date(work.now, work.settings.timezone))
    return [_week(work, first - WEEK * back) for back in range(count)]


def _week(work: Work, start: date) -> Week:
    begin, end = _midnight(work, start), _midnight(work, start + WEEK)
    found = work.session.exec(_real(select(Case)).where(col(Case.opened_at) >= begin, col(Case.opened_at) < end)).all()
    first_acks = _first(work, "case.acknowledged", begin, end)
    broken = _count(work, "case.promise_broken", begin, end)
    closed = [case for case in found if case.state is CaseState.CLOSED]
    return Week(
        start=start,
        until=start + WEEK - timedelta(days=1),
        levels=_counted((case.level for case in found), LEVELS),
        acknowledged=rules.spread([_after(case, first_acks.get(case.id)) for case in found]),
        word=rules.spread([_after(case, case.word_at) for case in found]),
        broken=sum(broken.values()),
        broken_cases=len(broken),
        closed=len(closed),
        false_alarms=sum(1 for case in closed if case.outcome == NOT_A_CRISIS),
        helped=_counted((case.helped for case in closed), HELPED),
        soon=_counted((case.helped_soon for case in closed), SOON),
    )


def by_rule(work: Work, since: datetime | None = None) -> list[RuleCount]:
    """Every rule that fired, the least precise first, then what nobody has judged; of equals the one that fired most.

    The rules stand sealed beside the words; only their ids leave here.

    Args:
        since: evidence from then on; all of it when left out.
    """
    statement = (
        select(Alert, Case)
        .join(Person, col(Person.id) == col(Alert.person_id))
        .outerjoin(Case, col(Case.id) == col(Alert.case_id))
        .where(col(Person.fictitious).is_(False))
        .order_by(col(Alert.id))
        .execution_options(yield_per=500)
    )
    if since is not None:
        statement = statement.where(col(Alert.at) >= since)
    fired: Counter[str] = Counter()
    known: dict[str, dict[UUID, Case]] = defaultdict(dict)
    for alert, case in work.session.exec(statement):
        if case is not None and case.kind != "real":
            continue
        for name in {rules.rule_id(rule) for rule in cases.evidence(work, alert).get("rules", ())} - {""}:
            fired[name] += 1
            if case is not None:
                known[name][case.id] = case
    found = [_rule(name, number, list(known[name].values())) for name, number in fired.items()]
    return sorted(found, key=lambda one: (one.judged == 0, one.precision or 0, -one.fired, one.rule))


def _rule(name: str, fired: int, found: list[Case]) -> RuleCount:
    judged = [case for case in found if case.state is CaseState.CLOSED and case.outcome is not None]
    return RuleCount(name, fired, len(found), len(judged), sum(1 for case in judged if case.outcome == NOT_A_CRISIS))


def _real(statement: Any) -> Any:
    """Cases of real people, in earnest."""
    joined = statement.join(Person, col(Person.id) == col(Case.person_id))
    return joined.where(col(Case.kind) == "real", col(Person.fictitious).is_(False))


def _first(work: Work, action: str, begin: datetime, end: datetime) -> dict[UUID, datetime]:
    """When something was first done in each case that was opened between two instants."""
    statement = _real(select(col(Audit.case_id), func.min(col(Audit.at))).join(Case, col(Case.id) == col(Audit.case_id)))
    chosen = statement.where(col(Audit.action) == action, col(Case.opened_at) >= begin, col(Case.opened_at) < end)
    return dict(work.session.exec(chosen.group_by(col(Audit.case_id))).all())


def _count(work: Work, action: str, begin: datetime, end: datetime) -> dict[UUID, int]:
    statement = _real(select(col(Audit.case_id), func.count()).select_from(Audit).join(Case, col(Case.id) == col(Audit.case_id)))
    chosen = statement.where(col(Audit.action) == action, col(Case.opened_at) >= begin, col(Case.opened_at) < end)
    return dict(work.session.exec(chosen.group_by(col(Audit.case_id))).all())


def _after(case: Case, at: datetime | None) -> timedelta | None:
    return at - case.opened_at if at is not None else None


def _counted(values: Iterable[str | None], known: tuple[str, ...]) -> dict[str, int]:
    found = Counter(value for value in values if value is not None)
    return {one: found[one] for one in known}


def _midnight(work: Work, day: date) -> datetime:
    return due.instant_of(day, time(0, 0), work.settings.timezone)
