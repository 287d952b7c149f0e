"""Formatting as strict as Telegram's: what it takes, what it refuses, and what it finds by itself."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram.helpers import escape_markdown

from bot.demo.botapi.errors import ApiError
from bot.demo.botapi.parse_html import parse_html
from bot.demo.botapi.parse_markdown import parse_markdown_v2
from bot.demo.botapi.text import clean, detect, to_html, trim, utf16_len, utf16_slice

WORDS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=60)


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("plain", "plain", []),
        ("<b>a</b> <i>b</i>", "a b", [("bold", 0, 1), ("italic", 2, 1)]),
        (
            "<strong>a</strong><em>b</em><ins>c</ins><del>d</del>",
            "abcd",
            [("bold", 0, 1), ("italic", 1, 1), ("underline", 2, 1), ("strikethrough", 3, 1)],
        ),
        ("<b>a<i>b</i></b>", "ab", [("italic", 1, 1), ("bold", 0, 2)]),
        ("😀<code>x</code>", "😀x", [("code", 2, 1)]),
        ("&lt;b&gt; &amp; &quot; &#33; &#x1F600; &copy; &", '<b> & " ! 😀 &copy; &', []),
        ('<span class="tg-spoiler">s</span><tg-spoiler>t</tg-spoiler>', "st", [("spoiler", 0, 1), ("spoiler", 1, 1)]),
        ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", 0, 1)]),
        ("<blockquote>q</blockquote>", "q", [("blockquote", 0, 1)]),
        ("<a href='https://example.org/?a=1&amp;b=2'>x</a>", "x", [("text_link", 0, 1)]),
        ("<a href='tel:911'>x</a> <a href='not a link'>y</a>", "x y", []),
        ("<b></b>x", "x", []),
        ("<B>x</B >", "x", [("bold", 0, 1)]),
    ],
)
def test_html_is_taken_as_telegram_takes_it(source: str, text: str, entities: list[tuple[str, int, int]]) -> None:
    parsed, found = parse_html(source)
    assert parsed == text
    assert [(entity["type"], entity["offset"], entity["length"]) for entity in found] == entities


def test_html_code_blocks_keep_their_language_and_links_their_address() -> None:
    _, (pre,) = parse_html('<pre><code class="language-python">x = 1</code></pre>')
    assert pre == {"type": "pre", "offset": 0, "length": 5, "language": "python"}
    _, (link,) = parse_html('<a href="https://example.org/?a=1&amp;b=2">x</a>')
    assert link["url"] == "https://example.org/?a=1&b=2"
    _, (mention,) = parse_html('<a href="tg://user?id=7">Ana</a>', lambda user_id: {"id": user_id})
    assert mention == {"type": "text_mention", "offset": 0, "length": 3, "user": {"id": 7}}
    assert parse_html('<a href="tg://user?id=7">Ana</a>') == ("Ana", [])


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("ñ <3 you", 'Unsupported start tag "3" at byte offset 3'),
        ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("x<br>y", 'Unsupported start tag "br" at byte offset 1'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<a href=>x</a>", "Unclosed start tag at byte offset 0"),
        ("<a href>x</a>", 'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<b>a</b></i>", "Unexpected end tag at byte offset 8"),
    ],
)
def test_html_is_refused_in_telegrams_words(source: str, reason: str) -> None:
    with pytest.raises(ApiError) as refusal:
        parse_html(source)
    assert refusal.value.description == f"Bad Request: can't parse entities: {reason}"


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("*a* _b_ __c__ ~d~ ||e|| `f`", "a b c d e f", ["bold", "italic", "underline", "strikethrough", "spoiler", "code"]),
        ("_a __b___", "a b", ["underline", "italic"]),
        (r"1\. done\!", "1. done!", []),
        (r"[site\.](https://example.org/a\)b)", "site.", ["text_link"]),
        ("```python\nx = 1 - 2\n```", "x = 1 - 2\n", ["pre"]),
        (">one\n>two\nthree", "one\ntwo\nthree", ["blockquote"]),
        (">one\n>two||", "one\ntwo", ["expandable_blockquote"]),
        ("![😀](tg://emoji?id=5)", "😀", ["custom_emoji"]),
        ("`a.b!`", "a.b!", ["code"]),
    ],
)
def test_markdown_is_taken_as_telegram_takes_it(source: str, text: str, entities: list[str]) -> None:
    parsed, found = parse_markdown_v2(source)
    assert parsed == text
    assert [entity["type"] for entity in found] == entities


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("a_b", "Can't find end of Italic entity at byte offset 1"),
        ("Done.", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("a-b", "Character '-' is reserved and must be escaped with the preceding '\\'"),
        ("(x)", "Character '(' is reserved and must be escaped with the preceding '\\'"),
        ("*x", "Can't find end of Bold entity at byte offset 0"),
        ("[x](https://example.org", "Can't find end of a URL at byte offset 3"),
        ("a > b", "Character '>' is reserved and must be escaped with the preceding '\\'"),
        ("```x", "Can't find end of Pre entity at byte offset 0"),
    ],
)
def test_markdown_is_refused_in_telegrams_words(source: str, reason: str) -> None:
    with pytest.raises(ApiError) as refusal:
        parse_markdown_v2(source)
    assert refusal.value.description == f"Bad Request: can't parse entities: {reason}"


@given(WORDS)
def test_escaped_words_come_through_html_unchanged(words: str) -> None:
    assert parse_html(html.escape(words)) == (words, [])
    assert parse_html(html.escape(words, quote=False)) == (words, [])


@given(WORDS)
def test_escaped_words_come_through_markdown_unchanged(words: str) -> None:
    assert parse_markdown_v2(escape_markdown(words, version=2)) == (words, [])


@given(WORDS, WORDS, WORDS)
def test_entities_cover_what_was_marked_and_render_back(before: str, marked: str, after: str) -> None:
    source = f"{html.escape(before, quote=False)}<b>{html.escape(marked, quote=False)}</b>{html.escape(after, quote=False)}"
    text, entities = parse_html(source)
    assert [utf16_slice(text, entity["offset"], entity["length"]) for entity in entities] == ([marked] if marked else [])
    assert to_html(text, entities) == (source if marked else source.replace("<b></b>", ""))


@given(WORDS, st.integers(0, 5), st.integers(0, 5))
def test_trimming_keeps_entities_on_their_words(words: str, left: int, right: int) -> None:
    text, entities = trim(" \n" * left + words + "\n " * right, [{"type": "bold", "offset": left * 2, "length": utf16_len(words)}])
    assert text == words.strip(" \n\t\u00a0")
    for entity in entities:
        assert utf16_slice(text, entity["offset"], entity["length"]) == text
    assert bool(entities) == bool(text.strip())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/start abc", [("bot_command", "/start")]),
        ("see /help@WaymarkDemoBot now", [("bot_command", "/help@WaymarkDemoBot")]),
        ("1/2 and a/b", []),
        ("https://example.org/a?b=1. Then", [("url", "https://example.org/a?b=1")]),
        ("example.org, or a@example.org", [("url", "example.org"), ("email", "a@example.org")]),
        ("😀 call +1 (212) 555-0100!", [("phone_number", "+1 (212) 555-0100")]),
        ("911, 988 and 024 stay plain", []),
        ("@ana_ruiz #hope #1", [("mention", "@ana_ruiz"), ("hashtag", "#hope")]),
        ("3.5 and 18:00", []),
    ],
)
def test_telegram_finds_links_numbers_and_commands_by_itself(text: str, found: list[tuple[str, str]]) -> None:
    assert [(entity["type"], utf16_slice(text, entity["offset"], entity["length"])) for entity in detect(text)] == found


def test_nothing_is_found_inside_code_or_links() -> None:
    text, entities = parse_html("<code>/start</code> <a href='https://example.org'>example.com</a>")
    assert [entity["type"] for entity in detect(text, entities)] == ["code", "text_link"]


def test_control_characters_vanish_and_tabs_become_spaces() -> None:
    assert clean("a\x00b\r\nc\td") == "ab\nc d"
