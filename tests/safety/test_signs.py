"""Points: what is written in no pattern is raised by its signs, told in words; plainly harmless surroundings calm a pattern."""

from __future__ import annotations

import pytest

from bot.safety.build import build_screener
from bot.safety.levels import Category, Level
from bot.safety.notation import EDGE, LexiconError
from bot.safety.screen import Screener
from bot.safety.signs import Signs, features
from bot.safety.trail import Trail
from tests.bench.corpus import rows

LEXICON = {
    "crisis": [{"id": "tea", "level": "emergency", "category": "suicide", "about": "self", "patterns": ["red tea"]}],
    "common": "i the is",
}
SIGNS = {
    "ideas": {"WATER": "river lake drown*", "NOT": "not never", "NIGHT": "tonight"},
    "levels": {"base": -3, "alone": 4, "sure": 9},
    "patterns": {"8": "en.tea", "3": "emergency self"},
    "points": {
        "suicide": {"5": "river tonight, begi*", "4": "-WATER", "3": "NIGHT & WATER", "2": "^ green, WATER > NIGHT, tea* .. tea*"},
        "calm": {"-9": "lol"},
    },
}


@pytest.fixture
def small() -> Screener:
    return build_screener({"en": LEXICON}, "v1", SIGNS)


def test_enough_points_are_urgent_and_told(small: Screener) -> None:
    found = small.screen("the river tonight")
    assert (found.level, found.category, found.matched) == (Level.URGENT, Category.SUICIDE, ("the river tonight",))
    assert found.rules == ("signs: 7 of 4", "sign: river tonight +5", "sign: NIGHT & WATER +3", "sign: WATER > NIGHT +2")


def test_too_few_points_say_nothing(small: Screener) -> None:
    assert small.screen("green tea").level is Level.NONE


def test_a_sign_said_twice_counts_once() -> None:
    signs = Signs(SIGNS)
    reader = build_screener({"en": LEXICON}, "v1", SIGNS)._reader
    once, twice = (Trail(reader.read(text).words).most(signs.base) for text in ("begin", "begin begin"))
    assert once.points == twice.points == 2


def test_behind_a_not_an_idea_is_another(small: Screener) -> None:
    assert small.screen("not the river").points == 1
    assert small.screen("the river").points == -3


def test_harmless_surroundings_make_a_pattern_a_watch_item(small: Screener) -> None:
    assert small.screen("red tea").level is Level.EMERGENCY
    assert small.screen("i like the red tea of my aunt").level is Level.EMERGENCY
    calmed = small.screen("i like the red tea of my aunt lol")
    assert (calmed.level, calmed.rules, calmed.points) == (Level.WATCH, ("en.tea", "calm: -1 of 4"), -1)
    assert small.screen("red tea lol").level is Level.EMERGENCY, "few words have no surroundings"
    assert small.screen("lol lol my aunt is so funny lol. red tea").level is Level.EMERGENCY, "another sentence calms nothing"


def test_beside_a_second_opinion_only_what_is_sure_pages(small: Screener) -> None:
    assert small.screen("the river tonight").level is Level.URGENT
    assert small.screen("the river tonight", sure=True).level is Level.NONE
    assert small.screen("the river tonight", sure=True).points == 7, "the second opinion is told how much there was"
    assert small.screen("i like the red tea of my aunt", sure=True).level is Level.WATCH
    assert small.screen("red tea at the river tonight", sure=True).level is Level.EMERGENCY
    grave = build_screener({"en": LEXICON}, "v1", SIGNS | {"levels": {"base": -3, "alone": 4, "sure": 9, "grave": 6}})
    assert grave.screen("i like the red tea of my aunt", sure=True).level is Level.EMERGENCY, "nobody in danger of life waits"


@pytest.mark.parametrize(
    ("broken", "entry"),
    [
        ({"points": {"sadness": {"1": "x"}}}, "points.sadness"),
        ({"points": {"suicide": "x"}}, "points.suicide"),
        ({"points": {"suicide": {"many": "x"}}}, "points.suicide"),
        ({"points": ["x"]}, "points"),
        ({"levels": {"alone": "soon"}}, "levels"),
        ({"levels": {"alone": 4.5}}, "levels"),
        ({"levels": {"alnoe": 4}}, "levels.alnoe"),
        ({"levels": {"base": 1}}, "levels.alone"),
        ({"pionts": {}}, "pionts"),
        ({"patterns": {"many": "x"}}, "patterns"),
        ({"ideas": ["x"]}, "ideas"),
    ],
)
def test_a_broken_file_is_named_with_the_reason(broken: dict[str, object], entry: str) -> None:
    with pytest.raises(LexiconError) as told:
        Signs(broken)
    assert (told.value.lang, told.value.entry) == ("signs", entry)


def test_what_is_fitted_is_what_is_counted(screener: Screener) -> None:
    """Every sign that a text is given points for is one that the fit saw, and none that has points is left out."""
    known = {sign.name for table in (screener.signs._alone, screener.signs._of_stem) for sign in table.values()} | {
        sign.name
        for table in (screener.signs._after, screener.signs._stem_after, screener.signs._stem_later, screener.signs._together)
        for by_word in table.values()
        for sign in by_word.values()
    }
    for row in list(rows("part_c"))[::60]:
        words = screener.read(row.text).words
        if len(words) <= 32:
            given = {sign.name for sign in Trail(words).most(0).signs}
            assert given == features([word.text for word in words], screener.signs) & known, row


def test_the_stretch_of_a_long_text_with_most_points_decides(screener: Screener) -> None:
    calm = "We went to the park and had lunch with my sister. The kids played soccer. "
    hidden = calm * 12 + "I wrote my goodbye letters, the pills are counted, by the time they find me I will be gone. " + calm * 12
    assert screener.screen(calm * 24).level is Level.NONE
    assert screener.screen(hidden).level.pages


def test_no_points_without_a_file() -> None:
    screener = build_screener({"en": LEXICON}, "v1")
    assert screener.screen("begin lol river tonight").level is Level.NONE
    assert features([EDGE, "river", EDGE], Signs({})) == {"river", "rive*", "^ river", "river $"}
