"""Staff whom the chat does not reach (they blocked the bot): the step gives way at once, and their other channels ring all the same."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import structlog

from bot import audit
from bot.escalation import channels, store
from bot.escalation.policy import NextPage
from bot.models import Case, Page, PageState, Person
from bot.work import Work

_log = structlog.get_logger()


def ring(work: Work, case: Case, step: NextPage, reason: str, rung: set[UUID]) -> None:
    """Call the other channels of those whom a step names and the bot cannot write to. They cannot acknowledge here: nobody waits for them.

    Args:
        rung: ids of those who were called already at this moment; added to.
    """
    for staff in _named(work, case, step.who):
        if staff.id in rung:
            continue
        rung.add(staff.id)
        page = Page(case_id=case.id, staff_id=staff.id, step=step.index, reason=reason, level=case.level, created_at=work.now)
        page.state, page.failed_at, page.failure = PageState.FAILED, work.now, "blocked"
        work.session.add(page)
        work.session.flush()
        channels.call_now(work, case, page, staff)
        audit.record(work, "page.beyond_chat", person_id=case.person_id, case_id=case.id, page=page.id, staff=staff.number, step=step.index)
        _log.info("page.beyond_chat", case=case.number, page=page.id)


def _named(work: Work, case: Case, who: Sequence[str]) -> list[Person]:
    if case.kind != "real":
        return []
    return [staff for staff in store.out_of_chat(work, case, who) if channels.ways(work.settings, staff.number)]
