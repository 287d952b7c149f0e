"""What was said in the last hours counts together with what is said now: context only raises (SAFETY.md 1)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_
from sqlmodel import col, select

from bot.db import UtcDateTime
from bot.escalation import store
from bot.models import Alert, Case, Checkin, Person
from bot.opinion.decide import Context
from bot.safety.levels import Level
from bot.safety.screen import Screening
from bot.work import Work

HOURS = timedelta(hours=6)
MOST = 5  # earlier messages that are read again
HIGH_CRAVING = 9  # of 10
RULE = "earlier words"
BETWEEN = ".\n\n"  # messages: each ends a sentence, however short it is
# What the screen names when one part of a text raises another: a second marker, a role ("means: en.means.gun"), signs of withdrawal.
# Points that merely add up over several messages say nothing: they grow with every word.
_RAISED = re.compile(r"two signs|\w+: \w\w\.|\d+ signs")

_WATCHED = (
    select(Person.chat_id, Alert)
    .join(Alert, col(Alert.person_id) == col(Person.id))
    .where(
        col(Person.chat_id).in_(bindparam("chats", expanding=True)),
        col(Alert.level) == Level.WATCH.value,
        col(Alert.at) > bindparam("since", type_=UtcDateTime()),
    )
    .order_by(col(Alert.at), col(Alert.id))
)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A `watch` message of the last hours and its words."""

    alert: Alert
    texts: tuple[str, ...]


def watched(work: Work, chats: Sequence[int]) -> Mapping[int, list[Earlier]]:
    """The `watch` messages of the last hours by chat, oldest first, at most `MOST` each."""
    if not chats:
        return {}
    found: dict[int, list[Earlier]] = {}
    for chat_id, alert in work.session.exec(_WATCHED, params={"chats": list(chats), "since": work.now - HOURS}):
        texts = tuple(store.evidence(work, alert).get("texts", ()))
        if chat_id is not None and texts:
            found.setdefault(chat_id, []).append(Earlier(alert, texts))
    return {chat_id: every[-MOST:] for chat_id, every in found.items()}


def judged(work: Work, present: Screening, texts: Sequence[str], earlier: Sequence[Earlier]) -> Screening:
    """The screening of a message together with what was said before it.

    Returns:
        `present`, unless all of it together is urgent or an emergency, higher than the message alone and than what stood before it.
    """
    before = [text for one in earlier for text in one.texts]
    if not before or not texts:
        return present
    screener = work.content.screener
    together = screener.screen(BETWEEN.join([*before, *texts]))
    if not together.level.pages or together.level <= present.level or together.level <= screener.screen(BETWEEN.join(before)).level:
        return present
    if not any(_RAISED.match(rule) for rule in together.rules):
        return present
    lang = present.lang if present.level is not Level.NONE else together.lang
    return replace(together, lang=lang, rules=(*together.rules, RULE))


def context(work: Work, person: Person, update_id: int) -> frozenset[Context]:
    """What is known of a person's last hours and makes a second opinion more careful (`crisis/opinion.yaml`).

    Args:
        update_id: the message that is judged; what the rules found in it is no context.
    """
    table, found = work.content.opinion, set()

    def since(name: Context) -> datetime:
        return work.now - timedelta(hours=table.hours[name])

    touched = or_(col(Case.closed_at).is_(None), col(Case.closed_at) > since(Context.CASE), col(Case.opened_at) > since(Context.CASE))
    if work.session.exec(select(Case.id).where(col(Case.person_id) == person.id, touched).limit(1)).first() is not None:
        found.add(Context.CASE)
    others = or_(col(Alert.update_id).is_(None), col(Alert.update_id) != update_id)
    watch = col(Alert.person_id) == person.id, others, col(Alert.level) == Level.WATCH.value, col(Alert.at) > since(Context.WATCH)
    if work.session.exec(select(Alert.id).where(*watch).limit(1)).first() is not None:
        found.add(Context.WATCH)
    craving = col(Checkin.person_id) == person.id, col(Checkin.craving) >= HIGH_CRAVING, col(Checkin.started_at) > since(Context.CRAVING)
    if work.session.exec(select(Checkin.id).where(*craving).limit(1)).first() is not None:
        found.add(Context.CRAVING)
    return frozenset(found)


def attach(case: Case, earlier: Sequence[Earlier]) -> None:
    """What raised it belongs to the case too, so that whoever opens it reads both messages."""
    for one in earlier:
        if one.alert.case_id is None:
            one.alert.case_id = case.id
