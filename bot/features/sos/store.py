"""What /sos and its neighbours read and write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col, delete, exists, func, or_, select, update

from bot import due, inbox, outbox
from bot.errors import NotAllowed
from bot.escalation import visitors
from bot.features.sos import rules
from bot.ids import short, unshort
from bot.models import (
    Case,
    CaseState,
    Conversation,
    Due,
    Inbox,
    InboxState,
    Lane,
    Outbox,
    OutboxState,
    Page,
    Person,
    RelayMessage,
    Role,
    Sos,
    Started,
    Task,
    VisitorAsk,
)
from bot.outbox import Post
from bot.ports import Outgoing
from bot.work import Work

CLEAR_MOST = 200
_SHOWN = ("text", "contact", "location", "document", "photo", "voice")


def begin(work: Work, person: Person) -> Sos:
    """A new press of SOS, with its two instants: the page, and the emergency when nothing is heard."""
    sos = Sos(person_id=person.id, started_at=work.now)
    work.session.add(sos)
    work.session.flush()
    due.put(work, "sos.page", f"sos:{sos.id}:page", work.now + rules.PAGE_AFTER, person=person, sos=sos.id)
    due.put(work, "sos.raise", f"sos:{sos.id}:raise", work.now + rules.RAISE_AFTER, person=person, sos=sos.id)
    return sos


def unfinished(work: Work, person: Person) -> Sos | None:
    """The press of SOS that a second one joins: of the last five minutes, with nothing chosen and not taken back.

    None once a human has closed its case: then a second press is a new one, and pages.
    """
    still_open = select(Case.id).where(col(Case.person_id) == person.id, col(Case.state) == CaseState.OPEN)
    statement = select(Sos).where(
        or_(col(Sos.case_id).is_(None), col(Sos.case_id).in_(still_open)),
        col(Sos.person_id) == person.id,
        col(Sos.started_at) > work.now - rules.RAISE_AFTER,
        col(Sos.chosen_at).is_(None),
        col(Sos.mistake_at).is_(None),
    )
    return work.session.exec(statement.order_by(col(Sos.id).desc())).first()


def of(work: Work, sos_id: int, person: Person) -> Sos:
    """A press of SOS by its own person.

    Raises:
        NotAllowed: there is none, or it is somebody else's (button data can be forged).
    """
    sos = work.session.get(Sos, sos_id)
    if sos is None or sos.person_id != person.id:
        raise NotAllowed
    return sos


def is_over(work: Work, sos: Sos) -> bool:
    """Whether a human has closed the case that a press of SOS opened or fed, so that no alert of it is on its way any more."""
    case = work.session.get(Case, sos.case_id) if sos.case_id is not None else None
    return case is not None and case.state is CaseState.CLOSED


def stop_clock(work: Work, sos: Sos) -> None:
    """Its instants are not needed any more."""
    due.drop(work, f"sos:{sos.id}")


def message_of(work: Work, sos: Sos) -> Outbox | None:
    """The message that asked what is happening."""
    return work.session.get(Outbox, sos.outbox_id) if sos.outbox_id is not None else None


def recent_case(work: Work, person: Person, within: timedelta) -> Case | None:
    """The person's newest case that was open within the last hours, if any."""
    since = work.now - within
    statement = select(Case).where(
        col(Case.person_id) == person.id, or_(col(Case.state) == CaseState.OPEN, col(Case.closed_at) > since, col(Case.opened_at) > since)
    )
    return work.session.exec(statement.order_by(col(Case.number).desc())).first()


def case_of(work: Work, number: int, person: Person) -> Case:
    """A case by its number, for its own person.

    Raises:
        NotAllowed: there is none, or it is about somebody else.
    """
    case = work.session.exec(select(Case).where(col(Case.number) == number)).first()
    if case is None or case.person_id != person.id:
        raise NotAllowed
    return case


def wrote_since(work: Work, case: Case, person: Person, since: datetime) -> bool:
    """Whether the person wrote to the team in this case since an instant."""
    statement = select(RelayMessage.id).where(
        col(RelayMessage.case_id) == case.id, col(RelayMessage.author_id) == person.id, col(RelayMessage.at) >= since
    )
    return work.session.exec(statement.limit(1)).first() is not None


def paged_lately(work: Work, case: Case) -> bool:
    """Whether a page of this case was queued so recently that another would only be noise."""
    newest = work.session.exec(select(func.max(Page.created_at)).where(col(Page.case_id) == case.id)).one()
    # One of the future was made before the clock was set back.
    return newest is not None and timedelta() <= work.now - newest < rules.PAGE_PAUSE


def asked_lately(work: Work, case: Case, holder: Person) -> bool:
    """Whether whoever has the case was asked again since they took it, so recently that another page would only be noise."""
    since = max(work.now - rules.PAGE_PAUSE, case.acknowledged_at or work.now)
    statement = select(Page.id).where(col(Page.case_id) == case.id, col(Page.staff_id) == holder.id, col(Page.reason) == "again")
    statement = statement.where(
        col(Page.created_at) >= since, col(Page.created_at) > work.now - rules.PAGE_PAUSE, col(Page.created_at) <= work.now
    )
    return work.session.exec(statement.limit(1)).first() is not None


def open_task(work: Work, person: Person, kind: str) -> Task | None:
    """The person's newest open item of a kind, if any."""
    statement = select(Task).where(col(Task.person_id) == person.id, col(Task.kind) == kind, col(Task.state) == "open")
    return work.session.exec(statement.order_by(col(Task.created_at).desc())).first()


