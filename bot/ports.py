"""The seams to the outside, as protocols, and the plain objects that cross them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Key:
    """An inline button, rendered: exactly one of `data` (1-64 bytes) and `url`."""

    label: str
    data: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class ReplyKey:
    """A button of the keyboard below the text field; `wants` is "", "location" or "contact"."""

    label: str
    wants: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it goes out; made just before sending, never stored."""

    name: str
    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message ready to send: nothing in it is looked up any more.

    Attributes:
        kind: text, edit, markup (edit of the buttons alone), delete, contact, location, venue, document, photo, voice.
        text: Telegram's HTML subset, 1-4096 characters after parsing; for a document its caption.
        keys: rows of inline buttons.
        reply_keys: rows of a reply keyboard; None leaves the present one, () removes it.
        target: the message id that an edit or delete is about.
        file: recipe of a document, or of a voice that is no `file_id`: `recipe` names it (`files.RECIPES`), the rest are its parameters.
        extra: of a venue `title` and `address`; of a photo or voice `file_id`, and `spoiler` when it shows only after a tap.
        attachment: what the recipe gave; only on the way from the sender to the transport.
    """

    chat_id: int
    kind: str = "text"
    text: str = ""
    keys: tuple[tuple[Key, ...], ...] = ()
    reply_keys: tuple[tuple[ReplyKey, ...], ...] | None = None
    reply_keys_once: bool = False
    silent: bool = False
    protected: bool = False
    target: int | None = None
    reply_to: int | None = None
    phone: str = ""
    contact_name: str = ""
    latitude: float | None = None
    longitude: float | None = None
    file: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    attachment: Attachment | None = None

    def to_payload(self) -> dict[str, Any]:
        """As a JSON-able dict without empty values."""
        values = {name: value for name in _STORED if (value := getattr(self, name)) not in (None, "", False, (), {})}
        if self.keys:
            values["keys"] = [[{"label": key.label, "data": key.data, "url": key.url} for key in row] for row in self.keys]
        if self.reply_keys is not None:
            values["reply_keys"] = [[{"label": key.label, "wants": key.wants} for key in row] for row in self.reply_keys]
        return values

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Outgoing:
        """Back from `to_payload`."""
        values = dict(payload)
        values["keys"] = tuple(tuple(Key(**key) for key in row) for row in values.get("keys", ()))
        reply = values.get("reply_keys")
        values["reply_keys"] = None if reply is None else tuple(tuple(ReplyKey(**key) for key in row) for row in reply)
        return cls(**values)


_STORED = tuple(entry.name for entry in fields(Outgoing) if entry.name != "attachment")


class Transport(Protocol):
    """How messages leave. Raises `RetryLater` or `Undeliverable`, nothing else of its own."""

    async def send(self, message: Outgoing) -> int | None:
        """Send, edit or delete.

        Returns:
            The id of the message sent or edited; None for a delete.
        """
        ...

    async def fetch(self, file_id: str) -> bytes:
        """A file that somebody sent."""
        ...

    async def answer_press(self, query_id: str, text: str = "", *, alert: bool = False) -> None:
        """End the spinner on a pressed button, with a short text or none. A late or second answer is no error."""
        ...

    async def set_commands(self, chat_id: int, language: str, commands: Sequence[tuple[str, str]]) -> None:
        """Set a chat's command menu: (command, description) in order."""
        ...

    async def leave(self, chat_id: int) -> None:
        """Leave a group."""
        ...
