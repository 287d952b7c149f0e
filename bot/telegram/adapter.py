"""Telegram's `Update` -> our `Inbound`: what happened, and every string that a human wrote in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from telegram import Message, Update, User
from telegram.constants import ChatType

from bot.inbound import Inbound, Kind

# What a private chat shows although nobody wrote it.
_SERVICE = (
    "boost_added",
    "chat_background_set",
    "checklist_tasks_done",
    "connected_website",
    "gift",
    "gift_upgrade_sent",
    "message_auto_delete_timer_changed",
    "paid_message_price_changed",
    "pinned_message",
    "proximity_alert_triggered",
    "refunded_payment",
    "successful_payment",
    "unique_gift",
    "write_access_allowed",
)


def to_inbound(update: Update, now: datetime) -> Inbound | None:
    """One update in our words.

    Args:
        now: the instant of arrival; the time of what has none of its own (a press).

    Returns:
        None for what this product does not listen to at all: polls, inline queries, channel posts, and what Telegram itself writes
        into a private chat (a message was pinned, the auto-delete timer was set).
    """
    if update.callback_query is not None:
        return _press(update, now)
    if update.my_chat_member is not None:
        change = update.my_chat_member
        status = {"kicked": "kicked", "left": "left"}.get(change.new_chat_member.status, "member")
        return Inbound(
            update_id=update.update_id,
            kind=Kind.MEMBERSHIP,
            chat_id=change.chat.id,
            at=_utc(change.date),
            private=change.chat.type == ChatType.PRIVATE,
            user_id=change.from_user.id,
            language_code=change.from_user.language_code or "",
            member=status,
        )
    message = update.message or update.edited_message
    if message is None or (message.chat.type == ChatType.PRIVATE and any(getattr(message, name) for name in _SERVICE)):
        return None
    return _message(update.update_id, message, edited=update.edited_message is not None)


def _press(update: Update, now: datetime) -> Inbound | None:
    query = update.callback_query
    if query is None or query.data is None:
        return None
    message = query.message
    return Inbound(
        update_id=update.update_id,
        kind=Kind.PRESS,
        chat_id=message.chat.id if message is not None else query.from_user.id,
        at=now,
        private=message is None or message.chat.type == ChatType.PRIVATE,
        user_id=query.from_user.id,
        language_code=query.from_user.language_code or "",
        message_id=message.message_id if message is not None else 0,
        data=query.data,
        query_id=query.id,
    )


def _message(update_id: int, message: Message, *, edited: bool) -> Inbound:
    user = message.from_user
    text = message.text or message.caption or ""
    kind, file_id, file_name, mime_type, file_size = _content(message)
    command, argument = _command(message) if kind is Kind.TEXT else (None, "")
    contact, location = message.contact, message.location
    return Inbound(
        update_id=update_id,
        kind=Kind.COMMAND if command else kind,
        chat_id=message.chat.id,
        at=_utc(message.edit_date or message.date) if edited else _utc(message.date),
        private=message.chat.type == ChatType.PRIVATE,
        user_id=user.id if user else 0,
        language_code=(user.language_code or "") if user else "",
        account=_account(user) if user else "",
        message_id=message.message_id,
        edited=edited,
        text=text,
        texts=_texts(message),
        command=command,
        argument=argument,
        reply_to=message.reply_to_message.message_id if message.reply_to_message is not None else None,
        latitude=location.latitude if location else None,
        longitude=location.longitude if location else None,
        phone=contact.phone_number if contact else "",
        file_id=file_id,
        file_name=file_name,
        mime_type=mime_type,
        file_size=file_size,
    )


def _content(message: Message) -> tuple[Kind, str, str, str, int]:
    if message.photo:
        largest = message.photo[-1]
        return Kind.PHOTO, largest.file_id, "", "image/jpeg", largest.file_size or 0
    if (voice := message.voice or message.audio) is not None:
        return Kind.VOICE, voice.file_id, getattr(voice, "file_name", None) or "", voice.mime_type or "", voice.file_size or 0
    if (video := message.video or message.video_note or message.animation or message.live_photo) is not None:
        return Kind.VIDEO, video.file_id, getattr(video, "file_name", None) or "", "", video.file_size or 0
    if (document := message.document) is not None:
        return Kind.DOCUMENT, document.file_id, document.file_name or "", document.mime_type or "", document.file_size or 0
    if message.sticker is not None:
        return Kind.STICKER, message.sticker.file_id, "", "", 0
    if message.contact is not None:
        return Kind.CONTACT, "", "", "", 0
    if message.location is not None:
        return Kind.LOCATION, "", "", "", 0
    return (Kind.TEXT if message.text is not None else Kind.OTHER), "", "", "", 0


def _texts(message: Message) -> tuple[str, ...]:
    """Everything that may hold words: text, caption, file names, a contact and its card, a sticker's emoji, a place, a list, a quote."""
    contact, venue = message.contact, message.venue
    named = message.document or message.audio or message.video or message.animation
    found = [
        message.text,
        message.caption,
        getattr(named, "file_name", None),
        *((message.audio.title, message.audio.performer) if message.audio else ()),
        message.sticker.emoji if message.sticker else None,
        *((contact.first_name, contact.last_name, contact.vcard) if contact else ()),
        *((venue.title, venue.address) if venue else ()),
        *_listed(message),
        message.quote.text if message.quote and message.quote.is_manual else None,
    ]
    return tuple(text for text in found if text)


def _listed(message: Message) -> Iterator[str | None]:
    """The words of a poll and of a checklist."""
    if (poll := message.poll) is not None:
        yield poll.question
        yield poll.explanation
        yield from (option.text for option in poll.options)
    if message.checklist is not None:
        yield message.checklist.title
    for tasks in (message.checklist, message.checklist_tasks_added):
        yield from (task.text for task in tasks.tasks) if tasks is not None else ()


def _command(message: Message) -> tuple[str | None, str]:
    text = message.text or ""
    entity = message.entities[0] if message.entities else None
    if entity is None or entity.type != "bot_command" or entity.offset != 0:
        return None, ""
    name = message.parse_entity(entity)[1:].partition("@")[0].lower()
    return name, text[entity.length :].strip()


def _account(user: User) -> str:
    """How Telegram shows an account: the full name, and the user name that nobody else can have."""
    return f"{user.full_name} (@{user.username})" if user.username else user.full_name


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
