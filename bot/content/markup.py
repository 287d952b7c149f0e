"""The tiny markup of content files, and Telegram's HTML that comes out of it."""

from __future__ import annotations

import html
import re

_TOKEN = re.compile(r"(\\\*|\*\*|\*)")
_TAGS = re.compile(r"</?[bi]>")
BULLET = "• "


def _inline(text: str) -> str:
    if "*" not in text:
        return html.escape(text, quote=False)
    out: list[str] = []
    opened: list[str] = []
    for part in _TOKEN.split(text):
        if part == r"\*":
            out.append("*")
        elif part in ("**", "*"):
            tag = "b" if part == "**" else "i"
            if opened and opened[-1] == tag:
                opened.pop()
                out.append(f"</{tag}>")
            elif tag in opened:
                raise ValueError("close *italic* before **bold** closes, and the other way round")
            else:
                opened.append(tag)
                out.append(f"<{tag}>")
        else:
            out.append(html.escape(part, quote=False))
    if opened:
        raise ValueError(f"a {'**' if opened[-1] == 'b' else '*'} is never closed in this paragraph; write \\* for a plain asterisk")
    return "".join(out)


def to_html(text: str) -> str:
    """Turn the markup of content files into the HTML that Telegram accepts.

    ``**bold**``, ``*italic*`` and lines that start with ``- `` are known; everything else is escaped. Lines of one paragraph or bullet are
    joined, blank lines part paragraphs, ``\\*`` is a plain asterisk.

    Args:
        text: what an author wrote.

    Returns:
        HTML with ``<b>`` and ``<i>`` only, no space at either end.

    Raises:
        ValueError: an asterisk that is not closed, or crossed bold and italic.
    """
    blocks: list[str] = []
    fresh = True  # the next line begins a paragraph
    for line in (raw.strip() for raw in text.strip().splitlines()):
        if not line:
            if not fresh:
                blocks.append("")
            fresh = True
        elif line.startswith("- "):
            blocks.append(BULLET + line[2:].strip())
            fresh = False
        elif fresh:
            blocks.append(line)
            fresh = False
        else:
            blocks[-1] += " " + line
    return "\n".join(_inline(block) for block in blocks)


def to_plain(markup: str) -> str:
    """What a person reads of ``to_html``'s result: no tags, no escapes."""
    return html.unescape(_TAGS.sub("", markup))


def visible_length(markup: str) -> int:
    """How long Telegram takes ``to_html``'s result to be: UTF-16 units after parsing."""
    return len(to_plain(markup).encode("utf-16-le")) // 2
