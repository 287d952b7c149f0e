"""One turn inside its transaction: find the handler, run it, carry out what it asked for."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bot import command_menu, inbox, menu, outbox, people
from bot.command_menu import CommandMenu
from bot.content.render import LANGUAGES
from bot.errors import Conflict, NotAllowed, NotUnderstood
from bot.escalation import answers, delivery, engine, parcels, relay, statuses, store, team
from bot.escalation.parcels import Parcel
from bot.inbound import Inbound, Kind
from bot.intents import carry_out
from bot.models import STAFF, Case, Due, Inbox, Lane, Person, Role, Status
from bot.outbox import Button
from bot.routing import DueHandler, Routes, pauses
from bot.safety.levels import Level
from bot.turn import Alert, Remind, Turn
from bot.work import Budget, Work

OLD = timedelta(hours=2)  # what was written longer ago is not taken as an answer to the present question
_SPOKEN = (Kind.TEXT, Kind.COMMAND)
_MEDIA = (Kind.VOICE, Kind.PHOTO, Kind.VIDEO, Kind.STICKER, Kind.DOCUMENT, Kind.OTHER)
_ASKED_AT_ARRIVAL = (Level.URGENT, Level.EMERGENCY)


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
    if inbound.kind in _SPOKEN and person.silent_since is not None:
        person.silent_since = None  # a word of their own ends silent mode
    turn = _load(work, person, inbound)
    form_press = False
    try:
        form_press = _route(turn, routes, row, in_case=person.id in in_case)
        if turn.ask_again:
            _ask_again(turn, routes)
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


def _route(turn: Turn, routes: Routes, row: Inbox, *, in_case: bool) -> bool:
    """Find what the person meant and run it.

    Returns:
        Whether a step's button was pressed and did its work, so that its message is settled.
    """
    inbound = turn.inbound
    assert inbound is not None
    if Level(row.level) in _ASKED_AT_ARRIVAL and turn.person.role not in STAFF:
        if turn.person.status is Status.DECEASED:
            statuses.heard(turn.work, turn.person, answer=False)
        _in_danger(turn, routes)
        return False
    if turn.person.status is Status.DECEASED and not in_case and not _calls_for_help(turn):
        statuses.heard(turn.work, turn.person)
        return False
    if inbound.kind is Kind.PRESS:
        return _press(turn, routes)
    if inbound.edited:
        said = {"chat_id": inbound.chat_id, "message_id": inbound.message_id}
        if not relay.edited(turn.work, turn.person, inbound):
            team.edited(turn.work, turn.person, inbound.text, **said)
        return False
    command = inbound.command if inbound.kind is Kind.COMMAND else _by_label(turn, routes, in_case=in_case)
    if command is not None:
        if pauses(command) and _rests(turn):
            turn.say("crisis/rests", lane=Lane.CRISIS, tap=False)
        else:
            _command(turn, routes, command)
        return False
    if turn.person.role in STAFF:
        _staff_input(turn, routes)
        return False
    case = store.open_case(turn.session, turn.person.id) if in_case else None
    if case is not None and inbound.kind is Kind.TEXT:
        _to_team(turn, case)
        if turn.state is not None:
            _form_or_free(turn, routes)  # begun since: its step is answered as well
        return False
    if inbound.kind in _MEDIA:
        routes.media(turn)
        _ask_again(turn, routes)
        return False
    _form_or_free(turn, routes, soft=Level(row.level) is Level.WATCH)
    return False


def _calls_for_help(turn: Turn) -> bool:
    """Whether it asks for a human or answers in a crisis: that works in every state."""
    inbound = turn.inbound
    assert inbound is not None
    if inbound.kind is Kind.PRESS:
        return inbound.data.startswith(("crisis.", "sos."))
    return inbound.command == "sos" or (inbound.kind is Kind.TEXT and turn.content.asks_for_help(inbound.text))


def _rests(turn: Turn) -> bool:
    """Whether what pauses in an open case rests now: until two hours have passed without a word in the relay."""
    case = store.open_case(turn.session, turn.person.id) if turn.person.role not in STAFF else None
    return case is not None and not engine.is_quiet(case, turn.now)


def _form_or_free(turn: Turn, routes: Routes, *, soft: bool = False) -> None:
    inbound = turn.inbound
    assert inbound is not None
    state = routes.states.get(turn.state or "")
    if turn.work.now - inbound.at > OLD:
        turn.say("common/while_ago")
        _ask_again(turn, routes)
    elif state is not None and turn.person.role in state.roles:
        state.answer(turn)
    elif inbound.kind is Kind.TEXT:
        if not soft:  # the soft line answers it; "I did not get that" beside it would be cold
            routes.free[turn.person.role](turn)
    else:
        routes.media(turn)


def _staff_input(turn: Turn, routes: Routes) -> None:
    """What a member of staff writes: an answer in the relay, a step of a form, or words to place."""
    inbound = turn.inbound
    assert inbound is not None
    parcel = parcels.of(inbound)
    if inbound.reply_to is not None:
        answered = outbox.sent_as(turn.work, inbound.chat_id, inbound.reply_to)
        case = turn.session.get(Case, answered.case_id) if answered is not None and answered.case_id is not None else None
        if case is not None and case.holder_id == turn.person.id and case.acknowledged_at is not None and case.state == "open":
            if parcel is None:
                raise NotUnderstood("relay/not_passed")
            relay.to_patient(turn.work, case, turn.person, parcel, chat_id=inbound.chat_id, message_id=inbound.message_id)
            return
    writing = turn.state is None or turn.state.startswith("relay_which.")
    if inbound.kind is Kind.TEXT or (inbound.kind not in _MEDIA and not writing):
        _form_or_free(turn, routes)
    elif not writing:
        raise NotUnderstood("common/need_text")
    elif parcel is None:
        raise NotUnderstood("relay/not_passed")
    elif turn.state is not None:
        routes.states[turn.state].answer(turn)
    else:
        routes.free[turn.person.role](turn)


def _to_team(turn: Turn, case: Case) -> None:
    inbound = turn.inbound
    assert inbound is not None
    first = case.last_word_at is None
    kept = relay.to_team(turn.work, case, turn.person, Parcel(text=inbound.text), chat_id=inbound.chat_id, message_id=inbound.message_id)
    if kept.recipient_id is None and first:
        answers.say(turn.work, turn.person, case, "crisis/kept_for_team")  # at once: a form that does not understand drops what a turn says


def _in_danger(turn: Turn, routes: Routes) -> None:
    """The first answer and the page are on their way since the arrival. The form stores what was said, says nothing and is parked."""
    inbound = turn.inbound
    assert inbound is not None
    case = store.open_case(turn.session, turn.person.id)
    if case is not None and case.acknowledged_at is not None and inbound.text:
        said = {"chat_id": inbound.chat_id, "message_id": inbound.message_id}
        if not (inbound.edited and relay.edited(turn.work, turn.person, inbound)):
            relay.to_team(turn.work, case, turn.person, parcels.of(inbound) or Parcel(text=inbound.text), **said)
    state = routes.states.get(turn.state or "")
    if state is None:
        return
    before = turn.state
    if inbound.kind is Kind.TEXT and not inbound.edited:
        with contextlib.suppress(NotUnderstood, Conflict, NotAllowed):
            state.answer(turn)
    turn.intents = [intent for intent in turn.intents if isinstance(intent, Remind)]
    turn.state, turn.resume, turn.ask_again = before, False, False
    turn.park()


def _by_label(turn: Turn, routes: Routes, *, in_case: bool) -> str | None:
    """The keyboard below the text field sends its labels as text, in whichever language it was shown. SOS may be typed, too.

    While a case is open only the label itself is one: any other cry for help goes to whoever has the case.
    """
    assert turn.inbound is not None
    if turn.inbound.kind is not Kind.TEXT or len(turn.inbound.text) > 40:
        return None
    text = turn.inbound.text.strip()
    for label, command in routes.menu_labels.items():
        if any(turn.content.texts.label(label, lang) == text for lang in LANGUAGES):
            return command
    if turn.person.role not in STAFF and not in_case and turn.content.asks_for_help(text):
        return "sos"
    return None


def _command(turn: Turn, routes: Routes, name: str) -> None:
    route = routes.commands.get(name)
    if turn.person.role is Role.VISITOR and route is not None and Role.VISITOR not in route.roles and Role.PATIENT in route.menu:
        turn.say("visitor/for_members", menu.VISITOR, name=name, what=turn.content.texts.label(f"commands/{name}", turn.lang))
        return
    if route is None or turn.person.role not in route.roles:
        turn.say("common/unknown_command")
        _ask_again(turn, routes)
        return
    if turn.person.role is Role.PATIENT and turn.person.enrolled_at is None and not route.while_enrolling:
        rows = [[Button("common/continue", "form.resume")]] if turn.state is None and turn.parked else []
        turn.say("common/enrol_first", rows)
        _ask_again(turn, routes)
        return
    route.handler(turn)
    state = routes.states.get(turn.state or "")
    if route.asks_again and not turn.moved and not turn.ask_again and state is not None and state.asks_again:
        _ask_again(turn, routes)


def _ask_again(turn: Turn, routes: Routes) -> None:
    state = routes.states.get(turn.state or "")
    if state is not None and turn.person.role in state.roles:
        state.ask(turn)


def _press(turn: Turn, routes: Routes) -> bool:
    inbound = turn.inbound
    assert inbound is not None
    body, bound, serial = inbound.data.partition("~")
    name, *args = body.split(":")
    if name in _FORM_PRESSES:
        return _form_press(turn, routes, name, serial if bound else None)
    route = routes.presses.get(name)
    if route is None or len(args) != route.args:
        turn.answer("common/old_button")
        return False
    if turn.person.role not in route.roles:
        raise NotAllowed
    if route.form is None and pauses(name) and _rests(turn):
        turn.answer("crisis/rests", alert=True, tap=True)
        return False
    if route.form is not None and not _current(turn, route.form, serial):
        turn.answer("common/old_button")
        return False
    turn.args, turn.answered = tuple(args), route.answers
    route.handler(turn)
    return route.form is not None and turn.moved


def _current(turn: Turn, form: str, serial: str) -> bool:
    present = (turn.state or "").partition(".")[0]
    conversation = people.conversation_of(turn.work, turn.person)
    return present == form and serial == str(conversation.serial)


_FORM_PRESSES = ("form.back", "form.resume", "form.leave")


def _form_press(turn: Turn, routes: Routes, name: str, serial: str | None) -> bool:
    """Back, later, and on with a form that was put aside: the same for every form."""
    if name == "form.resume":
        if not turn.parked:
            turn.answer("common/old_button")
            return False
        if turn.state is not None:
            turn.answer("common/one_at_a_time")
            return False
        if pauses(turn.parked[-1][0]) and _rests(turn):
            turn.answer("crisis/rests", alert=True, tap=True)
            return False
        turn.state, turn.data = turn.parked.pop()
        turn.moved = True
        _ask_again(turn, routes)
        return True
    if turn.state is None or not _current(turn, turn.state.partition(".")[0], serial or ""):
        turn.answer("common/old_button")
        return False
    if name == "form.leave":
        turn.park()
        turn.say("common/later", [[Button("common/continue", "form.resume")]])
        return True
    if turn.back() is None:
        turn.answer("common/first_step")
        return False
    _ask_again(turn, routes)
    return True


def _soft_line(turn: Turn, *, answered: bool) -> None:
    """`watch` never shows the crisis answer, only one soft line with a direct question. Asked once a day about the same thing.

    Args:
        answered: whether the person hears something else in this turn.
    """
    about = answers.watched_category(turn.work, turn.person)
    if answers.asked_softly(turn.work, turn.person):
        if not answered:
            turn.say("crisis/soft_heard", lane=Lane.CRISIS, kept=turn.person.role is not Role.VISITOR)
        return
    rows = [[Button("crisis/soft_yes", "crisis.soft", ("yes",)), Button("crisis/soft_no", "crisis.soft", ("no",))]]
    turn.say("crisis/soft_question", rows, lane=Lane.CRISIS, about=about)
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
