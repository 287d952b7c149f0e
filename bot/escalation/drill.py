"""The drill: a synthetic case that walks the real path. Its patient and its counselor are fictitious: no figure and no list knows them.

Here is what the walk (`bot.channels.drilling`) does inside transactions. What the two would read goes to `WAYMARK_DRILL_CHAT` (see
`outbox.put`), marked and without a sound; nobody is paged and no channel rings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select, update

from bot import audit, jobs, outbox, people
from bot.due import instant_of, local_date, parse_wall
from bot.escalation import ack, pages, store
from bot.models import Case, CaseState, Drill, Due, DueState, Lane, Outbox, OutboxState, Page, PageState, Person, Role
from bot.outbox import Button, Post
from bot.work import Work

_log = structlog.get_logger()

KIND = "drill"  # of a case, and of the job that asks for a walk
PATIENT_CHAT, COUNSELOR_CHAT = -1, -2  # Telegram gives such numbers to nobody
NUMBERS = 900_000_000  # drills do not use up the numbers that people say aloud
GOOD_FOR = timedelta(hours=26)
LONGEST = timedelta(minutes=10)  # a walk that began before that and has no end was cut off
OUTCOME = "drill"
_ENDED = (OutboxState.SENT, OutboxState.FAILED, OutboxState.DROPPED, OutboxState.UNCERTAIN)


class Stretch(StrEnum):
    """The stretches of the walk, in order."""

    ANSWER = "answered"  # words -> case, first answer and page are committed
    PAGE = "paged"  # -> Telegram took the page
    ACKNOWLEDGE = "acknowledged"  # press -> the case has a holder
    WORD = "word"  # -> a human's word reached the patient
    CLOSE = "closed"  # -> resolved, and what was shown is taken back


@dataclass(frozen=True, slots=True)
class Begun:
    """A walk that has begun.

    Attributes:
        words: what the patient writes, and what the counselor answers; content.
        telegram: whether there is a chat to show it in; without one Telegram's leg is left out.
    """

    drill_id: int
    words: str
    answer: str
    telegram: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """How far the case of a walk is. `failed`: its page can never arrive."""

    case_id: UUID | None = None
    number: int = 0
    page_id: int = 0
    answered: bool = False
    paged: bool = False
    failed: bool = False
    acknowledged: bool = False
    word: bool = False
    closed: bool = False
    gone: bool = False


def begin(work: Work, reason: str) -> Begun:
    """Clear away what a stopped walk left, and note a new one.

    Args:
        reason: daily, command, chat.
    """
    patient, counselor = _person(work, PATIENT_CHAT, Role.PATIENT), _person(work, COUNSELOR_CHAT, Role.COUNSELOR)
    clear(work)
    telegram = work.settings.drill_chat is not None
    row = Drill(reason=reason, started_at=work.now, telegram=telegram)
    work.session.add(row)
    work.session.flush()
    texts, lang = work.content.texts, patient.language
    for person in (patient, counselor):
        person.blocked_at = person.silent_since = None
        person.commands_set = f"{person.role}:{person.language}:{work.content.version}"  # nobody looks at their menu
    _log.info("drill.started", drill=row.id, reason=reason)
    return Begun(row.id or 0, texts.render("drill/words", lang, {}).strip(), texts.render("drill/answer", lang, {}).strip(), telegram)


def _person(work: Work, chat_id: int, role: Role) -> Person:
    found = people.by_chat(work.session, chat_id, lock=True)
    if found is None:
        settings = work.settings
        found = Person(
            number=NUMBERS - chat_id,
            role=role,
            chat_id=chat_id,
            language=settings.language,
            country=settings.country,
            zone=settings.timezone,
            created_at=work.now,
            enrolled_at=work.now,
            fictitious=True,
        )
        work.session.add(found)
        work.session.flush()
    found.language = work.settings.language
    return found


def see(session: Session, drill_id: int, chat_id: int | None) -> Seen:
    """Look how far a walk is; a read beside the writer.

    Args:
        chat_id: where it is shown, if anywhere.
    """
    row = session.get(Drill, drill_id)
    patient = people.by_chat(session, PATIENT_CHAT)
    case = store.open_case(session, patient.id) if patient is not None else None
    if case is None and row is not None and row.case_id is not None:
        case = session.get(Case, row.case_id)
    if case is None or row is None or case.opened_at < row.started_at:
        return Seen()
    page = session.exec(select(Page).where(col(Page.case_id) == case.id).order_by(col(Page.id))).first()
    rows = session.exec(select(Outbox).where(col(Outbox.case_id) == case.id)).all()
    first = next((one for one in rows if one.lane is Lane.CRISIS), None)
    states = select(Outbox.state).where(*_shown_in(chat_id), col(Outbox.created_at) >= row.started_at)
    return Seen(
        case_id=case.id,
        number=case.number,
        page_id=page.id or 0 if page is not None else 0,
        answered=page is not None and (first is None or first.state is OutboxState.SENT),
        paged=page is not None and page.state is PageState.SENT,
        failed=page is not None and page.state is PageState.FAILED,
        acknowledged=case.acknowledged_at is not None,
        word=case.word_at is not None,
        closed=case.state is CaseState.CLOSED,
        gone=all(state in _ENDED for state in session.exec(states)),
    )


def _shown_in(chat_id: int | None) -> tuple[ColumnElement[bool], ...]:
    """Rows of the outbox that the two would read in this chat, and what takes those back."""
    return col(Outbox.chat_id) == chat_id, col(Outbox.person_id).in_(select(Person.id).where(col(Person.fictitious).is_(True)))


def note(work: Work, drill_id: int, stretch: Stretch, ms: int, case_id: UUID | None = None) -> None:
    """A stretch was passed, so many milliseconds after the first words."""
    row = work.session.get_one(Drill, drill_id)
    row.case_id = case_id or row.case_id
    if stretch is not Stretch.WORD:
        setattr(row, f"{stretch.value}_ms", ms)


def resolve(work: Work, case_id: UUID) -> None:
    """Close the case as its holder, and take back what was shown."""
    counselor = _person(work, COUNSELOR_CHAT, Role.COUNSELOR)
    ack.resolve(work, case_id, counselor, OUTCOME, {})
    work.session.flush()
    _clear_case(work, case_id)


def clear(work: Work) -> None:
    """Close what a walk left open, whatever state it is in; nothing of it comes due any more."""
    patient, counselor = people.by_chat(work.session, PATIENT_CHAT), people.by_chat(work.session, COUNSELOR_CHAT)
    if patient is None or counselor is None:
        return
    case = store.open_case(work.session, patient.id)
    if case is not None:
        if case.acknowledged_at is None or case.holder_id != counselor.id:
            ack.take(work, case, counselor)
        ack.resolve(work, case.id, counselor, OUTCOME, {})
        work.session.flush()
        _clear_case(work, case.id)


def _clear_case(work: Work, case_id: UUID) -> None:
    """Take its messages off the drill's chat, and what was put in for later out of the calendar."""
    since = work.now - pages.DELETE_BEFORE
    shown = _shown_in(work.settings.drill_chat)
    rows = select(Outbox).where(*shown, col(Outbox.edits_id).is_(None), col(Outbox.kind) != "delete", col(Outbox.created_at) > since)
    for row in work.session.exec(rows.where(col(Outbox.state).not_in((OutboxState.FAILED, OutboxState.DROPPED)))).all():
        if row.person_id is not None and store.deletion_of(work.session, row) is None:
            outbox.delete(work, people.get(work.session, row.person_id), row)
    mine = select(Person.id).where(col(Person.fictitious).is_(True))
    later = update(Due).where(col(Due.state) == DueState.WAITING, col(Due.person_id).in_(mine) | (col(Due.case_id) == case_id))
    work.session.execute(later.values(state=DueState.DROPPED, done_at=work.now))


