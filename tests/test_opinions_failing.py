"""The second opinion beside the pipeline, when something is away, late, broken or was killed: no page is lost, nobody waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

import bot.arrival
from bot import opinion_work
from bot import opinions as module
from bot.arrival import Screened
from bot.cli import findings_opinion
from bot.cli.findings import State as Found
from bot.errors import ContentError
from bot.opinion.second import SecondReader
from bot.opinion_work import State
from bot.opinions import LEFT
from tests.reading import DOUBT, DOUBTS, NOBODY_KNOWS, Sayings, cases, doubtful, follows, killed, no_model, reader, reading, unread, until
from tests.world import World, content, world_at


def by_doctor(world: World) -> list[tuple[Found, str]]:
    with world.work() as work:
        return [(one.state, one.line) for one in findings_opinion.running(work)]


async def test_a_reader_that_fails_leaves_the_rules_to_decide_alone(tmp_path: Path) -> None:
    said = Sayings({})
    doubted = next(text for text in DOUBTS if doubtful(text))
    async with reading(tmp_path, said) as world:
        ana = await world.enrol("Ana")
        await follows(world)
        said.broken = True
        await ana.says(doubted)
        assert cases(world) == []
        await follows(world)
        assert [case.level for case in cases(world)] == [content().screener.screen(doubted).level]


async def test_a_model_that_cannot_be_loaded_leaves_the_rules_to_decide_alone(tmp_path: Path) -> None:
    doubted = next(text for text in DOUBTS if doubtful(text))
    async with world_at(tmp_path, second_opinion=True) as world:
        opinions = world.app.pipeline.opinions

        def missing() -> SecondReader:
            raise ContentError("crisis/opinion.npz", "", "is missing")

        opinions._load = missing
        await opinions.start()
        assert opinions.state is State.FAILED
        ana = await world.enrol("Ana")
        await ana.says(doubted)
        assert len(cases(world)) == 1
        with world.work() as work:
            told = list(findings_opinion.running(work))
        assert [one.state for one in told] == [Found.MEND]


async def test_a_reader_that_hangs_keeps_nobody_waiting_and_reads_what_was_left_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubted = next(text for text in DOUBTS if doubtful(text))
    said = Sayings({NOBODY_KNOWS: (0.999, 0.2)})
    async with reading(tmp_path, said) as world:
        ana, ben, cleo = [await world.enrol(name) for name in ("Ana", "Ben", "Cleo")]
        await follows(world)
        opinions = world.app.pipeline.opinions
        hangs = threading.Event()
        monkeypatch.setattr(module, "PATIENCE_S", 0.01)
        monkeypatch.setattr(said, "encode", lambda texts, _: hangs.wait() and Sayings.encode(said, texts))
        await ana.says(doubted)
        await ben.says(NOBODY_KNOWS)
        await follows(world)
        assert [case.person_id for case in cases(world)] == [ana.person.id], "by the rules alone"
        assert opinions.state is State.LATE
        await cleo.says(doubted)
        assert len(cases(world)) == 2, "at once, as long as it hangs"
        monkeypatch.setattr(module, "PATIENCE_S", 5)
        hangs.set()
        await until(lambda: opinions.ready)
        await opinions.sweep()
        await follows(world)
        assert ben.person.id in {case.person_id for case in cases(world)}, "words that it was too late for were kept for it"
        assert unread(world) == []


async def test_one_message_that_it_stumbles_over_takes_the_opinion_from_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Sayings({NOBODY_KNOWS: (0.999, 0.2)})
    async with reading(tmp_path, said) as world:
        ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
        await follows(world)

        def encode(texts: Sequence[str], _network: int) -> Any:
            if "stumble" in texts:
                raise RuntimeError
            return Sayings.encode(said, texts)

        monkeypatch.setattr(said, "encode", encode)
        await ana.says("stumble")
        await ben.says(NOBODY_KNOWS)
        await follows(world)
        assert [case.person_id for case in cases(world)] == [ben.person.id]


async def test_while_the_database_is_away_a_danger_is_answered_directly_and_opens_its_case_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Sayings({NOBODY_KNOWS: (0.999, 0.2)})
    async with reading(tmp_path, said) as world:
        ana = await world.enrol("Ana")
        await follows(world)
        await ana.says(NOBODY_KNOWS)
        opinions, direct = world.app.pipeline.opinions, list[int]()

        async def directly(crises: Sequence[Screened]) -> None:
            direct.extend(one.inbound.chat_id for one in crises if one.screening.level.pages)

        def away(*_: Any) -> None:
            raise OperationalError("", {}, Exception())

        monkeypatch.setattr(opinions, "_directly", directly)
        with monkeypatch.context() as patch:
            patch.setattr(module, "judge", away)
            for _ in range(8):
                await opinions.read()
                await opinions.retry()
        assert cases(world) == []
        assert set(direct) == {ana.person.chat_id}
        await opinions.retry()
        assert [case.level for case in cases(world)] == ["urgent"]
        assert unread(world) == []


async def test_what_can_never_be_judged_is_not_kept_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with reading(tmp_path, Sayings({NOBODY_KNOWS: (0.999, 0.2)})) as world:
        ana = await world.enrol("Ana")
        await follows(world)
        await ana.says(NOBODY_KNOWS)
        opinions = world.app.pipeline.opinions

        def broken(*_: Any) -> None:
            raise ValueError

        monkeypatch.setattr(module, "judge", broken)
        await opinions.read()
        for _ in range(module.GIVEN_UP):
            await opinions.retry()
        await opinions._settle()
        assert unread(world) == []


# A reader that does not come back.


async def test_a_load_that_hangs_is_given_up_and_taken_over_when_it_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOADING_S", 0.01)
    hangs = threading.Event()
    async with reading(tmp_path, Sayings({})) as world:
        ana = await world.enrol("Ana")
        await follows(world)
        await ana.says(DOUBT)
        world.clock.move_to(world.clock.now() + LEFT)
        opinions = killed(world, lambda: reader(Sayings({})) if hangs.wait(10) else no_model())
        await opinions.start()
        assert (opinions.state, opinions.reads) == (State.FAILED, False)
        assert len(cases(world)) == 1, "what was left is paged meanwhile"
        assert [state for state, _ in by_doctor(world)] == [Found.MEND]
        hangs.set()
        await until(lambda: opinions.ready)
        await opinions.sweep()
        assert by_doctor(world) == []


async def test_nobody_waits_for_a_load_that_hangs_when_the_bot_stops(tmp_path: Path) -> None:
    hangs = threading.Event()
    async with world_at(tmp_path, second_opinion=True) as world:
        opinions = killed(world, lambda: reader(Sayings({})) if hangs.wait(10) else no_model())
        running = asyncio.create_task(opinions.run())
        await until(lambda: opinions._thread._thread.is_alive())
        running.cancel()
        await opinions.close()
        assert opinions._thread._thread.daemon
        assert opinions._thread._thread.is_alive(), "it hangs still"
        hangs.set()


async def test_a_reader_that_is_late_for_long_is_kept_nothing_more_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = Sayings({NOBODY_KNOWS: (0.999, 0.2)})
    hangs = threading.Event()
    async with reading(tmp_path, said) as world:
        ana = await world.enrol("Ana")
        await follows(world)
        opinions = world.app.pipeline.opinions
        monkeypatch.setattr(module, "PATIENCE_S", 0.01)
        monkeypatch.setattr(said, "encode", lambda texts, _: hangs.wait(10) and Sayings.encode(said, texts))
        for number in range(3):
            await ana.says(f"day {number}")
        await follows(world)
        world.clock.move_to(world.clock.now() + LEFT)
        with monkeypatch.context() as patch:
            swept = list[str]()
            patch.setattr(opinions, "_take_up", lambda left: swept.extend(left))
            await opinions.sweep()
        assert (opinions.state, swept, len(unread(world))) == (State.LATE, [], 3), "what is kept for it is not taken up again and again"
        (state, line), *_ = by_doctor(world)
        assert state is Found.MEND
        assert "has not come back" in line
        monkeypatch.setattr(module, "LOST_S", 0.0)
        await opinions.sweep()
        assert (opinions.state, unread(world)) == (State.LOST, [])
        await ana.says(DOUBT)
        assert (len(cases(world)), unread(world)) == (1, []), "by the rules alone, and marked no more"
        monkeypatch.setattr(module, "PATIENCE_S", 5)
        hangs.set()
        await until(lambda: opinions.ready)
        await ana.says(NOBODY_KNOWS)
        assert len(unread(world)) == 1


async def test_what_was_read_one_by_one_is_kept_for_a_reader_that_hangs_at_one_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Sayings({NOBODY_KNOWS: (0.999, 0.2)})
    hangs = threading.Event()
    async with reading(tmp_path, said) as world:
        ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
        await follows(world)

        def encode(texts: Sequence[str], _network: int) -> Any:
            if len(texts) > 1:
                raise RuntimeError
            hangs.wait(10)
            return Sayings.encode(said, texts)

        monkeypatch.setattr(said, "encode", encode)
        monkeypatch.setattr(module, "PATIENCE_S", 0.01)
        await ana.says("the soup was good")
        await ben.says(NOBODY_KNOWS)
        await follows(world)
        assert len(unread(world)) == 2
        monkeypatch.setattr(module, "PATIENCE_S", 5)
        hangs.set()
        opinions = world.app.pipeline.opinions
        await until(lambda: opinions.ready)
        await opinions.sweep()
        await follows(world)
        assert [case.person_id for case in cases(world)] == [ben.person.id]


async def test_doctor_hears_of_a_reader_that_fails_at_each_message_and_of_the_worst_of_several_processes(tmp_path: Path) -> None:
    said = Sayings({})
    async with reading(tmp_path, said) as world:
        ana = await world.enrol("Ana")
        await follows(world)
        opinions = world.app.pipeline.opinions
        assert by_doctor(world) == []
        said.broken = True
        for number in range(3):
            await ana.says(f"day {number}")
        await follows(world)
        await opinions.sweep()
        ((state, line),) = by_doctor(world)
        assert state is Found.MEND
        assert "3 messages" in line
        other = killed(world, no_model)
        await other.start()
        said.broken = False
        await opinions.sweep()
        ((state, line),) = by_doctor(world)
        assert "not be loaded" in line
        assert "2 of 2" in line
        await other.close()
        ((_, line),) = by_doctor(world)
        assert "3 messages" in line
        world.app.pipeline.opinions = opinions
        await ana.says("a fourth day")
        await follows(world)
        await opinions.sweep()
        assert by_doctor(world) == [], "it reads again"


# A message that cannot be stored or judged.


async def test_what_the_pipeline_stumbles_over_at_arrival_is_answered_by_the_rules_alone_and_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with reading(tmp_path, Sayings({})) as world:
        ana = await world.enrol("Ana")
        await follows(world)
        await world.tick()
        with monkeypatch.context() as patch:
            patch.setattr(bot.arrival, "_judge", lambda *_: 1 / 0)
            await ana.says(DOUBT)
        assert len(world.primary.user.received) == 1, "paged directly"
        assert len(unread(world)) == 1
        await follows(world)
        assert [case.level for case in cases(world)] == [content().screener.screen(DOUBT).level], "and its case is opened after all"


# A database that does not come back.


def told_directly(world: World, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The chats that are answered and paged without the database."""
    answer: Callable[[Sequence[Screened]], Awaitable[None]] = world.app.pipeline.fallback.answer
    direct: list[int] = []

    async def directly(crises: Sequence[Screened]) -> None:
        direct.extend(one.inbound.chat_id for one in crises)
        await answer(crises)

    monkeypatch.setattr(world.app.pipeline.opinions, "_directly", directly)
    return direct


