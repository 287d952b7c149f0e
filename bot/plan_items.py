"""The entries of a person's plan: written by exercise steps, kept from written tools, added by the person; sealed."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, func, select

from bot.content.exercise import PlanField
from bot.content.lessons import Lesson
from bot.models import Person, PlanItem, sealed_at
from bot.work import Work

LONGEST = 300  # characters of an entry
MOST = 30  # entries of a kind; more would be no plan


def entries(work: Work, person: Person, kind: PlanField | None = None) -> list[tuple[PlanItem, str]]:
    """The entries that stand, oldest first, with their words.

    Args:
        kind: one kind alone; all when left out.
    """
    return [(row, text_of(work, row)) for row in _standing(work, person, kind)]


def counts(work: Work, person: Person) -> dict[PlanField, int]:
    """How many entries stand, by kind; kinds without one are left out."""
    statement = select(PlanItem.kind, func.count()).where(col(PlanItem.person_id) == person.id, col(PlanItem.removed_at).is_(None))
    return {PlanField(kind): number for kind, number in work.session.exec(statement.group_by(col(PlanItem.kind)))}


def text_of(work: Work, row: PlanItem) -> str:
    """An entry's words."""
    return work.vault.open(row.text, sealed_at("plan_item", "text", row.id))


def add(work: Work, person: Person, kind: PlanField, text: str, *, lesson: Lesson | None = None, step_key: str | None = None) -> PlanItem:
    """A new entry.

    Args:
        lesson: where it was written; None for one that was added in the list.
    """
    row = PlanItem(
        person_id=person.id,
        kind=kind.value,
        text=b"",
        lesson_id=lesson.id if lesson is not None else None,
        step_key=step_key,
        created_at=work.now,
    )
    row.text = work.vault.seal(text, sealed_at("plan_item", "text", row.id))
    work.session.add(row)
    return row


def keep_step(work: Work, person: Person, lesson: Lesson, step_key: str, kind: PlanField, texts: Sequence[str]) -> None:
    """What a step's answer puts into the plan. Entries of an earlier answer to it go unless they are said again."""
    wanted = list(dict.fromkeys(text.strip() for text in texts if text.strip()))
    for row in _standing(work, person, kind):
        if (row.lesson_id, row.step_key) != (lesson.id, step_key):
            continue
        text = text_of(work, row)
        if text in wanted:
            wanted.remove(text)
        else:
            row.removed_at = work.now
    for text in wanted:
        add(work, person, kind, text, lesson=lesson, step_key=step_key)


def keep(work: Work, person: Person, kind: PlanField, texts: Sequence[str]) -> int:
    """Put words into the plan, as far as there is room and they do not stand in it already. Long ones are cut at a word's end.

    Returns:
        How many entries are new.
    """
    standing = {text for _, text in entries(work, person, kind)}
    new = 0
    for text in (textwrap.shorten(one, LONGEST, placeholder="…") for one in texts):
        if text and text not in standing and len(standing) < MOST:
            add(work, person, kind, text)
            standing.add(text)
            new += 1
    return new


def remove(work: Work, person: Person, item_id: UUID) -> PlanItem | None:
    """Take an entry out of the plan; None when it is not the person's or is out already."""
    statement = select(PlanItem).where(col(PlanItem.id) == item_id, col(PlanItem.person_id) == person.id)
    row = work.session.exec(statement.where(col(PlanItem.removed_at).is_(None))).first()
    if row is not None:
        row.removed_at = work.now
    return row


def _standing(work: Work, person: Person, kind: PlanField | None) -> Sequence[PlanItem]:
    statement = select(PlanItem).where(col(PlanItem.person_id) == person.id, col(PlanItem.removed_at).is_(None))
    if kind is not None:
        statement = statement.where(col(PlanItem.kind) == kind.value)
    return work.session.exec(statement.order_by(col(PlanItem.created_at), col(PlanItem.id))).all()
