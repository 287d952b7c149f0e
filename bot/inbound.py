"""One update in our own words: what a person did, and every string that a human wrote in it."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    TEXT = "text"
    COMMAND = "command"
    PRESS = "press"  # an inline button
    LOCATION = "location"
    CONTACT = "contact"
    PHOTO = "photo"
    VOICE = "voice"
    VIDEO = "video"
    DOCUMENT = "document"
    STICKER = "sticker"
    MEMBERSHIP = "membership"  # blocked, unblocked, added to a group
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Inbound:
    """An update as the product sees it; it survives the way through JSON unchanged.

    Attributes:
        update_id: Telegram's, increasing.
        chat_id: the chat; 0 when there is none.
        private: whether the chat is a private one.
        at: when the person did it (Telegram's date, UTC); for a button the time of arrival.
        text: what was typed, or the caption; "" when nothing was.
        texts: every string that a human wrote in it: text, caption, file name, contact's name, the quoted reply.
        command: without the slash and the bot's name, lower case; None for anything else.
        argument: what follows the command.
        data: of a pressed button.
        file_name, mime_type, file_id, file_size: of a photo, voice or document; size in bytes.
        account: the account's own name, as Telegram shows it; for an inviter's question only.
        member: for MEMBERSHIP, what the bot is now: member, left, kicked.
    """

    update_id: int
    kind: Kind
    chat_id: int
    at: datetime
    private: bool = True
    user_id: int = 0
    language_code: str = ""
    account: str = ""
    message_id: int = 0
    edited: bool = False
    text: str = ""
    texts: tuple[str, ...] = ()
    command: str | None = None
    argument: str = ""
    data: str = ""
    query_id: str = ""
    reply_to: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    phone: str = ""
    file_id: str = ""
    file_name: str = ""
    mime_type: str = ""
    file_size: int = 0
    member: str = ""

    def to_json(self) -> str:
        """All of it as JSON text; defaults are left out."""
        values = {
            field.name: value
            for field in dataclasses.fields(self)
            if (value := getattr(self, field.name)) != field.default or field.default is dataclasses.MISSING
        }
        values["at"] = self.at.isoformat()
        return json.dumps(values, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Inbound:
        """Back from `to_json`."""
        values = json.loads(text)
        values["at"] = datetime.fromisoformat(values["at"])
        values["kind"] = Kind(values["kind"])
        values["texts"] = tuple(values.get("texts", ()))
        return cls(**values)
