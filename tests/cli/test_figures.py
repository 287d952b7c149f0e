"""`waymark figures`: JSON lines for whoever counts further."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.models import CaseState
from tests.cli.conftest import Cli
from tests.staff.helpers import CRISIS
from tests.world import START, world_at


def test_the_weeks_come_as_json_lines_the_present_one_first(clinic: Cli) -> None:
    answer = clinic("figures", "--weeks", 3)
    assert answer.code == 0
    starts = [line["start"] for line in answer.json]
    assert len(starts) == 3
    assert starts == sorted(starts, reverse=True)
    assert {line["cases"] for line in answer.json} == {0}
    assert answer.json[0]["acknowledged"] == {"count": 0, "missing": 0, "median": None, "p95": None}


def test_rules_come_with_their_precision_and_no_word_of_anybody(clinic: Cli, tmp_path: Path) -> None:
    async def live() -> None:
        folder = tmp_path / "bot"
        folder.mkdir()
        async with world_at(folder) as world:
            ana = await world.enrol("Ana Torres")
            await ana.says(f"{CRISIS} with a secret word")
            with world.work() as work:
                case = ana.case
                assert case is not None
                row = work.session.get(type(case), case.id)
                assert row is not None
                row.state, row.outcome, row.next_page_at = CaseState.CLOSED, "not_a_crisis", None
        (folder / "waymark.db").replace(tmp_path / "waymark.db")

    asyncio.run(live())
    answer = clinic("figures", "--rules", "--weeks", 520)
    found = {line["rule"]: line for line in answer.json}
    assert found["en.suicide.kill-myself"]["precision"] == 0.0
    assert (found["en.suicide.kill-myself"]["judged"], found["en.suicide.kill-myself"]["false_alarms"]) == (1, 1)
    assert "secret" not in answer.out and "Torres" not in answer.out
    assert START.year == 2026


def test_a_wrong_number_of_weeks_is_refused(clinic: Cli) -> None:
    assert clinic("figures", "--weeks", 0).code != 0
