"""What the rota does by itself: asks for taps, gives up on them, announces gaps, hands over. Doing it twice does nothing twice."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from bot.escalation import duty
from bot.models import Meta
from bot.staff.oncall import checks, gaps, handover, swaps
from bot.work import Work

_LOOKED = "rota.looked_at"


def run(work: Work) -> datetime:
    """One look at the rota; replicas look one after the other.

    Returns:
        When something is to be done next, UTC.
    """
    looked = _held(work)
    duty.plan(work, work.now - gaps.BACK, gaps.horizon(work))  # read once for all that follows
    checks.ask(work, _since(work, looked.value))
    checks.follow(work)
    swaps.expire(work)
    gaps.announce(work)
    handover.morning(work)
    looked.value = work.now.isoformat()
    return next_at(work)


def next_at(work: Work) -> datetime:
    """When the rota is to be looked at next, as things stand; within a day."""
    duty.plan(work, work.now - gaps.BACK, gaps.horizon(work))
    found = [*checks.next_at(work), *gaps.next_at(work), *swaps.next_at(work)]
    return min((at for at in found if at > work.now), default=work.now + timedelta(days=1))


def _held(work: Work) -> Meta:
    mine = select(Meta).where(col(Meta.name) == _LOOKED).with_for_update()
    found = work.session.exec(mine).first()
    if found is None:
        with contextlib.suppress(IntegrityError), work.session.begin_nested():  # another replica may be making it too
            work.session.add(Meta(name=_LOOKED, value=""))
        found = work.session.exec(mine.execution_options(populate_existing=True)).one()
    return found


def _since(work: Work, looked: str) -> datetime:
    """From when on a shift's start is news: the last look, so that a stop hides none; some minutes at least, for what was just planned."""
    lately = work.now - timedelta(minutes=work.content.rota.confirm_within)
    last = datetime.fromisoformat(looked) if looked else lately
    return max(min(last, lately), work.now - checks.LOOK_BACK)
