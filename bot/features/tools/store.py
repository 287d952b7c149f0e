"""What a person named last, and what they wrote in written tools."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, exists, select

from bot.content.files import Trigger
from bot.content.tools import Tool
from bot.ids import unshort
from bot.models import Alert, Checkin, Person, ToolEntry, sealed_at
from bot.safety.levels import Category
from bot.work import Work

NAMED_LATELY = timedelta(days=2)  # later a check-in says little about now
IN_WITHDRAWAL = timedelta(days=30)
KEPT_AT_MOST = 200  # entries that the list looks at


def last_triggers(work: Work, person: Person) -> list[Trigger]:
    """The triggers that the person's newest check-in named, the weightiest first; none when it is some days old."""
    statement = select(Checkin).where(col(Checkin.person_id) == person.id, col(Checkin.started_at) >= work.now - NAMED_LATELY)
    row = work.session.exec(statement.order_by(col(Checkin.local_date).desc())).first()
    if row is None:
        return []
    return work.content.checkin.triggers(
        craving=row.craving, used=row.used == "yes", halt=row.halt, mood=row.mood, sleep_hours=row.sleep_hours
    )


def told_of_withdrawal(work: Work, person: Person) -> bool:
    """Whether anything that the person said or tapped lately spoke of withdrawal: cold and hard exercise are left out then."""
    lately = (col(Alert.person_id) == person.id, col(Alert.category) == Category.WITHDRAWAL, col(Alert.at) >= work.now - IN_WITHDRAWAL)
    return bool(work.session.exec(select(exists().where(*lately))).one())


def begin(work: Work, person: Person, tool: Tool, step: str) -> ToolEntry:
    """A new entry, at this step; one in which nothing was written yet is taken again."""
    row = next((row for row in drafts(work, person, tool) if row.answers is None), None)
    if row is None:
        row = ToolEntry(person_id=person.id, tool_id=tool.id, started_at=work.now, updated_at=work.now)
        work.session.add(row)
    row.step, row.updated_at, row.content_version = step, work.now, work.content.version
    work.session.flush()
    return row


def mine(work: Work, person: Person, code: str) -> ToolEntry | None:
    """The person's entry with this id as it stands in a button; None when it is another's, deleted or forged."""
    try:
        return by_id(work, person, unshort(code))
    except ValueError:
        return None


def by_id(work: Work, person: Person, entry_id: UUID) -> ToolEntry | None:
    """The person's entry with this id; None when it is another's or was deleted."""
    row = work.session.exec(select(ToolEntry).where(col(ToolEntry.id) == entry_id).with_for_update()).first()
    return row if row is not None and row.person_id == person.id else None


def answers(work: Work, row: ToolEntry) -> dict[str, Any]:
    """What was answered, by step key, opened."""
    if row.answers is None:
        return {}
    found: dict[str, Any] = work.vault.open_json(row.answers, sealed_at("tool_entry", "answers", row.id))
    return found


def keep(work: Work, row: ToolEntry, step: str, answer: dict[str, Any]) -> None:
    """Keep an answer, sealed; it takes the place of an earlier one to the same step."""
    kept = {**answers(work, row), step: answer}
    row.answers = work.vault.seal_json(kept, sealed_at("tool_entry", "answers", row.id))
    row.updated_at = work.now


def move(work: Work, row: ToolEntry, step: str) -> None:
    """Note where the person is."""
    row.step, row.updated_at = step, work.now


def finish(work: Work, row: ToolEntry) -> None:
    """All steps are through. An entry in which nothing was answered leaves no trace."""
    if row.answers is None:
        work.session.delete(row)
        return
    row.done_at = row.updated_at = work.now


def drafts(work: Work, person: Person, tool: Tool) -> Sequence[ToolEntry]:
    """Entries of one tool that were begun and not finished, the newest first."""
    statement = select(ToolEntry).where(
        col(ToolEntry.person_id) == person.id, col(ToolEntry.tool_id) == tool.id, col(ToolEntry.done_at).is_(None)
    )
    return work.session.exec(statement.order_by(col(ToolEntry.id).desc())).all()


def draft(work: Work, person: Person, tool: Tool) -> ToolEntry | None:
    """The entry of one tool with something in it that can be gone on with."""
    return next((row for row in drafts(work, person, tool) if row.answers is not None), None)


def entries(work: Work, person: Person) -> list[ToolEntry]:
    """Everything that the person wrote in tools, the newest first; what was begun and never answered is left out."""
    statement = select(ToolEntry).where(col(ToolEntry.person_id) == person.id, col(ToolEntry.answers).is_not(None))
    found = work.session.exec(statement.order_by(col(ToolEntry.id).desc()).limit(KEPT_AT_MOST)).all()
    return [row for row in found if row.tool_id in work.content.tools]


def wrote_something(work: Work, person: Person) -> bool:
    """Whether there is any entry to look at."""
    written = (col(ToolEntry.person_id) == person.id, col(ToolEntry.answers).is_not(None))
    return bool(work.session.exec(select(exists().where(*written))).one())


def delete(work: Work, row: ToolEntry) -> None:
    """Delete an entry for good."""
    work.session.delete(row)
