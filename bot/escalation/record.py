"""The record of a closed case: nothing in it is ever changed, what comes late is added and marked late (SAFETY.md 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from bot import audit
from bot.content.render import Texts
from bot.errors import Conflict, NotAllowed
from bot.escalation import store
from bot.models import Case, CaseEntry, CaseState, Person, sealed_at
from bot.work import Work

SOON = timedelta(hours=24)  # a case after such a short time is told as the second one
LISTED_DAYS = timedelta(days=7)
LOOKED_AT = 50  # closed cases, of which each reader is shown their own
# To whom a person's identity was given in a medical emergency: who, where they work, when, what kind of emergency, what was told.
# Source: 42 CFR 2.51, CLINICAL.md 4.4.
DISCLOSURE = ("name", "affiliation", "when", "nature", "told")


class EntryKind(StrEnum):
    """What was added."""

    LATE = "late"
    DISCLOSURE = "disclosure"


@dataclass(frozen=True, slots=True)
class Entry:
    """An addition, opened. `body` of a late entry: `text`; of a disclosure: the keys of `DISCLOSURE`."""

    id: UUID
    kind: EntryKind
    at: datetime
    author: Person
    body: Mapping[str, Any]


def closed_case(work: Work, number: int, staff: Person) -> Case:
    """A closed case by its number, for someone who may read what was said in it.

    Raises:
        NotAllowed: there is no such case, or it is no business of theirs.
        Conflict: it is open.
    """
    case = store.by_number(work.session, number)
    if case is None or not store.may_see_words(staff) or not store.concerns(work, case, staff):
        raise NotAllowed
    if case.state is not CaseState.CLOSED:
        raise Conflict("record/still_open", number=number)
    return case


def add(work: Work, case: Case, staff: Person, kind: EntryKind, body: Mapping[str, Any]) -> CaseEntry:
    """Add to a closed case's record."""
    entry = CaseEntry(case_id=case.id, person_id=case.person_id, kind=kind, author_id=staff.id, at=work.now)
    entry.body = work.vault.seal_json(dict(body), sealed_at("case_entry", "body", entry.id))
    work.session.add(entry)
    audit.record(work, f"case.{kind}_added", actor=staff, person_id=case.person_id, case_id=case.id)
    return entry


def entries(work: Work, case: Case) -> list[Entry]:
    """What was added, oldest first."""
    statement = (
        select(CaseEntry, Person)
        .join(Person, col(Person.id) == col(CaseEntry.author_id))
        .where(col(CaseEntry.case_id) == case.id)
        .order_by(col(CaseEntry.id))
    )
    return [
        Entry(row.id, EntryKind(row.kind), row.at, author, work.vault.open_json(row.body, sealed_at("case_entry", "body", row.id)))
        for row, author in work.session.exec(statement).all()
        if row.body is not None
    ]


def resolution_of(work: Work, case: Case) -> dict[str, Any]:
    """What was answered when the case was closed; empty when it was erased."""
    if case.resolution is None:
        return {}
    found: dict[str, Any] = work.vault.open_json(case.resolution, sealed_at("case", "resolution", case.id))
    return found


def before(work: Work, case: Case) -> Case | None:
    """The case that this one follows within a day: one that was closed at most 24 hours before it opened."""
    statement = select(Case).where(
        col(Case.person_id) == case.person_id,
        col(Case.kind) == case.kind,
        col(Case.number) < case.number,
        col(Case.closed_at).is_not(None),
        col(Case.closed_at) >= case.opened_at - SOON,
    )
    return work.session.exec(statement.order_by(col(Case.number).desc()).limit(1)).first()


def lately_closed(work: Work, staff: Person, limit: int) -> Sequence[Case]:
    """The cases that were closed in the last seven days and are this person's business, newest first."""
    if not store.may_see_words(staff):
        return []
    statement = select(Case).where(col(Case.kind) == "real", col(Case.closed_at) >= work.now - LISTED_DAYS)
    found = work.session.exec(statement.order_by(col(Case.closed_at).desc()).limit(LOOKED_AT)).all()
    return [case for case in found if store.concerns(work, case, staff)][:limit]


def disclosure_lines(texts: Texts, lang: str, zone: str, body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A disclosure as people read it: the name of each value, and the value."""
    return [
        (texts.label(f"record/name_{step}", lang), _disclosed(texts, lang, zone, step, body[step])) for step in DISCLOSURE if step in body
    ]


def _disclosed(texts: Texts, lang: str, zone: str, step: str, given: Any) -> str:
    if isinstance(given, dict):  # what was typed is kept apart from what was tapped
        return str(given["words"])
    if step == "when":
        return datetime.fromisoformat(str(given)).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    return texts.label(f"record/{step}_{given}", lang)
