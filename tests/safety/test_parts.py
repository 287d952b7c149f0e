"""What stands beside a danger does not hide it: a message of some sentences is read in parts too."""

from __future__ import annotations

import pytest

from bot.content.files import parse_yaml
from bot.content.library import shipped_root
from bot.opinion.decide import Scores, of_part, read_table
from bot.opinion.encoder import ROOM, without
from bot.safety.levels import Category
from bot.safety.screen import Screener

TABLE = shipped_root("content") / "crisis" / "opinion.yaml"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("I have the rope. made tacos for dinner", [("I have the rope.", 1), ("made tacos for dinner", 1)]),
        ("one. two!\n\nthree", [("one.", 2), ("two!", 2), ("three", 2), ("one. two!", 1), ("two! three", 1)]),
        ("all in one sentence", []),
        ("...\n😭\n", []),
        ("long. " * ROOM, []),
    ],
)
def test_the_parts_of_a_text_leave_sentences_out(text: str, parts: list[tuple[str, int]]) -> None:
    assert without(text, lambda _: False) == parts


def test_courtesies_are_in_no_part_and_are_not_counted() -> None:
    said = "hey\nI have the rope. made tacos for dinner. thanks"
    parts = without(said, {"hey", "thanks"}.__contains__)
    assert parts == [("I have the rope. made tacos for dinner.", 0), ("I have the rope.", 1), ("made tacos for dinner.", 1)]
    assert without("hey. thanks", lambda _: True) == []


def test_a_text_of_many_sentences_has_few_parts() -> None:
    parts = without("a. " * 8, lambda _: False)
    assert len(parts) == 8 + 7 and min(left_out for _, left_out in parts) == 6
    assert without("a. " * 9, lambda _: False) == []  # no text makes much work


def test_a_part_counts_for_less_the_more_it_leaves_out() -> None:
    table = read_table(TABLE, parse_yaml(TABLE.read_text(encoding="utf-8"), TABLE))
    whole = Scores(page=0.9, emergency=0.5, category=Category.SUICIDE, other=False)
    found = [of_part(table, whole, left_out) for left_out in range(4)]
    assert found[0] == whole
    assert [one.page for one in found] == sorted((one.page for one in found), reverse=True)
    assert found[0].page > found[1].page > found[3].page and found[1].emergency < whole.emergency


def test_beside_a_second_opinion_a_danger_has_the_points_of_its_own_sentence(screener: Screener) -> None:
    danger = "tengo el machete y voy para su casa, hoy se muere"
    beside = f"{danger}. made tacos for dinner tho"
    assert screener.screen(beside, sure=True).points >= screener.screen(beside).points
    assert screener.screen(danger, sure=True).points - screener.screen(beside, sure=True).points <= 6
