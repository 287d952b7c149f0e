"""The emergency card in the chat: phone, usual address, one person who may be called, and what they may be told.

The person on the card is kept only once the patient has agreed in writing, and shown to nobody once they took it back.
"""

from __future__ import annotations

from typing import Any

from bot import cards, due, menu, outbox, people, typed
from bot.cards import MAY_TELL
from bot.errors import Conflict, NotUnderstood
from bot.escalation import store as cases
from bot.escalation import tasks
from bot.inbound import Kind
from bot.models import LEFT_ALONE, Due, Lane
from bot.outbox import Button, Post, ReplyButton, Rows
from bot.turn import Turn

FORM = "card"
KIND = cards.ASK
ADDRESS_LENGTH = 200

_SHARE = ((ReplyButton("card/share", "contact"),),)
_SKIP: Rows = ((Button("common/skip", "card.skip"),), (Button("common/later", "form.leave"),))


def ask(turn: Turn, _item: Due) -> None:
    """The first week: a neutral line, and nothing else before the person taps. When the week is over it is work for staff."""
    work, person = turn.work, turn.person
    if person.enrolled_at is None or person.status in LEFT_ALONE:
        return
    if not cards.of(work, person).empty:
        return
    if work.now - person.enrolled_at > cards.ASK_WITHIN:
        tasks.once(work, person, "card")
        return
    if not due.may_start(work, person, "card"):
        cards.plan(work, person, work.now)
        return
    cards.asked(work, person)
    turn.say("card/push", [[Button("card/open", "card.offer")]], lane=Lane.BULK, expires_at=work.now + cards.USEFUL_FOR)


def ask_later(turn: Turn, _item: Due) -> None:
    """A case is open, or it is too late in the day: tomorrow is another day."""
    cards.plan(turn.work, turn.person, turn.now)


def offer(turn: Turn) -> None:
    """What the card is for; filling it in, another day, or not at all."""
    if not cards.of(turn.work, turn.person).empty:
        show(turn)
        return
    rows = [[Button("card/fill", "card.start")], [Button("card/another_day", "card.later"), Button("common/skip", "card.never")]]
    turn.edit("card/offer", rows)


def later(turn: Turn) -> None:
    """Not now: asked once more another day."""
    cards.plan(turn.work, turn.person, turn.now + cards.ASK_AFTER / 2)
    turn.edit("card/another_day")


def never(turn: Turn) -> None:
    """Not here: the team fills it in together with the person."""
    cards.skip(turn.work, turn.person)
    tasks.once(turn.work, turn.person, "card")
    turn.edit("card/skipped")


def show(turn: Turn) -> None:
    """`/settings` -> [Emergency card]: what is on it."""
    turn.edit("card/card", _rows(turn), **_values(turn))


def _say(turn: Turn) -> None:
    turn.say("card/card", _rows(turn), **_values(turn))


def _rows(turn: Turn) -> Rows:
    card = cards.of(turn.work, turn.person)
    rows: list[list[Button]] = [[Button("card/change", "card.start")]]
    if card.contact_name:
        rows.append([Button("card/revoke", "card.revoke")])
    return [*rows, [Button("common/back", "settings.open")]]


def _values(turn: Turn) -> dict[str, Any]:
    card = cards.of(turn.work, turn.person)
    return {
        "phone": card.phone,
        "address": card.address,
        "contact": card.contact_name,
        "contact_phone": card.contact_phone,
        "tell": list(card.may_tell),
        "agreed": card.agreed_at,
    }


def revoke(turn: Turn) -> None:
    """[Remove person]: from this moment nobody calls them."""
    if not cards.revoke(turn.work, turn.person):
        raise Conflict("card/nobody_there")
    case = cases.open_case(turn.session, turn.person.id)
    if case is not None and case.holder_id is not None and case.acknowledged_at is not None:
        holder = people.get(turn.session, case.holder_id)  # who may have read the name, and be about to call
        outbox.say(turn.work, holder, "patients/contact_revoked", post=Post(lane=Lane.CRISIS, case_id=case.id), number=case.number)
    show(turn)
    turn.answer("card/revoked")


def start(turn: Turn) -> None:
    """Fill it in, or change it, from the first step."""
    turn.proceed("card.phone")


def ask_phone(turn: Turn) -> None:
    """Your number?"""
    turn.say("card/share_hint", keyboard=_SHARE, keyboard_once=True)
    turn.ask("card/phone", _SKIP, now=cards.of(turn.work, turn.person).phone)


def on_phone(turn: Turn) -> None:
    """A number, typed or shared."""
    cards.set_phone(turn.work, turn.person, _phone(turn))
    _to_address(turn)


