"""One turn inside its transaction: find the handler, run it, carry out what it asked for."""

from __future__ import annotations

import html
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from bot import command_menu, dispatch, inbox, people
from bot.command_menu import CommandMenu
from bot.errors import Conflict, NotAllowed, NotUnderstood
from bot.escalation import answers, countdown, delivery, soft, store
from bot.inbound import Inbound, Kind
from bot.intents import carry_out
from bot.models import STAFF, Due, Inbox, Lane, Person, Role
from bot.routing import DueHandler, Routes
from bot.safety.levels import Level
from bot.turn import Alert, Turn
from bot.work import Budget, Work

_SPOKEN = (Kind.TEXT, Kind.COMMAND)


@dataclass(frozen=True, slots=True)
class After:
    """What happens once the turn is committed, outside the transaction.

    Attributes:
        query_id: the press to answer, with `toast` and whether it is an `alert`.
        menus: command menus to set: the person's own, and those of other chats whose role this turn changed.
    """

    chat_id: int
    query_id: str = ""
    toast: str = ""
    alert: bool = False
    menus: tuple[CommandMenu, ...] = ()


@dataclass(frozen=True, slots=True)
class Lived:
    """What a batch came to.

    Attributes:
        afters: what to do after the commit, one for each update that was lived through.
        left: ids of updates that the time did not suffice for: they wait for the next transaction.
    """

    afters: list[After]
    left: frozenset[int] = frozenset()


def run_batch(work: Work, routes: Routes, update_ids: Sequence[int]) -> Lived:
    """Live through updates of as many different chats in one transaction; what all of them need is read at once.

    Neither lived through nor left are those that were done already, that another replica has or that are not yet their chat's turn.
    """
    budget = Budget()
    rows = inbox.take(work, update_ids)
    known = people.by_chats(work.session, [row.chat_id for row in rows])
    people.load_conversations(work.session, [person.id for person in known.values()])
    in_case = store.with_open_case(work, [person.id for person in known.values()])
    countdown.look(work, [person.id for person in known.values()])
    lived: list[After] = []
    for number, row in enumerate(rows):
        if budget.spent and lived:
            return Lived(lived, frozenset(one.update_id for one in rows[number:]))
        lived.append(run(work, routes, row, known.get(row.chat_id), in_case))
    return Lived(lived)


def run(work: Work, routes: Routes, row: Inbox, known: Person | None, in_case: Collection[UUID]) -> After:
    """Live through one update.

    Args:
        known: the person of this chat, locked; None for a new one.
        in_case: ids of people with an open case, of this batch.

    Returns:
        What to do after the commit.
    """
    inbound = inbox.read(work, row)
    if inbound.kind is Kind.MEMBERSHIP:
        if inbound.member == "kicked":
            delivery.blocked(work, inbound.chat_id)
        elif known is not None:
            delivery.reachable_again(work, known)
        inbox.done(work, row)
        return After(inbound.chat_id)
    if known is not None:
        delivery.reachable_again(work, known)
    person = people.arrive(work, inbound, known)
    ends_silence = inbound.kind in _SPOKEN and person.silent_since is not None
    if ends_silence:
        person.silent_since = None  # a word of their own ends silent mode
    turn = _load(work, person, inbound)
    turn.ends_silence = ends_silence
    form_press = False
    try:
        form_press = dispatch.route(turn, routes, row, in_case=person.id in in_case)
        if turn.ask_again:
            dispatch.ask_again(turn, routes)
    except NotUnderstood as hint:
        turn.intents = [intent for intent in turn.intents if isinstance(intent, Alert)]
        turn.say(hint.hint, **hint.values)
    except Conflict as conflict:
        turn.intents = []
        if inbound.kind is Kind.PRESS:
            turn.answer(conflict.reason, alert=True, **conflict.values)
        else:
            turn.say(conflict.reason, **conflict.values)
    except NotAllowed:
        turn.intents = []
        if inbound.kind is Kind.PRESS:
            turn.answer("common/not_yours", alert=True)
        else:
            turn.say("common/not_allowed")
    if Level(row.level) is Level.WATCH and person.role not in STAFF:
        _soft_line(turn, answered=bool(turn.intents))
    carry_out(turn, settle_press=form_press)
    inbox.done(work, row)
    return _after(turn, routes)


def run_due(work: Work, routes: Routes, item: Due, *, handler: DueHandler | None = None) -> None:
    """Do a due item.

    While its person has an open case, what pauses is not done, only put in again by its `late` handler: afterwards there is no backlog.
    """
    route = routes.dues[item.kind]
    chosen = handler or route.handler
    if item.person_id is None:
        chosen(Turn(work, _NOBODY), item)
        return
    person = people.by_id_locked(work.session, item.person_id)
    if person is None or person.removed_at is not None:
        return
    if not route.during_case and store.open_case(work.session, person.id) is not None:
        if route.late is None:
            return
        chosen = route.late
    turn = _load(work, person, None)
    chosen(turn, item)
    carry_out(turn, settle_press=False)


_NOBODY = Person(number=0, role=Role.VISITOR, language="en", country="", zone="UTC", created_at=datetime(2026, 1, 1, tzinfo=UTC))


def _load(work: Work, person: Person, inbound: Inbound | None) -> Turn:
    state, data, parked = people.kept(work, person)
    return Turn(work, person, inbound=inbound, state=state, data=data, parked=parked)


def _soft_line(turn: Turn, *, answered: bool) -> None:
    """`watch` never shows the crisis answer, only one soft line with a direct question. Asked once a day about the same thing.

    Args:
        answered: whether the person hears something else in this turn.
    """
    about = soft.watched_category(turn.work, turn.person)
    if soft.asked_softly(turn.work, turn.person):
        if not answered:
            turn.say("crisis/soft_heard", lane=Lane.CRISIS, kept=turn.person.role is not Role.VISITOR)
        return
    turn.say(soft.QUESTION, soft.rows(), lane=Lane.CRISIS, about=about, hears=answers.hears(turn.person, None))
    conversation = people.conversation_of(turn.work, turn.person)
    conversation.asked, conversation.asked_at = "soft", turn.now


def _after(turn: Turn, routes: Routes) -> After:
    inbound, person, texts = turn.inbound, turn.person, turn.content.texts
    assert inbound is not None
    toast, alert = "", False
    if turn.toast is not None:
        key, values, alert = turn.toast
        toast = html.unescape(
            texts.render(
                key, person.language, {"zone": person.zone, "lines": turn.content.lines_for(person.country).view(person.language), **values}
            )
        )
    own = command_menu.own(turn.work, routes, person, inbound.chat_id)
    others = command_menu.of_others(turn.work, routes, without=inbound.chat_id)
    return After(inbound.chat_id, inbound.query_id, toast[:200], alert, (own, *others) if own is not None else others)