async def test_a_page_waits_for_the_database_no_longer_than_on_the_rules_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with reading(tmp_path, Sayings({NOBODY_KNOWS: (0.999, 0.2)})) as world:
        ana, ben, cleo = [await world.enrol(name) for name in ("Ana", "Ben", "Cleo")]
        await follows(world)
        opinions, held = world.app.pipeline.opinions, threading.Event()
        direct = told_directly(world, monkeypatch)
        for person in (ana, ben):
            await person.says(NOBODY_KNOWS)
        await cleo.says("the soup was good")
        judge, begun = opinion_work.judge, list[int]()

        def holds(work: Any, one: Any) -> None:
            begun.append(one.inbound.chat_id)
            held.wait(10)
            judge(work, one)

        monkeypatch.setattr(module, "judge", holds)
        await world.tick()
        before = len(world.primary.user.received)
        monkeypatch.setattr(module, "DATABASE_S", 0.05)
        await opinions.read()
        assert direct == [ana.person.chat_id, ben.person.chat_id]
        assert len(world.primary.user.received) == before + 2, "whoever is on call was told of both"
        assert begun == [ana.person.chat_id], "nothing more is asked of the database until it comes back"
        await opinions.retry()
        monkeypatch.setattr(module, "DATABASE_S", 60)
        held.set()
        await until(lambda: opinions._writing is None)
        await opinions.retry()
        await opinions._settle()
        assert {case.person_id for case in cases(world)} == {ana.person.id, ben.person.id}
        assert unread(world) == []


