"""Whom a counselor's words are for: a reply decides, else the target that their keyboard shows, else the bot asks."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from bot.content.render import LANGUAGES
from bot.errors import NotAllowed, NotUnderstood
from bot.escalation import ack, answers, parcels, relay
from bot.escalation import store as cases
from bot.escalation.parcels import Parcel
from bot.models import Case, Due, Lane
from bot.outbox import Button, ReplyButton
from bot.turn import Turn

WHICH = "relay_which"
_NUMBER = re.compile(r"\d{1,9}")


def write(turn: Turn) -> None:
    """[Write]: from now on their texts go to this case's patient, and the keyboard says so."""
    case = _mine(turn, ack.number_of(turn.arg))
    turn.park()  # a form must not take the words that are meant for the patient
    _turn_to(turn, case)
    waiting = next((data for state, data in turn.parked if state.startswith(f"{WHICH}.")), None)
    if waiting is not None:
        rows = [[Button(f"relay/kept_{one}", "relay.kept", (case.number, one)) for one in ("yes", "no")]]
        turn.say("relay/kept_question", rows, number=case.number, count=len(waiting["kept"]))


def _turn_to(turn: Turn, case: Case) -> None:
    relay.set_target(turn.work, case, turn.person)
    _remind(turn)
    keyboard = ((ReplyButton("relay/writing", values={"number": case.number}),), (ReplyButton("relay/stop"),))
    turn.say("relay/writing", keyboard=keyboard, number=case.number)


def _mine(turn: Turn, number: int) -> Case:
    """A case that they have. Whose promise ran out while they were writing has it again: a human acts."""
    case = ack.of_number(turn.work, number, turn.person)
    if case.acknowledged_at is None and case.holder_id == turn.person.id:
        ack.take(turn.work, case, turn.person)
    return ack.held_case(turn.work, case.id, turn.person)


def stop(turn: Turn) -> None:
    """[Stop writing]: their texts go to nobody; a form that was put aside is offered again."""
    relay.clear_target(turn.work, turn.person)
    turn.say("relay/stopped", keyboard=())
    turn.resume = turn.state is None


def free_words(turn: Turn) -> None:
    """Words of staff that no form asked for and that are no reply."""
    if turn.person.removed_at is not None:
        raise NotAllowed
    case, inbound = relay.target(turn.work, turn.person), turn.inbound
    assert inbound is not None
    if _is_label(turn):
        turn.say("relay/writing_status", number=case.number) if case is not None else turn.say("relay/stopped", keyboard=())
    elif case is not None:
        relay.to_patient(turn.work, case, turn.person, _parcel(turn), chat_id=inbound.chat_id, message_id=inbound.message_id)
    elif relay.writable(turn.work, turn.person):
        turn.goto(f"{WHICH}.case", kept=[[inbound.message_id, _parcel(turn).to_json()]])
        ask_which(turn)
    elif (own := cases.open_case(turn.session, turn.person.id)) is not None:
        # Someone of the team who asked the team for help writes to whoever has their case.
        first = own.last_word_at is None
        kept = relay.to_team(turn.work, own, turn.person, _parcel(turn), chat_id=inbound.chat_id, message_id=inbound.message_id)
        if kept.recipient_id is None and first:
            turn.say("crisis/kept_for_team", lane=Lane.CRISIS, case_id=own.id, name=answers.holder(turn.work, own)["name"])
    elif not turn.content.screener.screen(inbound.texts).level.pages:
        turn.say("relay/hint")  # whoever wrote of danger was given lines at the arrival, and no talk of commands


def _is_label(turn: Turn) -> bool:
    """Whether they tapped the line of the keyboard that says whom they write to."""
    assert turn.inbound is not None
    found = _NUMBER.search(turn.inbound.text)
    if found is None:
        return False
    values = {"number": int(found[0])}
    return any(turn.content.texts.label("relay/writing", lang, values) == turn.inbound.text for lang in LANGUAGES)


