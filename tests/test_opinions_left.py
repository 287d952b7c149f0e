"""What a stopped process left to the second opinion is paged, whoever finds it, and not twice."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot import opinion_work
from bot import opinions as module
from bot.models import Inbox
from bot.opinions import LEFT
from tests.reading import DOUBT, NOBODY_KNOWS, Sayings, cases, follows, killed, no_model, reader, reading, unread, until
from tests.world import Stumbling, content, world_at


async def test_what_a_stopped_process_left_unread_is_read_after_the_next_start(tmp_path: Path) -> None:
    said = Sayings({NOBODY_KNOWS: (0.999, 0.2)})
    async with reading(tmp_path, said) as world:
        ana = await world.enrol("Ana")
        await follows(world)
        await ana.says(NOBODY_KNOWS)
        await killed(world, lambda: reader(said)).start()
        await follows(world)
        assert [case.level for case in cases(world)] == ["urgent"]
        assert len(world.primary.pages) == 1


@pytest.mark.parametrize("on", [True, False])
async def test_much_that_was_left_is_read_in_one_go_and_what_cannot_be_read_stands_in_nobodys_way(tmp_path: Path, on: bool) -> None:
    many = opinion_work.PAGE + 20
    said = Sayings({NOBODY_KNOWS: (0.999, 0.2)})
    async with reading(tmp_path, said) as world:
        ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
        await follows(world)
        for number in range(many):
            await ana.says(f"day {number}")
        await ben.says(NOBODY_KNOWS)
        with world.work() as work:
            first = min(unread(world))
            row = work.session.get(Inbox, first)
            assert row is not None
            row.payload = b"torn"
        world.clock.move_to(world.clock.now() + LEFT)
        await killed(world, (lambda: reader(said)) if on else None).start()
        await follows(world)
        assert [case.person_id for case in cases(world)] == ([ben.person.id] if on else [])
        assert unread(world) == []


@pytest.mark.parametrize("load", [None, no_model])
async def test_what_was_left_to_a_model_that_is_gone_now_is_judged_by_the_rules_alone(tmp_path: Path, load: Any) -> None:
    async with reading(tmp_path, Sayings({})) as world:
        ana = await world.enrol("Ana")
        await follows(world)
        await ana.says(DOUBT)
        assert cases(world) == [], "left to the second opinion"
        opinions = killed(world, load)
        await opinions.start()
        assert (cases(world), len(unread(world))) == ([], 1), "another process may be about to read it"
        world.clock.move_to(world.clock.now() + LEFT)
        await opinions.sweep()
        await world.settle()
        assert [case.level for case in cases(world)] == [content().screener.screen(DOUBT).level]
        assert len(world.primary.pages) == 1
        assert unread(world) == []


@pytest.mark.parametrize("page", [0.999, 0.0])
async def test_what_was_left_behind_many_others_is_still_left_to_both_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: float
) -> None:
    said = Sayings({DOUBT: (page, 0.0)})
    async with reading(tmp_path, said) as world:
        ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
        await follows(world)
        for number in range(12):
            await ana.says(f"day {number}")
        await ben.says(DOUBT)
        monkeypatch.setattr(opinion_work, "PAGE", 5)
        monkeypatch.setattr(module, "BACKLOG", 10)
        await killed(world, lambda: reader(said)).start()
        await follows(world)
        assert [case.person_id for case in cases(world)] == ([ben.person.id] if page > 0.5 else [])
        assert unread(world) == []


async def test_what_was_paged_at_arrival_is_not_paged_again_when_it_is_found_unread(tmp_path: Path) -> None:
    async with world_at(tmp_path, second_opinion=True) as world:
        ana = await world.enrol("Ana")
        await ana.says(DOUBT)  # while it is being loaded: by the rules alone
        assert (len(cases(world)), len(world.primary.pages)) == (1, 1)
        await killed(world, lambda: reader(Sayings({DOUBT: (0.999, 0.1)}))).start()
        await follows(world)
        assert (len(cases(world)), len(world.primary.pages), unread(world)) == (1, 1, [])


async def test_a_process_without_a_reader_goes_on_sweeping_when_the_database_was_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with reading(tmp_path, Sayings({})) as world:
        ana = await world.enrol("Ana")
        await follows(world)
        await ana.says(DOUBT)
        world.clock.move_to(world.clock.now() + LEFT)
        tries = 0
        found = opinion_work.left_unread

        def away_at_first(*args: Any) -> Any:
            nonlocal tries
            tries += 1
            if tries == 1:
                raise OperationalError("", {}, Exception())
            return found(*args)

        monkeypatch.setattr(module, "left_unread", away_at_first)
        monkeypatch.setattr(module, "SWEEP_S", 0.01)
        running = asyncio.create_task(killed(world, None).run())
        await until(lambda: tries > 1 and not unread(world))
        running.cancel()
        assert len(cases(world)) == 1


async def test_a_text_that_the_rules_stumble_over_stands_in_nobodys_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = Sayings({})
    async with reading(tmp_path, said) as world:
        ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
        await follows(world)
        await ana.says("stumble")
        await ben.says(DOUBT)
        monkeypatch.setitem(vars(content()), "screener", Stumbling(content().screener, "stumble"))
        world.clock.move_to(world.clock.now() + LEFT)
        await killed(world, None).start()
        assert [case.person_id for case in cases(world)] == [ben.person.id]
        assert unread(world) == []
