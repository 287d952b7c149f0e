"""PostgreSQL stopped or hanging under a running bot: crises are answered and paged, nothing is confirmed or lost."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
from sqlmodel import select

from bot.models import Alert, Case, Inbox, InboxState
from bot.pipeline import NotStored
from tests.gate import Gate
from tests.test_pipeline import CRISIS
from tests.world import Phone, World, world_on

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("shipped_patience")]

WITHIN_S = 3.0
SLACK_S = 1.5  # what a busy machine may add


@pytest.fixture
async def behind(migrated_url: str) -> AsyncIterator[tuple[World, Gate]]:
    """A clinic whose database is reached through a gate."""
    gate = Gate(migrated_url)
    try:
        async with world_on(gate.url) as made:
            yield made, gate
            gate.release()
    finally:
        gate.shut()


def received(phone: Phone) -> list[str]:
    return [message.text or "" for message in phone.user.received]


async def polls(world: World) -> float:
    started = time.monotonic()
    with pytest.raises(NotStored):
        await world.polling.once()
    return time.monotonic() - started


async def comes_right(world: World, ana: Phone) -> None:
    await world.settle()
    assert not world.api.updates.pending
    with world.work() as work:
        assert len(work.session.exec(select(Case)).all()) == 1
        assert len(work.session.exec(select(Alert)).all()) == 1
        assert {row.state for row in work.session.exec(select(Inbox))} == {InboxState.DONE}
    assert len(world.primary.pages) == 1
    assert await world.primary.taps("Acknowledge") != ""
    assert ana.last.key == "crisis/seen"


@pytest.mark.parametrize("how", ["stopped", "hanging"])
async def test_a_crisis_is_answered_and_paged_in_time_once_and_the_case_opened_afterwards(behind: tuple[World, Gate], how: str) -> None:
    world, gate = behind
    ana = await world.enrol()
    await world.tick()
    gate.shut() if how == "stopped" else gate.hold()
    ana.user.text(CRISIS)
    assert await polls(world) < WITHIN_S + SLACK_S
    assert "988" in received(ana)[0]
    assert "New case, emergency" in received(world.primary)[0]
    assert "New case, emergency" in received(world.backup)[0]
    for _ in range(3):
        await polls(world)
    assert len(received(ana)) == len(received(world.primary)) == 1
    gate.reopen() if how == "stopped" else gate.release()
    await comes_right(world, ana)


async def test_a_part_of_the_tick_that_finds_no_database_does_not_stop_the_others(behind: tuple[World, Gate]) -> None:
    world, gate = behind
    await world.tick()
    gate.shut()
    await world.app.ticker.tick()
    assert {"escalation", "due", "watchdog"} <= world.app.ticker.failures.keys()
    gate.reopen()
    failures = dict(world.app.ticker.failures)
    await world.tick()
    assert world.app.ticker.failures == failures


async def test_a_turn_that_finds_no_database_is_lived_through_when_it_is_back(behind: tuple[World, Gate]) -> None:
    world, gate = behind
    ana = await world.enrol()
    ana.user.text("/settings")
    ana.user.text("/privacy")
    receiving = world.app.pipeline
    await world.polling.once()
    gate.shut()
    gate.reopen()
    await receiving.idle()
    await world.settle()
    assert ana.keys == ["settings/panel", "privacy/overview"]
