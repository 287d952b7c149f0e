"""The screener as content gives it: built once for the same texts, refused when it would recognise nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.content import library
from bot.content.files import LANGS, parse_yaml
from bot.content.screening import load_screener, run_examples
from bot.errors import ContentError
from bot.safety.levels import Category

LEXICON = "crisis:\n  - {{id: hurt, level: urgent, category: suicide, patterns: [{word}]}}\n" + "".join(
    f"  - {{{{id: {one.value}, level: urgent, category: {one.value}, patterns: [blick{one.value.replace('_', '')}]}}}}\n"
    for one in Category
    if one is not Category.SUICIDE
)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A folder with one word a language, and no signs."""
    found = {f"crisis/lexicon.{lang}.yaml": tmp_path / f"{lang}.yaml" for lang in LANGS}
    for path in found.values():
        path.write_text(LEXICON.format(word="zorble"), encoding="utf-8")
    found["crisis/signs.yaml"] = tmp_path / "signs.yaml"
    found["crisis/signs.yaml"].write_text("{}\n", encoding="utf-8")
    return found


def test_the_same_texts_give_the_same_screener_and_others_another(files: dict[str, Path]) -> None:
    first = load_screener(files)
    assert load_screener(files) is first
    assert first.screen("zorble").rules and not first.screen("snarfle").rules
    files["crisis/lexicon.en.yaml"].write_text(LEXICON.format(word="snarfle"), encoding="utf-8")
    second = load_screener(files)
    assert second.screen("snarfle").rules
    assert second.version != first.version


