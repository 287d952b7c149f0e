"""Export and erasure; the chat and the command line call the same functions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, delete, or_, select, update

from bot import audit, due, inbox, people
from bot.errors import Conflict
from bot.escalation import store as cases
from bot.escalation import tasks
from bot.features.privacy import export
from bot.models import (
    STAFF,
    Alert,
    Case,
    CaseEntry,
    Checkin,
    Consent,
    Conversation,
    Due,
    DueState,
    EmergencyCard,
    ExerciseAnswer,
    LessonProgress,
    MeetingBrowse,
    MeetingFavourite,
    MeetingPick,
    MeetingVisit,
    Outbox,
    OutboxState,
    Patient,
    Person,
    PlanItem,
    QuizAnswer,
    RelayMessage,
    RelayTarget,
    Role,
    SessionMember,
    SessionNews,
    SessionNotice,
    SessionRequest,
    SessionSeat,
    Sos,
    Started,
    Status,
    StatusChange,
    Task,
    TaskNote,
    TeamMessage,
    Throttle,
    Timer,
    ToolEntry,
    Verdict,
    VisitorAsk,
)
from bot.programme import store as programme
from bot.work import Work

WAIT = timedelta(minutes=15)  # how often a waiting erasure looks whether the case is closed
ERASE = "privacy.erase"

_SHOWN_TO_STAFF = ("alerts/", "caseload/", "messages/", "patients/", "record/", "relay/", "resolve/", "sessions/", "verdicts/", "watch/")
OWN_ROWS: tuple[type[Any], ...] = (
    SessionNotice,
    SessionNews,
    SessionRequest,
    SessionSeat,
    SessionMember,
    Verdict,
    Alert,
    CaseEntry,
    TaskNote,
    Sos,
    VisitorAsk,
    Timer,
    Started,
    Checkin,
    LessonProgress,
    ExerciseAnswer,
    PlanItem,
    QuizAnswer,
    ToolEntry,
    MeetingPick,
    MeetingFavourite,
    MeetingVisit,
    MeetingBrowse,
    Consent,
    Conversation,
    EmergencyCard,
    StatusChange,
    TeamMessage,
    Patient,
)


def export_person(work: Work, person: Person, *, actor: Person | None = None, by: str | None = None) -> dict[str, Any]:
    """Everything that is stored about a person, JSON-able; that it was taken is written down.

    Args:
        actor: who takes it; None for the command line.
        by: `operator` for the command line.
    """
    audit.record(work, "privacy.exported", actor=actor, by=by, person_id=person.id)
    return export.collect(work, person)


def log_export(work: Work, person: Person) -> None:
    """The person takes a copy of their own; the sender makes it."""
    audit.record(work, "privacy.exported", actor=person, person_id=person.id)


def erase_person(work: Work, person: Person, *, actor: Person | None = None, by: str | None = None) -> Person | None:
    """Erase everything about a person that no law keeps.

    What stays: the emptied row with its number, audit rows (ids only), the bare times and levels of closed cases, and a task that
    tells staff. Whoever has the chat is a visitor afterwards, on a new row that nothing links to the old one.

    Returns:
        The visitor who has the chat now; None when there was no chat.

    Raises:
        Conflict: a case is open; it has to be closed by a human first.
        ValueError: staff are removed, not erased: patients' records name them.
    """
    if person.role in STAFF:
        raise ValueError("staff are removed with `staff remove`, not erased")
    if cases.open_case(work.session, person.id) is not None:
        raise Conflict("privacy/case_open")
    was_patient = person.role is Role.PATIENT
    owner = tasks.responsible(work, person)
    case_ids = work.session.exec(select(Case.id).where(col(Case.person_id) == person.id)).all()
    work.session.flush()
    _erase_messages(work, person, case_ids)
    _erase_rows(work, person, case_ids)
    chat_id, language, zone = person.chat_id, person.language, person.zone
    if chat_id is not None:
        inbox.erase_words(work, chat_id)
    _blank(work, person)
    audit.record(work, "privacy.erased", actor=actor, by=by, person_id=person.id)
    if was_patient:
        tasks.add(work, person, "erased").owner_id = owner
    if chat_id is None:
        return None
    visitor = people.add(work, Role.VISITOR, chat_id=chat_id, language=language)
    people.menu_changed(work, chat_id)
    visitor.zone, visitor.last_seen_at = zone, work.now
    return visitor


def _erase_messages(work: Work, person: Person, case_ids: Collection[UUID]) -> None:
    session = work.session
    session.execute(delete(RelayMessage).where(or_(col(RelayMessage.case_id).in_(case_ids), col(RelayMessage.author_id) == person.id)))
    session.execute(delete(TeamMessage).where(col(TeamMessage.person_id) == person.id))
    session.execute(delete(RelayTarget).where(col(RelayTarget.case_id).in_(case_ids)))
    session.execute(update(Sos).where(col(Sos.person_id) == person.id).values(outbox_id=None))
    session.execute(delete(Timer).where(col(Timer.person_id) == person.id))
    # The person's own messages go; of those to staff about their cases only the words go. What still takes words back from a
    # staff phone (a delete, an edit) has to arrive.
    mine = select(Outbox.id).where(col(Outbox.person_id) == person.id)
    session.execute(update(Outbox).where(col(Outbox.edits_id).in_(mine)).values(edits_id=None))
    session.execute(delete(Outbox).where(col(Outbox.person_id) == person.id))
    about = update(Outbox).where(col(Outbox.case_id).in_(case_ids))
    unsent = col(Outbox.state).in_((OutboxState.WAITING, OutboxState.SENDING))
    session.execute(about.where(~unsent).values(payload=None))
    # What staff looked up (a summary, a task) names no case: its words go for everyone, from the rows that have arrived.
    staff = select(Person.id).where(col(Person.role).in_(list(STAFF)))
    shown = or_(*(col(Outbox.template).startswith(prefix) for prefix in _SHOWN_TO_STAFF))
    session.execute(update(Outbox).where(col(Outbox.person_id).in_(staff), shown, ~unsent).values(payload=None))
    session.execute(about.where(unsent, col(Outbox.kind) == "text").values(payload=None, state=OutboxState.DROPPED, failure="erased"))


def _erase_rows(work: Work, person: Person, case_ids: Collection[UUID]) -> None:
    session = work.session
    programme.forget(work, person)
    for table in OWN_ROWS:
        session.execute(delete(table).where(col(table.person_id) == person.id))
    session.execute(delete(Task).where(col(Task.person_id) == person.id))
    session.execute(delete(Due).where(or_(col(Due.person_id) == person.id, col(Due.case_id).in_(case_ids))))
    if person.chat_id is not None:
        session.execute(delete(Throttle).where(col(Throttle.key).endswith(f":{person.chat_id}")))
    closed = update(Case).where(col(Case.id).in_(case_ids))
    session.execute(closed.values(category="erased", outcome=None, resolution=None, answered_with=None))


def _blank(work: Work, person: Person) -> None:
    settings = work.settings
    person.chat_id = person.name = person.telegram_language = person.commands_set = None
    person.role, person.status, person.removed_at = Role.VISITOR, Status.ACTIVE, work.now
    person.language, person.country, person.zone = settings.language, settings.country, settings.timezone
    person.enrolled_at = person.last_seen_at = person.paused_until = person.silent_since = person.blocked_at = None
    person.checkin_at, person.reminders_off, person.show_previews = None, [], False
    # The chat is unique: it has to be free before a new row takes it.
    work.session.flush()


def wait_to_erase(work: Work, person: Person) -> None:
    """Look again in a while whether the case is closed; the person may take it back."""
    at = work.now + WAIT
    due.put(work, ERASE, f"{_key(person)}:{at.isoformat()}", at, person=person)


def waits_to_erase(work: Work, person: Person) -> bool:
    """Whether an erasure waits for the case's end."""
    return bool(_waiting(work, person))


def keep(work: Work, person: Person) -> None:
    """The person took a waiting erasure back."""
    due.drop(work, _key(person))
    audit.record(work, "privacy.erase_taken_back", actor=person, person_id=person.id)


def newest_consent(work: Work, person: Person) -> Consent | None:
    """What the person agreed to last, if it still holds."""
    statement = select(Consent).where(col(Consent.person_id) == person.id, col(Consent.revoked_at).is_(None))
    return work.session.exec(statement.order_by(col(Consent.id).desc())).first()


def _waiting(work: Work, person: Person) -> Sequence[Due]:
    statement = select(Due).where(col(Due.kind) == ERASE, col(Due.person_id) == person.id, col(Due.state) == DueState.WAITING)
    return work.session.exec(statement).all()


def _key(person: Person) -> str:
    return f"erase:{person.id}"
