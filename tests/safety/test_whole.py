"""Whole messages that are harmless: nothing but a pattern raises them, and nothing may hide behind them."""

from __future__ import annotations

import pytest

from bot.safety.build import build_screener
from bot.safety.levels import Level
from bot.safety.lexicon import Kind
from bot.safety.notation import LexiconError
from bot.safety.screen import Screener
from tests.bench.corpus import examples, parts, rows

LEXICON = {
    "crisis": [{"id": "tea", "level": "urgent", "category": "suicide", "about": "self", "patterns": ["red tea"]}],
    "whole": [{"id": "good", "patterns": ["^ [i] want [some] (tea|red tea) [today] $"]}],
    "common": "i want some",
}
SIGNS = {"levels": {"base": 0, "alone": 3}, "points": {"suicide": {"5": "tea"}}}


@pytest.fixture
def small() -> Screener:
    return build_screener({"en": LEXICON}, "v1", SIGNS)


@pytest.mark.parametrize("text", ["want tea", "I WANT tea today!", "i want  some téa", "I want t3a."])
def test_the_whole_message_is_harmless_however_it_is_typed(small: Screener, text: str) -> None:
    found = small.screen(text)
    assert (found.level, found.harmless, found.rules) == (Level.NONE, "en.good", ())


@pytest.mark.parametrize("text", ["i want tea bye", "no i want tea", "want. tea", "i want tea tea", "tea", "i want tea. i want tea"])
def test_one_word_more_or_less_is_another_message(small: Screener, text: str) -> None:
    assert not small.screen(text).harmless
    assert small.screen(text).level is Level.URGENT


def test_a_pattern_stands_in_it(small: Screener) -> None:
    found = small.screen("i want red tea")
    assert (found.level, found.harmless) == (Level.URGENT, "")


def test_not_even_a_pattern_where_the_entry_says_so() -> None:
    lexicon = LEXICON | {"whole": [{"id": "good", "patterns": ["^ i want red tea $"], "fixed": ["pattern"]}]}
    screener = build_screener({"en": lexicon}, "v1", SIGNS)
    assert screener.screen("I want red tea").harmless == "en.good"
    for text in ("i want red tea, bye", "i want red tea. bye", "oh, i want red tea", "i want red tea\nand more"):
        assert screener.screen(text).level is Level.URGENT, text


def test_beside_another_text_of_the_message_it_says_nothing(small: Screener) -> None:
    assert small.screen(("i want tea", "")).harmless
    assert not small.screen(("i want tea", "something else")).harmless
    assert small.screen(("i want tea", "red tea")).level is Level.URGENT


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("i want tea", "begins with"),
        ("^ i want tea", "begins with"),
        ("i want tea $", "begins with"),
        ("^ i ... tea $", "no gaps"),
        ("^ i ..2 tea $", "no gaps"),
        ("^ want* tea $", "no gaps"),
        ("^ [i] [want] $", "must be there"),
        ("^ i & tea $", "no gaps"),
        ("^ i $ tea $", "no gaps"),
    ],
)
def test_a_pattern_that_would_let_more_through_stops_the_start(pattern: str, why: str) -> None:
    with pytest.raises(LexiconError, match=why) as told:
        build_screener({"en": LEXICON | {"whole": [{"id": "good", "patterns": [pattern]}]}}, "v1", SIGNS)
    assert told.value.entry == "good"


def shipped_ones(screener: Screener) -> list[str]:
    found = [row.text for row in examples() if screener.screen(row.text).harmless]
    assert len(found) > 50
    return found


@pytest.mark.parametrize("mark", ["🚫", "❌", "👎", "💀", "😭", "?", "(not)", "/s", "~~"])
def test_a_picture_or_a_mark_beside_it_may_deny_it(screener: Screener, mark: str) -> None:
    for text in ("I want to live", "quiero vivir"):
        assert screener.screen(text).harmless
        for said in (f"{mark} {text}", f"{text} {mark}", text.replace(" ", f" {mark} ", 1)):
            assert not screener.screen(said).harmless, said


@pytest.mark.parametrize("said", ["please i want to live", "omg pls i want to live", "I literally want to live"])
def test_words_that_are_skipped_elsewhere_count_here(screener: Screener, said: str) -> None:
    assert not screener.screen(said).harmless


@pytest.mark.parametrize(
    "danger",
    [
        "me tomé todas las pastillas de la presión",
        "ya me tome todas las pastillas de la presion hoy",
        "si me tome todas las pastillas con la comida",
        "me tomé todas las pastillas de la mañana",
        "took all of my pills tonight with dinner",
        "i took all my pills today with food",
        "anoche tire todas las pastillas",
        "no more benzos for me",
        "me colge",
        "ya me colgué",
        "i want to stay alive",
        "quiero seguir vivo",
    ],
)
def test_what_may_be_said_in_danger_is_none(screener: Screener, danger: str) -> None:
    assert not screener.screen(danger).harmless


def test_no_message_of_the_corpus_that_needs_a_human_is_taken_for_one(screener: Screener) -> None:
    assert {entry.lang for entry in screener.entries if entry.kind is Kind.WHOLE} == {"en", "es"}
    needing = [row for name in parts() for row in rows(name) if row.level is not Level.NONE and len(row.text) < 120]
    assert len(needing) > 10_000
    assert not [row for row in needing if screener.screen(row.text).harmless]


def test_a_negation_anywhere_makes_it_another_message(screener: Screener) -> None:
    """ "I do not want to live", "ya no quiero vivir": wherever it is put, in whatever way it is said."""
    for text in shipped_ones(screener):
        words = text.split()
        for negation in ("not", "don't", "dont", "never", "no", "ya no", "nunca", "cannot", "without", "sin"):
            for place in range(len(words) + 1):
                said = " ".join([*words[:place], negation, *words[place:]])
                assert not screener.screen(said).harmless, said


def test_a_crisis_before_or_behind_is_found_as_it_is_alone(screener: Screener) -> None:
    crises = [row.text for row in examples() if row.level is Level.EMERGENCY][::12]
    for harmless in shipped_ones(screener)[::6]:
        for crisis in crises:
            for said in (f"{harmless}. {crisis}", f"{crisis}. {harmless}", f"{harmless} {crisis}"):
                assert not screener.screen(said).harmless, said