async def test_the_first_failure_of_the_database_is_enough_and_none_of_them_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with reading(tmp_path, Sayings({NOBODY_KNOWS: (0.999, 0.2)})) as world:
        ana = await world.enrol("Ana")
        await follows(world)
        await ana.says(NOBODY_KNOWS)
        opinions = world.app.pipeline.opinions
        direct = told_directly(world, monkeypatch)
        failures: list[Exception] = [*(OperationalError("", {}, Exception()) for _ in range(module.GIVEN_UP + 1)), ValueError()]
        judge = opinion_work.judge

        def fails(work: Any, one: Any) -> None:
            if failures:
                raise failures.pop(0)
            judge(work, one)

        monkeypatch.setattr(module, "judge", fails)
        await world.tick()
        before = len(world.primary.user.received)
        await opinions.read()
        assert direct == [ana.person.chat_id]
        while failures:
            await opinions.retry()
        assert len(world.primary.user.received) == before + 1, "once"
        await opinions.retry()
        assert [case.level for case in cases(world)] == ["urgent"]


async def test_short_messages_do_not_wait_behind_many_long_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with reading(tmp_path, Sayings({})) as world:
        ana = await world.enrol("Ana")
        await follows(world)
        opinions = world.app.pipeline.opinions
        for text in ("day one", "a long story " * 310, "day two", "day three", "another story " * 20):
            await ana.says(text)
        assert [len(opinions._batch()) for _ in range(3)] == [1, 1, 3]
        assert not opinions._batch()
