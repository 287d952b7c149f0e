"""The watchdog: each minute an audit of every open case. One that stands still is pushed, logged, and told to the supervisors once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import structlog
from sqlalchemy import ColumnElement
from sqlmodel import and_, col, exists, func, or_, select, update

from bot import audit, outbox, people
from bot.escalation.channels import SENT, WAITING
from bot.models import Case, CaseState, Lane, Meta, Outbox, OutboxState, Page, PageDelivery, PageState, Role
from bot.outbox import Button, Post
from bot.work import Work

_log = structlog.get_logger()

EVERY = timedelta(minutes=1)
LATE = timedelta(minutes=1)  # a step or promise that is overdue for longer stands still
LEAST_PAUSE, LEAST_PROMISE = timedelta(minutes=65), timedelta(minutes=250)  # shorter than these no next instant is ever "too far away"
PUSHED = 50  # cases in one short transaction; the next audit takes the rest
NAMED = 10  # numbers in one message
_BEAT = "heartbeat"
_CARRIED = (OutboxState.WAITING, OutboxState.SENDING, OutboxState.SENT)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an audit found.

    Attributes:
        stuck: numbers of the cases that stood still and were pushed.
    """

    at: datetime
    open: int
    stuck: tuple[int, ...]

    @property
    def good(self) -> bool:
        """Whether every open case is where it should be."""
        return not self.stuck


def look(work: Work) -> Verdict:
    """Audit all open cases; drills have a verdict of their own. Closed cases are never read."""
    open_real = (col(Case.state) == CaseState.OPEN, col(Case.kind) == "real")
    count = work.session.exec(select(func.count()).select_from(Case).where(*open_real)).one()
    wrong = select(Case).where(*open_real, _stands_still(work.now, *_longest(work))).order_by(col(Case.number)).limit(PUSHED)
    cases = work.session.exec(wrong.with_for_update(skip_locked=True, key_share=True)).all()
    fresh = [case for case in cases if case.stuck_at is None]
    for case in cases:
        _push(work, case)
    work.session.flush()
    numbers = tuple(case.number for case in cases)
    moves_again = (*open_real, col(Case.stuck_at).is_not(None), col(Case.number).not_in(numbers))
    work.session.execute(update(Case).where(*moves_again).values(stuck_at=None))
    if fresh:
        _tell(work, fresh)
    return Verdict(work.now, count, numbers)


def _longest(work: Work) -> tuple[timedelta, timedelta]:
    """The longest pause between two steps, and the longest promise, that any policy has; with some room."""
    every = (work.content.policies.emergency, work.content.policies.urgent_day, work.content.policies.urgent_night)
    pauses = [chain.repeat_every for chain in every] + [after.at - one.at for chain in every for one, after in pairwise(chain.steps)]
    promises = [max(chain.word_within, chain.unanswered_within or 0) for chain in every]
    return max(LEAST_PAUSE, timedelta(minutes=max(pauses) + 5)), max(LEAST_PROMISE, timedelta(minutes=max(promises) + 5))


def _stands_still(now: datetime, pause: timedelta, promise: timedelta) -> ColumnElement[bool]:
    """What is further away than any policy makes it was written by a clock that ran ahead before a restart: nobody waits for that.

    An unanswered case has a next step that is not overdue and a page that is on its way or arrived (unless the patient was told that
    nobody is there); an acknowledged one has a holder and either a human's word or the time until which one is promised."""
    unanswered, answered = col(Case.acknowledged_at).is_(None), col(Case.acknowledged_at).is_not(None)
    overdue = now - LATE
    no_step = or_(col(Case.next_page_at).is_(None), col(Case.next_page_at) < overdue, col(Case.next_page_at) > now + pause)
    no_page = and_(col(Case.told_nobody_at).is_(None), col(Case.level_at) < overdue, ~_live_page())
    no_promise = or_(
        col(Case.holder_id).is_(None),
        and_(col(Case.word_at).is_(None), col(Case.word_due_at).is_(None)),
        col(Case.word_due_at) < overdue,
        col(Case.word_due_at) > now + promise,
    )
    return or_(and_(unanswered, or_(no_step, no_page)), and_(answered, no_promise))


def _live_page() -> ColumnElement[bool]:
    of_case = (col(Page.case_id) == col(Case.id), col(Page.state) != PageState.FAILED)
    carried = (col(Outbox.state).in_(_CARRIED), col(Outbox.edits_id).is_(None))
    ways = (
        col(Page.state) == PageState.SENT,
        exists().where(col(Outbox.page_id) == col(Page.id), *carried),
        exists().where(col(Outbox.id) == col(Page.bundle_id), *carried),
        exists().where(col(PageDelivery.page_id) == col(Page.id), col(PageDelivery.state).in_((WAITING, SENT))),
    )
    return exists().where(*of_case, or_(*ways))


def _push(work: Work, case: Case) -> None:
    """Make it due now, whatever it waited for: the engine's next cycle, within a second, goes on with it."""
    if case.acknowledged_at is None:
        case.next_page_at = work.now
    else:
        case.word_due_at = work.now
    if case.stuck_at is None:
        case.stuck_at = work.now
        audit.record(work, "case.stuck", person_id=case.person_id, case_id=case.id)
    _log.error("case.stuck", case=case.number)


def _tell(work: Work, cases: Sequence[Case]) -> None:
    numbers = [case.number for case in cases]
    for staff in people.staff(work.session, {Role.SUPERVISOR, Role.OPERATOR}):
        post = Post(lane=Lane.CRISIS, dedup_key=f"stuck:{staff.id}:{work.now.isoformat(timespec='minutes')}")
        rows = [[Button("alerts/show_list", "alerts.list")]]
        outbox.say(work, staff, "watchdog/stuck", rows, post=post, numbers=numbers[:NAMED], more=len(numbers[NAMED:]))


def note_beat(work: Work, state: str) -> None:
    """Keep what became of the last heartbeat, for `waymark doctor`, which is another process."""
    work.session.merge(Meta(name=_BEAT, value=f"{work.now.isoformat(timespec='seconds')} {state}"))


def last_beat(work: Work) -> tuple[datetime, str] | None:
    """When the heartbeat last looked, and `ok` or why it stayed silent; None before the first."""
    found = work.session.get(Meta, _BEAT)
    if found is None:
        return None
    at, _, state = found.value.partition(" ")
    return datetime.fromisoformat(at), state
