"""Cases, alerts, pages, tasks and the relay."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from bot.models.columns import big, choice, document, instant, ref, uuid_key


class CaseState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Case(SQLModel, table=True):
    """What escalates. At most one open per person; only a human closes it."""

    __tablename__ = "case"
    __table_args__ = (
        Index("ix_case_one_open", "person_id", unique=True, sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'")),
        Index("ix_case_due", "state", "next_page_at"),
    )

    id: UUID = uuid_key()
    number: int = Field(unique=True)
    kind: str = "real"  # or drill
    person_id: UUID = ref("person")
    level: str
    category: str
    state: CaseState = choice(CaseState, CaseState.OPEN)
    opened_at: datetime = instant()
    level_at: datetime = instant()  # when it reached this level; steps count from here
    policy: dict[str, Any] = document(dict)  # snapshot: later edits change no running case
    step: int = 0  # pages of this chain so far
    next_page_at: datetime | None = instant(optional=True)
    holder_id: UUID | None = ref("person", optional=True)
    acknowledged_at: datetime | None = instant(optional=True)
    word_due_at: datetime | None = instant(optional=True)  # the promise: a human's word, or a page again
    word_at: datetime | None = instant(optional=True)  # a human's first word reached the patient
    told_paged_at: datetime | None = instant(optional=True)
    told_nobody_at: datetime | None = instant(optional=True)
    tapped_at: datetime | None = instant(optional=True)  # the patient answered "Are you safe right now?"
    answered_at: datetime | None = instant(optional=True)  # the last full first answer, and which one
    answered_with: str | None = None
    lang: str | None = None  # of the words that the first answers went to; None: the person's
    unanswered_since: datetime | None = instant(optional=True)  # the patient wrote, nobody answered yet
    last_word_at: datetime | None = instant(optional=True)  # of either side, in the relay
    closed_at: datetime | None = instant(optional=True)
    closed_by: UUID | None = ref("person", optional=True, index=False)
    outcome: str | None = None
    resolution: bytes | None = None  # sealed JSON
    helped: str | None = None  # the patient's answer after it: yes, some, no
    helped_soon: str | None = None  # and whether a person came soon enough: yes, no
    stuck_at: datetime | None = instant(optional=True)  # the watchdog found it standing still, and pushed it
    muted_at: datetime | None = instant(optional=True)  # session and medication reminders rest until it is closed
    muted_by: UUID | None = ref("person", optional=True, index=False)


class Alert(SQLModel, table=True):
    """A piece of evidence on a case or a task."""

    __tablename__ = "alert"

    id: UUID = uuid_key()
    person_id: UUID = ref("person")
    case_id: UUID | None = ref("case", optional=True)
    task_id: UUID | None = ref("task", optional=True)
    source: str  # message, edit, form, button, sos, media, silence
    update_id: int | None = big(optional=True)
    level: str
    category: str
    evidence: bytes | None = None  # sealed JSON: texts, matched spans, rules
    lexicon_version: str = ""
    content_version: str = ""
    at: datetime = instant()


class Task(SQLModel, table=True):
    """Work for staff that wakes nobody: every `watch` item is one."""

    __tablename__ = "task"
    __table_args__ = (Index("ix_task_open", "state", "due_at"),)

    id: UUID = uuid_key()
    kind: str  # watch, media, invitation, blocked, orphan, visitor
    person_id: UUID = ref("person")
    category: str | None = None
    owner_id: UUID | None = ref("person", optional=True)
    due_at: datetime = instant()
    state: str = "open"
    count: int = 1  # mentions merged into it
    created_at: datetime = instant()
    updated_at: datetime = instant()
    overdue_told_at: datetime | None = instant(optional=True)
    done_at: datetime | None = instant(optional=True)
    done_by: UUID | None = ref("person", optional=True, index=False)
    note: bytes | None = None  # sealed


class TaskNote(SQLModel, table=True):
    """What was done with an item and why: done, postponed, handed on, assessed."""

    __tablename__ = "task_note"

    id: UUID = uuid_key()
    task_id: UUID = ref("task")
    person_id: UUID = ref("person")  # whom the item is about
    kind: str  # done, postponed, handed, assessed
    author_id: UUID = ref("person", index=False)
    to_id: UUID | None = ref("person", optional=True, index=False)  # handed on to whom
    due_before_at: datetime | None = instant(optional=True)
    due_after_at: datetime | None = instant(optional=True)
    body: bytes | None = None  # sealed: the note, the reason
    at: datetime = instant()


class PageState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class Page(SQLModel, table=True):
    """One send to one person for one step of one case."""

    __tablename__ = "page"
    __table_args__ = (Index("ix_page_case_staff", "case_id", "staff_id"),)  # a person's pages of a case, among all that they ever got

    id: int | None = Field(default=None, primary_key=True)
    case_id: UUID = ref("case")
    staff_id: UUID = ref("person")
    step: int
    reason: str  # step, higher, no_word, unanswered, passed_on, again
    level: str
    state: PageState = choice(PageState, PageState.QUEUED)
    created_at: datetime = instant()
    sent_at: datetime | None = instant(optional=True)
    failed_at: datetime | None = instant(optional=True)
    failure: str | None = None
    pressed_at: datetime | None = instant(optional=True)
    # The outbox row that carries several pages of a burst (no foreign key: that row names a page).
    bundle_id: UUID | None = Field(default=None, index=True)


class RelayMessage(SQLModel, table=True):
    """A message that went through the bot between a patient and the team."""

    __tablename__ = "relay_message"
    __table_args__ = (Index("ix_relay_source", "source_chat_id", "source_message_id"),)

    id: UUID = uuid_key()
    case_id: UUID = ref("case")
    to_patient: bool
    author_id: UUID = ref("person", index=False)
    recipient_id: UUID | None = ref("person", optional=True, index=False)  # None: nobody holds the case yet
    source_chat_id: int = big()
    source_message_id: int = big()
    kind: str = Field(
        default="text", sa_column_kwargs={"server_default": "text"}
    )  # or photo, voice, document, location; what cannot be passed on is text that says so
    body: bytes | None = None  # sealed: the words, or the caption
    media: bytes | None = None  # sealed JSON: the file's id and media type, or the place
    outbox_id: UUID | None = ref("outbox", optional=True)
    at: datetime = instant()
    edited_at: datetime | None = instant(optional=True)
    arrived_at: datetime | None = instant(optional=True)
    failure: str | None = None


class CaseEntry(SQLModel, table=True):
    """What was added to a closed case's record. The record itself is never changed: what comes late is marked late."""

    __tablename__ = "case_entry"

    id: UUID = uuid_key()
    case_id: UUID = ref("case")
    person_id: UUID = ref("person")  # whom the case is about
    kind: str  # late: words; disclosure: to whom identity was given in a medical emergency (42 CFR 2.51)
    author_id: UUID = ref("person", index=False)
    body: bytes | None = None  # sealed JSON
    at: datetime = instant()