def ask_address(turn: Turn) -> None:
    """Where are you usually?"""
    turn.ask("card/address", _SKIP, now=cards.of(turn.work, turn.person).address)


def on_address(turn: Turn) -> None:
    """An address in words."""
    said = " ".join(turn.text.split())
    if len(said) > ADDRESS_LENGTH:
        raise NotUnderstood("card/address_long")
    cards.set_address(turn.work, turn.person, said)
    turn.proceed("card.contact")


def ask_contact(turn: Turn) -> None:
    """Is there one person whom we may call?"""
    turn.ask("card/contact", _SKIP)


def on_contact(turn: Turn) -> None:
    """Their name; a shared contact brings the number along."""
    if turn.inbound is not None and turn.inbound.kind is Kind.CONTACT:
        name = typed.name(turn.inbound.texts[0] if turn.inbound.texts else "")
        phone = cards.phone_in(turn.inbound.phone)
        if name is None or phone is None:
            raise NotUnderstood("card/phone_hint")
        turn.proceed("card.tell", name=name, phone=phone, tell=[])
        return
    name = typed.name(turn.text)
    if name is None:
        raise NotUnderstood("card/name_hint")
    turn.proceed("card.contact_phone", name=name)


def ask_contact_phone(turn: Turn) -> None:
    """Their number?"""
    turn.ask("card/contact_phone", _SKIP, name=turn.data["name"])


def on_contact_phone(turn: Turn) -> None:
    """Their number, typed or shared."""
    turn.proceed("card.tell", phone=_phone(turn), tell=[])


def ask_tell(turn: Turn) -> None:
    """What may they be told? Nothing is ticked beforehand."""
    turn.ask("card/tell", _tell_rows(turn), name=turn.data["name"])


def _tell_rows(turn: Turn) -> Rows:
    chosen = turn.data.get("tell", [])
    boxes = [[Button(f"card/{one}_{'on' if one in chosen else 'off'}", "card.toggle", (one,))] for one in MAY_TELL]
    return [*boxes, [Button("card/ready", "card.told")], [Button("common/later", "form.leave")]]


def toggle(turn: Turn) -> None:
    """One of the boxes, on or off."""
    if turn.arg not in MAY_TELL or turn.state != "card.tell":
        raise Conflict("common/old_button")
    chosen = list(turn.data.get("tell", []))
    turn.data["tell"] = [one for one in chosen if one != turn.arg] if turn.arg in chosen else [*chosen, turn.arg]
    turn.edit("card/tell", _tell_rows(turn), step=True, name=turn.data["name"])


def told(turn: Turn) -> None:
    """The boxes are as they shall be."""
    if turn.state != "card.tell":
        raise Conflict("common/old_button")
    turn.proceed("card.agree")


def ask_agree(turn: Turn) -> None:
    """The written consent: who tells whom what, why, until when, and how to take it back."""
    rows = [[Button("card/agree", "card.agree")], [Button("card/disagree", "card.disagree")], [Button("common/back", "form.back")]]
    values = {"name": turn.data["name"], "phone": turn.data["phone"], "tell": list(turn.data.get("tell", []))}
    turn.ask("card/agree", rows, clinic=menu.clinic(turn)["clinic"], **values)


def agree(turn: Turn) -> None:
    """[I agree]."""
    if turn.state != "card.agree":
        raise Conflict("common/old_button")
    cards.agree(turn.work, turn.person, str(turn.data["name"]), str(turn.data["phone"]), tuple(turn.data.get("tell", [])))
    _end(turn)


def disagree(turn: Turn) -> None:
    """[I don't agree]: nothing of that person is kept."""
    _end(turn)


def skip(turn: Turn) -> None:
    """[Skip]: what stands on the card stays."""
    match turn.state:
        case "card.phone":
            _to_address(turn)
        case "card.address":
            turn.proceed("card.contact")
        case _:
            _end(turn)


def tap(_turn: Turn) -> None:
    """Words at a step that wants a tap."""
    raise NotUnderstood("card/tap")


def _to_address(turn: Turn) -> None:
    menu.show(turn, "card/thanks")
    turn.proceed("card.address")


def _end(turn: Turn) -> None:
    turn.finish()
    if cards.of(turn.work, turn.person).empty:
        tasks.once(turn.work, turn.person, "card")
        turn.say("card/skipped")
        return
    _say(turn)


def _phone(turn: Turn) -> str:
    said = turn.inbound.phone if turn.inbound is not None and turn.inbound.kind is Kind.CONTACT else turn.text
    found = cards.phone_in(said)
    if found is None:
        raise NotUnderstood("card/phone_hint")
    return found
