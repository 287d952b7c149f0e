"""Chats: what both sides of one conversation have seen, and the objects that Telegram sends about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.demo.botapi.errors import ApiError
from bot.demo.botapi.model import Json, SimMessage, load_message

if TYPE_CHECKING:
    from bot.demo.botapi.core import BotApi


class Chat:
    """A conversation of the bot; a person's private chat or a group."""

    def __init__(self, api: BotApi, chat_id: int) -> None:
        self.api = api
        self.id = chat_id
        self.history: dict[int, SimMessage] = {}

    @property
    def messages(self) -> list[SimMessage]:
        """What the chat shows now, both directions, in order."""
        return [message for message in self.history.values() if not message.deleted]

    def find(self, message_id: int) -> SimMessage | None:
        """A message that is still there."""
        message = self.history.get(message_id)
        return None if message is None or message.deleted else message

    def chat_object(self) -> Json:
        """The Bot API's `Chat`."""
        raise NotImplementedError

    def sender_object(self, user_id: int) -> Json:
        """The Bot API's `User` of whoever wrote a message."""
        return self.api.bot_object() if user_id == self.api.bot_id else self.api.users[user_id].user_object()

    def refusal(self) -> ApiError | None:
        """Why the bot may not write here; None when it may."""
        raise NotImplementedError

    def message_object(self, message: SimMessage, *, nested: bool = False) -> Json:
        """The Bot API's `Message`; a `nested` one (a reply's origin) carries no reply of its own."""
        shape: Json = {
            "message_id": message.message_id,
            "from": self.sender_object(message.sender_id),
            "chat": self.chat_object(),
            "date": int(message.date.timestamp()),
        }
        if message.edit_date is not None:
            shape["edit_date"] = int(message.edit_date.timestamp())
        if message.text:
            shape["text"] = message.text
        if message.entities:
            shape["entities"] = message.entities
        if message.caption:
            shape["caption"] = message.caption
        if message.caption_entities:
            shape["caption_entities"] = message.caption_entities
        shape.update(message.media)
        shape.update(message.extra)
        if message.protected:
            shape["has_protected_content"] = True
        if message.inline_keyboard:
            shape["reply_markup"] = {"inline_keyboard": message.inline_keyboard}
        if message.reply_to is not None and not nested:
            origin = self.history.get(message.reply_to)
            if origin is not None:
                shape["reply_to_message"] = self.message_object(origin, nested=True)
        return shape

    def add(self, message: SimMessage) -> SimMessage:
        """Put a message into the chat and on the page."""
        self.history[message.message_id] = message
        self.announce("message", message)
        return message

    def announce(self, kind: str, message: SimMessage) -> None:
        """Tell the page about a message ("message", "edit", "delete"). Groups have no phone."""

    def person_message(self, user_id: int, **fields: Any) -> SimMessage:
        """A new message that a person wrote here."""
        return SimMessage(self.api.next_message_id(), self.id, user_id, False, self.api.now(), **fields)

    def dump(self) -> Json:
        return {"id": self.id, "messages": [message.dump() for message in self.history.values()]}

    def load_messages(self, state: Json) -> None:
        self.history = {entry["message_id"]: load_message(entry) for entry in state["messages"]}


class SimGroup(Chat):
    """A group with the bot and some people in it."""

    def __init__(self, api: BotApi, chat_id: int, title: str, members: list[int]) -> None:
        super().__init__(api, chat_id)
        self.title = title
        self.members = members
        self.bot_is_member = False

    def chat_object(self) -> Json:
        # Ids under -10^12 are supergroups, as on Telegram.
        return {"id": self.id, "type": "supergroup" if self.id < -(10**12) else "group", "title": self.title}

    def refusal(self) -> ApiError | None:
        kind = self.chat_object()["type"]
        return None if self.bot_is_member else ApiError(403, f"Forbidden: bot is not a member of the {kind} chat")

    def add_bot(self, by: int) -> None:
        """A member adds the bot: my_chat_member first, then the group's own message about it, as Telegram does."""
        self._set_membership(by, joined=True)
        message = self.person_message(by, service="bot added", extra={"new_chat_members": [self.api.bot_object()]})
        self.add(message)
        self.api.updates.put("message", self.message_object(message))

    def remove_bot(self, by: int) -> None:
        """Someone (or the bot itself) takes the bot out."""
        self._set_membership(by, joined=False)

    def text(self, user_id: int, text: str, reply_to: int | None = None) -> int:
        """A member writes to the group; gives the message_id."""
        body, entities = self.api.person_text(text)
        message = self.add(self.person_message(user_id, text=body, entities=entities, reply_to=reply_to))
        if self.bot_is_member:
            self.api.updates.put("message", self.message_object(message))
        return message.message_id

    def _set_membership(self, by: int, *, joined: bool) -> None:
        if self.bot_is_member == joined:
            return
        self.bot_is_member = joined
        old, new = ("left", "member") if joined else ("member", "left")
        self.api.put_membership(self, self.sender_object(by), {"status": old}, {"status": new})

    def dump(self) -> Json:
        return {**super().dump(), "title": self.title, "members": self.members, "bot_is_member": self.bot_is_member}