def hold_back(work: Work, person: Person) -> int:
    """Drop what waits to be sent to this person (silent mode). Pages to staff are not theirs.

    Returns:
        How many messages.
    """
    statement = select(Outbox).where(
        col(Outbox.chat_id) == person.chat_id, col(Outbox.state) == OutboxState.WAITING, col(Outbox.lane) != Lane.PAGE
    )
    rows = work.session.exec(statement.where(col(Outbox.kind) != "delete")).all()
    for row in rows:
        row.state, row.failure = OutboxState.DROPPED, "silent"
    return len(rows)


def clear_messages(work: Work, person: Person) -> int:
    """Delete the bot's messages of the last two days from this person's chat, newest first.

    Returns:
        How many deletions were queued.
    """
    # A deletion makes no sound, so that silent mode does not keep it back.
    silent, person.silent_since = person.silent_since, None
    rows = _shown(work, person)
    for row in rows:
        target = Outgoing(row.chat_id, kind="delete", target=row.result_message_id)
        outbox.put(work, person, target, post=Post(lane=Lane.CRISIS), edits_id=row.id)
    person.silent_since = silent
    return len(rows)


def _shown(work: Work, person: Person) -> Sequence[Outbox]:
    gone = aliased(Outbox)
    statement = select(Outbox).where(
        col(Outbox.chat_id) == person.chat_id,
        col(Outbox.state) == OutboxState.SENT,
        col(Outbox.kind).in_(_SHOWN),
        col(Outbox.edits_id).is_(None),
        col(Outbox.result_message_id).is_not(None),
        col(Outbox.sent_at) > work.now - rules.CLEAR_BACK,
        ~exists().where(col(gone.edits_id) == col(Outbox.id), col(gone.kind) == "delete"),
    )
    return work.session.exec(statement.order_by(col(Outbox.id).desc()).limit(CLEAR_MOST)).all()


def asked_category(work: Work, person: Person) -> str:
    """What a visitor was last asked about, as a category; "" when nothing."""
    newest = select(VisitorAsk.category).where(col(VisitorAsk.person_id) == person.id).order_by(col(VisitorAsk.asked_at).desc())
    return work.session.exec(newest.limit(1)).first() or ""


def ask_of(work: Work, ask_id: str, person: Person) -> VisitorAsk | None:
    """The question that a visitor answers; None when it was forgotten, as everything is a day after nobody was to be told.

    Raises:
        NotAllowed: there never was one with this id, or it was put to somebody else.
    """
    try:
        one = work.session.get(VisitorAsk, unshort(ask_id))
    except ValueError as error:
        raise NotAllowed from error
    if one is not None and one.person_id != person.id:
        raise NotAllowed
    return one


def forget_ask(work: Work, ask_id: UUID) -> None:
    """A day later: the words go; of someone who did not say Yes, everything that is left of it, and of a mere visitor all traces."""
    one = work.session.get(VisitorAsk, ask_id)
    if one is None:
        return
    if one.answer == "yes":
        one.evidence = None  # the case has what was said; that there was a page counts for the day
        return
    person = work.session.get(Person, one.person_id)
    work.session.delete(one)
    work.session.flush()
    if person is None or person.chat_id is None:
        return
    if forget_visitor(work, person):
        return
    words = col(Outbox.template).like("crisis/%")
    statement = update(Outbox).where(col(Outbox.chat_id) == person.chat_id, words, col(Outbox.case_id).is_(None))
    work.session.execute(statement.where(col(Outbox.state) != OutboxState.WAITING).values(payload=None))


def forget_visitor(work: Work, person: Person) -> bool:
    """All traces of a mere visitor go. Of one who came back within the day they go a day after that visit.

    Returns:
        Whether they went now.
    """
    if not _is_mere_visitor(work, person):
        return False
    seen = person.last_seen_at
    if seen is not None and work.now - seen < rules.STILL_HERE:
        at = seen + visitors.FORGET_AFTER
        due.put(work, "visitor.forget", f"visitor:{person.id}:{at:%Y-%m-%d}", at, visitor=short(person.id))
        return False
    _forget_person(work, person)
    return True


# What a visitor leaves behind by talking with the bot; anything else that points to them keeps their row.
_TRACES = frozenset({"outbox", "due", "started", "conversation", "sos"})


def _is_mere_visitor(work: Work, person: Person) -> bool:
    if person.role is not Role.VISITOR or person.enrolled_at is not None:
        return False
    for table in SQLModel.metadata.sorted_tables:
        if table.name in _TRACES:
            continue
        for key in table.foreign_keys:
            if key.column.table.name != "person":
                continue
            if work.session.execute(select(1).select_from(table).where(key.parent == person.id).limit(1)).first() is not None:
                return False
    return True


def _forget_person(work: Work, person: Person) -> None:
    session, chat_id = work.session, person.chat_id
    session.execute(delete(Sos).where(col(Sos.person_id) == person.id))
    session.execute(delete(Outbox).where(or_(col(Outbox.chat_id) == chat_id, col(Outbox.person_id) == person.id)))
    session.execute(delete(Due).where(col(Due.person_id) == person.id))
    session.execute(delete(Started).where(col(Started.person_id) == person.id))
    session.execute(delete(Conversation).where(col(Conversation.person_id) == person.id))
    if chat_id is not None:
        inbox.erase_words(work, chat_id)
    # The ids stay, so that an update that comes twice is known.
    session.execute(update(Inbox).where(col(Inbox.chat_id) == chat_id, col(Inbox.state) == InboxState.DONE).values(chat_id=0))
    session.delete(person)
