"""Two replicas of one bot on one database: order, nothing twice, nothing lost when one of them is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlmodel import col, select

from bot import audit, inbox, outbox, people, rhythm
from bot.app import App, build
from bot.escalation.bundles import AT_ONCE
from bot.inbound import Inbound, Kind
from bot.models import Alert, Audit, Case, Inbox, InboxState, Lane, Outbox, OutboxState, Page, PageState, Person
from bot.outbox import Post
from bot.ports import Outgoing
from tests.test_pipeline import CRISIS, said
from tests.world import Phone, World, content

pytestmark = pytest.mark.postgres


@dataclass
class Replicas:
    """A world, and the two apps that serve it."""

    world: World
    apps: tuple[App, App]

    async def settle(self) -> None:
        for _ in range(3):
            for app in self.apps:
                await app.pipeline.idle()
                await app.sender.drain()

    async def tick(self) -> None:
        await asyncio.gather(*(app.ticker.tick() for app in self.apps))
        await self.settle()

    async def passes(self, seconds: int, step: int = 1) -> None:
        for _ in range(0, seconds, step):
            self.world.clock.move_to(self.world.clock.now() + timedelta(seconds=step))
            await self.tick()


@pytest.fixture
async def two(world: World) -> AsyncIterator[Replicas]:
    services = world.app.services
    other = build(services.settings, services.clock, services.transport, loaded=content())
    await other.services.database.run_quietly(other.pipeline.fallback.read)
    try:
        yield Replicas(world, (world.app, other))
        await other.pipeline.idle()
    finally:
        other.services.database.close()


def command(phone: Phone, update_id: int, name: str) -> Inbound:
    return said(phone, update_id, f"/{name}", kind=Kind.COMMAND, command=name)


def templates(world: World, phone: Phone) -> list[str | None]:
    with world.work() as work:
        return list(work.session.exec(select(Outbox.template).where(col(Outbox.chat_id) == phone.user.id).order_by(col(Outbox.id))))


def states(world: World) -> set[InboxState]:
    with world.work() as work:
        return {row.state for row in work.session.exec(select(Inbox))}


async def test_a_chat_whose_updates_come_in_turns_keeps_its_order(two: Replicas) -> None:
    phones = [await two.world.enrol(f"Person {number}") for number in range(3)]
    names = ["settings", "privacy", "privacy", "settings"] * 4
    for number, name in enumerate(names):
        batch = [command(phone, 10 * number + place, name) for place, phone in enumerate(phones)]
        await two.apps[number % 2].pipeline.receive(batch)
    await two.settle()
    wanted = [{"settings": "settings/panel", "privacy": "privacy/overview"}[name] for name in names]
    for phone in phones:
        assert templates(two.world, phone) == wanted
        assert phone.keys == wanted
    assert states(two.world) == {InboxState.DONE}


async def test_an_update_that_both_get_is_lived_through_once(two: Replicas) -> None:
    ana, bea = await two.world.enrol("Ana"), await two.world.enrol("Bea")
    for number in range(5):
        update, crisis = command(ana, 10 + number, "settings"), said(bea, 20 + number, CRISIS)
        await asyncio.gather(*(app.pipeline.receive([update, crisis]) for app in two.apps))
    await two.settle()
    assert templates(two.world, ana) == ["settings/panel"] * 5
    with two.world.work() as work:
        assert len(work.session.exec(select(Case)).all()) == 1
        assert len(work.session.exec(select(Alert)).all()) == 5
    assert len(two.world.primary.pages) == 1
    assert not two.world.api.updates.pending


async def test_a_strangers_first_words_at_both_make_one_person(two: Replicas) -> None:
    sam = two.world.stranger()
    sam.user.started = True
    await asyncio.gather(*(app.pipeline.receive([said(sam, 10 + number, "hello")]) for number, app in enumerate(two.apps)))
    await two.settle()
    with two.world.work() as work:
        assert len(work.session.exec(select(Person).where(col(Person.chat_id) == sam.user.id)).all()) == 1
    assert states(two.world) == {InboxState.DONE}


async def test_crises_of_the_same_people_at_both_wait_for_nobody(two: Replicas) -> None:
    phones = [await two.world.enrol(f"Person {number}") for number in range(6)]
    for start in range(3):
        forward = [said(phone, 100 * start + number, CRISIS) for number, phone in enumerate(phones)]
        backward = [said(phone, 100 * start + 50 + number, CRISIS) for number, phone in enumerate(reversed(phones))]
        await asyncio.gather(two.apps[0].pipeline.receive(forward), two.apps[1].pipeline.receive(backward))
    await two.settle()
    with two.world.work() as work:
        assert len(work.session.exec(select(Case)).all()) == 6
        assert len(work.session.exec(select(Alert)).all()) == 36
    assert len(two.world.primary.pages) == 6
    assert states(two.world) == {InboxState.DONE}


async def test_they_share_one_send_budget_and_keep_one_message_in_flight_for_each_chat(two: Replicas) -> None:
    rate = 10
    apps = two.apps
    for app in apps:
        object.__setattr__(app.services, "settings", app.services.settings.model_copy(update={"send_rate": rate}))
    with two.world.work() as work:
        for row in work.session.exec(select(Person)):
            assert row.chat_id is not None
            for number in range(20):
                outbox.put(work, row, Outgoing(row.chat_id, text=f"{number}"), post=Post(lane=Lane.REPLY))

    def sent() -> int:
        return sum(call.method == "sendMessage" for call in two.world.api.calls)

    for _ in range(10):
        await asyncio.gather(*(app.sender.step() for app in apps))
        await asyncio.gather(*(app.sender.drain() for app in apps))
    assert sent() <= rate
    await two.passes(1)
    assert sent() <= 2 * rate
    await two.passes(8)
    for phone in (two.world.primary, two.world.backup):
        assert [message.text for message in phone.user.received] == [str(number) for number in range(20)]


async def test_nobody_is_paged_twice_for_a_step(two: Replicas) -> None:
    ana = await two.world.enrol("Ana")
    await two.apps[1].pipeline.receive([said(ana, 10, CRISIS)])
    await two.settle()
    counts = []
    for _ in range(5):
        await two.passes(60, step=5)
        counts.append((len(two.world.primary.pages), len(two.world.backup.pages)))
    assert counts == [(1, 0), (2, 0), (2, 0), (2, 1), (2, 1)]


async def test_a_reminder_comes_once(two: Replicas) -> None:
    ana = await two.world.enrol("Ana")
    with two.world.work() as work:
        person = people.by_chat(work.session, ana.user.id)
        assert person is not None
        rhythm.plan_checkin(work, person)
    two.world.clock.move_to(two.world.clock.now().replace(hour=22, minute=59, second=58))
    await two.passes(6)
    assert len([key for key in ana.keys if key.startswith("checkin/")]) == 1


async def test_what_a_killed_replica_left_is_taken_up_by_the_other(two: Replicas) -> None:
    ana = await two.world.enrol("Ana")
    with two.world.work() as work:  # stored and confirmed; then it was killed
        for number, name in enumerate(("settings", "privacy")):
            inbox.store(work, command(ana, 10 + number, name))
    survivor = two.apps[1]
    await survivor.ticker.tick()
    await two.settle()
    assert ana.keys == []
    await two.passes(31, step=1)
    assert ana.keys == ["settings/panel", "privacy/overview"]
    assert states(two.world) == {InboxState.DONE}


async def test_a_later_update_waits_for_one_that_a_killed_replica_left(two: Replicas) -> None:
    ana = await two.world.enrol("Ana")
    with two.world.work() as work:
        inbox.store(work, command(ana, 10, "settings"))
    await two.apps[1].pipeline.receive([command(ana, 11, "privacy")])
    await two.settle()
    assert ana.keys == []
    await two.passes(31, step=1)
    assert ana.keys == ["settings/panel", "privacy/overview"]


async def test_a_turn_in_progress_is_left_to_its_replica_and_what_comes_after_it_too(two: Replicas) -> None:
    ana = await two.world.enrol("Ana")
    first, second = command(ana, 10, "settings"), command(ana, 11, "privacy")
    with two.world.work() as work:
        inbox.store(work, first)
    with two.world.work() as work:
        assert len(inbox.take(work, [10])) == 1  # the other replica is in the middle of it
        receiving = asyncio.create_task(two.apps[1].pipeline.receive([second]))
        await receiving
        await two.apps[1].pipeline.idle()
        two.apps[1].pipeline.enqueue([(ana.user.id, 10), (ana.user.id, 11)])
        await two.apps[1].pipeline.idle()
    assert templates(two.world, ana) == []
    two.apps[1].pipeline.enqueue([(ana.user.id, 10)])
    await two.settle()
    # Whoever lived through the first goes on with the second.
    assert templates(two.world, ana) == ["settings/panel", "privacy/overview"]


async def test_what_a_killed_replica_was_sending_is_sent_by_the_other(two: Replicas) -> None:
    dana = two.world.primary
    with two.world.work() as work:
        person = people.by_chat(work.session, dana.user.id)
        assert person is not None
        row = outbox.put(work, person, Outgoing(dana.user.id, text="page"), post=Post(lane=Lane.PAGE))
        assert row is not None
        row.state, row.lease_until = OutboxState.SENDING, work.now + timedelta(seconds=25)
    await two.passes(20, step=5)
    assert dana.user.received == []
    await two.passes(10, step=5)
    assert [message.text for message in dana.user.received] == ["page"]


async def test_both_seal_the_audit_and_the_chain_is_whole(two: Replicas) -> None:
    for round_ in range(4):
        with two.world.work() as work:
            for number in range(30):
                audit.record(work, "test.done", number=number + 100 * round_)
        await asyncio.gather(*(app.ticker.tick() for app in two.apps))
    with two.world.work() as work:
        assert audit.verify(work.session, work.vault) is None
        assert [row for row in work.session.exec(select(Audit)) if row.chain_no is None] == []
    assert [app.ticker.failures for app in two.apps] == [{}, {}]


async def test_all_of_it_at_once(two: Replicas) -> None:
    """Commands, crises, ticks and sends at both, for the same people: no deadlock, no failure, nothing twice."""
    phones = [await two.world.enrol(f"Person {number}") for number in range(8)]
    numbers = iter(range(10, 10_000))

    async def serve(app: App, mine: Sequence[Phone]) -> None:
        for number in range(6):
            texts = [said(phone, next(numbers), CRISIS) if number == 3 else command(phone, next(numbers), "settings") for phone in mine]
            await app.pipeline.receive(texts)
            await asyncio.gather(app.ticker.tick(), app.sender.step())

    await asyncio.gather(serve(two.apps[0], phones), serve(two.apps[1], list(reversed(phones))))
    await two.settle()
    await asyncio.gather(*(app.ticker.tick() for app in two.apps))  # who joined a bundle that is sent is told so by the next tick
    await two.settle()
    assert states(two.world) == {InboxState.DONE}
    with two.world.work() as work:
        assert len(work.session.exec(select(Case)).all()) == 8
        assert len(work.session.exec(select(Alert)).all()) == 16
        assert {row.attempts for row in work.session.exec(select(Inbox))} == {0}
        pages = work.session.exec(select(Page)).all()
        assert len(pages) == len({page.case_id for page in pages}) == 8
        assert {page.state for page in pages} == {PageState.SENT}
    # A burst: the first come one by one, the others in one message.
    assert len(two.world.primary.pages) == AT_ONCE + 1
    for phone in phones:
        assert templates(two.world, phone).count("settings/panel") == 10
    assert [app.ticker.failures for app in two.apps] == [{}, {}]
