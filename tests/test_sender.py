"""The sender: lanes, order, retries, edits, and nothing lost when the process or the network fails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from bot import outbox, people
from bot.models import Lane, Outbox, OutboxState
from bot.outbox import Post
from bot.ports import Key, Outgoing
from bot.sending import recover
from tests.world import Phone, World


def put(world: World, phone: Phone, text: str, lane: Lane = Lane.REPLY, **post: Any) -> Outbox:
    with world.work() as work:
        person = people.by_chat(work.session, phone.user.id)
        assert person is not None
        row = outbox.put(work, person, Outgoing(phone.user.id, text=text), post=Post(lane=lane, **post))
        assert row is not None
        return row


def rows(world: World, phone: Phone) -> list[Outbox]:
    with world.work() as work:
        return list(work.session.exec(select(Outbox).where(col(Outbox.chat_id) == phone.user.id).order_by(col(Outbox.id))))


def texts(phone: Phone) -> list[str]:
    return [message.text or "" for message in phone.user.received]


async def test_messages_of_a_chat_arrive_in_the_order_in_which_they_were_put_in(world: World) -> None:
    ana = await world.enrol()
    for number in range(20):
        put(world, ana, f"message {number}")
    await world.settle()
    assert texts(ana) == [f"message {number}" for number in range(20)]


async def test_a_page_overtakes_everything_else_of_its_chat(world: World) -> None:
    dana = world.primary
    put(world, dana, "one")
    put(world, dana, "two")
    put(world, dana, "page", Lane.PAGE)
    await world.settle()
    assert texts(dana)[0] == "page"


async def test_a_reply_waits_for_an_earlier_message_that_is_tried_again(world: World) -> None:
    ana = await world.enrol()
    world.api.faults.http_500("sendMessage", chat_id=ana.user.id, count=1)
    put(world, ana, "first")
    put(world, ana, "second")
    await world.settle()
    assert texts(ana) == []
    await world.passes(seconds=5)
    assert texts(ana) == ["first", "second"]


async def test_flood_control_is_obeyed(world: World) -> None:
    ana = await world.enrol()
    world.api.faults.retry_after("sendMessage", seconds=20, chat_id=ana.user.id, count=1)
    put(world, ana, "hello")
    await world.passes(seconds=19)
    assert texts(ana) == []
    await world.passes(seconds=2)
    assert texts(ana) == ["hello"]


async def test_a_page_whose_answer_was_lost_is_repeated_rather_than_lost(world: World) -> None:
    world.api.faults.accept_then_drop("sendMessage", chat_id=world.primary.user.id, count=1)
    put(world, world.primary, "page", Lane.PAGE)
    await world.passes(seconds=5)
    assert texts(world.primary) == ["page", "page"]


async def test_a_bulk_message_whose_answer_was_lost_is_marked_uncertain_and_not_repeated(world: World) -> None:
    ana = await world.enrol()
    world.api.faults.accept_then_drop("sendMessage", chat_id=ana.user.id, count=1)
    put(world, ana, "reminder", Lane.BULK)
    await world.passes(minutes=2)
    assert texts(ana) == ["reminder"]
    assert rows(world, ana)[-1].state is OutboxState.UNCERTAIN


async def test_bulk_goes_out_at_one_a_second_for_each_chat(world: World) -> None:
    ana = await world.enrol()
    put(world, ana, "one", Lane.BULK)
    put(world, ana, "two", Lane.BULK)
    await world.settle()
    assert texts(ana) == ["one"]
    await world.passes(seconds=1)
    assert texts(ana) == ["one", "two"]


async def test_what_is_too_late_is_dropped(world: World) -> None:
    ana = await world.enrol()
    put(world, ana, "useless", expires_at=world.clock.now() + timedelta(minutes=1), due_at=world.clock.now() + timedelta(seconds=30))
    world.clock.move_to(world.clock.now() + timedelta(hours=1))
    await world.settle()
    assert texts(ana) == []
    assert rows(world, ana)[-1].failure == "too_late"


async def test_the_same_dedup_key_is_stored_once(world: World) -> None:
    ana = await world.enrol()
    put(world, ana, "once", dedup_key="reminder:1")
    with world.work() as work:
        person = people.by_chat(work.session, ana.user.id)
        assert person is not None
        assert outbox.put(work, person, Outgoing(ana.user.id, text="twice"), post=Post(dedup_key="reminder:1")) is None
    await world.settle()
    assert texts(ana) == ["once"]


async def test_an_edit_of_an_unsent_message_rewrites_it(world: World) -> None:
    ana = await world.enrol()
    row = put(world, ana, "old")
    with world.work() as work:
        person, found = people.by_chat(work.session, ana.user.id), work.session.get(Outbox, row.id)
        assert person is not None and found is not None
        outbox.edit(work, person, found, Outgoing(ana.user.id, text="new"))
    await world.settle()
    assert texts(ana) == ["new"]
    assert not ana.user.received[0].edited


async def test_of_several_waiting_edits_only_the_newest_is_sent(world: World) -> None:
    ana = await world.enrol()
    row = put(world, ana, "zero")
    await world.settle()
    with world.work() as work:
        person, found = people.by_chat(work.session, ana.user.id), work.session.get(Outbox, row.id)
        assert person is not None and found is not None
        for text in ("one", "two", "three"):
            outbox.edit(work, person, found, Outgoing(ana.user.id, text=text))
    await world.settle()
    assert texts(ana) == ["three"]
    assert sum(call.method.lower() == "editmessagetext" for call in world.api.calls) == 1


async def test_new_buttons_alone_neither_lose_nor_bring_back_words(world: World) -> None:
    ana = await world.enrol()
    row = put(world, ana, "old")
    await world.settle()
    keys = ((Key("Button", data="menu.help"),),)
    for changes in ([Outgoing(ana.user.id, text="new"), Outgoing(ana.user.id, kind="markup", keys=keys)], [Outgoing(0, kind="markup")]):
        with world.work() as work:
            person, found = people.by_chat(work.session, ana.user.id), work.session.get(Outbox, row.id)
            assert person is not None and found is not None
            for change in changes:
                outbox.edit(work, person, found, change)
        await world.settle()
        assert texts(ana) == ["new"]
    assert ana.last.labels == []


async def test_an_edit_of_a_message_that_is_gone_is_sent_anew_and_later_edits_follow_it(world: World) -> None:
    ana = await world.enrol()
    row = put(world, ana, "old")
    await world.settle()
    await world.app.services.transport.send(Outgoing(ana.user.id, kind="delete", target=ana.user.received[0].message_id))
    for text in ("new", "newer"):
        with world.work() as work:
            person, found = people.by_chat(work.session, ana.user.id), work.session.get(Outbox, row.id)
            assert person is not None and found is not None
            outbox.edit(work, person, found, Outgoing(ana.user.id, text=text))
        await world.settle()
    assert texts(ana) == ["newer"]


async def test_an_edit_that_changes_nothing_is_a_success(world: World) -> None:
    ana = await world.enrol()
    row = put(world, ana, "same")
    await world.settle()
    with world.work() as work:
        person, found = people.by_chat(work.session, ana.user.id), work.session.get(Outbox, row.id)
        assert person is not None and found is not None
        outbox.edit(work, person, found, Outgoing(ana.user.id, text="same"))
    await world.settle()
    assert {one.state for one in rows(world, ana)} == {OutboxState.SENT}


async def test_a_blocked_bot_becomes_a_state_of_the_person(world: World) -> None:
    ana = await world.enrol()
    ana.user.block()
    await world.settle()
    assert ana.person.blocked_at is not None


@pytest.mark.parametrize(
    ("lane", "state"), [(Lane.PAGE, OutboxState.WAITING), (Lane.REPLY, OutboxState.WAITING), (Lane.BULK, OutboxState.UNCERTAIN)]
)
async def test_what_a_killed_process_was_sending_is_taken_up_again_but_bulk_is_not_doubled(
    world: World, lane: Lane, state: OutboxState
) -> None:
    row = put(world, world.primary, "in flight", lane)
    with world.work() as work:
        found = work.session.get(Outbox, row.id)
        assert found is not None
        found.state, found.lease_until = OutboxState.SENDING, work.now + timedelta(seconds=20)
    with world.work() as work:
        assert recover(work) == 1
    with world.work() as work:
        found = work.session.get(Outbox, row.id)
        assert found is not None
        assert found.state is state


async def test_tokens_are_kept_back_for_pages(tmp_path: Any) -> None:
    from tests.world import world_at

    async with world_at(tmp_path, send_rate=10) as world:
        crowd = [await world.hire(f"Person {number}") for number in range(30)]
        for phone in crowd:
            put(world, phone, "news", Lane.BULK)
        put(world, world.primary, "page", Lane.PAGE)
        await world.settle()
        assert texts(world.primary) == ["page"]
        assert sum(len(texts(phone)) for phone in crowd) < 10
        await world.passes(seconds=10)
        assert sum(len(texts(phone)) for phone in crowd) == 30
