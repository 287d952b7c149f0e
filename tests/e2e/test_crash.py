"""Crises while the bot is killed again and again and the Bot API fails; `make chaos` is the long form."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.crises import crisis_round

pytestmark = pytest.mark.e2e


async def test_ten_kills_lose_no_crisis_and_no_page(tmp_path: Path) -> None:
    tally = await crisis_round(tmp_path, seed=1, kills=10)
    assert tally.kills == 10
    assert not tally.lost
    assert not tally.stuck
    assert tally.doubled <= tally.excused, tally.line()


@pytest.mark.postgres
async def test_nor_do_five_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    tally = await crisis_round(tmp_path, seed=2, kills=5, database_url=postgres_url)
    assert (tally.kills, tally.lost, tally.stuck) == (5, [], [])
