"""Every example of the shipped lexicons does what it says, and there are enough of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from bot.content.files import parse_yaml
from bot.safety.examples import check_examples
from bot.safety.levels import Category
from bot.safety.screen import Screener

CRISIS = Path(__file__).resolve().parents[2] / "content" / "crisis"


def examples(lang: str) -> dict[str, Any]:
    path = CRISIS / f"examples.{lang}.yaml"
    return parse_yaml(path.read_text(encoding="utf-8"), path)


@pytest.mark.parametrize("lang", ["en", "es"])
def test_examples_are_screened_as_they_say(screener: Screener, lang: str) -> None:
    assert check_examples(screener, examples(lang)) == []


@pytest.mark.parametrize("category", list(Category))
def test_each_category_has_examples_of_both_kinds(category: Category) -> None:
    document = examples("en")

    def rows(part: str) -> list[str]:
        return [text for texts in document[part][category.value].values() for text in texts]

    assert len(set(rows("match"))) >= 25
    assert len(set(rows("near_miss"))) >= 12


def test_a_wrong_example_is_named(screener: Screener) -> None:
    problems = check_examples(
        screener, {"match": {"suicide": {"urgent": ["hello there"]}}, "near_miss": {"suicide": {"none": ["kill myself"]}}}
    )
    assert len(problems) == 2
    assert "'hello there' is none, not urgent" in problems[0]
    assert "'kill myself' is emergency, above none" in problems[1]


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"match": {"suicide": {"soon": ["x"]}}},
        {"match": {"sadness": {"urgent": ["x"]}}},
        {"match": {"suicide": ["x"]}, "near_miss": []},
    ],
)
def test_a_broken_examples_file_is_a_finding_not_a_crash(screener: Screener, broken: dict[str, Any]) -> None:
    found: Iterable[str] = check_examples(screener, broken)
    assert list(found)
