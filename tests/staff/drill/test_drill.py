"""`/drill`: what a supervisor sees, and a walk from the chat."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.models import Role
from tests.world import World, world_at


async def test_a_supervisor_starts_one_and_sees_how_it_went(tmp_path: Path) -> None:
    async with world_at(tmp_path, drill_chat=4290) as world:
        world.api.user(4290, "Drills").started = True
        sam = await world.hire("Sam Green", Role.SUPERVISOR)
        await sam.says("/drill")
        assert "None has run yet." in sam.last.text
        assert "One runs each day at 10:00." in sam.last.text
        await sam.taps("Start one")
        assert sam.last.text == "A drill begins now. Tap Show in a minute."
        await sam.taps("Start one")
        assert sam.last.key == "drill/runs_already"
        performing = asyncio.create_task(world.app.drills.once())
        while not performing.done():
            await world.settle()
            await asyncio.sleep(0)
        sam.look()
        await sam.taps("Show")
        assert "10:00: passed in" in sam.last.text


async def test_it_is_for_supervisors(world: World) -> None:
    await world.primary.says("/drill")
    assert world.primary.last.key == "common/unknown_command"
    await world.primary.forges("drill.start")
    assert world.primary.last.key == "common/unknown_command"


async def test_without_a_chat_the_list_says_so(world: World) -> None:
    sam = await world.hire("Sam Green", Role.SUPERVISOR)
    await sam.says("/drill")
    assert "No chat is set for them, so Telegram is left out." in sam.last.text
