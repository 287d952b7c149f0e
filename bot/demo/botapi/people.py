"""People with a phone: each method is something a person can do, and reaches the bot as Telegram would tell it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.demo.botapi.chats import Chat
from bot.demo.botapi.errors import ApiError, CannotDo, forbidden
from bot.demo.botapi.files import image_size, photo_sizes
from bot.demo.botapi.model import Json, SimMessage
from bot.demo.botapi.phones import message_shape, preview, reply_keyboard_shape, user_shape
from bot.demo.botapi.text import utf16_len

if TYPE_CHECKING:
    from bot.demo.botapi.core import BotApi

_TEXT_LIMIT = 4096
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Toast:
    """The bot's answer to a press: `text` may be empty (only the spinner ends); an `alert` must be tapped away."""

    message_id: int
    data: str
    text: str
    alert: bool


class SimUser(Chat):
    """A person, their phone and their private chat with the bot (its id is theirs)."""

    def __init__(
        self, api: BotApi, user_id: int, first_name: str, last_name: str = "", username: str = "", language_code: str = "en"
    ) -> None:
        super().__init__(api, user_id)
        self.first_name = first_name
        self.last_name = last_name
        self.username = username
        self.language_code = language_code
        self.started = False
        self.blocked = False
        self.deactivated = False
        self.keyboard: Json | None = None
        self.keyboard_message: int | None = None
        self.toasts: list[Toast] = []
        self._role_label = ""

    # What Telegram says about this person

    def user_object(self) -> Json:
        """The Bot API's `User`."""
        shape: Json = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        if self.last_name:
            shape["last_name"] = self.last_name
        if self.username:
            shape["username"] = self.username
        if self.language_code:
            shape["language_code"] = self.language_code
        return shape

    def chat_object(self) -> Json:
        shape: Json = {"id": self.id, "type": "private", "first_name": self.first_name}
        if self.last_name:
            shape["last_name"] = self.last_name
        if self.username:
            shape["username"] = self.username
        return shape

    def refusal(self) -> ApiError | None:
        if self.deactivated:
            return forbidden("user is deactivated")
        if self.blocked:
            return forbidden("bot was blocked by the user")
        if not self.started:
            return forbidden("bot can't initiate conversation with a user")
        return None

    @property
    def role_label(self) -> str:
        """What the page writes above this phone ("patient", "counselor", free text)."""
        return self._role_label

    @role_label.setter
    def role_label(self, label: str) -> None:
        self._role_label = label
        self.announce_user()

    @property
    def commands(self) -> list[Json]:
        """The command menu that this person sees: scope of the chat, then of private chats, then the default; own language first."""
        return self.api.commands.for_private_chat(self.id, self.language_code)

    @property
    def received(self) -> list[SimMessage]:
        """The messages from the bot that the chat shows, in order."""
        return [message for message in self.messages if message.from_bot]

    @property
    def last(self) -> SimMessage:
        """The newest message from the bot."""
        return self.received[-1]

    def push_preview(self, message: SimMessage) -> str:
        """What the lock screen shows of a message when it arrives."""
        return preview(message)

    # What this person can do

    def start(self, payload: str = "") -> int:
        """Open the bot by its link (`t.me/bot?start=payload`) or tap Start; unblocks it as Telegram does.

        Raises:
            CannotDo: no link can carry this payload; write "/start ..." as text instead.
        """
        if payload and not _PAYLOAD.fullmatch(payload):
            raise CannotDo("a start link carries 1-64 of A-Z a-z 0-9 _ -")
        if self.blocked:
            self.unblock()
        return self.text(f"/start {payload}".strip())

    def text(self, text: str, reply_to: int | None = None, forward: bool = False) -> int:
        """Write; a text over 4096 goes out in parts as the app sends it.

        Returns:
            The message_id (of the last part).
        """
        body, entities = self.api.person_text(text)
        if not body:
            raise CannotDo("an empty message cannot be sent")
        if utf16_len(body) > _TEXT_LIMIT:
            parts = _split(body)
            for part in parts[:-1]:
                self.text(part, reply_to, forward)
            return self.text(parts[-1], reply_to, forward)
        extra: Json = {}
        if forward:
            stranger = {"type": "hidden_user", "date": int(self.api.now().timestamp()), "sender_user_name": "Someone"}
            extra["forward_origin"] = stranger
        message_id = self._write(text=body, entities=entities, reply_to=reply_to, extra=extra)
        if any(button["text"] == body for row in (self.keyboard or {}).get("keyboard", []) for button in row):
            self._keyboard_used()  # typed or tapped, a label is the same to Telegram
        return message_id

    def edit(self, message_id: int, text: str) -> None:
        """Change a text that this person wrote, or the words under a photo or file of theirs."""
        message = self.find(message_id)
        if message is None or message.from_bot or not (message.text or message.media):
            raise CannotDo(f"message {message_id} is not this person's own text")
        if message.text:
            message.text, message.entities = self.api.person_text(text)
        else:
            message.caption, message.caption_entities = self.api.person_text(text)
        message.edit_date = self.api.now()
        self.announce("edit", message)
        self.api.updates.put("edited_message", self.message_object(message))

    def press(self, message_id: int, button: str) -> str:
        """Tap an inline button, named by its data or its label.

        Returns:
            The id of the callback query.

        Raises:
            CannotDo: the message is gone, has no such button, or the button opens a link.
        """
        message = self.find(message_id)
        if message is None:
            raise CannotDo(f"message {message_id} is not in the chat")
        rows = message.inline_keyboard or []
        buttons = [entry for row in rows for entry in row]
        matches = [entry for entry in buttons if entry.get("callback_data") == button] or [
            entry for entry in buttons if entry["text"] == button
        ]
        if not matches:
            raise CannotDo(f"message {message_id} has no button {button!r}, only {[entry['text'] for entry in buttons]}")
        if "callback_data" not in matches[0]:
            raise CannotDo(f"button {button!r} does not reach the bot")
        return self.forge(message_id, matches[0]["callback_data"])

    def forge(self, message_id: int, data: str) -> str:
        """Send callback data that no button on the message has, as a tampered client can; gives the callback query's id."""
        self._require_open()
        return self.api.put_callback(self, message_id, data)

    def tap_reply_keyboard(self, label: str) -> int:
        """Tap a button of the reply keyboard: its label goes out as text; gives the message_id.

        Raises:
            CannotDo: no such button now, or it asks for a place or a number (then `location` or `contact` is what happens).
        """
        rows = (self.keyboard or {}).get("keyboard", [])
        button = next((entry for row in rows for entry in row if entry["text"] == label), None)
        if button is None:
            raise CannotDo(f"the keyboard has no button {label!r}")
        if button.get("request_location") or button.get("request_contact"):
            raise CannotDo(f"button {label!r} shares a location or a contact")
        return self.text(label)

    def photo(self, data: bytes, caption: str = "") -> int:
        """Send a photo. Bytes that are no image are taken too, as the app would have made an image of them."""
        size = image_size(data)
        width, height, mime_type = size if size and size[0] and size[1] else (640, 480, "image/jpeg")
        return self._write(media={"photo": photo_sizes(self.api.files, data, width, height, mime_type)}, **self._caption(caption))

    def voice(self, data: bytes, duration: int) -> int:
        """Send a voice message of `duration` seconds."""
        stored = self.api.files.add("voice", data, mime_type="audio/ogg")
        media = {"file_id": stored.file_id, "file_unique_id": stored.unique_id, "duration": duration}
        return self._write(media={"voice": {**media, "mime_type": "audio/ogg", "file_size": len(data)}})

    def document(self, data: bytes, file_name: str, caption: str = "") -> int:
        """Send a file."""
        stored = self.api.files.add("document", data, file_name)
        media = {"file_id": stored.file_id, "file_unique_id": stored.unique_id, "file_name": file_name}
        return self._write(media={"document": {**media, "mime_type": stored.mime_type, "file_size": len(data)}}, **self._caption(caption))

    def location(self, lat: float, lon: float) -> int:
        """Share a place."""
        message_id = self._write(media={"location": {"latitude": lat, "longitude": lon}})
        self._keyboard_used(wanted="request_location")
        return message_id

    def contact(self, phone: str, first_name: str = "", user_id: int | None = None) -> int:
        """Share a phone number: without a name, or with this person's own, their own contact."""
        own = user_id == self.id or (user_id is None and first_name in ("", self.first_name))
        card: Json = {"phone_number": phone, "first_name": first_name or self.first_name}
        if own or user_id is not None:
            card["user_id"] = self.id if own else user_id
        message_id = self._write(media={"contact": card})
        self._keyboard_used(wanted="request_contact")
        return message_id

    def sticker(self, emoji: str) -> int:
        """Send a sticker."""
        stored = self.api.files.add("sticker", emoji.encode(), f"{len(emoji)}.webp", "image/webp")
        media: Json = {"file_id": stored.file_id, "file_unique_id": stored.unique_id, "type": "regular", "width": 512, "height": 512}
        return self._write(
            media={"sticker": {**media, "is_animated": False, "is_video": False, "emoji": emoji, "file_size": len(stored.data)}}
        )

    def video_note(self, data: bytes = b"round video", duration: int = 5) -> int:
        """Send a round video."""
        stored = self.api.files.add("video_note", data, "note.mp4", "video/mp4")
        media = {"file_id": stored.file_id, "file_unique_id": stored.unique_id, "length": 240, "duration": duration, "file_size": len(data)}
        return self._write(media={"video_note": media})

    def block(self) -> None:
        """Block the bot."""
        self._set_blocked(blocked=True)

    def unblock(self) -> None:
        """Let the bot write again."""
        self._set_blocked(blocked=False)

    def deactivate(self) -> None:
        """Delete the Telegram account: nothing reaches this person any more, and the bot is told only when it writes."""
        self.deactivated = True

    # How it reaches the bot and the page

    def announce(self, kind: str, message: SimMessage) -> None:
        feed = self.api.phones
        if feed.listening:
            if kind == "delete":
                feed.emit("delete", user=self.id, message_id=message.message_id)
            else:
                feed.emit(kind, user=self.id, message=message_shape(message))

    def announce_user(self) -> None:
        """Tell the page that name, label or state of this person changed."""
        if self.api.phones.listening:
            self.api.phones.emit("user", user=user_shape(self, messages=False))

    def set_keyboard(self, markup: Json | None, message_id: int | None) -> None:
        """Show a reply keyboard, or none."""
        if markup is None and self.keyboard is None:
            return
        self.keyboard, self.keyboard_message = markup, message_id
        if self.api.phones.listening:
            self.api.phones.emit("keyboard", user=self.id, reply_keyboard=reply_keyboard_shape(markup))

    def _keyboard_used(self, wanted: str | None = None) -> None:
        keyboard = self.keyboard
        if keyboard and keyboard.get("one_time_keyboard"):
            buttons = [entry for row in keyboard["keyboard"] for entry in row]
            if wanted is None or any(entry.get(wanted) for entry in buttons):
                self.set_keyboard(None, None)

    def _caption(self, caption: str) -> dict[str, Any]:
        body, entities = self.api.person_text(caption)
        return {"caption": body, "caption_entities": entities}

    def _require_open(self) -> None:
        if self.blocked or self.deactivated:
            raise CannotDo("the bot is blocked on this phone")

    def _write(self, **fields: Any) -> int:
        self._require_open()
        self.started = True
        message = self.add(self.person_message(self.id, **fields))
        self.api.updates.put("message", self.message_object(message))
        return message.message_id

    def _set_blocked(self, *, blocked: bool) -> None:
        if self.blocked == blocked:
            return
        self.blocked = blocked
        member, kicked = {"status": "member"}, {"status": "kicked", "until_date": 0}
        self.api.put_membership(self, self.user_object(), member if blocked else kicked, kicked if blocked else member)
        self.api.phones.emit("blocked", user=self.id, blocked=blocked)

    def dump(self) -> Json:
        fields = (
            "first_name",
            "last_name",
            "username",
            "language_code",
            "started",
            "blocked",
            "deactivated",
            "keyboard",
            "keyboard_message",
        )
        return {**super().dump(), "role_label": self._role_label, **{name: getattr(self, name) for name in fields}}

    def load(self, state: Json) -> None:
        """Take over what `dump` gave."""
        for name, value in state.items():
            if name == "role_label":
                self._role_label = value
            elif name not in ("id", "messages"):
                setattr(self, name, value)
        self.load_messages(state)


def _split(text: str) -> list[str]:
    parts = [""]
    room = _TEXT_LIMIT
    for character in text:
        units = 2 if ord(character) > 0xFFFF else 1
        if units > room:
            parts.append("")
            room = _TEXT_LIMIT
        parts[-1] += character
        room -= units
    return [part for part in parts if part.strip()]
