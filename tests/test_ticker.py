"""The tick: each part with its own failure and deadline, the watchdog, the clock that steps, and what is swept away."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from bot import inbox, outbox, people, ticker
from bot.app import build
from bot.clock import SystemClock
from bot.inbound import Kind
from bot.models import Due, Inbox, InboxState, Lane, Outbox, OutboxState
from bot.outbox import Post
from bot.ports import Outgoing
from bot.sending import erase_old
from tests.test_pipeline import CRISIS, said
from tests.world import Phone, World, content

PARTS = ("clock", "escalation", "due", "watchdog", "picture", "audit", "housekeeping")


def failing(world: World, monkeypatch: pytest.MonkeyPatch, part: str, error: Exception | None) -> None:
    """This part of the tick fails, or hangs when no error is given."""

    async def fail() -> None:
        if error is None:
            await asyncio.Event().wait()
        else:
            raise error

    monkeypatch.setattr(world.app.ticker, {"audit": "_seal_audit"}.get(part, f"_{part}"), fail)


# Parts


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_that_fails_stops_no_other(world: World, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    ran: list[str] = []
    for other in PARTS:
        if other != part:
            name = {"audit": "_seal_audit"}.get(other, f"_{other}")

            async def note(other: str = other) -> None:
                ran.append(other)

            monkeypatch.setattr(world.app.ticker, name, note)
    failing(world, monkeypatch, part, ValueError("broken"))
    await world.app.ticker.tick()
    await world.app.ticker.tick()
    assert ran == [other for other in PARTS if other != part] * 2
    assert world.app.ticker.failures == {part: 2}
    assert world.app.ticker.last_tick == world.clock.now()


async def test_a_part_that_hangs_is_given_up_and_the_others_go_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticker, "PART_DEADLINE_S", 0.2)
    failing(world, monkeypatch, "escalation", None)
    await world.app.ticker.tick()
    assert world.app.ticker.failures["escalation"] == 1
    assert world.app.ticker.last_tick == world.clock.now()


async def test_a_tick_that_is_still_running_takes_the_next_ones_place(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticker, "PART_DEADLINE_S", 0.2)
    failing(world, monkeypatch, "due", None)
    await asyncio.gather(*(world.app.ticker.tick() for _ in range(5)))
    assert world.app.ticker.failures == {"due": 1}


# Watchdog


async def test_updates_that_nobody_took_are_found_after_half_a_minute(world: World) -> None:
    ana = await world.enrol()
    with world.work() as work:
        inbox.store(work, said(ana, 7, "/settings", kind=Kind.COMMAND, command="settings"))
    await world.tick()
    assert ana.keys == []
    await world.passes(seconds=31)
    assert ana.keys == ["settings/panel"]


async def test_a_sender_that_does_not_move_is_reported_and_woken(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    await world.app.sender.step()
    world.app.sender._progress_s = asyncio.get_running_loop().time() - 60
    await world.app.ticker.tick()
    assert "sender.stuck" in capsys.readouterr().err
    assert world.app.sender._wake.is_set()


# The clock


async def test_a_clock_set_back_an_hour_delays_no_page_and_doubles_none(world: World) -> None:
    ana = await world.enrol()
    await ana.says(CRISIS)
    await world.passes(seconds=90)
    world.clock.move_to(world.clock.now() - timedelta(hours=1))
    await world.tick()
    assert (len(world.primary.pages), len(world.backup.pages)) == (1, 0)
    await world.passes(seconds=40)
    assert (len(world.primary.pages), len(world.backup.pages)) == (2, 0)
    await world.passes(minutes=2)
    assert (len(world.primary.pages), len(world.backup.pages)) == (2, 1)
    assert "crisis/still_trying" not in [seen.key for seen in ana.all]
    await world.passes(minutes=1)
    assert [seen.key for seen in ana.all].count("crisis/still_trying") == 1


async def test_a_clock_set_back_an_hour_keeps_no_repeated_message_waiting(world: World) -> None:
    ana = await world.enrol()
    await world.tick()
    world.api.faults.http_500("sendMessage", chat_id=ana.user.id, count=1)
    await ana.says("/settings")
    assert ana.keys == []
    world.clock.move_to(world.clock.now() - timedelta(hours=1))
    await world.passes(seconds=5)
    assert ana.keys == ["settings/panel"]


async def test_a_clock_set_back_while_the_process_was_down_delays_neither_a_page_nor_sos(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, eve = await world.enrol(), await world.enrol("Eve")
    await ana.says(CRISIS)
    await world.passes(seconds=90)
    await eve.says("/sos")
    world.clock.move_to(world.clock.now() - timedelta(hours=1))
    monkeypatch.setattr(world.app.ticker, "_latest", None)  # a new process has seen no time yet
    await world.passes(seconds=45)
    assert [case.level if (case := phone.case) is not None else None for phone in (ana, eve)] == ["emergency", "urgent"]
    assert [page.text[:7] for page in world.primary.pages] == ["Case 1:", "Case 2,", "Case 1,"]


async def test_a_clock_set_forward_a_day_pages_once_and_goes_on(world: World) -> None:
    ana = await world.enrol()
    await ana.says(CRISIS)
    await world.tick()
    world.clock.move_to(world.clock.now() + timedelta(days=1))
    await world.tick()
    await world.tick()
    assert len(world.primary.pages) == 2
    await world.passes(minutes=10)
    assert len(world.primary.pages) > 2


async def test_the_systems_clock_follows_the_machines_once_a_minute(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    services = world.app.services
    clock = SystemClock()
    app = build(services.settings, clock, services.transport, loaded=content())
    try:
        await app.ticker.tick()
        clock.synchronise(clock.now() - timedelta(days=3))  # as if it had started before the machine knew the time
        await app.ticker.tick()
        assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
        assert "clock.stepped" in capsys.readouterr().err
    finally:
        app.services.database.close()


# Sweeping


def put(world: World, phone: Phone, text: str, **post: Any) -> Outbox:
    with world.work() as work:
        person = people.by_chat(work.session, phone.user.id)
        assert person is not None
        row = outbox.put(work, person, Outgoing(phone.user.id, text=text), post=Post(lane=Lane.REPLY, **post))
        assert row is not None
        return row


async def test_what_was_sent_is_erased_after_the_days_that_the_operator_chose_and_what_waits_is_not(world: World) -> None:
    ana = await world.enrol()
    sent = put(world, ana, "sent")
    await world.settle()
    waiting = put(world, ana, "waits", due_at=world.clock.now() + timedelta(days=400))
    days = world.app.services.settings.retention_days
    world.clock.move_to(world.clock.now() + timedelta(days=days, minutes=-1))
    await world.tick()
    assert [payload(world, row) is None for row in (sent, waiting)] == [False, False]
    world.clock.move_to(world.clock.now() + timedelta(minutes=6))
    await world.tick()
    assert [payload(world, row) is None for row in (sent, waiting)] == [True, False]
    with world.work() as work:
        row = work.session.get(Outbox, sent.id)
        assert row is not None
        assert (row.state, row.result_message_id) == (OutboxState.SENT, ana.user.received[0].message_id)


async def test_sweeping_is_done_in_short_pieces(world: World) -> None:
    ana = await world.enrol()
    for number in range(25):
        put(world, ana, str(number))
    await world.settle()
    world.clock.move_to(world.clock.now() + timedelta(days=100))
    with world.work() as work:
        assert [erase_old(work, 90, limit=10) for _ in range(4)] == [10, 10, 5, 0]


async def test_ids_of_updates_are_forgotten_after_a_week_but_not_those_that_wait(world: World) -> None:
    ana = await world.enrol()
    await ana.says("/settings")
    with world.work() as work:
        work.session.add(Inbox(update_id=5, chat_id=ana.user.id, state=InboxState.SET_ASIDE, received_at=work.now, done_at=work.now))
    world.clock.move_to(world.clock.now() + timedelta(days=8))
    await world.tick()
    with world.work() as work:
        assert [row.update_id for row in work.session.exec(select(Inbox))] == [5]


def payload(world: World, row: Outbox) -> bytes | None:
    with world.work() as work:
        return work.session.exec(select(Outbox.payload).where(col(Outbox.id) == row.id)).one()


async def test_the_next_instants_are_what_a_moved_clock_must_stop_at(world: World) -> None:
    ana = await world.enrol()
    now = world.clock.now()
    put(world, ana, "later", due_at=now + timedelta(minutes=3))
    with world.work() as work:
        work.session.add(Due(kind="test.x", key="x", due_at=now + timedelta(minutes=2), created_at=now))
    found = await world.app.ticker.instants(now + timedelta(minutes=10))
    assert found == [now + timedelta(minutes=2), now + timedelta(minutes=3)]
    assert await world.app.ticker.instants(now + timedelta(minutes=1)) == []
