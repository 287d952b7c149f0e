"""What happens to updates as they arrive, inside one transaction: stored, and every danger in them answered and paged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlmodel import col, select

from bot import inbox, logs, people
from bot.content.library import Content
from bot.escalation import answers, delivery, engine, hours, relay, soft, store, tasks, visitors
from bot.escalation.engine import Finding
from bot.escalation.hours import Earlier
from bot.inbound import Inbound, Kind
from bot.models import STAFF, Case, Conversation, Person, RelayMessage, Role
from bot.safety.levels import Category, Level
from bot.safety.screen import Screening
from bot.work import Budget, Work

_log = logs.get_logger()

# Buttons that ask for a human now.
_CALLS = frozenset({"checkin.help", "crisis.danger", "crisis.help", "crisis.sos", "sos.choice", "sos.now"})
_SOFT_YES = "crisis.soft:yes"
ASKED_FOR = timedelta(hours=6)  # a bare yes or no is an answer to the bot's safety question for that long


@dataclass(frozen=True, slots=True)
class Screened:
    """An update with what the screen found in its words.

    Attributes:
        short_answer: yes or no for a bare answer, else "".
        calls: the person asks for help by a button or by `/sos`: no words to screen, but nothing that may wait.
        second: a second opinion is to read it too.
    """

    inbound: Inbound
    screening: Screening
    short_answer: str = ""
    calls: bool = False
    second: bool = False

    @property
    def cannot_wait(self) -> bool:
        """Whether it is answered and paged directly when the database does not take it."""
        return self.calls or self.screening.level.pages


def screen(content: Content, inbound: Inbound, *, second: bool = False, sure: bool = False) -> Screened:
    """Screen every string that a human wrote in an update. Pure and in memory: it comes before anything else.

    Args:
        second: a second opinion is to read words too.
        sure: it is ready: what the rules are not sure of is left to it.
    """
    found = screening(content, inbound, sure=sure)
    short = content.short_answer(inbound.text) if inbound.kind is Kind.TEXT else ""
    worth = second and found.level is not Level.EMERGENCY and any(inbound.texts)
    return Screened(inbound, found, short, _calls(content, inbound), worth)


def screening(content: Content, inbound: Inbound, *, sure: bool = False) -> Screening:
    """What the rules say of an update's words; of what they stumble over too.

    Args:
        sure: what they are not sure of is left to a second opinion.
    """
    try:
        return content.screener.screen(inbound.texts, sure=sure)
    except Exception as error:
        # Whatever the screen stumbled over may be a danger: the soft question and an item for the staff rather than silence.
        _log.error("screen.failed", error=error, update=inbound.update_id)
        return Screening(Level.WATCH, Category.SUICIDE, (), "und", ("screen.failed",), "self", "")


def _calls(content: Content, inbound: Inbound) -> bool:
    match inbound.kind:
        case Kind.COMMAND:
            return inbound.command == "sos"
        case Kind.PRESS:
            pressed = inbound.data.partition("~")[0]
            return pressed == _SOFT_YES or pressed.partition(":")[0] in _CALLS
        case Kind.TEXT:
            return content.asks_for_help(inbound.text)
    return False


def store_batch(work: Work, batch: Sequence[Screened]) -> tuple[list[Inbound], list[Screened]]:
    """Store a batch of updates; open or feed a case for each that is urgent or an emergency, in the same transaction.

    Returns:
        The new updates that are still to be lived through, oldest first; and those that the time did not suffice for, which want
        a transaction of their own.
    """
    budget = Budget()
    known = inbox.known(work.session, [one.inbound.update_id for one in batch])
    fresh = sorted((one for one in batch if one.inbound.update_id not in known), key=lambda one: one.inbound.update_id)
    spoken = [one.inbound.chat_id for one in fresh if one.inbound.texts and not one.screening.level.pages]
    earlier = hours.watched(work, spoken)
    judged = [one for one in fresh if one.screening.level is not Level.NONE or one.short_answer or one.inbound.chat_id in earlier]
    # Locked in one order, as the turns lock them (PostgreSQL), so that neither waits for the other for ever.
    people.by_chats(work.session, [one.inbound.chat_id for one in judged])
    waiting: list[Inbound] = []
    for number, one in enumerate(fresh):
        if number and budget.spent:
            return waiting, fresh[number:]
        if _kind_line(work, one):
            inbox.store(work, one.inbound, done=True)
            continue
        level = _judge(work, one, earlier.get(one.inbound.chat_id, ()))
        inbox.store(work, one.inbound, level=level, unread=one.second)
        waiting.append(one.inbound)
        if level is Level.WATCH:
            earlier = {**earlier, **hours.watched(work, [one.inbound.chat_id])}  # the next one may stand in the same batch
    return waiting, []


def store_unjudged(work: Work, one: Screened) -> list[Inbound]:
    """Store an update over which `store_batch` stumbles, as if the screen had found nothing: a turn lives through it, or sets it aside.

    The second opinion still reads it where it was to.
    """
    if inbox.known(work.session, [one.inbound.update_id]):
        return []
    inbox.store(work, one.inbound, unread=one.second)
    return [one.inbound]


def raise_level(work: Work, inbound: Inbound, found: Screening) -> Level:
    """A second look found more in a message than the first did: the case is opened or raised, and the person answered, as at arrival."""
    return _judge(work, Screened(inbound, found))


def _judge(work: Work, one: Screened, earlier: Sequence[Earlier] = ()) -> Level:
    inbound = one.inbound
    found = hours.judged(work, one.screening, inbound.texts, earlier)
    if one.short_answer and found.level is Level.NONE:
        found = _answer_to_safety_question(work, one)
    if found.level is Level.NONE:
        return Level.NONE
    known = people.by_chat(work.session, inbound.chat_id, lock=True)
    if known is not None:
        delivery.reachable_again(work, known)
    person = people.arrive(work, inbound, known)
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
        opened = engine.escalate(work, person, finding)
        if hours.RULE in finding.rules:
            hours.attach(opened, earlier)
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
    question = _open_question(work, person)
    if person is None or (question, one.short_answer) not in (("soft", "yes"), ("safe", "no")):
        return one.screening
    case = store.open_case(work.session, person.id) if question == "safe" else None
    return replace(
        one.screening,
        level=Level.EMERGENCY,
        category=Category(case.category) if case is not None else Category.SUICIDE,
        matched=(one.inbound.text,),
        rules=(f"answer:{question}",),
        answer="suicide" if question == "soft" else answers.NOT_SAFE,
        lang=answers.language(person, "", case),
    )


def _open_question(work: Work, person: Person | None) -> str | None:
    """The bot's safety question that a bare answer is for: soft, safe, or None.

    Not once a form has asked something since, nor once a human has written since: a "no" to a counselor's "Did you sleep?" is theirs.
    """
    conversation = work.session.get(Conversation, person.id) if person is not None else None
    if person is None or conversation is None or conversation.asked_at is None or work.now - conversation.asked_at > ASKED_FOR:
        return None
    if conversation.state is not None and conversation.updated_at > conversation.asked_at:
        return None
    wrote = select(RelayMessage.id).join(Case, col(Case.id) == col(RelayMessage.case_id))
    wrote = wrote.where(
        col(Case.person_id) == person.id, col(RelayMessage.to_patient), col(RelayMessage.arrived_at) > conversation.asked_at
    )
    return None if work.session.exec(wrote.limit(1)).first() is not None else conversation.asked


def _kind_line(work: Work, one: Screened) -> bool:
    """The good answers, typed: "no" to the soft question, "yes" to "Are you safe?" without a case. They change nothing.

    Returns:
        Whether it was one: a kind line answers it and nothing else happens.
    """
    if not one.short_answer or one.screening.level is not Level.NONE or one.inbound.edited:
        return False
    person = people.by_chat(work.session, one.inbound.chat_id)
    if person is None or person.role in STAFF or people.conversation_of(work, person).state is not None:
        return False
    if (_open_question(work, person), one.short_answer) not in (("soft", "no"), ("safe", "yes")):
        return False
    if store.open_case(work.session, person.id) is not None:
        return False  # it goes to whoever has the case
    person = people.arrive(work, one.inbound)
    person.silent_since = None
    if one.short_answer == "no":
        soft.answered_no(work, person)
    else:
        answers.say(work, person, None, "crisis/safe_no_case")
    return True


def _staff(work: Work, person: Person, inbound: Inbound, finding: Finding) -> Level:
    """Staff words in a relay, a form or a reply are work, never a case; other words bring lines for themselves and page nobody."""
    conversation = work.session.get(Conversation, person.id)
    working = inbound.reply_to is not None or relay.target(work, person) is not None or bool(store.held_by(work.session, person.id))
    if finding.level.pages and not working and inbound.kind is Kind.TEXT and (conversation is None or conversation.state is None):
        answers.staff_lines(work, person, finding.lang)
        return finding.level
    return Level.NONE


def _visitor(work: Work, person: Person, finding: Finding) -> Level:
    """All lines and steps at once; the clinic's team hears of it only on Yes. After a Yes the open case is fed like anyone's."""
    case = store.open_case(work.session, person.id)
    if case is not None and finding.level.pages:
        engine.escalate(work, person, finding)
    elif case is not None:
        engine.add_alert(work, person, finding, case_id=case.id)
        return Level.NONE
    elif finding.level.pages:
        visitors.ask(work, person, finding)
    return finding.level
