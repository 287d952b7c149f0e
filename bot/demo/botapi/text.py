"""Text as Telegram keeps it: UTF-16 lengths, trimming, entities that Telegram finds by itself, and the way back to HTML.

An entity is a dict as in the Bot API: `type`, `offset` and `length` in UTF-16 units, and `url`, `language`, `user` or
`custom_emoji_id` where the type has one.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any

Entity = dict[str, Any]

_COMMAND = re.compile(r"(?<![\w/@#<])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])")
_MENTION = re.compile(r"(?<![\w@/])@[A-Za-z][A-Za-z0-9_]{3,31}(?!\w)")
_HASHTAG = re.compile(r"(?<![\w#])#(?=\w*[^\W\d_])\w{1,255}")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}(?!\w)")
_URL = re.compile(
    r"(?<![\w@/.])(?:(?:https?|tg|ton)://[^\s<>\"]+"
    r"|(?:[A-Za-z0-9][A-Za-z0-9-]*\.)+(?:com|org|net|gov|edu|io|info|me|app|us|uk|es|mx|help|health|care)(?:[:/?#][^\s<>\"]*)?(?![\w@]))",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\w+])\+\d(?:[\s().-]{0,2}\d){6,14}(?!\d)")
_DETECTORS = (
    ("url", _URL),
    ("email", _EMAIL),
    ("phone_number", _PHONE),
    ("mention", _MENTION),
    ("hashtag", _HASHTAG),
    ("bot_command", _COMMAND),
)
_TRIGGERS = re.compile(r"[/@#.+]")
_CONTROL = {code: None for code in range(32) if code not in (9, 10)} | {9: " ", 0x200E: None, 0x200F: None}
_BLOCKS_DETECTION = {
    "pre",
    "code",
    "text_link",
    "text_mention",
    "custom_emoji",
    "url",
    "email",
    "phone_number",
    "mention",
    "hashtag",
    "bot_command",
}
DETECTED = {"url", "email", "phone_number", "mention", "hashtag", "bot_command"}


def utf16_len(text: str) -> int:
    """Length in UTF-16 units: what Telegram counts (an emoji is 2)."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf16_slice(text: str, offset: int, length: int) -> str:
    """The part of `text` that an entity covers."""
    if text.isascii():
        return text[offset : offset + length]
    return text.encode("utf-16-le")[offset * 2 : (offset + length) * 2].decode("utf-16-le", "replace")


def clean(text: str) -> str:
    """Without the control characters that Telegram removes; a carriage return goes, a tab becomes a space."""
    return text if text.isprintable() else text.translate(_CONTROL)


def trim(text: str, entities: Iterable[Entity]) -> tuple[str, list[Entity]]:
    """Trim white space at both ends and move or drop the entities accordingly, in order of offset, longer first."""
    body = text.strip(" \n\t\u00a0")
    lead = utf16_len(text[: text.index(body)]) if body else 0
    total = utf16_len(body)
    kept = []
    for entity in entities:
        begin = max(0, entity["offset"] - lead)
        end = min(total, entity["offset"] + entity["length"] - lead)
        if end > begin and utf16_slice(body, begin, end - begin).strip():
            kept.append({**entity, "offset": begin, "length": end - begin})
    kept.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return body, kept


def detect(text: str, entities: list[Entity] | None = None) -> list[Entity]:
    """Add what Telegram finds by itself (links, addresses, full phone numbers, mentions, hashtags, commands) to `entities`."""
    entities = list(entities or ())
    if not _TRIGGERS.search(text):
        return entities
    taken = [(entity["offset"], entity["offset"] + entity["length"]) for entity in entities if entity["type"] in _BLOCKS_DETECTION]
    found = False
    for kind, pattern in _DETECTORS:
        for match in pattern.finditer(text):
            words = match.group()
            if kind == "url":
                words = words.rstrip(".,;:!?)'”»]")
            offset, length = utf16_len(text[: match.start()]), utf16_len(words)
            if length and all(offset >= end or offset + length <= begin for begin, end in taken):
                entities.append({"type": kind, "offset": offset, "length": length})
                taken.append((offset, offset + length))
                found = True
    if found:
        entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return entities


_TAGS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "spoiler": "tg-spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
}


def _tags(entity: Entity) -> tuple[str, str] | None:
    kind = entity["type"]
    if kind == "text_link":
        return f'<a href="{html.escape(entity["url"])}">', "</a>"
    if kind == "text_mention":
        return f'<a href="tg://user?id={entity["user"]["id"]}">', "</a>"
    if kind == "custom_emoji":
        return f'<tg-emoji emoji-id="{html.escape(entity["custom_emoji_id"])}">', "</tg-emoji>"
    if kind == "pre" and entity.get("language"):
        return f'<pre><code class="language-{html.escape(entity["language"])}">', "</code></pre>"
    if kind == "expandable_blockquote":
        return "<blockquote expandable>", "</blockquote>"
    tag = _TAGS.get(kind)
    return (f"<{tag}>", f"</{tag}>") if tag else None


def to_html(text: str, entities: list[Entity]) -> str:
    """Text and entities as Telegram HTML. What Telegram detects by itself gets no tag."""
    marked = [entity for entity in entities if entity["type"] not in DETECTED]
    if not marked:
        return html.escape(text, quote=False)
    opens: dict[int, list[str]] = {}
    closes: dict[int, list[str]] = {}
    for entity in sorted(marked, key=lambda entity: (entity["offset"], -entity["length"])):
        tags = _tags(entity)
        if tags:
            opens.setdefault(entity["offset"], []).append(tags[0])
            closes.setdefault(entity["offset"] + entity["length"], []).insert(0, tags[1])
    parts: list[str] = []
    position = 0
    for character in text:
        parts += closes.get(position, ())
        parts += opens.get(position, ())
        parts.append(html.escape(character, quote=False))
        position += 2 if ord(character) > 0xFFFF else 1
    parts += closes.get(position, ())
    return "".join(parts)
