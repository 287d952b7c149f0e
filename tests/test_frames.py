"""Frames beside the sender: newest wins, within the budget, after everything else, and right again after whatever went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from bot import outbox
from bot.content.markup import to_plain
from bot.errors import RetryLater, Undeliverable
from bot.frames import LEASE, Frames, claim, recover, settle
from bot.models import Outbox, OutboxState, Person, SendBudget, Timer
from bot.ports import Outgoing, Transport
from tests.world import Phone, World


@pytest.fixture
async def ana(world: World) -> Phone:
    """Someone whose timer has just begun."""
    phone = await world.enrol("Ana")
    await begin(phone)
    assert phone.keys == ["tools/timer"]
    return phone


async def begin(phone: Phone) -> None:
    """From nothing to a running timer."""
    await phone.says("/tools")
    for button in ("tools.open", "tools.start", "tools.before:urge_surfing:5"):
        await phone.taps(button)


def frame(world: World, second: float) -> str:
    script = world.app.services.content.tools["urge_surfing"].script
    assert script is not None
    found = script.frame_at(second)
    assert found is not None
    return to_plain(found.text.en)


def row(world: World) -> Timer:
    with world.work() as work:
        return work.session.exec(select(Timer)).one()


def sent(world: World) -> int:
    return sum(call.method == "editMessageText" for call in world.api.calls)


def jump(world: World, **span: float) -> None:
    """Time goes by while nothing runs."""
    world.clock.move_to(world.clock.now() + timedelta(**span))


async def test_a_restart_goes_on_at_the_right_frame(world: World, ana: Phone) -> None:
    await world.passes(seconds=20)
    jump(world, seconds=100)
    before = sent(world)
    await Frames(world.app.services).pump()
    assert ana.last.text.startswith(frame(world, 120))
    assert sent(world) == before + 1  # what was missed is missed


async def test_what_a_stopped_process_was_sending_does_not_hold_the_timer(world: World, ana: Phone) -> None:
    jump(world, seconds=16)
    taken, _ = await world.app.services.run_quietly(claim)
    assert [one.place for one in taken] == [1]
    jump(world, seconds=5)
    fresh = Frames(world.app.services)
    await fresh.pump()
    assert not ana.last.text.startswith(frame(world, 16))  # its lease runs
    await world.app.services.run_quietly(recover)
    await fresh.pump()
    assert ana.last.text.startswith(frame(world, 21))


async def test_a_lease_that_runs_out_frees_the_timer(world: World, ana: Phone) -> None:
    jump(world, seconds=16)
    await world.app.services.run_quietly(claim)
    jump(world, seconds=LEASE.total_seconds())
    await world.app.frames.pump()
    assert ana.last.text.startswith(frame(world, 41))


async def test_two_senders_send_a_frame_once(world: World, ana: Phone) -> None:
    jump(world, seconds=31)
    before = sent(world)
    await asyncio.gather(*(Frames(world.app.services).pump() for _ in range(3)))
    assert sent(world) == before + 1


async def test_flood_control_is_obeyed_and_then_the_newest_frame_goes(world: World, ana: Phone) -> None:
    world.api.faults.retry_after("editMessageText", seconds=40)
    await world.passes(seconds=15)
    before = sent(world)
    await world.passes(seconds=27)
    assert sent(world) == before  # the first one was refused at three seconds: nothing until 43
    await world.passes(seconds=2)
    assert sent(world) == before + 1
    assert ana.last.text.startswith(frame(world, 43))


async def test_a_first_message_that_is_late_pushes_the_frames_back(world: World) -> None:
    ben = await world.enrol("Ben")
    await ben.says("/tools")
    await ben.taps("tools.open")
    await ben.taps("tools.start")
    world.api.faults.retry_after("sendMessage", seconds=13)
    await ben.taps("tools.before:urge_surfing:5")
    assert ben.replies == []
    await world.passes(seconds=13)
    assert ben.keys == ["tools/timer"]
    assert ben.last.text.startswith("Your five minutes begin now.")
    await world.passes(seconds=2)
    assert ben.last.text.startswith("Your five minutes begin now.")
    await world.passes(seconds=1)
    assert ben.last.text.startswith(frame(world, 16))


async def test_a_message_that_is_gone_ends_the_timer_without_a_word(world: World, ana: Phone) -> None:
    await world.passes(seconds=20)
    await world.app.services.transport.send(Outgoing(ana.user.id, kind="delete", target=ana.last.message.message_id))
    count = len(ana.all)
    await world.passes(minutes=10)
    assert len(ana.all) <= count
    assert row(world).end == "gone"


async def test_a_blocked_bot_is_noticed(world: World, ana: Phone) -> None:
    jump(world, seconds=16)
    taken, _ = await world.app.services.run_quietly(claim)
    await world.app.services.run(settle, taken[0], Undeliverable("blocked"))
    assert row(world).end == "gone"
    with world.work() as work:
        person = work.session.get(Person, ana.person_id)
        assert person is not None
        assert person.blocked_at is not None


async def test_a_frame_that_is_refused_is_passed_over(world: World, ana: Phone) -> None:
    jump(world, seconds=16)
    taken, _ = await world.app.services.run_quietly(claim)
    await world.app.services.run(settle, taken[0], Undeliverable("rejected"))
    await world.passes(seconds=15)
    assert ana.last.text.startswith(frame(world, 31))


async def test_a_time_out_repeats_nothing_old(world: World, ana: Phone) -> None:
    jump(world, seconds=16)
    taken, _ = await world.app.services.run_quietly(claim)
    await world.app.services.run(settle, taken[0], RetryLater(timedelta(seconds=1), uncertain=True))
    assert row(world).next_at == world.clock.now() + timedelta(seconds=3)
    await world.passes(seconds=14)
    assert ana.last.text.startswith(frame(world, 30))


@pytest.mark.parametrize(("press", "words"), [("Pause", "Paused."), ("Stop", "You stopped")])
async def test_a_frame_that_lands_after_a_press_is_put_right(world: World, ana: Phone, press: str, words: str) -> None:
    await world.passes(seconds=15)
    jump(world, seconds=15)
    taken, _ = await world.app.services.run_quietly(claim)
    await ana.taps(press)
    assert words in ana.last.text
    await world.app.services.transport.send(taken[0].message)
    assert words not in ana.last.text
    await world.app.services.run(settle, taken[0], None)
    await world.settle()
    assert words in ana.last.text
    assert ana.last.labels != ["Pause", "Stop"]


async def test_a_pause_and_continue_meanwhile_decide_anew(world: World, ana: Phone) -> None:
    await world.passes(seconds=15)
    jump(world, seconds=15)
    taken, _ = await world.app.services.run_quietly(claim)
    await ana.taps("Pause")
    await ana.taps("Continue")
    due = row(world).next_at
    await world.app.services.run(settle, taken[0], None)
    assert row(world).next_at == due


async def test_frames_wait_for_what_the_outbox_has_for_the_chat(world: World, ana: Phone) -> None:
    jump(world, seconds=31)
    with world.work() as work:
        person = work.session.get(Person, ana.person_id)
        assert person is not None
        outbox.say(work, person, "common/later")
    before = sent(world)
    await world.app.frames.pump()
    assert sent(world) == before
    await world.passes(seconds=1)
    assert sent(world) == before + 1


async def test_frames_leave_the_share_of_pages_alone(world: World, ana: Phone) -> None:
    jump(world, seconds=31)
    with world.work() as work:
        budget = work.session.exec(select(SendBudget)).one()
        budget.tokens, budget.refilled_at = work.settings.send_rate * 0.2, work.now
    before = sent(world)
    await world.app.frames.pump()
    assert sent(world) == before
    jump(world, seconds=1)
    await world.app.frames.pump()
    assert sent(world) == before + 1


async def test_frames_of_many_people_are_claimed_in_one_transaction(world: World, ana: Phone) -> None:
    others = [await world.enrol(f"P{number}") for number in range(5)]
    for phone in others:
        await begin(phone)
    jump(world, seconds=31)
    taken, _ = await world.app.services.run_quietly(claim)
    assert len(taken) == 6
    assert len({one.timer_id for one in taken}) == 6


async def test_a_first_message_that_never_went_out_ends_the_timer(world: World, ana: Phone) -> None:
    with world.work() as work:
        start = work.session.get(Outbox, row(world).outbox_id)
        assert start is not None
        start.state, start.result_message_id = OutboxState.FAILED, None
    jump(world, seconds=31)
    await world.app.frames.pump()
    assert row(world).end == "gone"


class Signalling:
    """The real transport, and a signal after each message."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.sent = asyncio.Event()

    async def send(self, message: Outgoing) -> int | None:
        try:
            return await self._transport.send(message)
        finally:
            self.sent.set()

    async def fetch(self, file_id: str) -> bytes:
        raise NotImplementedError

    async def answer_press(self, query_id: str, text: str = "", *, alert: bool = False) -> None:
        raise NotImplementedError

    async def set_commands(self, chat_id: int, language: str, commands: Sequence[tuple[str, str]]) -> None:
        raise NotImplementedError

    async def leave(self, chat_id: int) -> None:
        raise NotImplementedError


async def test_the_loop_sends_without_being_pumped(world: World, ana: Phone) -> None:
    jump(world, seconds=31)
    transport = Signalling(world.app.services.transport)
    frames = Frames(replace(world.app.services, transport=transport))
    task = asyncio.create_task(frames.run())
    async with asyncio.timeout(5):
        await transport.sent.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await frames.close()
    assert ana.last.text.startswith(frame(world, 31))
    assert row(world).frame == 3
