"""The notation: what patterns stand for, and errors that name the entry."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from bot.safety.build import build_screener
from bot.safety.notation import LexiconError
from bot.safety.screen import Screener


def build(pattern: str | list[str], words: Mapping[str, Any] | None = None, **sections: Any) -> Screener:
    patterns = [pattern] if isinstance(pattern, str) else pattern
    document = {
        "words": dict(words or {}),
        "crisis": [{"id": "x", "level": "urgent", "category": "suicide", "about": "self", "patterns": patterns}],
        **sections,
    }
    return build_screener({"en": document}, "v")


def finds(screener: Screener, text: str) -> bool:
    return screener.screen(text).level == "urgent"


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("red tea", "my red tea", True),
        ("red tea", "red green tea", False),
        ("red [green] tea", "red green tea", True),
        ("red [green|very green] tea", "red very green tea", True),
        ("red [green|very green] tea", "red very tea", False),
        ("(red|dark blue) tea", "dark blue tea", True),
        ("red ..2 tea", "red one two tea", True),
        ("red ..2 tea", "red one two three tea", False),
        ("red ... tea", "red a b c d tea", True),
        ("red ... tea", "red a b c d e tea", False),
        ("tea*", "teapots", True),
        ("NUM tea", "17 tea", True),
        ("MANY tea", "7 tea", False),
        ("MANY tea", "70 tea", True),
        ("24 tea", "36 tea", True),
        ("^ tea", "red tea", False),
        ("^ tea", "red. tea", True),
        ("tea $", "tea pot", False),
        ("tea $", "tea, pot", True),
        ("tea & pot", "pot of tea", True),
        ("tea & pot", "tea in a pot", True),
        ("tea & pot", "tea. pot", False),
        ("COLOUR tea", "dark blue tea", True),
        ("COLOUR tea", "white tea", False),
    ],
)
def test_patterns(pattern: str, text: str, found: bool) -> None:
    assert finds(build(pattern, {"COLOUR": ["red", "dark blue"]}), text) is found


def test_contractions_are_respelled_in_patterns_and_messages() -> None:
    screener = build("don't go", spelling={"do not": ["dont", "don't"]})
    assert finds(screener, "dont go")
    assert finds(screener, "do not go")
    assert finds(screener, "I DON’T go")


def test_fillers_are_skipped() -> None:
    assert finds(build("red tea", classes={"fillers": ["really"]}), "red really really tea")


def test_a_list_may_name_another_list() -> None:
    assert finds(build("ALL tea", {"ALL": ["COLOUR", "old"], "COLOUR": ["red"]}), "red tea")


def test_a_harmless_use_takes_its_words_back() -> None:
    screener = build("red tea", harmless=[{"id": "pot", "patterns": ["red tea pot"]}])
    assert finds(screener, "red tea")
    assert not finds(screener, "a red tea pot")


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(red tea", "not closed"),
        ("red tea)", "not balanced"),
        ("red | tea", "outside brackets"),
        ("(red|) tea", "one side of | is empty"),
        ("(|red) tea", "one side of | is empty"),
        ("[red||blue] tea", "one side of | is empty"),
        ("red-hot tea", "holds a sign that cuts words"),
        ("re*d tea", "holds a sign that cuts words"),
        ("[red]", "can match nothing"),
        ("NOBODY tea", "no list of words is called NOBODY"),
        ("te*", "too short a beginning"),
        ("...", "can match nothing"),
        ("red ..13 tea", "at most 12 words, not 13"),
        ("red ..9999 tea", "at most 12 words, not 9999"),
        ("red .." + "9" * 5000 + " tea", "at most 12 words"),
        (" & ".join("abcdefghij"), "more than 4 sides"),
        ("(" * 900 + "tea" + ")" * 900, "more than 12 deep"),
        ("(red & tea)", "& stands inside brackets"),
        ("tea &", "one side of & is empty"),
        ("& tea", "one side of & is empty"),
        ("red & & tea", "one side of & is empty"),
        ("^ $", "is the edge of a sentence and no word"),
        ("^", "is the edge of a sentence and no word"),
        ("the", "only a common word"),
        ("^ (the|a)", "only a common word"),
    ],
)
def test_a_broken_pattern_names_its_entry_and_why(pattern: str, why: str) -> None:
    with pytest.raises(LexiconError, match=r"^lexicon\.en: x: ") as caught:
        build(pattern, common="the a")
    assert why in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"id": "y", "patterns": ["tea"]}, "needs a level"),
        ({"id": "y", "level": "soon", "category": "suicide", "patterns": ["tea"]}, "soon"),
        ({"id": "y", "level": "urgent", "category": "tea", "patterns": ["tea"]}, "tea"),
        ({"id": "y", "level": "urgent", "category": "suicide", "patterns": []}, "patterns must be"),
        ({"id": "y", "level": "urgent", "category": "suicide", "patterns": ["tea"], "colour": "red"}, r"y\.colour: is not a known key"),
        ({"id": "y", "level": "urgent", "category": "suicide", "patterns": ["tea"], "about": "us"}, "about"),
        ({"id": "y", "level": "urgent", "category": "suicide", "patterns": ["tea"], "tense": "future"}, "tense"),
        ({"id": "y", "level": "urgent", "category": "suicide", "patterns": ["tea"], "answer": "tea"}, "answer"),
        ({"id": "y", "level": "urgent", "category": "suicide", "patterns": ["tea"], "fixed": ["tea"]}, "fixed"),
        ({"level": "urgent", "category": "suicide", "patterns": ["tea"]}, "crisis entry 1: has no id"),
        ({"id": [1, 2], "level": "urgent", "category": "suicide", "patterns": ["tea"]}, "crisis entry 1: has no id"),
        ({"id": " ", "level": "urgent", "category": "suicide", "patterns": ["tea"]}, "crisis entry 1: has no id"),
        ({"id": "a\nb", "level": "urgent", "category": "suicide", "patterns": ["tea"]}, "crisis entry 1: has no id"),
        ({"id": "y", "level": "urgent", "category": "suicide", "patterns": ["tea"], "sign": ["a"]}, "sign: must be a word"),
        ({"id": "y", "level": "urgent", "category": "suicide", "patterns": ["tea"], "role": "plan"}, r"y\.role: .* of a crisis entry"),
    ],
)
def test_a_broken_entry_is_refused(row: dict[str, Any], why: str) -> None:
    with pytest.raises(LexiconError, match=why):
        build_screener({"en": {"crisis": [row]}}, "v")


def test_a_crisis_entry_that_stands_under_harmless_is_refused() -> None:
    row = {"id": "y", "level": "urgent", "category": "suicide", "patterns": ["red tea"]}
    with pytest.raises(LexiconError, match=r"y\.level: is not a known key of a harmless entry"):
        build_screener({"en": {"harmless": [row]}}, "v")


@pytest.mark.parametrize("picture", ["a", "", "7", "é"])
def test_what_is_no_picture_is_no_emoji(picture: str) -> None:
    with pytest.raises(LexiconError, match=r"emoji: .* is no picture"):
        build_screener({"en": {"emoji": {picture: "sad"}}}, "v")


@pytest.mark.parametrize(
    ("document", "entry"),
    [
        ({"harmles": []}, "harmles"),
        ({"Crisis": []}, "Crisis"),
        ({7: []}, "7"),
        ({"classes": {"negaters": ["not"]}}, "classes.negaters"),
    ],
)
def test_a_section_or_class_mistyped_is_refused(document: dict[str, Any], entry: str) -> None:
    with pytest.raises(LexiconError, match="is not a known key") as caught:
        build_screener({"en": document}, "v")
    assert (caught.value.lang, caught.value.entry) == ("en", entry)


def test_a_list_with_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(LexiconError, match=r"COLOUR: cannot read 'dark\.blue'"):
        build("COLOUR tea", {"COLOUR": ["dark.blue"]})


def test_lists_that_name_lists_without_end_are_refused() -> None:
    names = [f"A{number}" for number in range(500)]
    with pytest.raises(LexiconError, match="more than 12 deep"):
        build("A0 tea", {one: [f"x {other}"] for one, other in itertools.pairwise(names)})


RESPELLED: dict[str, Any] = {"spelling": {"kill myself": ["kms"], "do not": ["dont"], "kilo": ["kg"]}, "common": "do not on the"}


@pytest.mark.parametrize("pattern", ["kms (on|away)", "ran kms", "RAN [NUM] kms", "(dont|kms)"])
def test_what_is_read_as_several_words_is_not_harmless_unawares(pattern: str) -> None:
    with pytest.raises(LexiconError, match=r"en: far: 'kms' is read as 'kill myself': write that") as caught:
        build("kill myself", {"RAN": ["ran"]}, harmless=[{"id": "far", "patterns": [pattern]}], **RESPELLED)
    assert caught.value.entry == "far"


@pytest.mark.parametrize("pattern", ["(NUM|ran) [about] kms", "ran kill myself", "dont tea", "kg tea"])
def test_beside_a_number_or_written_out_it_may_be(pattern: str) -> None:
    screener = build("kill myself", harmless=[{"id": "far", "patterns": [pattern]}], **RESPELLED)
    assert finds(screener, "kms on friday")
    assert finds(screener, "9 kms") is (not pattern.startswith("(NUM"))


def test_an_id_is_used_once() -> None:
    row = {"id": "y", "level": "urgent", "category": "suicide", "patterns": ["tea"]}
    with pytest.raises(LexiconError, match="used twice"):
        build_screener({"en": {"crisis": [row, row]}}, "v")


def test_an_empty_lexicon_finds_nothing() -> None:
    screener = build_screener({"en": {}, "es": {}}, "v7")
    assert screener.screen("kill myself").level == "none"
    assert screener.version == "v7"


@pytest.mark.parametrize("about", ["other", "child"])
@pytest.mark.parametrize("order", [1, -1])
def test_of_two_entries_that_say_as_much_the_one_about_someone_named_decides(about: str, order: int) -> None:
    rows = [
        {"id": one, "level": "urgent", "category": "suicide", "about": one, "patterns": ["red tea", "blue tea"]} for one in ("any", about)
    ][::order]
    found = build_screener({"en": {"crisis": rows}}, "v").screen("red tea")
    assert (found.subject, found.rules[0]) == (about, f"en.{about}")
