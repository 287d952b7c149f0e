"""What the next one on shift has to know: open cases, work that is due, who is away, what changed in the rota."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, or_, select

from bot import due, outbox, people
from bot.escalation import answers, duty, store, tasks
from bot.models import CLINICAL, Person, Shift, ShiftCheck
from bot.outbox import Button, Post
from bot.staff.oncall import gaps
from bot.staff.oncall import store as plans
from bot.work import Work

CASES, CHANGES = 8, 3
SINCE = timedelta(days=1)  # how far back a change of the rota is news
MORNING_USEFUL = timedelta(hours=2)
_NEAR_START = timedelta(minutes=30)


def summary(work: Work, staff: Person) -> dict[str, Any]:
    """What the handover says: numbers, levels, holders' first names and minutes, no patient and no words.

    Returns:
        The values of `oncall/handed`.
    """
    cases = [case for case in store.open_cases(work.session) if case.kind == "real"]
    todo = tasks.open_tasks(work, staff) if staff.role in CLINICAL else []
    return {
        "cases": [_case(work, case) for case in sorted(cases, key=lambda one: (one.level != "emergency", one.number))[:CASES]],
        "more": max(len(cases) - CASES, 0),
        "due": sum(1 for task in todo if task.due_at <= work.now + SINCE),
        "overdue": sum(1 for task in todo if task.due_at + tasks.OVERDUE_AFTER <= work.now),
        "away": [first_name(work, person) for person in plans.away_now(work)],
        "changes": _changes(work),
    }


def _case(work: Work, case: Any) -> dict[str, Any]:
    held = case.holder_id is not None and case.acknowledged_at is not None
    return {
        "number": case.number,
        "level": case.level,
        "minutes": store.minutes_open(case, work.now),
        "holder": first_name(work, people.get(work.session, case.holder_id)) if held else "",
    }


def _changes(work: Work) -> list[dict[str, Any]]:
    fresh = select(Shift).where(col(Shift.created_at) > work.now - SINCE, or_(col(Shift.end_at).is_(None), col(Shift.end_at) > work.now))
    rows = work.session.exec(fresh.order_by(col(Shift.id).desc()).limit(CHANGES)).all()
    return [
        {"position": row.position, "name": first_name(work, people.get(work.session, row.staff_id)), "start": row.start_at}
        for row in reversed(rows)
    ]


def first_name(work: Work, person: Person) -> str:
    """The first word of somebody's name."""
    return answers.first_name(people.name_of(work, person))


def morning(work: Work) -> None:
    """Each morning whoever is first on call gets the handover, unless their shift has just begun: that comes with one of its own."""
    at = gaps.last_morning(work)
    if work.now - at > MORNING_USEFUL:
        return
    staff = duty.on_call(work, "primary", work.now)
    if staff is None or _starting(work, staff, at):
        return
    day = due.local_date(at, work.settings.timezone).isoformat()
    post = Post(dedup_key=f"handover:{staff.id}:{day}", expires_at=at + MORNING_USEFUL)
    outbox.say(work, staff, "oncall/morning", [[Button("oncall/open", "oncall.handover")]], post=post)


def _starting(work: Work, staff: Person, morning_at: datetime) -> bool:
    near = select(ShiftCheck.id).where(
        col(ShiftCheck.staff_id) == staff.id,
        col(ShiftCheck.start_at) > morning_at - _NEAR_START,
        col(ShiftCheck.start_at) < work.now + _NEAR_START,
    )
    return work.session.exec(near.limit(1)).first() is not None
