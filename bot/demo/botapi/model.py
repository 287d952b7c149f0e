"""What the simulator keeps: messages and uploaded files, in shapes that survive a trip through JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.demo.botapi.text import Entity, to_html

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file in a request: its name as the sender gave it, its bytes and its media type ("" when none was given)."""

    file_name: str
    data: bytes
    mime_type: str = ""


@dataclass(slots=True, eq=False)
class SimMessage:
    """One message of a chat, as both sides see it.

    Attributes:
        text, entities: plain text and entities in UTF-16 units; empty for media, which has `caption` and `caption_entities`.
        inline_keyboard: rows of buttons as the Bot API has them, or None.
        reply_markup: a reply keyboard, its removal or a force_reply as it was sent; Telegram never gives it back.
        media: the Bot API fields of the content (`photo`, `document`, `voice`, `location`, `contact`, ...).
        extra: further Bot API fields (`forward_origin`, `new_chat_members`, ...).
        silent: sent with disable_notification. protected: no forwarding, no saving.
        deleted: gone from both phones; a reference held by a test still shows what it was.
    """

    message_id: int
    chat_id: int
    sender_id: int
    from_bot: bool
    date: datetime
    text: str = ""
    entities: list[Entity] = field(default_factory=list)
    caption: str = ""
    caption_entities: list[Entity] = field(default_factory=list)
    inline_keyboard: list[list[Json]] | None = None
    reply_markup: Json | None = None
    media: Json = field(default_factory=dict)
    extra: Json = field(default_factory=dict)
    reply_to: int | None = None
    edit_date: datetime | None = None
    silent: bool = False
    protected: bool = False
    service: str | None = None
    deleted: bool = False

    @property
    def edited(self) -> bool:
        """The content was edited since it was sent."""
        return self.edit_date is not None

    @property
    def html(self) -> str:
        """Text or caption as Telegram HTML."""
        return to_html(self.text, self.entities) if self.text else to_html(self.caption, self.caption_entities)

    @property
    def buttons(self) -> list[list[tuple[str, str]]]:
        """Rows of (label, callback data or URL) of the inline keyboard; empty when there is none."""
        return [
            [(button["text"], str(button.get("callback_data") or button.get("url") or "")) for button in row]
            for row in self.inline_keyboard or ()
        ]

    @property
    def labels(self) -> list[str]:
        """The inline keyboard's labels, row after row."""
        return [label for row in self.buttons for label, _ in row]

    @property
    def reply_keyboard(self) -> list[list[str]] | None:
        """Rows of labels of the reply keyboard that came with this message; None when it brought none."""
        rows = (self.reply_markup or {}).get("keyboard")
        return None if rows is None else [[button["text"] for button in row] for row in rows]

    @property
    def photo(self) -> Json | None:
        """The largest size of the photo."""
        sizes = self.media.get("photo")
        return sizes[-1] if sizes else None

    @property
    def document(self) -> Json | None:
        return self.media.get("document")

    @property
    def voice(self) -> Json | None:
        return self.media.get("voice")

    @property
    def location(self) -> Json | None:
        return self.media.get("location")

    @property
    def venue(self) -> Json | None:
        return self.media.get("venue")

    @property
    def contact(self) -> Json | None:
        return self.media.get("contact")

    @property
    def sticker(self) -> Json | None:
        return self.media.get("sticker")

    def dump(self) -> Json:
        """JSON-able; `load_message` is the way back."""
        state = asdict(self)
        state["date"] = self.date.isoformat()
        state["edit_date"] = self.edit_date.isoformat() if self.edit_date else None
        return state


def load_message(state: Json) -> SimMessage:
    """A message from what `SimMessage.dump` gave."""
    edit_date = state["edit_date"]
    return SimMessage(
        **{
            **state,
            "date": datetime.fromisoformat(state["date"]),
            "edit_date": datetime.fromisoformat(edit_date) if edit_date else None,
        }
    )


def iso(instant: datetime) -> str:
    """An instant as the phones' page has it: "2026-01-31T21:05:00Z"."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
