"""parse_mode=MarkdownV2 as strictly as Telegram takes it: a reserved character that is not escaped is refused."""

from __future__ import annotations

from bot.demo.botapi.parse_html import UserOf, link_entity, parse_error
from bot.demo.botapi.text import Entity, utf16_len, utf16_slice

_RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
_NAMES = {
    "bold": "Bold",
    "italic": "Italic",
    "underline": "Underline",
    "strikethrough": "Strikethrough",
    "spoiler": "Spoiler",
    "code": "Code",
    "pre": "Pre",
    "text_link": "TextUrl",
    "custom_emoji": "CustomEmoji",
}
_ENDS = {
    "bold": "*",
    "underline": "__",
    "strikethrough": "~",
    "spoiler": "||",
    "code": "`",
    "pre": "```",
    "text_link": "]",
    "custom_emoji": "]",
}


class _Parser:
    def __init__(self, source: str, user_of: UserOf) -> None:
        self.source = source
        self.user_of = user_of
        self.at = 0
        self.parts: list[str] = []
        self.length = 0
        self.entities: list[Entity] = []
        self.open: list[tuple[str, int, int, str]] = []  # type, offset, byte offset, language
        self.quote: int | None = None

    def put(self, text: str) -> None:
        self.parts.append(text)
        self.length += utf16_len(text)

    def byte(self, index: int) -> int:
        return len(self.source[:index].encode("utf-8", "surrogatepass"))

    def reserved(self, character: str) -> Exception:
        return parse_error(f"Character '{character}' is reserved and must be escaped with the preceding '\\'")

    def parse(self) -> tuple[str, list[Entity]]:
        source = self.source
        line_start = True
        while self.at < len(source):
            character = source[self.at]
            kind = self.open[-1][0] if self.open else ""
            if line_start and kind not in ("code", "pre"):
                line_start = False
                if self.begin_line():
                    continue
            if character == "\\" and self.at + 1 < len(source) and 0 < ord(source[self.at + 1]) < 127:
                self.put(source[self.at + 1])
                self.at += 2
            elif character not in _RESERVED or (kind in ("code", "pre") and character != "`"):
                self.put(character)
                self.at += 1
                line_start = character == "\n"
            elif self.ends(kind):
                self.close()
            else:
                self.begin(character)
        if self.open:
            raise parse_error(f"Can't find end of {_NAMES[self.open[-1][0]]} entity at byte offset {self.open[-1][2]}")
        self.end_quote()
        return "".join(self.parts), self.entities

    def begin_line(self) -> bool:
        """At the start of a line: continue, begin or end a block quotation. True when characters were consumed."""
        marker = "**>" if self.source.startswith("**>", self.at) else ">"
        if self.source.startswith(marker, self.at):
            if marker == "**>":
                self.end_quote()
            if self.quote is None:
                self.quote = self.length
            self.at += len(marker)
            return True
        self.end_quote()
        return False

    def end_quote(self, *, expandable: bool = False) -> None:
        if self.quote is not None and self.length > self.quote:
            kind = "expandable_blockquote" if expandable else "blockquote"
            self.entities.append({"type": kind, "offset": self.quote, "length": self.length - self.quote})
        self.quote = None

    def ends(self, kind: str) -> bool:
        if kind == "italic":
            return self.source.startswith("_", self.at) and not self.source.startswith("__", self.at)
        return bool(kind) and self.source.startswith(_ENDS[kind], self.at)

    def begin(self, character: str) -> None:
        source, begin = self.source, self.at
        language = ""
        if character == "|" and self.quote is not None and source.startswith("||", begin) and source[begin + 2 : begin + 3] in ("", "\n"):
            self.at += 2
            self.end_quote(expandable=True)
            return
        if source.startswith("```", begin):
            kind, step = "pre", 3
            end = begin + 3
            while end < len(source) and not source[end].isspace() and source[end] != "`":
                end += 1
            if end < len(source) and source[end] == "\n":
                language = source[begin + 3 : end]
                step = end + 1 - begin
        elif source.startswith("__", begin):
            kind, step = "underline", 2
        elif source.startswith("||", begin):
            kind, step = "spoiler", 2
        elif source.startswith("![", begin):
            kind, step = "custom_emoji", 2
        elif character in "_*~`[":
            kind, step = {"_": "italic", "*": "bold", "~": "strikethrough", "`": "code", "[": "text_link"}[character], 1
        else:
            raise self.reserved(character)
        self.open.append((kind, self.length, self.byte(begin), language))
        self.at += step

    def close(self) -> None:
        kind, offset, _, language = self.open.pop()
        length = self.length - offset
        self.at += 1 if kind == "italic" else len(_ENDS[kind])
        entity: Entity | None = {"type": kind, "offset": offset, "length": length}
        assert entity is not None
        if kind in ("text_link", "custom_emoji"):
            url = self.url()
            if kind == "custom_emoji":
                if not url.startswith("tg://emoji?id="):
                    raise parse_error("Custom emoji entity must contain a tg://emoji URL")
                entity["custom_emoji_id"] = url.removeprefix("tg://emoji?id=")
            else:
                entity = link_entity(url or utf16_slice("".join(self.parts), offset, length), offset, length, self.user_of)
        elif language:
            entity["language"] = language
        if length and entity:
            self.entities.append(entity)

    def url(self) -> str:
        if not self.source.startswith("(", self.at):
            return ""
        begin = self.at
        url = []
        self.at += 1
        while self.at < len(self.source) and self.source[self.at] != ")":
            if self.source[self.at] == "\\" and self.at + 1 < len(self.source):
                self.at += 1
            url.append(self.source[self.at])
            self.at += 1
        if self.at >= len(self.source):
            raise parse_error(f"Can't find end of a URL at byte offset {self.byte(begin)}")
        self.at += 1
        return "".join(url)


def parse_markdown_v2(source: str, user_of: UserOf = lambda _: None) -> tuple[str, list[Entity]]:
    """Parse MarkdownV2.

    Args:
        source: the text as the bot sent it.
        user_of: as in `parse_html`.

    Returns:
        The plain text, not yet trimmed, and its entities.

    Raises:
        ApiError: 400 "can't parse entities: ...".
    """
    return _Parser(source, user_of).parse()
