"""A clinic with a great many lessons of its own: every list fits a message, every module is reached, a page turn costs what it costs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.content import one_turn
from tests.staff.assign.test_assign import ours
from tests.world import World, content, world_at

MODULES, LESSONS = 50, 20


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    shipped = next(module for module in content().modules if module.id == "m3")
    many = tuple(
        shipped.model_copy(
            update={
                "id": f"own{number}",
                "week": 1,
                "lessons": tuple(
                    shipped.lessons[0].model_copy(update={"id": f"own{number}.{place}", "module_id": f"own{number}"})
                    for place in range(1, LESSONS + 1)
                ),
            }
        )
        for number in range(1, MODULES + 1)
    )
    async with world_at(tmp_path, loaded=replace(content(), modules=(*content().modules, *many))) as made:
        yield made


async def test_a_thousand_lessons_are_reached_page_by_page(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/learn")
    pages = 1
    while "More" in ana.last.labels:
        await ana.taps("More")
        pages += 1
    assert pages == 6
    assert "Earlier" in ana.last.labels
    await ana.forges("learn.module:own50")
    assert "0 of 20" in ana.last.text
    assert ana.last.labels[:20] == [str(number) for number in range(1, 21)]


async def test_the_team_reaches_them_too(world: World) -> None:
    ana = await world.enrol("Ana")
    await ours(world, ana)
    await world.primary.says("/assign Ana")
    await world.primary.taps("Lessons")
    for _ in range(3):
        await world.primary.taps("More")
    assert "More" not in world.primary.last.labels
    await world.primary.taps("Earlier")
    assert "More" in world.primary.last.labels


async def test_a_page_turn_costs_one_edit_and_one_turns_transaction(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/learn")
    await ana.taps("Start")
    cost = await one_turn(world, ana)
    assert cost.pop("unit of work turnover") <= 2  # the outbox's batched claim and mark
    assert cost == {"answerCallbackQuery": 1, "editMessageText": 1, "unit of work store_batch": 1, "unit of work run_batch": 1}
