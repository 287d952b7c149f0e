"""What was reached on messages that the lexicons and points never saw does not fall (the README tells the numbers)."""

from __future__ import annotations

import pytest

from bot.safety.levels import Level
from bot.safety.screen import Screener
from tests.bench.corpus import is_blind, parts, rows
from tests.bench.screen import Judged, share, tables


@pytest.fixture(scope="module")
def blind(screener: Screener) -> list[Judged]:
    return [(row, screener.screen(row.text)) for part in parts() if is_blind(part) for row in rows(part)]


@pytest.mark.parametrize(
    ("levels", "least", "most"),
    [
        ((Level.EMERGENCY,), 0.88, 1.0),
        ((Level.EMERGENCY, Level.URGENT), 0.80, 1.0),
        ((Level.WATCH,), 0.0, 0.15),
        ((Level.NONE,), 0.0, 0.07),
    ],
)
def test_the_blind_part_is_screened_as_well_as_before(blind: list[Judged], levels: tuple[Level, ...], least: float, most: float) -> None:
    paged, of = share(blind, *levels)
    assert least <= paged / of <= most, f"{paged} of {of}"


def test_the_tables_show_no_message(blind: list[Judged]) -> None:
    shown = "\n".join(tables(blind))
    assert not any(row.text in shown for row, _ in blind if len(row.text) > 12)
