"""What a person meant: press, edit, command, words for the team, media, a form's answer or free words; its handler is run."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from bot import menu, outbox, people
from bot.content.render import LANGUAGES
from bot.errors import Conflict, NotAllowed, NotUnderstood
from bot.escalation import after, answers, countdown, engine, parcels, relay, statuses, store, team, ways
from bot.escalation.parcels import Parcel
from bot.inbound import Kind
from bot.models import STAFF, Case, Inbox, Lane, Role, Status
from bot.outbox import Button
from bot.routing import Routes, pauses
from bot.safety.levels import Level
from bot.turn import Remind, Turn

OLD = timedelta(hours=2)  # what was written longer ago is not taken as an answer to the present question
_MEDIA = (Kind.VOICE, Kind.PHOTO, Kind.VIDEO, Kind.STICKER, Kind.DOCUMENT, Kind.OTHER)
_WORDS = (Kind.TEXT, Kind.COMMAND)
_ASKED_AT_ARRIVAL = (Level.URGENT, Level.EMERGENCY)


def route(turn: Turn, routes: Routes, row: Inbox, *, in_case: bool) -> bool:
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
        if turn.state is not None and people.conversation_of(turn.work, turn.person).updated_at < case.opened_at:
            turn.park()  # from before: it waits until the case is closed
        elif turn.state is not None:
            _form_or_free(turn, routes)  # begun since: its step is answered as well
        return False
    if inbound.kind in _MEDIA:
        routes.media(turn)
        ask_again(turn, routes)
        return False
    watched = Level(row.level) is Level.WATCH
    if inbound.kind is not Kind.TEXT or not countdown.heard(turn.work, turn.person, inbound, watched=watched):
        _form_or_free(turn, routes, soft=watched)
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
    asks = inbound.kind is Kind.TEXT and turn.person.role not in STAFF and turn.content.asks_for_a_person(inbound.text)
    if turn.work.now - inbound.at > OLD:
        turn.say("common/while_ago")
        ask_again(turn, routes)
    elif state is not None and turn.person.role in state.roles:
        if asks:
            ways.show(turn)  # and the form takes it as an answer all the same, if it is one
        state.answer(turn)
    elif asks and not after.just_closed(turn.work, turn.person):
        ways.show(turn)
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
    if (kept.recipient_id is None and first) or turn.ends_silence:
        # At once: a form that does not understand drops what a turn says. After a silence the person hears what is so now.
        answers.say(turn.work, turn.person, case, "crisis/kept_for_team", name=answers.holder(turn.work, case)["name"])


def _in_danger(turn: Turn, routes: Routes) -> None:
    """The first answer and the page are on their way since the arrival. The form stores what was said, says nothing and is parked."""
    inbound = turn.inbound
    assert inbound is not None
    case = store.open_case(turn.session, turn.person.id)
    if case is not None:
        _danger_to_team(turn, routes, case)
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


def _danger_to_team(turn: Turn, routes: Routes, case: Case) -> None:
    """The words are evidence of the case already. Whoever has it gets them too, and the file that they stand under is never lost."""
    inbound = turn.inbound
    assert inbound is not None
    said = {"chat_id": inbound.chat_id, "message_id": inbound.message_id}
    held = case.acknowledged_at is not None
    if inbound.edited and relay.edited(turn.work, turn.person, inbound):
        return
    if inbound.kind not in _WORDS and not inbound.edited:
        if held and not inbound.text:  # a file's name, or a contact's
            relay.to_team(turn.work, case, turn.person, Parcel(text="\n".join(inbound.texts)), **said)
        routes.media(turn)
    elif held and inbound.text:
        relay.to_team(turn.work, case, turn.person, parcels.of(inbound) or Parcel(text=inbound.text), **said)


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
        ask_again(turn, routes)
        return
    if turn.person.role is Role.PATIENT and turn.person.enrolled_at is None and not route.while_enrolling:
        rows = [[Button("common/continue", "form.resume")]] if turn.state is None and turn.parked else []
        turn.say("common/enrol_first", rows)
        ask_again(turn, routes)
        return
    route.handler(turn)
    state = routes.states.get(turn.state or "")
    if route.asks_again and not turn.moved and not turn.ask_again and state is not None and state.asks_again:
        ask_again(turn, routes)


def ask_again(turn: Turn, routes: Routes) -> None:
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
        ask_again(turn, routes)
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
    ask_again(turn, routes)
    return True