def ask_which(turn: Turn) -> None:
    """Nobody knows whom the words are for: they are kept until a button says it."""
    own = relay.writable(turn.work, turn.person)
    buttons = [Button("relay/case", "relay.which", (case.number,), {"number": case.number}) for case in own]
    rows = [buttons[start : start + 2] for start in range(0, len(buttons), 2)]
    about_them = cases.open_case(turn.session, turn.person.id)
    if about_them is not None:  # they asked the team for help themselves
        rows.append([Button("relay/own", "relay.which", (about_them.number,))])
    key = "relay/which" if len(turn.data["kept"]) == 1 else "relay/which_again"
    turn.ask(key, [*rows, [Button("relay/nobody", "relay.which", (0,))]])


def more_words(turn: Turn) -> None:
    """More was written before a button was tapped: it is kept too."""
    assert turn.inbound is not None
    turn.data["kept"].append([turn.inbound.message_id, _parcel(turn).to_json()])
    ask_which(turn)


def which(turn: Turn) -> None:
    """A case's button: what was kept goes there, and so does what they write next. Nobody's: it goes nowhere."""
    number, kept = ack.number_of(turn.arg), list(turn.data["kept"])
    about_them = cases.open_case(turn.session, turn.person.id)
    if about_them is not None and about_them.number == number:
        assert turn.inbound is not None
        turn.finish()
        for message_id, parcel in kept:
            relay.to_team(
                turn.work, about_them, turn.person, Parcel.from_json(parcel), chat_id=turn.inbound.chat_id, message_id=int(message_id)
            )
        turn.say("relay/own_sent", lane=Lane.CRISIS, case_id=about_them.id)
        return
    case = _mine(turn, number) if number else None
    turn.finish()
    if case is None:
        turn.say("relay/dropped", keyboard=())
        return
    _turn_to(turn, case)
    _send_kept(turn, case, kept)


def _send_kept(turn: Turn, case: Case, kept: list[list[Any]]) -> None:
    assert turn.inbound is not None
    for message_id, parcel in kept:
        relay.to_patient(turn.work, case, turn.person, Parcel.from_json(parcel), chat_id=turn.inbound.chat_id, message_id=int(message_id))


def kept(turn: Turn) -> None:
    """Whether what was written before [Write] was tapped goes to that case, too: never without being asked."""
    number, answer = turn.args
    if answer not in ("yes", "no"):
        raise NotAllowed
    waiting = next((data for state, data in turn.parked if state.startswith(f"{WHICH}.")), None)
    if waiting is None:
        turn.answer("common/old_button")
        return
    case = _mine(turn, ack.number_of(number)) if answer == "yes" else None
    turn.drop_form(WHICH)
    if case is None:
        turn.edit("relay/dropped")
        return
    turn.edit("relay/kept_sent", number=case.number)
    _send_kept(turn, case, list(waiting["kept"]))


def _parcel(turn: Turn) -> Parcel:
    """What they wrote or sent, as it can go through.

    Raises:
        NotUnderstood: it cannot.
    """
    parcel = parcels.of(turn.inbound) if turn.inbound is not None else None
    if parcel is None:
        raise NotUnderstood("relay/not_passed")
    return parcel


def idle(turn: Turn, _item: Due) -> None:
    """30 minutes after the last word the target ends, so that no later text goes where it was not meant to go."""
    kept = relay.kept_target(turn.work, turn.person)
    if kept is None:
        return
    case, used_at = kept
    if turn.now - used_at < relay.TARGET_IDLE:
        _remind(turn)
        return
    relay.clear_target(turn.work, turn.person)
    turn.say("relay/stopped_idle", keyboard=(), number=case.number)


def _remind(turn: Turn) -> None:
    kept = relay.kept_target(turn.work, turn.person)
    if kept is not None:
        at = kept[1] + relay.TARGET_IDLE
        turn.remind("relay.idle", f"relay:{turn.person.id}:{at.isoformat()}", at)


def show(turn: Turn) -> None:
    """A patient opens what waited behind "You have a message"."""
    try:
        relay_id = UUID(hex=turn.arg)
    except ValueError as error:
        raise NotAllowed from error
    relay.shown(turn.work, relay_id, turn.person)
    turn.edit("relay/waiting")
