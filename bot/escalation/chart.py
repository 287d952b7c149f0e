"""What goes into the chart about a case: every time, word, page, delivery and answer, as plain data. Nothing is formatted here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from bot import people
from bot.escalation import record, relay, store
from bot.escalation.record import Entry
from bot.models import Audit, Case, Outbox, PageDelivery, Person
from bot.work import Work

SAME = timedelta(minutes=5)  # words that fed the case and went through the relay stand once
# Shown in sections of their own, with more than the log says.
_SHOWN_ELSEWHERE = ("page.", "relay.", "record.", "phone.")


@dataclass(frozen=True, slots=True)
class Screened:
    """Why the case was opened or raised, once for each piece of evidence."""

    at: datetime
    source: str
    level: str
    category: str
    rules: tuple[str, ...]
    matched: tuple[str, ...]
    lexicon: str
    content: str


@dataclass(frozen=True, slots=True)
class Said:
    """Words, as they were written. `who` is None for the patient; `arrived_at` and `failure` only for what went through the relay."""

    at: datetime
    who: Person | None
    text: str
    edited_at: datetime | None = None
    arrived_at: datetime | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """One channel beside Telegram on which a page was tried."""

    kind: str
    state: str
    at: datetime
    failure: str


@dataclass(frozen=True, slots=True)
class Paged:
    """One page to one person."""

    at: datetime
    staff: Person
    step: int
    reason: str
    level: str
    sent_at: datetime | None
    failed_at: datetime | None
    failure: str
    pressed_at: datetime | None
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the log; `details` holds ids, keys and numbers."""

    at: datetime
    action: str
    actor: Person | None
    details: Mapping[str, Any]


@dataclass(frozen=True)
class Chart:
    """A case as the chart keeps it; every list is in the order of time.

    Attributes:
        answer_at: when the first message to the patient was delivered.
        acknowledged_at: the first acknowledgement; later ones stand in `events`.
        broken: when the promise of a human's word was broken; empty when it was kept.
        resolution: the answers of whoever closed it; empty while it is open.
        before: the case that was closed within the day before this one opened.
    """

    case: Case
    patient: Person
    holder: Person | None
    closed_by: Person | None
    answer_at: datetime | None
    acknowledged_at: datetime | None
    broken: tuple[datetime, ...]
    screened: tuple[Screened, ...]
    said: tuple[Said, ...]
    paged: tuple[Paged, ...]
    events: tuple[Event, ...]
    resolution: Mapping[str, Any]
    entries: tuple[Entry, ...]
    before: Case | None


def collect(work: Work, case: Case) -> Chart:
    """Everything about a case. It reads and never writes; its words are what was typed, whole."""
    events = _events(work, case)
    return Chart(
        case=case,
        patient=people.get(work.session, case.person_id),
        holder=_person(work, case.holder_id),
        closed_by=_person(work, case.closed_by),
        answer_at=_first_answer(work, case),
        acknowledged_at=next((event.at for event in events if event.action == "case.acknowledged"), None),
        broken=tuple(event.at for event in events if event.action == "case.promise_broken"),
        screened=tuple(_screened(work, case)),
        said=tuple(_said(work, case)),
        paged=tuple(_paged(work, case)),
        events=tuple(event for event in events if not event.action.startswith(_SHOWN_ELSEWHERE)),
        resolution=record.resolution_of(work, case),
        entries=tuple(record.entries(work, case)),
        before=record.before(work, case),
    )


def _screened(work: Work, case: Case) -> Sequence[Screened]:
    found = []
    for alert in store.alerts_of(work.session, case.id):
        told = store.evidence(work, alert)
        found.append(
            Screened(
                at=alert.at,
                source=alert.source,
                level=alert.level,
                category=alert.category,
                rules=tuple(told.get("rules", ())),
                matched=tuple(told.get("matched", ())),
                lexicon=alert.lexicon_version,
                content=alert.content_version,
            )
        )
    return found


def _said(work: Work, case: Case) -> list[Said]:
    """The words that made the alerts, and what went through the relay."""
    relayed = []
    for message in store.relay_of(work.session, case.id):
        who = _person(work, message.author_id) if message.to_patient else None
        text = relay.body(work, message)
        relayed.append(Said(message.at, who, text, message.edited_at, message.arrived_at, message.failure or ""))
    told = [
        Said(alert.at, None, text)
        for alert in store.alerts_of(work.session, case.id)
        for text in store.evidence(work, alert).get("texts", ())
        if text and not any(one.who is None and one.text == text and abs(one.at - alert.at) <= SAME for one in relayed)
    ]
    return sorted([*told, *relayed], key=lambda one: one.at)


def _paged(work: Work, case: Case) -> list[Paged]:
    ways: dict[int, list[Way]] = {}
    for row in work.session.exec(select(PageDelivery).where(col(PageDelivery.case_id) == case.id).order_by(col(PageDelivery.id))):
        ways.setdefault(row.page_id, []).append(Way(row.kind, row.state, row.sent_at or row.created_at, row.failure or ""))
    return [
        Paged(
            at=page.created_at,
            staff=people.get(work.session, page.staff_id),
            step=page.step,
            reason=page.reason,
            level=page.level,
            sent_at=page.sent_at,
            failed_at=page.failed_at,
            failure=page.failure or "",
            pressed_at=page.pressed_at,
            ways=tuple(ways.get(page.id or 0, ())),
        )
        for page in store.pages_of(work.session, case.id)
    ]


def _events(work: Work, case: Case) -> list[Event]:
    rows = work.session.exec(select(Audit).where(col(Audit.case_id) == case.id).order_by(col(Audit.id))).all()
    return [Event(row.at, row.action, _person(work, row.actor_id), row.details) for row in rows]


def _first_answer(work: Work, case: Case) -> datetime | None:
    statement = (
        select(Outbox.sent_at)
        .where(
            col(Outbox.case_id) == case.id,
            col(Outbox.person_id) == case.person_id,
            col(Outbox.sent_at).is_not(None),
            col(Outbox.template).startswith("crisis/"),
        )
        .order_by(col(Outbox.id))
        .limit(1)
    )
    return work.session.exec(statement).first()


def _person(work: Work, person_id: UUID | None) -> Person | None:
    return work.session.get(Person, person_id) if person_id is not None else None