def end(work: Work, drill_id: int, failure: Stretch | None) -> None:
    """A walk has ended. Supervisors hear of it only when it did not come through."""
    row = work.session.get_one(Drill, drill_id)
    clear(work)
    row.ended_at, row.failure = work.now, failure.value if failure is not None else None
    audit.record(work, "drill.failed" if failure else "drill.passed", case_id=row.case_id, reason=row.reason, stretch=row.failure)
    if failure is None:
        _log.info("drill.passed", drill=drill_id, ms=row.closed_ms)
        return
    _log.error("drill.failed", drill=drill_id, stretch=row.failure)
    for staff in people.staff(work.session, {Role.SUPERVISOR}):
        rows = [[Button("drill/show", "drill.show")]]
        outbox.say(work, staff, "drill/failed", rows, post=Post(dedup_key=f"drill:{drill_id}:{staff.id}"), stretch=row.failure)


def newest(session: Session, count: int = 1) -> Sequence[Drill]:
    """The last walks, newest first."""
    return session.exec(select(Drill).order_by(col(Drill.id).desc()).limit(count)).all()


def verdict(work: Work) -> str:
    """What the last walk says of the whole path: `none` (none ever ran), `good`, `failed`, `old`."""
    ended = select(Drill).where(col(Drill.ended_at).is_not(None) | (col(Drill.started_at) < work.now - LONGEST))
    last = work.session.exec(ended.order_by(col(Drill.id).desc()).limit(1)).first()
    if last is None:
        return "none"
    if last.ended_at is None or last.failure is not None:
        return "failed"
    daily = work.settings.drill_at is not None
    return "old" if daily and work.now - last.started_at > GOOD_FOR else "good"


def plan_today(work: Work) -> None:
    """Ask for today's walk once its time has come; later that day when nobody was there at the time."""
    wall = work.settings.drill_at
    if wall is None:
        return
    today: date = local_date(work.now, work.settings.timezone)
    if work.now >= instant_of(today, parse_wall(wall), work.settings.timezone):
        jobs.put(work, KIND, f"{KIND}:{today.isoformat()}", reason="daily")
