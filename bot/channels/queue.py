"""What the ringer does inside a transaction: take page deliveries that may go now, and write down what became of them."""

from __future__ import annotations

import html
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from bot import audit, logs
from bot.errors import DeliveryError, RetryLater, Undeliverable
from bot.escalation import channels, engine, store
from bot.escalation.channels import FAILED, LATE, SENT, WAITING
from bot.escalation.kinds import WEBHOOK
from bot.models import Case, Page, PageDelivery, PageState, Person
from bot.work import Work

_log = logs.get_logger()

LEASE = timedelta(seconds=30)  # longer than a target's time-out
CLAIMED = 40  # deliveries in one short transaction
FIRST_PAUSE = timedelta(seconds=5)  # doubled with each attempt, inside the step's wait
KEY, KEY_MANY = "channels/page", "channels/pages"


@dataclass(frozen=True, slots=True)
class Call:
    """What goes out to one target now: several pages of a burst in one, each page of a webhook by itself.

    Attributes:
        ids: of the deliveries that it carries.
        text: fixed words without names, in the person's language.
        body: for the webhook, instead of words.
    """

    target: str
    ids: tuple[int, ...]
    text: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a call; None: it was accepted."""

    call: Call
    error: DeliveryError | None = None


def pending(session: Session, now: datetime) -> bool:
    """Whether anything waits that may go now; a look beside the writer."""
    statement = select(PageDelivery.id).where(col(PageDelivery.state) == WAITING, col(PageDelivery.next_at) <= now).limit(1)
    return session.exec(statement).first() is not None


def claim(work: Work, known: Collection[str], busy: Collection[str]) -> list[Call]:
    """Take what may go now, a call for each target.

    Args:
        known: targets that the settings name; what was put in for another one is given up.
        busy: targets that are being called at this moment: what waits for them goes together afterwards.
    """
    statement = (
        select(PageDelivery)
        .where(col(PageDelivery.state) == WAITING, col(PageDelivery.next_at) <= work.now, col(PageDelivery.target).not_in(list(busy)))
        .where(col(PageDelivery.lease_until).is_(None) | (col(PageDelivery.lease_until) <= work.now))
        .order_by(col(PageDelivery.id))
        .limit(CLAIMED)
        .with_for_update(skip_locked=True, key_share=True)
    )
    rows = [row for row in work.session.exec(statement).all() if _may_go(work, row, known)]
    calls = []
    for target in dict.fromkeys(row.target for row in rows):
        mine = [row for row in rows if row.target == target]
        for row in mine:
            row.lease_until, row.attempts = work.now + LEASE, row.attempts + 1
        if target == WEBHOOK:
            calls += [Call(target, (row.id or 0,), body=_body(work, row)) for row in mine]
        else:
            calls.append(Call(target, tuple(row.id or 0 for row in mine), text=_words(work, mine)))
    return calls


def _may_go(work: Work, row: PageDelivery, known: Collection[str]) -> bool:
    page, case = work.session.get(Page, row.page_id), work.session.get(Case, row.case_id)
    if page is None or case is None or not channels.wanted(case, page):
        row.state, row.failure = LATE, "answered"
        return False
    if row.useful_until is not None and row.useful_until <= work.now:
        _late(work, row)
        return False
    if row.target not in known:
        _failed(work, row, "no_target")
        return False
    return True


def _words(work: Work, rows: Sequence[PageDelivery]) -> str:
    staff = work.session.get(Person, rows[0].staff_id)
    numbers = sorted({case.number for row in rows if (case := work.session.get(Case, row.case_id)) is not None})
    key, values = (KEY, {"number": numbers[0]}) if len(numbers) == 1 else (KEY_MANY, {"count": len(numbers)})
    return plain(work, key, staff.language if staff is not None else work.settings.language, **values)


def plain(work: Work, key: str, lang: str, **values: Any) -> str:
    """A text of the content for something that knows no markup."""
    context = {"zone": work.settings.timezone, "lines": work.content.lines_for(work.settings.country).view(lang), **values}
    return html.unescape(work.content.texts.render(key, lang, context)).strip()


def _body(work: Work, row: PageDelivery) -> dict[str, Any]:
    page, case = work.session.get_one(Page, row.page_id), work.session.get_one(Case, row.case_id)
    staff = work.session.get_one(Person, row.staff_id)
    return {
        "kind": "page",
        "case": case.number,
        "level": case.level,
        "minutes": store.minutes_open(case, work.now),
        "step": page.step,
        "staff": staff.number,
        "at": page.created_at.isoformat(),
    }


def settle(work: Work, results: Sequence[Result]) -> None:
    """Write down what became of calls. The first channel that takes a page counts as its delivery."""
    for result in results:
        for row_id in result.call.ids:
            row = work.session.get(PageDelivery, row_id, with_for_update={"key_share": True})
            if row is None or row.state != WAITING:
                continue
            row.lease_until = None
            if result.error is None:
                _accepted(work, row)
            elif isinstance(result.error, RetryLater):
                _again(work, row, result.error)
            else:
                _failed(work, row, result.error.reason if isinstance(result.error, Undeliverable) else "error")


def _accepted(work: Work, row: PageDelivery) -> None:
    row.state, row.sent_at, row.failure = SENT, work.now, None
    audit.record(work, "page.rung", case_id=row.case_id, page=row.page_id, kind=row.kind)
    _log.info("page.rung", page=row.page_id, kind=row.kind)
    engine.page_sent(work, row.page_id)


def _again(work: Work, row: PageDelivery, error: RetryLater) -> None:
    pause = max(error.after, FIRST_PAUSE * 2 ** min(row.attempts - 1, 8))
    row.next_at, row.failure = work.now + pause, "uncertain" if error.uncertain else "later"
    if row.useful_until is not None and row.next_at >= row.useful_until:
        _late(work, row)


def _late(work: Work, row: PageDelivery) -> None:
    """The step's wait is over, and the next step is due by itself."""
    row.state = LATE
    _log.warning("page.ring_late", page=row.page_id, kind=row.kind, attempts=row.attempts)
    page = work.session.get(Page, row.page_id)
    if page is not None and _hopeless(work, page):
        page.state, page.failed_at = PageState.FAILED, work.now


def _failed(work: Work, row: PageDelivery, reason: str) -> None:
    row.state, row.failure = FAILED, reason
    audit.record(work, "page.ring_failed", case_id=row.case_id, page=row.page_id, kind=row.kind, reason=reason)
    _log.warning("page.ring_failed", page=row.page_id, kind=row.kind, reason=reason)
    page = work.session.get(Page, row.page_id)
    if page is not None and _hopeless(work, page):
        engine.page_failed(work, row.page_id, page.failure or reason)


def _hopeless(work: Work, page: Page) -> bool:
    """Telegram failed for good, and no other way took the page or may yet."""
    work.session.flush()
    others = select(func.count()).select_from(PageDelivery).where(col(PageDelivery.page_id) == page.id)
    left = work.session.exec(others.where(col(PageDelivery.state).in_((WAITING, SENT)))).one()
    return page.state is PageState.QUEUED and page.failure is not None and left == 0
