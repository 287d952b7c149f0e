"""`waymark drill` beside a running bot that shares nothing with it but the database; and without one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.channels import drilling
from bot.cli import drill
from tests.cli.conftest import Cli
from tests.world import World, world_at


async def performed(world: World, cli: Cli) -> tuple[int, str]:
    """The command in a thread of its own, while the bot of this world runs."""
    cli.env |= {"WAYMARK_DATABASE_URL": world.app.services.settings.database_url}
    command = asyncio.create_task(asyncio.to_thread(cli, "drill"))
    while not command.done():
        if world.app.drills._asked():
            await _perform(world)
        await asyncio.sleep(0.02)
    told = await command
    return told.code, told.out


async def _perform(world: World) -> None:
    performing = asyncio.create_task(world.app.drills.once())
    while not performing.done():
        await world.settle()
        await asyncio.sleep(0)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command looks more often; a busy machine is no bot that stopped."""
    monkeypatch.setattr(drill, "LOOK_S", 0.01)
    monkeypatch.setattr(drill, "TAKEN_WITHIN_S", 120.0)
    monkeypatch.setattr(drilling, "STRETCH_S", 120.0)


async def test_it_prints_each_stretch_and_ends_well(clinic: Cli, tmp_path: Path, quick: None) -> None:
    (tmp_path / "bot").mkdir()
    async with world_at(tmp_path / "bot", drill_chat=4290) as world:
        world.api.user(4290, "Drills").started = True
        code, out = await performed(world, clinic)
    assert code == 0
    lines = out.splitlines()
    assert [line.split("  ")[0] for line in lines[:4]] == ["words to first answer", "to the page", "to acknowledged", "to closed"]
    assert all(line.endswith(" ms") for line in lines)
    assert lines[-1].startswith("The drill passed in ")


async def test_it_says_when_telegram_was_left_out(clinic: Cli, tmp_path: Path, quick: None) -> None:
    (tmp_path / "bot").mkdir()
    async with world_at(tmp_path / "bot") as world:
        code, out = await performed(world, clinic)
    assert code == 0
    assert "WAYMARK_DRILL_CHAT is not set" in out


async def test_a_failed_drill_ends_with_1_and_says_where(clinic: Cli, tmp_path: Path, quick: None) -> None:
    (tmp_path / "bot").mkdir()
    async with world_at(tmp_path / "bot", drill_chat=4290) as world:
        user = world.api.user(4290, "Drills")
        user.block()
        code, out = await performed(world, clinic)
    assert code == 1
    assert "The drill failed: it was not paged." in out


def test_without_a_running_bot_it_ends_with_1_and_nothing_is_left_to_do(clinic: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drill, "TAKEN_WITHIN_S", 0.1)
    told = clinic("drill")
    assert (told.code, told.out) == (1, "")
    assert "no running bot took the drill" in told.err
    assert clinic.rows("SELECT state, failure FROM job") == [("failed", "nobody")]
