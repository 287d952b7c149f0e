"""Messages and labels: what the code names is there, what is there is named somewhere, and each can be filled in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import bot
from bot.content.check_texts import TextsCheck, sample, variables
from bot.content.render import LANGUAGES, Source, Texts, environment
from bot.errors import ContentError
from tests.world import content

KEY = re.compile(r"[a-z][a-z_0-9]*/[a-z0-9_]+")


@cache
def literals() -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """Every text in the code that is or can become a key: plain ones, and f-strings as patterns."""
    plain: set[str] = set()
    patterns: set[str] = set()
    for file in Path(bot.__file__).parent.rglob("*.py"):
        tree = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        pieces = {id(part) for node in tree if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in tree:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces:
                plain.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z0-9_]+" for part in node.values]
                if "/" in "".join(parts):
                    patterns.add("".join(parts))
    return frozenset(plain), tuple(re.compile(pattern) for pattern in patterns)


def keys() -> set[str]:
    texts = content().texts
    return {name.partition("/")[2] for name in texts.sources} | set(texts.labels)


def included() -> Iterator[str]:
    """Templates that others include, by name."""
    for source in content().texts.sources.values():
        yield from re.findall(r"""["'](?:en|es)?/?([a-z_]+/[a-z0-9_]+)["']""", source.text)


def test_every_key_that_the_code_names_is_there() -> None:
    slices = {key.partition("/")[0] for key in keys()}
    named = {text for text in literals()[0] if KEY.fullmatch(text) and text.partition("/")[0] in slices}
    # `crisis/card` marks a contact card, which has no words of its own.
    assert sorted(named - keys() - {"crisis/card"}) == []


def test_every_key_that_is_there_is_named_by_the_code() -> None:
    plain, patterns = literals()
    used = set(included())
    unused = [key for key in keys() if key not in plain | used and not any(pattern.fullmatch(key) for pattern in patterns)]
    assert sorted(unused) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_message_can_be_filled_in_with_its_samples(lang: str) -> None:
    texts = content().texts
    lines = content().lines_for("US").view(lang)
    for key, values in texts.samples.items():
        assert texts.render(key, lang, {"zone": "America/New_York", "lines": lines, **sample(values)}), key
    for key in texts.labels:
        assert texts.label(key, lang, sample(texts.label_samples[key])), key


def texts(**sources: str) -> Texts:
    """Texts of one slice; `en_hello` is `en/trial/hello`."""
    named = {f"{name[:2]}/trial/{name[3:]}": Source(Path(f"{name}.j2"), text) for name, text in sources.items()}
    return Texts(named, {}, {"trial/hello": {}}, {})


def test_a_message_that_is_missing_in_one_language_is_said_in_the_other() -> None:
    assert texts(en_hello="Hi").render("trial/hello", "es", {}) == "Hi"


def test_a_value_that_is_missing_is_an_error_that_names_the_message() -> None:
    with pytest.raises(ContentError, match="trial/hello"):
        texts(en_hello="Hi {{ name }}").render("trial/hello", "en", {})


def test_what_a_person_wrote_is_escaped_and_what_a_label_says_is_not() -> None:
    assert texts(en_hello="{{ name }}").render("trial/hello", "en", {"name": "<b>&"}) == "&lt;b&gt;&amp;"
    assert Texts({}, {"trial/go": {"en": "{{ name }}", "es": "x"}}, {}, {}).label("trial/go", "en", {"name": "A&B"}) == "A&B"


def test_the_variables_of_an_included_part_count() -> None:
    own = texts(en_hello="{% include 'en/trial/part' %}", en_part="{{ name }} {{ lang }}")
    assert variables(environment(own.sources), "en/trial/hello") == {"name"}


def test_a_message_is_as_long_as_telegram_counts_it() -> None:
    """UTF-16 units of what is left without the tags."""

    def problems(text: str) -> list[str]:
        return [finding.why for finding in TextsCheck(texts(en_hello=text, es_hello=text), {}).findings() if "characters" in finding.why]

    assert problems("<b>" + "x" * 400 + "</b>") == []
    assert len(problems("x" * 401)) == 2
    assert len(problems("🙂" * 201)) == 2
    assert problems("&amp;" * 400) == []
