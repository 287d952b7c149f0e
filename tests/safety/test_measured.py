"""What was reached on messages that neither rules nor model were fitted to does not fall (the README tells the numbers)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.content import library
from bot.safety.levels import Level
from tests.bench.corpus import is_blind, of_a_kind, parts, rows
from tests.bench.opinion import Judged, judged, reader, tables
from tests.bench.screen import tables as tables_of_rules

ALONE: Callable[[Judged], bool] = lambda one: one.alone.level.pages  # noqa: E731
BOTH: Callable[[Judged], bool] = lambda one: one.both.level.pages  # noqa: E731


@pytest.fixture(scope="module")
def blind() -> list[Judged]:
    content = library.load()
    return judged(content, reader(content), [row for part in parts() if is_blind(part) and not of_a_kind(part) for row in rows(part)])


@pytest.mark.parametrize(
    ("who", "levels", "least", "most"),
    [
        (ALONE, (Level.EMERGENCY,), 0.87, 1.0),
        (ALONE, (Level.EMERGENCY, Level.URGENT), 0.84, 1.0),
        (ALONE, (Level.WATCH,), 0.0, 0.10),
        (ALONE, (Level.NONE,), 0.0, 0.06),
        (BOTH, (Level.EMERGENCY,), 0.93, 1.0),
        (BOTH, (Level.EMERGENCY, Level.URGENT), 0.90, 1.0),
        (BOTH, (Level.WATCH,), 0.0, 0.05),
        (BOTH, (Level.NONE,), 0.0, 0.03),
    ],
)
def test_the_blind_parts_are_screened_as_well_as_before(
    blind: list[Judged], who: Callable[[Judged], bool], levels: tuple[Level, ...], least: float, most: float
) -> None:
    paged = [who(one) for one in blind if one.row.level in levels]
    assert least <= sum(paged) / len(paged) <= most, f"{sum(paged)} of {len(paged)}"


def test_the_second_opinion_never_lowers(blind: list[Judged]) -> None:
    assert [one.row.level for one in blind if one.both.level < one.sure.level] == []


def test_the_tables_show_no_message(blind: list[Judged]) -> None:
    shown = "\n".join([*tables(blind), *tables_of_rules([(one.row, one.alone) for one in blind])])
    assert not any(one.row.text in shown for one in blind if len(one.row.text) > 12)
