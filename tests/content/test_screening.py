"""The screener as content gives it: built once for the same texts, refused when it would recognise nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.content import library
from bot.content.files import LANGS
from bot.content.screening import failing_examples, load_screener
from bot.errors import ContentError

LEXICON = "crisis:\n  - {{id: hurt, level: urgent, category: suicide, patterns: [{word}]}}\n"


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
    assert failing_examples(load_screener(files), path) == (1, ())
    path.write_text("match: {suicide: {urgent: [zorble, hello]}}\nnear_miss: {}\n", encoding="utf-8")
    count, failing = failing_examples(load_screener(files), path)
    assert (count, len(failing)) == (2, 1)


def test_no_bot_starts_with_a_lexicon_that_recognises_nothing(tmp_path: Path) -> None:
    own = tmp_path / "own" / "crisis"
    own.mkdir(parents=True)
    (own / "lexicon.es.yaml").write_text("common: [hola]\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"lexicon\.es\.yaml.*has no entry"):
        library.load(own.parent)