def test_a_changed_file_of_examples_is_read_again(files: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "examples.yaml"
    path.write_text("match: {suicide: {urgent: [zorble]}}\nnear_miss: {}\n", encoding="utf-8")
    first = run_examples(load_screener(files), path)
    assert (first.count, first.failing) == (1, ())
    path.write_text("match: {suicide: {urgent: [zorble, hello]}}\nnear_miss: {}\n", encoding="utf-8")
    second = run_examples(load_screener(files), path)
    assert (second.count, len(second.failing)) == (2, 1)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("match: [a]\nnear_miss: {}\n", "match: has to be `key: value` lines"),
        ("match: {suicide: [a]}\nnear_miss: {}\n", "match.suicide: has to be `key: value` lines"),
        ("match: {suicide: {urgent: }}\nnear_miss: {}\n", "match.suicide.urgent: has to be a list"),
        ("match: {suicide: {urgent: text}}\nnear_miss: {}\n", "match.suicide.urgent: has to be a list"),
        ("match: {suicide: {urgent: [a, {b: c}]}}\nnear_miss: {}\n", "match.suicide.urgent 2: Input should be a valid string"),
        ("match: {suicide: {soon: [a]}}\nnear_miss: {}\n", "match.suicide.soon: has to be 'none', 'watch'"),
        ("match: {sadness: {urgent: [a]}}\nnear_miss: {}\n", "match.sadness: has to be 'suicide', "),
        ("match: {}\nnear_mis: {}\n", "near_miss: is missing"),
    ],
)
def test_examples_of_another_shape_are_told_in_a_line(files: dict[str, Path], tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "examples.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError) as told:
        run_examples(load_screener(files), path)
    assert f"examples.yaml: {why}" in str(told.value)
    assert len(str(told.value).splitlines()) == 1


def test_an_entry_that_an_example_meets_is_known_whatever_comes_of_it(files: dict[str, Path], tmp_path: Path) -> None:
    entry = "  - {{id: {id}, patterns: [{word}]}}\n"
    harmless = "harmless:\n" + entry.format(id="pot", word="zorble pot") + entry.format(id="cup", word="zorble cup")
    files["crisis/lexicon.en.yaml"].write_text(LEXICON.format(word="zorble") + harmless, encoding="utf-8")
    path = tmp_path / "examples.yaml"
    path.write_text("match: {}\nnear_miss: {suicide: {none: [a zorble pot]}}\n", encoding="utf-8")
    assert run_examples(load_screener(files), path).touched == {"en.hurt", "es.hurt", "en.pot"}


@pytest.mark.parametrize(("open_", "close"), [("[", "]"), ("{a: ", "}")])
@pytest.mark.parametrize("deep", [41, 3_000, 200_000])
def test_yaml_nested_without_end_is_told_in_a_line(tmp_path: Path, open_: str, close: str, deep: int) -> None:
    with pytest.raises(ContentError, match=r"nested\.yaml: line 1: is not valid YAML: is nested more than 40 deep$"):
        parse_yaml("a: " + open_ * deep + close * deep, tmp_path / "nested.yaml")


def test_a_signs_file_mistyped_is_named(files: dict[str, Path]) -> None:
    files["crisis/signs.yaml"].write_text("levels: {alnoe: 4}\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"signs\.yaml: levels\.alnoe: is not a known key"):
        load_screener(files)


POINTS = "points: {suicide: {}, self_harm: {}, overdose: {}, withdrawal: {}, violence: {}, abuse: {}, relapse: {}, craving: {}}\n"


@pytest.mark.parametrize(
    ("signs", "why"),
    [
        ("levels: {alone: 4, sure: 26}\n" + POINTS, "levels: needs base, alone and sure"),
        ("levels: {base: -11, alone: -400, sure: 26}\n" + POINTS, "levels: needs base, alone and sure"),
        ("levels: {base: -11, alone: 40, sure: 26}\n" + POINTS, "levels: needs base, alone and sure"),
        ("levels: {base: -11, alone: 4, sure: 26}\npoints: {suicide: {}, abuse: {}}\n", "points: has nothing of self_harm, overdose, "),
    ],
)
def test_signs_that_let_everything_page_or_nothing_stop_the_start(files: dict[str, Path], signs: str, why: str) -> None:
    files["crisis/signs.yaml"].write_text("levels: {base: -11, alone: 4, sure: 26}\n" + POINTS, encoding="utf-8")
    assert load_screener(files).signs.alone == 4
    files["crisis/signs.yaml"].write_text(signs, encoding="utf-8")
    with pytest.raises(ContentError, match=rf"signs\.yaml: {why}"):
        load_screener(files)


def test_a_control_character_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"x\.yaml: line 3: is not valid YAML: the invisible character U\+0007 stands in it$"):
        parse_yaml("a: é\n# é\nb: \x07\n", tmp_path / "x.yaml")


def test_no_bot_starts_with_a_lexicon_that_recognises_nothing(tmp_path: Path) -> None:
    own = tmp_path / "own" / "crisis"
    own.mkdir(parents=True)
    (own / "lexicon.es.yaml").write_text("common: [hola]\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"lexicon\.es\.yaml.*has no entry"):
        library.load(own.parent)


def test_a_lexicon_that_was_cut_off_is_named(files: dict[str, Path]) -> None:
    whole = files["crisis/lexicon.en.yaml"].read_text(encoding="utf-8").splitlines(keepends=True)
    files["crisis/lexicon.en.yaml"].write_text("".join(whole[:-2]), encoding="utf-8")
    with pytest.raises(ContentError, match=r"en\.yaml: crisis: has no entry for relapse, craving: nothing"):
        load_screener(files)


def test_a_folder_where_a_lexicon_has_to_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "own" / "crisis" / "lexicon.en.yaml").mkdir(parents=True)
    with pytest.raises(ContentError, match=r"lexicon\.en\.yaml.*is a folder, where a file has to be"):
        library.load(tmp_path / "own")


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("{id: hurt, level: urgnt, category: suicide, patterns: [a b]}", "level: 'urgnt' is none of none, watch, urgent, emergency"),
        ("{id: hurt, level: urgent, category: sadness, patterns: [a b]}", "category: 'sadness' is none of suicide, "),
        ("{id: hurt, level: urgent, category: suicide, patterns: [988]}", "988 is a number, write it in quotation marks"),
    ],
)
def test_a_broken_entry_says_what_it_may_be(files: dict[str, Path], entry: str, why: str) -> None:
    files["crisis/lexicon.en.yaml"].write_text(f"crisis:\n  - {entry}\n", encoding="utf-8")
    with pytest.raises(ContentError, match=re.escape(why)):
        load_screener(files)
