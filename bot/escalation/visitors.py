"""Visitors in danger: lines and steps at once, and the clinic's team hears of it only on their Yes (SAFETY.md 2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, func, select

from bot import due
from bot.escalation import answers
from bot.escalation.engine import Finding
from bot.ids import short
from bot.models import Case, Person, VisitorAsk, sealed_at
from bot.safety.levels import Category, Level
from bot.work import Work

PAGES_A_DAY = 2
FORGET_AFTER = timedelta(hours=24)
SAME_TALK = timedelta(minutes=10)  # what is said within it belongs to the question that stands
MAX_TEXTS = 20


def ask(work: Work, person: Person, finding: Finding, *, reply: bool = True) -> VisitorAsk:
    """Answer a visitor and ask whether the team may be told. What is said within minutes is added to the question that stands.

    Args:
        reply: whether the first answer is still to be given (a button may have given it).
    """
    found = latest(work, person)
    standing = found if found is not None and found.answer != "yes" and work.now - found.asked_at < SAME_TALK else None
    before = said(work, standing).get("answer") if standing is not None else None
    if reply:
        # "I have kept your words" is for somebody who has written some.
        wrote = bool(finding.texts or (said(work, standing).get("texts") if standing is not None else ()))
        if before == finding.answer and finding.answer != answers.NOT_SAFE and wrote:
            answers.ask_safe(work, person, None, "crisis/added", lang=answers.language(person, finding.lang))
        else:
            answers.first(work, person, None, finding.answer, finding.lang)
    one = _keep(work, person, finding, standing)
    answers.visitor_question(work, person, short(one.id), finding.lang)
    return one


def _keep(work: Work, person: Person, finding: Finding, standing: VisitorAsk | None) -> VisitorAsk:
    one = standing or VisitorAsk(person_id=person.id, level=finding.level, category=finding.category, asked_at=work.now)
    kept = said(work, one)
    if standing is not None and finding.level > Level(one.level):
        one.level, one.category = finding.level, finding.category
    words = {
        "texts": [*kept.get("texts", []), *finding.texts][-MAX_TEXTS:],
        "matched": [*kept.get("matched", []), *finding.matched][-MAX_TEXTS:],
        "rules": [*kept.get("rules", []), *finding.rules][-MAX_TEXTS:],
        "answer": finding.answer,
        "lang": finding.lang,
        "source": finding.source,
    }
    one.evidence = work.vault.seal_json(words, sealed_at("visitor_ask", "evidence", one.id))
    work.session.add(one)
    # No person on the item: by the time it comes, there may be none left to remember.
    due.put(work, "visitor.forget", f"visitor:{one.id}", one.asked_at + FORGET_AFTER, ask=short(one.id))
    work.session.flush()
    return one


def said(work: Work, one: VisitorAsk) -> dict[str, Any]:
    """What was said: `texts`, `matched`, `rules`, `answer`, `lang`, `source`; empty when it was forgotten."""
    if one.evidence is None:
        return {}
    found: dict[str, Any] = work.vault.open_json(one.evidence, sealed_at("visitor_ask", "evidence", one.id))
    return found


def finding_of(work: Work, one: VisitorAsk) -> Finding:
    """The finding that the team is paged for when the visitor says Yes."""
    kept = said(work, one)
    return Finding(
        level=Level(one.level),
        category=Category(one.category),
        source=kept.get("source", "message"),
        answer=kept.get("answer", ""),
        texts=tuple(kept.get("texts", ())),
        matched=tuple(kept.get("matched", ())),
        rules=tuple(kept.get("rules", ())),
        lang=kept.get("lang", "und"),
        at=one.asked_at,
    )


def latest(work: Work, person: Person) -> VisitorAsk | None:
    """The newest question that this visitor was asked, if any."""
    statement = select(VisitorAsk).where(col(VisitorAsk.person_id) == person.id)
    return work.session.exec(statement.order_by(col(VisitorAsk.id).desc())).first()


def found(work: Work, ask_id: UUID) -> VisitorAsk | None:
    """A question by its id, or None when it was forgotten."""
    return work.session.get(VisitorAsk, ask_id)


def pages_today(work: Work, person: Person) -> int:
    """How often this visitor was paged for within 24 hours."""
    since: datetime = work.now - timedelta(days=1)
    statement = select(func.count()).select_from(VisitorAsk)
    statement = statement.where(
        col(VisitorAsk.person_id) == person.id, col(VisitorAsk.answer) == "yes", col(VisitorAsk.answered_at) > since
    )
    # One question may be answered with Yes again once its case is closed: each case counts.
    opened = select(func.count()).select_from(Case).where(col(Case.person_id) == person.id, col(Case.opened_at) > since)
    return max(int(work.session.exec(statement).one()), int(work.session.exec(opened).one()))
