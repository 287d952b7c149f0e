"""A second crisis goes to a counselor who is free (PRODUCT.md 5)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select

from bot.escalation import store
from bot.models import Case, CaseState, Person
from bot.safety.levels import Level
from bot.work import Work

_FIRST, _SECOND = ("owner", "primary"), "backup"


def whom(work: Work, case: Case, who: Sequence[str]) -> list[Person]:
    """The people whom a step names; whoever is in an emergency changes places with the backup, while the backup is free.

    So the new case's first step goes to the backup, and the primary is paged at the backup's step.
    """
    named = store.whom(work, case, who)
    backup = store.whom(work, case, (_SECOND,))
    if not backup or not busy(work, backup[0], case):
        primary = store.whom(work, case, ("primary",))
        taken = bool(primary) and bool(backup) and primary[0].id != backup[0].id and busy(work, primary[0], case)
        if _SECOND in who and len(who) == 1 and taken:
            return primary
        if _SECOND not in who and any(name in _FIRST for name in who) and backup:
            named = [backup[0] if busy(work, person, case) else person for person in named]
    return list({person.id: person for person in named}.values())


def busy(work: Work, staff: Person, case: Case) -> bool:
    """Whether someone has another emergency in hand."""
    statement = select(Case.id).where(
        col(Case.state) == CaseState.OPEN,
        col(Case.holder_id) == staff.id,
        col(Case.acknowledged_at).is_not(None),
        col(Case.level) == Level.EMERGENCY.value,
        col(Case.id) != case.id,
    )
    return work.session.exec(statement.limit(1)).first() is not None
