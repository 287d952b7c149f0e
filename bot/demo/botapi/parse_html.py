"""parse_mode=HTML as strictly as Telegram takes it: what it refuses is refused with the same words, which a forgiving parser would hide."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bot.demo.botapi.errors import ApiError, bad_request
from bot.demo.botapi.text import Entity, utf16_len

UserOf = Callable[[int], dict[str, Any] | None]

_SIMPLE = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
}
_SUPPORTED = {*_SIMPLE, "a", "tg-emoji", "blockquote"}
_CHARACTER = re.compile(r"&(?:#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))|(lt|gt|amp|quot));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_NAME = re.compile(r"[^\s>]*")
_ATTRIBUTE_NAME = re.compile(r"[^\s=>/\"']*")
_ATTRIBUTE_VALUE = re.compile(r"\"([^\"]*)\"|'([^']*)'|([A-Za-z0-9.\-]+)")
_SPACE = re.compile(r"\s*")


def parse_error(text: str) -> ApiError:
    """The refusal of text that does not parse."""
    return bad_request(f"can't parse entities: {text}")


def _decode(match: re.Match[str]) -> str:
    hexadecimal, decimal, named = match.groups()
    if named:
        return _NAMED[named]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if 0 < code < 0x10FFFF and not 0xD800 <= code < 0xE000 else match.group()


def link_entity(url: str, offset: int, length: int, user_of: UserOf) -> Entity | None:
    """The entity of a link: a text_link, a text_mention of a known person, or None where Telegram drops the link in silence."""
    mention = re.fullmatch(r"tg://user\?id=(\d+)", url)
    if mention:
        user = user_of(int(mention.group(1)))
        return {"type": "text_mention", "offset": offset, "length": length, "user": user} if user else None
    if re.match(r"(?:https?|tg|ton)://[^\s/]|(?:mailto|tel):.", url, re.IGNORECASE):
        if url.lower().startswith(("mailto:", "tel:")):
            return None
        return {"type": "text_link", "offset": offset, "length": length, "url": url}
    if re.match(r"[\w-]+(\.[\w-]+)+([:/?#].*)?$", url):
        return {"type": "text_link", "offset": offset, "length": length, "url": f"http://{url}/" if "/" not in url else f"http://{url}"}
    return None


class _Parser:
    def __init__(self, source: str, user_of: UserOf) -> None:
        self.source = source
        self.user_of = user_of
        self.at = 0
        self.parts: list[str] = []
        self.length = 0  # UTF-16 units so far
        self.entities: list[Entity] = []
        self.open: list[tuple[str, dict[str, str], int, int, int]] = []  # tag, attributes, offset, index into parts, byte offset

    def byte(self, index: int) -> int:
        return len(self.source[:index].encode("utf-8", "surrogatepass"))

    def parse(self) -> tuple[str, list[Entity]]:
        source = self.source
        while self.at < len(source):
            tag = source.find("<", self.at)
            end = len(source) if tag < 0 else tag
            if end > self.at:
                words = _CHARACTER.sub(_decode, source[self.at : end])
                self.parts.append(words)
                self.length += utf16_len(words)
            self.at = end
            if tag >= 0:
                if source.startswith("</", tag):
                    self.close_tag()
                else:
                    self.open_tag()
        if self.open:
            raise parse_error(f'Can\'t find end tag corresponding to start tag "{self.open[-1][0]}"')
        return "".join(self.parts), self.entities

    def skip_space(self) -> None:
        match = _SPACE.match(self.source, self.at)
        self.at = match.end() if match else self.at

    def open_tag(self) -> None:
        source, begin = self.source, self.at
        offset = self.byte(begin)
        match = _NAME.match(source, begin + 1)
        name = match.group().lower() if match else ""
        self.at = begin + 1 + len(name)
        if self.at >= len(source):
            raise parse_error(f"Unclosed start tag at byte offset {offset}")
        if name not in _SUPPORTED:
            raise parse_error(f'Unsupported start tag "{name}" at byte offset {offset}')
        attributes: dict[str, str] = {}
        while True:
            self.skip_space()
            if self.at >= len(source):
                raise parse_error(f"Unclosed start tag at byte offset {offset}")
            if source[self.at] == ">":
                self.at += 1
                break
            self.attribute(name, offset, attributes)
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise parse_error(f'Tag "span" must have class "tg-spoiler" at byte offset {offset}')
        self.open.append((name, attributes, self.length, len(self.parts), offset))

    def attribute(self, tag: str, offset: int, attributes: dict[str, str]) -> None:
        source = self.source
        match = _ATTRIBUTE_NAME.match(source, self.at)
        name = match.group() if match else ""
        if not name:
            raise parse_error(f'Empty attribute name in the tag "{tag}" at byte offset {offset}')
        self.at += len(name)
        self.skip_space()
        if self.at >= len(source):
            raise parse_error(f"Unclosed start tag at byte offset {offset}")
        if source[self.at] != "=":
            if tag == "blockquote" and name == "expandable":
                attributes["expandable"] = ""
                return
            raise parse_error(f'Expected equal sign in declaration of an attribute of the tag "{tag}" at byte offset {offset}')
        self.at += 1
        self.skip_space()
        value = _ATTRIBUTE_VALUE.match(source, self.at)
        if value is None:
            raise parse_error(f"Unclosed start tag at byte offset {offset}")
        self.at = value.end()
        attributes[name.lower()] = _CHARACTER.sub(_decode, next(part for part in value.groups() if part is not None))

    def close_tag(self) -> None:
        source, begin = self.source, self.at
        if not self.open:
            raise parse_error(f"Unexpected end tag at byte offset {self.byte(begin)}")
        end = source.find(">", begin)
        if end < 0:
            raise parse_error(f"Unclosed end tag at byte offset {self.byte(begin)}")
        found = source[begin + 2 : end].strip().lower()
        name, attributes, offset, index, _ = self.open.pop()
        if found and found != name:
            raise parse_error(f'Unmatched end tag at byte offset {self.byte(begin)}, expected "</{name}>", found "</{found}>"')
        self.at = end + 1
        length = self.length - offset
        if length:
            self.add(name, attributes, offset, length, "".join(self.parts[index:]))

    def add(self, name: str, attributes: dict[str, str], offset: int, length: int, inner: str) -> None:
        entity: Entity | None = {"type": _SIMPLE.get(name, name), "offset": offset, "length": length}
        assert entity is not None
        if name == "a":
            entity = link_entity(attributes.get("href") or inner, offset, length, self.user_of)
        elif name == "tg-emoji":
            if not attributes.get("emoji-id", "").isdecimal():
                raise parse_error("Invalid custom emoji identifier specified")
            entity = {"type": "custom_emoji", "offset": offset, "length": length, "custom_emoji_id": attributes["emoji-id"]}
        elif name == "blockquote" and "expandable" in attributes:
            entity["type"] = "expandable_blockquote"
        elif name == "code" and attributes.get("class", "").startswith("language-"):
            entity["language"] = attributes["class"].removeprefix("language-")
        elif name == "pre":
            self.merge_code_into(entity)
        if entity:
            self.entities.append(entity)

    def merge_code_into(self, pre: Entity) -> None:
        last = self.entities[-1] if self.entities else None
        if last and last["type"] == "code" and (last["offset"], last["length"]) == (pre["offset"], pre["length"]):
            self.entities.pop()
            if "language" in last:
                pre["language"] = last["language"]


def parse_html(source: str, user_of: UserOf = lambda _: None) -> tuple[str, list[Entity]]:
    """Parse Telegram HTML.

    Args:
        source: the text as the bot sent it.
        user_of: the `User` object of an id that the bot knows, for tg://user links; None for a stranger.

    Returns:
        The plain text, not yet trimmed, and its entities.

    Raises:
        ApiError: 400 "can't parse entities: ..." for whatever Telegram refuses.
    """
    text, entities = _Parser(source, user_of).parse()
    for entity in entities:
        if entity["type"] == "code":
            entity.pop("language", None)  # only <pre><code class="language-..."> has one
    return text, entities
