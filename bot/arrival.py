"""What happens to updates as they arrive, inside one transaction: stored, and every danger in them answered and paged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlmodel import col, func, select

from bot import due, inbox, logs, people
from bot.content.library import Content
from bot.escalation import answers, engine, relay, store, tasks
from bot.escalation.engine import Finding
from bot.ids import short
from bot.inbound import Inbound, Kind
from bot.models import STAFF, Conversation, Person, Role, VisitorAsk, sealed_at
from bot.safety.levels import Category, Level
from bot.safety.screen import Screening
from bot.work import Work

_log = logs.get_logger()

ASKED_FOR = timedelta(hours=6)  # a bare yes or no is an answer to the bot's safety question for that long
VISITOR_PAGES_A_DAY = 2
FORGET_VISITOR = timedelta(hours=24)
SHORT_ANSWER = 24  # characters


@dataclass(frozen=True, slots=True)
class Screened:
    """An update with what the screen found in its words; `short_answer` is yes, no or "" for a bare answer."""

    inbound: Inbound
    screening: Screening
    short_answer: str = ""


def screen(content: Content, inbound: Inbound) -> Screened:
    """Screen every string that a human wrote in an update. Pure and in memory: it comes before anything else."""
    return Screened(
        inbound, content.screener.screen(inbound.texts), content.short_answer(inbound.text) if inbound.kind is Kind.TEXT else ""
    )


def store_batch(work: Work, batch: Sequence[Screened]) -> list[Inbound]:
    """Store a batch of updates; open or feed a case for each that is urgent or an emergency, in the same transaction.

    Returns:
        The updates that were new, oldest first.
    """
    known = inbox.known(work.session, [one.inbound.update_id for one in batch])
    fresh = sorted((one for one in batch if one.inbound.update_id not in known), key=lambda one: one.inbound.update_id)
    for one in fresh:
        level = _judge(work, one)
        inbox.store(work, one.inbound, level=level)
    return [one.inbound for one in fresh]


def _judge(work: Work, one: Screened) -> Level:
    inbound, found = one.inbound, one.screening
    if one.short_answer and found.level is Level.NONE:
        found = _answer_to_safety_question(work, one)
    if found.level is Level.NONE:
        return Level.NONE
    person = people.arrive(work, inbound)
    finding = Finding(
        level=found.level,
        category=found.category or Category.SUICIDE,
        source="edit" if inbound.edited else "message",
        answer=found.answer,
        texts=inbound.texts,
        matched=found.matched,
        rules=found.rules,
        lang=found.lang if found.lang in ("en", "es") else answers.language(person, _telegram_language(inbound, person)),
        update_id=inbound.update_id,
        at=min(inbound.at, work.now),
    )
    if person.role in STAFF:
        return _staff(work, person, inbound, finding)
    person.silent_since = None
    if person.role is Role.VISITOR:
        return _visitor(work, person, finding)
    if finding.level.pages:
        engine.escalate(work, person, finding)
    elif (case := store.open_case(work.session, person.id)) is not None:
        engine.add_alert(work, person, finding, case_id=case.id)
        return Level.NONE
    else:
        tasks.watch(work, person, finding)
    return finding.level


def _telegram_language(inbound: Inbound, person: Person) -> str:
    return person.language if person.enrolled_at is not None else people.language_of(inbound.language_code, person.language)


def _answer_to_safety_question(work: Work, one: Screened) -> Screening:
    """A bare "yes" to "Are you thinking about killing yourself?" and a bare "no" to "Are you safe right now?" are emergencies."""
    person = people.by_chat(work.session, one.inbound.chat_id)
    conversation = work.session.get(Conversation, person.id) if person is not None else None
    if person is None or conversation is None or conversation.asked_at is None or work.now - conversation.asked_at > ASKED_FOR:
        return one.screening
    if (conversation.asked, one.short_answer) not in (("soft", "yes"), ("safe", "no")):
        return one.screening
    return replace(
        one.screening,
        level=Level.EMERGENCY,
        category=Category.SUICIDE,
        matched=(one.inbound.text,),
        rules=(f"answer:{conversation.asked}",),
        answer="suicide",
        lang=person.language,
    )


def _staff(work: Work, person: Person, inbound: Inbound, finding: Finding) -> Level:
    """Staff words in a relay, a form or a reply are work, never a case; other words bring lines for themselves and page nobody."""
    conversation = work.session.get(Conversation, person.id)
    working = inbound.reply_to is not None or relay.target(work, person) is not None or bool(store.held_by(work.session, person.id))
    if finding.level.pages and not working and inbound.kind is Kind.TEXT and (conversation is None or conversation.state is None):
        answers.staff_lines(work, person, finding.lang)
        return finding.level
    return Level.NONE


def _visitor(work: Work, person: Person, finding: Finding) -> Level:
    """All lines and steps at once; the clinic's team hears of it only on Yes, at most twice a day."""
    if not finding.level.pages:
        return finding.level
    answers.first(work, person, None, finding.answer, finding.lang)
    ask = VisitorAsk(person_id=person.id, level=finding.level, category=finding.category, asked_at=work.now)
    said = {"texts": list(finding.texts), "matched": list(finding.matched), "rules": list(finding.rules), "answer": finding.answer}
    ask.evidence = work.vault.seal_json(said, sealed_at("visitor_ask", "evidence", ask.id))
    work.session.add(ask)
    due.put(work, "visitor.forget", f"visitor:{ask.id}", work.now + FORGET_VISITOR, person=person, ask=short(ask.id))
    answers.visitor_question(work, person, short(ask.id), finding.lang)
    return finding.level


def visitor_pages_today(work: Work, person: Person) -> int:
    """How often this visitor was paged for within 24 hours."""
    statement = select(func.count()).select_from(VisitorAsk)
    statement = statement.where(
        col(VisitorAsk.person_id) == person.id, col(VisitorAsk.answer) == "yes", col(VisitorAsk.answered_at) > work.now - timedelta(days=1)
    )
    return int(work.session.exec(statement).one())
