"""What the phones' page is told: a snapshot of everything, then one event for each thing that changes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bot.demo.botapi.model import Json, SimMessage, iso
from bot.demo.botapi.text import utf16_slice

if TYPE_CHECKING:
    from bot.demo.botapi.people import SimUser


class Subscription:
    """One page's stream of events: `async for event in subscription`, or `get_nowait` in tests. Close it when the page is gone."""

    def __init__(self, feed: PhoneFeed) -> None:
        self._feed = feed
        self._queue: asyncio.Queue[Json | None] = asyncio.Queue()
        feed.subscriptions.add(self)

    def put(self, event: Json | None) -> None:
        self._queue.put_nowait(event)

    def get_nowait(self) -> Json | None:
        """The next event that is already here, or None."""
        return None if self._queue.empty() else self._queue.get_nowait()

    async def get(self) -> Json | None:
        """The next event; None when the stream has ended."""
        return await self._queue.get()

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Json:
        event = await self._queue.get()
        if event is None:
            raise StopAsyncIteration
        return event

    def close(self) -> None:
        """Send nothing more and end the iteration."""
        self._feed.subscriptions.discard(self)
        self._queue.put_nowait(None)


class PhoneFeed:
    """Hands each event to every page that listens."""

    def __init__(self) -> None:
        self.subscriptions: set[Subscription] = set()

    @property
    def listening(self) -> bool:
        """Someone listens; events need not be built otherwise."""
        return bool(self.subscriptions)

    def emit(self, kind: str, **fields: Any) -> None:
        for subscription in self.subscriptions:
            subscription.put({"type": kind, **fields})

    def close(self) -> None:
        """End every stream."""
        for subscription in list(self.subscriptions):
            subscription.close()


def _button(button: Json) -> Json:
    if "callback_data" in button:
        return {"text": button["text"], "data": button["callback_data"]}
    return {"text": button["text"], "url": str(button.get("url") or "")}


def message_shape(message: SimMessage) -> Json:
    """A message as the page draws it."""
    photo, document, voice = message.photo, message.document, message.voice
    location, venue, contact = message.location, message.venue, message.contact
    note = message.media.get("video_note")
    audio = voice or message.media.get("audio") or note
    return {
        "message_id": message.message_id,
        "from_bot": message.from_bot,
        "date": iso(message.date),
        "edit_date": iso(message.edit_date) if message.edit_date else None,
        "text": message.text,
        "entities": message.entities,
        "caption": message.caption,
        "caption_entities": message.caption_entities,
        "buttons": [[_button(button) for button in row] for row in message.inline_keyboard] if message.inline_keyboard else None,
        "photo": {key: photo[key] for key in ("file_id", "width", "height")} if photo else None,
        "document": {
            "file_id": document["file_id"],
            "file_name": document.get("file_name", ""),
            "mime_type": document.get("mime_type", ""),
            "size": document["file_size"],
        }
        if document
        else None,
        "voice": {"file_id": audio["file_id"], "duration": audio["duration"]} if audio else None,
        "location": {"lat": location["latitude"], "lon": location["longitude"]} if location else None,
        "venue": {"title": venue["title"], "address": venue["address"]} if venue else None,
        "contact": {"phone": contact["phone_number"], "first_name": contact["first_name"], "vcard": contact.get("vcard", "")}
        if contact
        else None,
        "sticker": message.sticker.get("emoji", "") if message.sticker else None,
        "reply_to": message.reply_to,
        "protected": message.protected,
        "silent": message.silent,
        "service": message.service,
    }


def reply_keyboard_shape(markup: Json | None) -> Json | None:
    """A reply keyboard as the page draws it; None when there is none."""
    if not markup:
        return None
    rows = [
        [
            {
                "text": button["text"],
                "request_location": bool(button.get("request_location")),
                "request_contact": bool(button.get("request_contact")),
            }
            for button in row
        ]
        for row in markup["keyboard"]
    ]
    return {
        "rows": rows,
        "one_time": bool(markup.get("one_time_keyboard")),
        "placeholder": str(markup.get("input_field_placeholder") or ""),
    }


def user_shape(user: SimUser, *, messages: bool = True) -> Json:
    """A person's phone; without its messages when `messages` is false."""
    shape: Json = {
        "id": user.id,
        "first_name": user.first_name,
        "language_code": user.language_code,
        "blocked": user.blocked,
        "phone": user.role_label,
    }
    if messages:
        shape["messages"] = [message_shape(message) for message in user.messages]
    shape["commands"] = user.commands
    shape["reply_keyboard"] = reply_keyboard_shape(user.keyboard)
    return shape


_MEDIA_WORDS = (("photo", "🖼 Photo"), ("voice", "🎤 Voice message"), ("video_note", "📹 Video message"), ("audio", "🎵 Audio"))


def preview(message: SimMessage) -> str:
    """What a lock screen shows of a message: the words without formatting, spoilers hidden, a label for what is no text."""
    if message.text:
        return _hide_spoilers(message.text, message.entities)
    caption = _hide_spoilers(message.caption, message.caption_entities)
    for field, label in _MEDIA_WORDS:
        if field in message.media:
            return f"{label}: {caption}" if caption else label
    if message.document:
        name = message.document.get("file_name", "File")
        return f"📎 {name}: {caption}" if caption else f"📎 {name}"
    if message.venue:
        return f"📍 {message.venue['title']}"
    if message.location:
        return "📍 Location"
    if message.contact:
        return f"👤 {message.contact['first_name']}"
    if message.sticker:
        return f"{message.sticker.get('emoji', '')} Sticker".strip()
    return caption


def _hide_spoilers(text: str, entities: list[Json]) -> str:
    for entity in entities:
        if entity["type"] == "spoiler":
            hidden = utf16_slice(text, entity["offset"], entity["length"])
            # Telegram's own lock-screen habit; braille patterns keep the length in UTF-16 units, so that later offsets stay right.
            units = len(hidden.encode("utf-16-le")) // 2
            before = utf16_slice(text, 0, entity["offset"])
            text = before + "⠿" * units + text[len(before) + len(hidden) :]
    return text
