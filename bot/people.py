"""People as rows: found by chat, named, numbered. The one place that reads and writes `person` for everyone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import Session, col, select, update

from bot.inbound import Inbound
from bot.models import STAFF, Conversation, Counter, Patient, Person, Role, sealed_at
from bot.work import Work

# Built once: they run for each batch of turns, and building a statement costs more than running it.
_BY_CHATS = (
    select(Person)
    .where(col(Person.chat_id).in_(bindparam("chats", expanding=True)))
    .order_by(col(Person.id))
    .with_for_update(key_share=True)
)
_CONVERSATIONS = select(Conversation).where(col(Conversation.person_id).in_(bindparam("people", expanding=True)))
SEEN_STEP = timedelta(minutes=5)  # how exactly `last_seen_at` is kept: not a write for each message


def next_number(session: Session, name: str) -> int:
    """The next of a series that people say aloud (`case`, `person`), from 1. The counter's row is locked until the commit."""
    statement = update(Counter).where(col(Counter.name) == name).values(value=Counter.value + 1).returning(col(Counter.value))
    value = session.execute(statement).scalar_one_or_none()
    if value is None:
        session.add(Counter(name=name, value=1))
        session.flush()
        return 1
    return int(value)


def by_chat(session: Session, chat_id: int, *, lock: bool = False) -> Person | None:
    """The person whose private chat this is; with `lock` their row is held until the commit (PostgreSQL)."""
    statement = select(Person).where(col(Person.chat_id) == chat_id)
    if lock:
        statement = statement.with_for_update(key_share=True)
    return session.exec(statement).first()


def by_number(session: Session, number: int) -> Person | None:
    """The person whom operators know by this number."""
    return session.exec(select(Person).where(col(Person.number) == number)).first()


def by_chats(session: Session, chat_ids: Collection[int]) -> dict[int, Person]:
    """The people of these private chats by chat, locked in one order (PostgreSQL), so that no two replicas wait for each other."""
    found = session.exec(_BY_CHATS, params={"chats": list(chat_ids)})
    return {person.chat_id: person for person in found if person.chat_id is not None}


def load_conversations(session: Session, person_ids: Collection[UUID]) -> None:
    """Read these people's conversations at once; `conversation_of` then has them at hand."""
    found = session.exec(_CONVERSATIONS, params={"people": list(person_ids)})
    session.info["conversations"] = {**dict.fromkeys(person_ids), **{conversation.person_id: conversation for conversation in found}}


def arrive(work: Work, inbound: Inbound, known: Person | None = None) -> Person:
    """The person behind an update, locked; someone new becomes a visitor. A blocked bot that is written to is blocked no more.

    Args:
        known: the locked row, where it was read already.
    """
    person = known or by_chat(work.session, inbound.chat_id, lock=True)
    if person is None:
        person = add(work, Role.VISITOR, chat_id=inbound.chat_id, language=language_of(inbound.language_code, work.settings.language))
    if inbound.language_code and person.telegram_language != inbound.language_code:
        person.telegram_language = inbound.language_code
    if person.blocked_at is not None:
        person.blocked_at = None
    if person.last_seen_at is None or work.now - person.last_seen_at >= SEEN_STEP:
        person.last_seen_at = work.now
    return person


def add(work: Work, role: Role, *, chat_id: int | None = None, language: str | None = None, name: str | None = None) -> Person:
    """A new person with the clinic's country and zone."""
    person = Person(
        number=next_number(work.session, "person"),
        role=role,
        chat_id=chat_id,
        language=language or work.settings.language,
        country=work.settings.country,
        zone=work.settings.timezone,
        created_at=work.now,
    )
    if name:
        set_name(work, person, name)
    work.session.add(person)
    work.session.flush()
    return person


def language_of(code: str, default: str) -> str:
    """`en` or `es` from a language code such as `es-MX`; the default for any other."""
    prefix = code.lower().partition("-")[0]
    return prefix if prefix in ("en", "es") else default


def set_name(work: Work, person: Person, name: str) -> None:
    """Seal a person's name."""
    person.name = work.vault.seal(name, sealed_at("person", "name", person.id))


def name_of(work: Work, person: Person) -> str:
    """A person's name; "" when none is known."""
    return work.vault.open(person.name, sealed_at("person", "name", person.id)) if person.name else ""


def get(session: Session, person_id: UUID) -> Person:
    """The person with this id; the row must exist."""
    person = session.get(Person, person_id)
    if person is None:
        raise LookupError("no such person")
    return person


def by_id_locked(session: Session, person_id: UUID) -> Person | None:
    """The person with this id, their row held until the commit (PostgreSQL)."""
    return session.exec(select(Person).where(col(Person.id) == person_id).with_for_update(key_share=True)).first()


def patient_of(session: Session, person_id: UUID) -> Patient | None:
    """What only a patient has, or None."""
    return session.get(Patient, person_id)


def staff(session: Session, roles: Collection[Role] = STAFF) -> Sequence[Person]:
    """Staff of these roles who have not been removed, by number; the drill's counselor is none."""
    here = (col(Person.removed_at).is_(None), col(Person.fictitious).is_(False))
    return session.exec(select(Person).where(col(Person.role).in_(list(roles)), *here).order_by(col(Person.number))).all()


def reachable(person: Person) -> bool:
    """Whether the bot can write to them as far as it knows."""
    return person.chat_id is not None and person.blocked_at is None and person.removed_at is None


def kept(work: Work, person: Person) -> tuple[str | None, dict[str, Any], list[tuple[str, dict[str, Any]]]]:
    """Where a person is in the chat: the step, what its form keeps, and the forms that were put aside, innermost last."""
    found = conversation_of(work, person)
    data = work.vault.open_json(found.data, sealed_at("conversation", "data", person.id)) if found.data else {}
    parked = work.vault.open_json(found.parked, sealed_at("conversation", "parked", person.id)) if found.parked else []
    return found.state, data, [(state, one) for state, one in parked]


def menu_changed(work: Work, chat_id: int) -> None:
    """Whoever has this chat has another role than before: their command menu is set after the commit, before their next act."""
    work.session.info.setdefault("menus", set()).add(chat_id)


def conversation_of(work: Work, person: Person) -> Conversation:
    """Where the person is in the chat; made when there is none."""
    at_hand: dict[UUID, Conversation | None] = work.session.info.setdefault("conversations", {})
    found = at_hand[person.id] if person.id in at_hand else work.session.get(Conversation, person.id)
    if found is None:
        found = Conversation(person_id=person.id, updated_at=work.now)
        work.session.add(found)
    at_hand[person.id] = found
    return found
