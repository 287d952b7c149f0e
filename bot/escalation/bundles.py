"""A burst of pages to one person: beyond a few within a minute they stand together in one message, which is edited. None is dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import col, exists, select

from bot import due, outbox
from bot.ids import short, unshort
from bot.models import Case, CaseState, Lane, Outbox, OutboxState, Page, PageState, Person
from bot.outbox import Button, Post
from bot.ports import Outgoing
from bot.safety.levels import Level
from bot.work import Work

AT_ONCE, WINDOW = 5, timedelta(minutes=1)  # so many pages within a minute come one by one
SHOWN = 20  # case numbers in the message; the list has all
KEY, SETTLE = "alerts/page_bundle", "case.bundle"
_ON_ITS_WAY = (OutboxState.WAITING, OutboxState.SENDING)
_NEVER = (OutboxState.FAILED, OutboxState.DROPPED)


def is_burst(work: Work, page: Page) -> bool:
    """Whether this person was paged so often within the last minute that a further page joins a bundle.

    What they asked for themselves is not counted.
    """
    statement = select(Page.created_at).where(col(Page.staff_id) == page.staff_id, col(Page.reason) != "asked", col(Page.id) != page.id)
    newest = work.session.exec(statement.order_by(col(Page.id).desc()).limit(AT_ONCE)).all()
    # A page of the future was made before the clock was set back.
    return len(newest) == AT_ONCE and timedelta() <= work.now - newest[-1] < WINDOW


def add(work: Work, case: Case, page: Page, staff: Person) -> bool:
    """Put a page into the person's bundle of this minute; the first one begins it, with a sound.

    Returns:
        Whether it began one.
    """
    row = _standing(work, staff)
    if row is not None:
        page.bundle_id = row.id
        work.session.flush()
        refresh(work, row, staff, lane=Lane.PAGE)
        return False
    message = _compose(work, staff, [Waiting(case.number, case.level == Level.EMERGENCY)])
    row = outbox.put(work, staff, message, post=Post(lane=Lane.PAGE), template=KEY)
    assert row is not None  # whoever is paged has a chat, and pages know no silent mode
    page.bundle_id = row.id
    work.session.flush()
    return True


def refresh(work: Work, row: Outbox, staff: Person, *, lane: Lane = Lane.REPLY) -> None:
    """The bundle says which of its cases still wait."""
    message = _compose(work, staff, waiting(work, row))
    before = outbox.opened(work, row)
    if before is None or (before.text, before.keys) != (message.text, message.keys):
        outbox.edit(work, staff, row, message, lane=lane)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case that nobody has, as far as a bundle tells."""

    number: int
    emergency: bool


def waiting(work: Work, row: Outbox) -> list[Waiting]:
    """The cases of a bundle that nobody has and that no newer message to this person shows: emergencies first, then the oldest."""
    newer = aliased(Page)
    shown_since = exists().where(
        col(newer.case_id) == col(Page.case_id), col(newer.staff_id) == col(Page.staff_id), col(newer.id) > col(Page.id)
    )
    statement = (
        select(Case.number, Case.level)
        .join(Page, col(Page.case_id) == col(Case.id))
        .where(col(Page.bundle_id) == row.id, col(Case.state) == CaseState.OPEN, col(Case.acknowledged_at).is_(None), ~shown_since)
    )
    found = {Waiting(number, level == Level.EMERGENCY) for number, level in work.session.exec(statement)}
    return sorted(found, key=lambda case: (not case.emergency, case.number))


def arrived(work: Work, row: Outbox) -> None:
    """A bundle, or an edit of one, was delivered or never will be: its pages are settled piece by piece, since there may be hundreds."""
    bundle_id = row.edits_id or row.id
    due.put(work, SETTLE, f"{SETTLE}:{row.id}", work.now, bundle=short(bundle_id))


def settled(work: Work, bundle: str, limit: int) -> tuple[list[int], OutboxState | None]:
    """Which pages of a bundle are to be settled now, and how its delivery went.

    Returns:
        At most `limit` ids of pages; `OutboxState.SENT`, `OutboxState.FAILED`, or None while an edit of it is on its way.
    """
    bundle_id: UUID = unshort(bundle)
    base = work.session.get(Outbox, bundle_id)
    if base is None:
        return [], None
    edits = select(Outbox.state).where(
        col(Outbox.edits_id) == bundle_id, col(Outbox.kind) != "delete", col(Outbox.failure).is_distinct_from("superseded")
    )
    states = [base.state, *work.session.exec(edits.order_by(col(Outbox.id)))]
    if any(state in _ON_ITS_WAY for state in states):
        return [], None
    outcome = OutboxState.FAILED if states[-1] in _NEVER else OutboxState.SENT
    queued = select(Page.id).where(col(Page.bundle_id) == bundle_id, col(Page.state) == PageState.QUEUED)
    ids = work.session.exec(queued.order_by(col(Page.id)).limit(limit)).all()
    return [page_id for page_id in ids if page_id is not None], outcome


def _standing(work: Work, staff: Person) -> Outbox | None:
    statement = select(Outbox).where(
        col(Outbox.chat_id) == staff.chat_id,
        col(Outbox.template) == KEY,
        col(Outbox.edits_id).is_(None),
        col(Outbox.state).not_in(_NEVER),
        col(Outbox.created_at) > work.now - WINDOW,
        col(Outbox.created_at) <= work.now,
    )
    # Locked: whoever adds to it at the same moment reads this page too, and no number is left out of the message.
    return work.session.exec(statement.order_by(col(Outbox.id).desc()).limit(1).with_for_update(key_share=True)).first()


def _compose(work: Work, staff: Person, cases: list[Waiting]) -> Outgoing:
    return outbox.compose(
        work,
        staff,
        KEY,
        [[Button("alerts/open_list", "alerts.list")]],
        count=len(cases),
        emergencies=sum(1 for case in cases if case.emergency),
        numbers=[case.number for case in cases[:SHOWN]],
        more=max(len(cases) - SHOWN, 0),
    )


def is_bundle(row: Outbox) -> bool:
    """Whether a row of the outbox is a bundle of pages, or an edit of one."""
    return row.template == KEY
