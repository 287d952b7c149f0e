"""Polling: the offset moves only after the commit; another poller, a revoked token, cut lines and what nobody can read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot import arrival, pipeline
from bot.errors import SetupError
from bot.telegram import polling
from bot.telegram.polling import Polling
from tests.world import World


@asynccontextmanager
async def polls(world: World) -> AsyncIterator[asyncio.Task[None]]:
    """The real loop, beside the test."""
    task = asyncio.create_task(world.polling.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, SetupError):
            await task


async def until(condition: Any, what: str) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(what)


def requests(world: World) -> int:
    return sum(call.method == "getUpdates" for call in world.api.calls)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are short, but they are there."""
    monkeypatch.setattr(polling, "CONFLICT_S", 0.02)
    monkeypatch.setattr(polling, "AGAIN_S", 0.02)
    monkeypatch.setattr(polling, "MAX_PAUSE_S", 0.05)


async def test_the_offset_moves_only_after_the_commit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = await world.enrol()
    whole, failures = arrival.store_batch, [3]

    def away(work: Any, batch: Any) -> Any:
        if failures[0]:
            failures[0] -= 1
            raise OperationalError("", None, Exception())
        return whole(work, batch)

    monkeypatch.setattr(pipeline, "store_batch", away)
    ana.user.text("/settings")
    async with polls(world):
        await until(lambda: not world.api.updates.pending, "confirmed after the commit")
    assert failures == [0]
    await world.settle()
    assert ana.keys == ["settings/panel"]


async def test_another_poller_is_waited_for(world: World) -> None:
    ana = await world.enrol()
    world.api.faults.conflict(count=3)
    ana.user.text("/settings")
    async with polls(world) as task:
        await until(lambda: not world.api.updates.pending, "taken when the other one is gone")
        assert not task.done()


async def test_a_webhook_that_was_left_set_is_taken_away_at_the_start(world: World) -> None:
    await world.polling._bot.set_webhook("https://example.org/telegram", secret_token="secret")
    async with polls(world):
        await until(lambda: not world.api.webhook.url, "taken away")


@pytest.mark.parametrize("when", ["start", "later"])
async def test_a_refused_token_ends_the_bot_with_a_line_that_says_what_to_do(world: World, when: str) -> None:
    async with polls(world) as task:
        if when == "later":
            await until(world.polling.polled.is_set, "polled")
        world.api.token = "123456:another-token"
        world.api.updates.stop_poll()
        with pytest.raises(SetupError, match=r"WAYMARK_BOT_TOKEN.*@BotFather"):
            await asyncio.wait_for(task, 20)


@pytest.mark.parametrize("fault", ["drop", "http_500", "no_answer"])
async def test_a_telegram_that_is_away_is_asked_again_but_not_without_a_pause(world: World, fault: str) -> None:
    ana = await world.enrol()
    ana.user.text("/settings")
    getattr(world.api.faults, fault)("getUpdates", count=8)
    before = requests(world)
    started = asyncio.get_running_loop().time()
    async with polls(world) as task:
        await until(lambda: not world.api.updates.pending, "taken in the end")
        assert not task.done()
    assert asyncio.get_running_loop().time() - started >= 8 * 0.05
    assert requests(world) - before <= 12


async def test_flood_control_is_obeyed(world: World) -> None:
    ana = await world.enrol()
    ana.user.text("/settings")
    world.api.faults.retry_after("getUpdates", seconds=1, count=1)
    started = asyncio.get_running_loop().time()
    async with polls(world):
        await until(lambda: not world.api.updates.pending, "taken")
    assert asyncio.get_running_loop().time() - started >= 1


async def test_an_update_that_the_library_cannot_read_is_passed_over_and_no_other_with_it(world: World) -> None:
    ana = await world.enrol()
    ana.user.text("/settings")
    world.api.updates.put("message", {"message_id": "five", "no": "message at all"})
    ana.user.text("/privacy")
    async with polls(world) as task:
        await until(lambda: not world.api.updates.pending, "all are confirmed")
        assert not task.done()
    await world.settle()
    assert ana.keys == ["settings/panel", "privacy/overview"]


async def test_an_error_of_our_own_does_not_end_the_polling(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = await world.enrol()
    ana.user.text("/settings")
    whole, failures = world.app.pipeline.receive, [2]

    async def stumble(updates: Any) -> None:
        if failures[0]:
            failures[0] -= 1
            raise RuntimeError
        await whole(updates)

    monkeypatch.setattr(world.app.pipeline, "receive", stumble)
    async with polls(world) as task:
        await until(lambda: not world.api.updates.pending, "taken in the end")
        assert not task.done()


async def test_the_end_tells_telegram_what_was_taken(world: World) -> None:
    ana = await world.enrol()
    ana.user.text("/settings")
    await world.polling.once()
    assert world.api.updates.pending
    await world.polling.confirm()
    assert not world.api.updates.pending


async def test_nothing_is_confirmed_that_was_never_taken(world: World) -> None:
    before = requests(world)
    await Polling(world.polling._bot, world.app.pipeline, world.clock).confirm()
    assert requests(world) == before
