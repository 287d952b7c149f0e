"""Carries out what a handler asked for: a turn's intents become outbox rows, due items and alerts."""

from __future__ import annotations

from dataclasses import replace
from html import escape

from bot import due, outbox, people
from bot.escalation import engine, tasks
from bot.escalation.engine import Finding
from bot.inbound import Kind
from bot.models import Conversation, Lane, Outbox, sealed_at
from bot.outbox import Button, Post
from bot.ports import Outgoing
from bot.turn import Alert, Contact, Document, Edit, Intent, Remind, Say, Turn, Venue


def carry_out(turn: Turn, *, settle_press: bool) -> None:
    """Do what the turn's handler asked for, in its order, and store where the conversation is now.

    Args:
        settle_press: a step's button was pressed and did its work: its message loses the buttons and shows the choice.
    """
    work, person = turn.work, turn.person
    conversation = people.conversation_of(work, person)
    if turn.moved:
        conversation.serial += 1
    if turn.resume and turn.state is None and turn.parked:
        turn.say("common/resume_offer", [[Button("common/continue", "form.resume")]])
    if settle_press and not any(isinstance(intent, Edit) for intent in turn.intents):
        _settle_press(turn)
    lane = Lane.REPLY if turn.inbound is not None else Lane.BULK
    for intent in turn.intents:
        _do(turn, intent, lane, conversation.serial)
    _store(turn, conversation)


def _store(turn: Turn, conversation: Conversation) -> None:
    work, person = turn.work, turn.person
    conversation.state = turn.state
    conversation.data = work.vault.seal_json(turn.data, sealed_at("conversation", "data", person.id)) if turn.state is not None else None
    parked = [[state, data] for state, data in turn.parked]
    conversation.parked = work.vault.seal_json(parked, sealed_at("conversation", "parked", person.id)) if parked else None
    if turn.moved:
        conversation.updated_at = work.now


def _do(turn: Turn, intent: Intent, lane: Lane, serial: int) -> None:
    work, person = turn.work, turn.person
    match intent:
        case Say():
            post = Post(
                lane=intent.lane if intent.lane is not None else lane,
                serial=serial if intent.step else None,
                silent=intent.silent,
                dedup_key=intent.dedup_key,
                expires_at=intent.expires_at,
                case_id=intent.case_id,
                reply_keys=intent.reply_keys,
                reply_keys_once=intent.reply_keys_once,
            )
            outbox.say(work, person, intent.key, intent.rows, post=post, **intent.values)
        case Edit():
            post = Post(lane=lane, serial=serial if intent.step else None)
            _edit(turn, outbox.compose(work, person, intent.key, intent.rows, post=post, **intent.values), intent.key)
        case Contact():
            message = Outgoing(person.chat_id or 0, kind="contact", phone=intent.phone, contact_name=intent.name)
            outbox.put(work, person, message, post=Post(lane=lane), template="contact")
        case Venue():
            named = {"title": intent.title, "address": intent.address}
            message = Outgoing(person.chat_id or 0, kind="venue", latitude=intent.latitude, longitude=intent.longitude, extra=named)
            outbox.put(work, person, message, post=Post(lane=lane), template="venue")
        case Document():
            caption = outbox.compose(work, person, intent.key, **intent.values)
            message = replace(caption, kind=intent.kind, file={"recipe": intent.recipe, **intent.args})
            outbox.put(work, person, message, post=Post(lane=lane), template=intent.key)
        case Remind():
            due.put(
                work,
                intent.kind,
                intent.key,
                intent.at,
                person=person,
                useful_for=intent.useful_for,
                wall=intent.wall,
                zone=intent.zone,
                **intent.args,
            )
        case Alert():
            _alert(turn, intent)


def _alert(turn: Turn, intent: Alert) -> None:
    finding = Finding(
        level=intent.level,
        category=intent.category,
        source=intent.source,
        answer=intent.category,
        rules=(intent.rule,) if intent.rule else (),
        update_id=turn.inbound.update_id if turn.inbound else None,
    )
    if intent.level.pages:
        engine.escalate(turn.work, turn.person, finding)
    else:
        tasks.watch(turn.work, turn.person, finding)


def _pressed_message(turn: Turn) -> Outbox | None:
    if turn.inbound is None or turn.inbound.kind is not Kind.PRESS or not turn.inbound.message_id:
        return None
    return outbox.sent_as(turn.work, turn.inbound.chat_id, turn.inbound.message_id)


def _edit(turn: Turn, message: Outgoing, key: str) -> None:
    row = _pressed_message(turn)
    if row is not None:
        outbox.edit(turn.work, turn.person, row, message, lane=Lane.REPLY)
    elif turn.inbound is not None and turn.inbound.kind is Kind.PRESS and turn.inbound.message_id:
        # Its row was erased long ago; Telegram still knows the message.
        outbox.put(turn.work, turn.person, replace(message, kind="edit", target=turn.inbound.message_id), template=key)
    else:
        outbox.put(turn.work, turn.person, message, template=key)


def _settle_press(turn: Turn) -> None:
    """Take the buttons off an answered question and show the answer under it, so that the chat reads as a conversation."""
    row = _pressed_message(turn)
    message = outbox.opened(turn.work, row) if row is not None else None
    if row is None or message is None or turn.inbound is None:
        return
    label = next((key.label for line in message.keys for key in line if key.data == turn.inbound.data), "") if turn.answered else ""
    text = f"{message.text}\n\n<b>{escape(label)}</b>" if label else message.text
    outbox.edit(turn.work, turn.person, row, replace(message, text=text, keys=()), lane=Lane.REPLY)
