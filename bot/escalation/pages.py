"""What a page says: case number, level, minutes and what to do, nothing else; one message per person and step, edited as the case moves."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlmodel import col, func, select, update

from bot import outbox, people
from bot.db import affected
from bot.escalation import answers, bundles, store
from bot.models import CLINICAL, Case, CaseState, Lane, Outbox, OutboxState, Page, Person, RelayMessage
from bot.outbox import Button, Post, Rows
from bot.ports import Outgoing
from bot.work import Work

DELETE_BEFORE = timedelta(hours=47)  # Telegram lets a bot delete for 48 hours
_TOLD_TO_THE_HOLDER = ("again", "unreachable")  # reasons that page somebody who has the case already


def rows(page_id: int, *, passed_on: bool = False) -> Rows:
    """The buttons of a page that nobody acknowledged yet; whoever has passed it on already cannot do so again."""
    further = [] if passed_on else [Button("alerts/pass_on", "alerts.pass_on", (page_id,))]
    return [
        [Button("alerts/acknowledge", "alerts.acknowledge", (page_id,))],
        [Button("alerts/open", "alerts.open", (page_id,)), *further],
    ]


def holder_rows(case: Case, page_id: int, staff: Person) -> Rows:
    """The buttons of the person who has the case. An operator phones; writing and resolving are for those who may read the words."""
    look = Button("alerts/open", "alerts.open", (page_id,))
    phone = [Button("alerts/call", "alerts.call", (case.number,)), Button("alerts/reached", "alerts.reached", (case.number,))]
    further = [Button("alerts/no_answer", "alerts.no_answer", (case.number,)), Button("alerts/pass_on", "alerts.pass_on", (page_id,))]
    if not store.may_see_words(staff):
        return [[look], phone, further]
    write = Button("alerts/write", "relay.write", (case.number,))
    return [[look, write], phone, further, [Button("alerts/resolve", "alerts.resolve", (case.number,))]]


def closed_rows(case: Case) -> Rows:
    """What can still be done with a closed case: its chart, and a late entry."""
    return [[Button("record/chart", "alerts.chart", (case.number,)), Button("record/add", "alerts.add", (case.number,))]]


def compose(work: Work, case: Case, page: Page, staff: Person, *, fresh: bool = False) -> tuple[str, Outgoing]:
    """What a page says to its person as things stand now: the template's key and the message.

    Args:
        fresh: it is about to be sent for the first time, so that its reason is the news.
    """
    key, buttons = _choose(work, case, page, staff, fresh=fresh)
    holder = _holder(work, case)
    message = outbox.compose(
        work,
        staff,
        key,
        buttons,
        number=case.number,
        level=case.level,
        minutes=store.minutes_open(case, work.now),
        name=answers.first_name(people.name_of(work, holder)) if holder is not None else "",
        at=case.acknowledged_at,
        held=holder is not None,
        unreachable=_unreachable(work, case),
        silent=people.get(work.session, case.person_id).silent_since is not None,
        waiting=words_waiting(work, case),
    )
    return key, message


def _choose(work: Work, case: Case, page: Page, staff: Person, *, fresh: bool) -> tuple[str, Rows]:
    page_id = page.id or 0
    if case.state is CaseState.CLOSED:
        return "alerts/page_closed", closed_rows(case) if store.may_see_words(staff) and case.kind == "real" else ()
    holder = _holder(work, case)
    if holder is None:
        reason = "unreachable" if _unreachable(work, case) else page.reason
        return _key(work, reason), rows(page_id, passed_on=store.passed_on_by(work.session, page))
    if holder.id == staff.id:
        told = fresh and page.reason in _TOLD_TO_THE_HOLDER
        return (_key(work, page.reason) if told else "alerts/page_yours"), holder_rows(case, page_id, staff)
    buttons = [Button("alerts/open", "alerts.open", (page_id,))]
    if staff.role in CLINICAL:
        buttons.append(Button("alerts/take", "alerts.take", (page_id, "ask")))
    return "alerts/page_held", [buttons]


def send(work: Work, case: Case, page: Page, staff: Person, *, lane: Lane = Lane.PAGE) -> bool:
    """Queue a page for the first time; in a burst it joins the bundle of the minute. The person's older page of this case points to it.

    Returns:
        Whether it makes a sound of its own.
    """
    older = store.page_before(work.session, page)
    if lane is Lane.PAGE and bundles.is_burst(work, page):
        loud = bundles.add(work, case, page, staff)
    else:
        key, message = compose(work, case, page, staff, fresh=True)
        outbox.put(work, staff, message, post=Post(lane=lane, case_id=case.id, page_id=page.id), template=key)
        loud = True
    if older is not None:
        _point_on(work, case, older, page, staff)
    return loud


def _point_on(work: Work, case: Case, older: Page, page: Page, staff: Person) -> None:
    """One message per person and case has live buttons, the newest, and one points to it. A press of an older one is still answered."""
    row, before = store.message_of(work.session, older), store.page_before(work.session, older)
    if before is not None and before.bundle_id is None:
        _take_away(work, before, staff)
    if row is None:
        return
    if older.bundle_id is None:
        outbox.edit(work, staff, row, outbox.compose(work, staff, "alerts/page_older", number=case.number), lane=Lane.REPLY)
    elif older.bundle_id != page.bundle_id:
        bundles.refresh(work, row, staff)


def _take_away(work: Work, page: Page, staff: Person) -> None:
    """A page that pointed to the one after it leaves the phone, as long as Telegram allows it; behind its own last edit, in their order."""
    row = store.message_of(work.session, page)
    if row is None or row.state is not OutboxState.SENT or row.result_message_id is None or row.sent_at is None:
        return
    if row.chat_id != staff.chat_id or work.now - row.sent_at > DELETE_BEFORE or store.deletion_of(work.session, row) is not None:
        return
    gone = Outgoing(row.chat_id, kind="delete", target=row.result_message_id)
    outbox.put(work, staff, gone, post=Post(lane=Lane.REPLY), edits_id=row.id)


def refresh(work: Work, case: Case, *, but: Collection[Page] = ()) -> None:
    """Edit each person's newest page of a case to what is so now: never a stale button. Edits make no sound and never hold a page up.

    Args:
        but: pages that were put in this very moment.
    """
    for page in store.newest_pages(work.session, case.id):
        if page in but:
            continue
        staff, row = people.get(work.session, page.staff_id), store.message_of(work.session, page)
        if row is None or not people.reachable(staff):
            continue
        if page.bundle_id is not None:
            bundles.refresh(work, row, staff)
            continue
        message, before = compose(work, case, page, staff)[1], outbox.opened(work, row)
        if before is None or (before.text, before.keys) != (message.text, message.keys):
            outbox.edit(work, staff, row, message, lane=Lane.REPLY)


def adopt(work: Work, page: Page, message_id: int) -> bool:
    """A press came from a page whose send timed out: now its message is known, and it is not sent once more.

    Returns:
        Whether that was so.
    """
    if not message_id:
        return False
    statement = (
        update(Outbox)
        .where(
            col(Outbox.page_id) == page.id,
            col(Outbox.edits_id).is_(None),
            col(Outbox.result_message_id).is_(None),
            col(Outbox.state) == OutboxState.WAITING,
        )
        .values(result_message_id=message_id, state=OutboxState.SENT, sent_at=work.now)
    )
    return bool(affected(work.session.execute(statement)))


def words_waiting(work: Work, case: Case) -> int:
    """How many of the patient's messages nobody on the team was given yet."""
    statement = select(func.count()).select_from(RelayMessage)
    statement = statement.where(
        col(RelayMessage.case_id) == case.id, col(RelayMessage.to_patient).is_(False), col(RelayMessage.recipient_id).is_(None)
    )
    return int(work.session.exec(statement).one())


def _key(work: Work, reason: str) -> str:
    key = f"alerts/page_{reason}"
    return key if work.content.texts.has(key) else "alerts/page"


def _holder(work: Work, case: Case) -> Person | None:
    return people.get(work.session, case.holder_id) if case.holder_id is not None and case.acknowledged_at is not None else None


def _unreachable(work: Work, case: Case) -> bool:
    return people.get(work.session, case.person_id).blocked_at is not None
