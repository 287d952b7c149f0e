"""What goes through the relay: words, or a file or a place with its words, rebuilt so that nobody's account or device comes with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from bot import outbox
from bot.errors import Undeliverable
from bot.escalation import pictures
from bot.inbound import Inbound, Kind
from bot.models import Outbox, Person
from bot.outbox import Post, Rows
from bot.ports import Attachment
from bot.work import Work

CHUNK = 3500  # a full message with a name before it would be over Telegram's 4096
CAPTION = 900  # of 1024 characters, with a name before it
LARGEST = 15 * 1024 * 1024  # bytes of a file; Telegram gives a bot 20 MB
RECIPE = "relay"  # names a file that is fetched and made anew just before sending

PICTURES = frozenset({"image/jpeg", "image/png"})
_ENDINGS: Mapping[str, str] = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf", "text/plain": "txt"}
_VOICE = frozenset({"", "audio/ogg", "audio/opus"})
_MENTION = re.compile(r"(?<![\w.])@(?=\w)")


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message on its way through the relay.

    Attributes:
        kind: text, photo, voice, document, location.
        text: the words, or the caption; "" when there are none.
        file_id: Telegram's, of a photo, voice or document; it tells nobody whose it was.
    """

    kind: str = "text"
    text: str = ""
    file_id: str = ""
    mime_type: str = ""
    latitude: float | None = None
    longitude: float | None = None

    def to_json(self) -> dict[str, Any]:
        """All of it, JSON-able."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Parcel:
        """Back from `to_json`."""
        return cls(**values)

    @property
    def media(self) -> dict[str, Any]:
        """What of it is no words; empty for a text."""
        return {} if self.kind == "text" else {name: value for name, value in asdict(self).items() if name not in ("kind", "text")}


def of(inbound: Inbound) -> Parcel | None:
    """What of a message can go through: None for a contact card, a sticker, a video, a song, or a file that may tell who made it."""
    if inbound.kind is Kind.TEXT:
        return Parcel(text=inbound.text)
    if inbound.kind is Kind.LOCATION and inbound.latitude is not None and inbound.longitude is not None:
        return Parcel("location", latitude=inbound.latitude, longitude=inbound.longitude)
    if not inbound.file_id or inbound.file_size > LARGEST:
        return None
    file = Parcel(text=inbound.text, file_id=inbound.file_id, mime_type=inbound.mime_type)
    if inbound.kind is Kind.PHOTO:
        return replace(file, kind="photo")
    if inbound.kind is Kind.VOICE and inbound.mime_type in _VOICE and not inbound.file_name:
        return replace(file, kind="voice")
    if inbound.kind is Kind.DOCUMENT and inbound.mime_type in _ENDINGS:
        return replace(file, kind="document")
    return None


def parts(text: str) -> list[str]:
    """A text in pieces that fit a message with a name before it; mentions lose their @, since they lead to an account."""
    clean = _MENTION.sub("", text)
    return [clean[start : start + CHUNK] for start in range(0, len(clean), CHUNK)] or [""]


def send(work: Work, to: Person, key: str, parcel: Parcel, rows: Rows = (), *, post: Post, **values: Any) -> Outbox | None:
    """Queue a parcel for someone.

    Args:
        key: of the template around the words; it is given `text` and `kind`.
        post: `protected` hides a photo until it is tapped, as the template hides the words.

    Returns:
        The row whose delivery is that of the parcel; None when nothing was stored (no chat, silent mode).
    """
    words = parts(parcel.text)
    if parcel.kind == "text":
        row = None
        for part in words:
            row = outbox.say(work, to, key, rows, post=post, kind="text", text=part, under=False, **values)
        return row
    short = words[0] if len(words) == 1 and len(words[0]) <= CAPTION else ""
    if parcel.text and not short:
        for part in words:
            outbox.say(work, to, key, post=post, kind="text", text=part, under=False, **values)
    message = outbox.compose(work, to, key, rows, post=post, kind=parcel.kind, text=short, under=False, **values)
    if parcel.kind == "location":
        outbox.put(work, to, message, post=post, template=key)
        message = replace(message, kind="location", text="", keys=(), latitude=parcel.latitude, longitude=parcel.longitude)
    elif parcel.kind == "document":
        message = replace(message, kind="document", file={"recipe": RECIPE, "file_id": parcel.file_id, "mime_type": parcel.mime_type})
    else:
        message = replace(message, kind=parcel.kind, extra={"file_id": parcel.file_id, "spoiler": post.protected})
    return outbox.put(work, to, message, post=post, template=key)


def remade(file: Mapping[str, Any], data: bytes) -> Attachment:
    """A file under a name that says nothing, a picture without what stands beside it.

    Raises:
        Undeliverable: it is not what it says it is.
    """
    mime_type = str(file["mime_type"])
    if mime_type in PICTURES:
        try:
            data = pictures.cleaned(data)
        except ValueError as error:
            raise Undeliverable("bad_file") from error
    return Attachment(f"file.{_ENDINGS[mime_type]}", data, mime_type)