class RelayTarget(SQLModel, table=True):
    """Whom a member of staff is writing to at the moment."""

    __tablename__ = "relay_target"

    staff_id: UUID = Field(foreign_key="person.id", primary_key=True)
    case_id: UUID = ref("case")
    since_at: datetime = instant()
    used_at: datetime = instant()


class Sos(SQLModel, table=True):
    """One press of SOS and what became of it."""

    __tablename__ = "sos"

    id: int | None = Field(default=None, primary_key=True)
    person_id: UUID = ref("person")
    started_at: datetime = instant()
    choice: str | None = None
    chosen_at: datetime | None = instant(optional=True)
    mistake_at: datetime | None = instant(optional=True)
    case_id: UUID | None = ref("case", optional=True, index=False)
    outbox_id: UUID | None = ref("outbox", optional=True, index=False)


class VisitorAsk(SQLModel, table=True):
    """A visitor in danger was asked whether the team may be told; nothing is kept beyond 24 hours on No."""

    __tablename__ = "visitor_ask"

    id: UUID = uuid_key()
    person_id: UUID = ref("person")
    level: str
    category: str
    evidence: bytes | None = None  # sealed JSON
    asked_at: datetime = instant()
    answer: str | None = None
    answered_at: datetime | None = instant(optional=True)


class Verdict(SQLModel, table=True):
    """Words that paged nobody and, as a member of staff says, should have: one row a message, for the next training of the screen."""

    __tablename__ = "verdict"

    id: UUID = uuid_key()
    person_id: UUID = ref("person")  # whose words they are
    staff_id: UUID = ref("person", index=False)
    about_id: UUID = Field(unique=True)  # the alert's or the team message's (no foreign key: those rows go first at an erasure)
    level: str  # that it should have had
    category: str | None = None
    said_level: str  # what rules and model made of it
    evidence: bytes | None = None  # sealed JSON: texts, rules
    lexicon_version: str = ""
    content_version: str = ""
    case_id: UUID | None = ref("case", optional=True, index=False)  # the case that was opened for it afterwards
    written_at: datetime = instant()
    at: datetime = instant()
