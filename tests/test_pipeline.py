"""The pipeline: updates are stored before they are confirmed, lived through once and in order; a failure takes nobody else with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from bot import arrival, inbox, pipeline
from bot.inbound import Inbound, Kind
from bot.models import Alert, Case, Inbox, InboxState, Outbox, Person
from bot.turn import Turn
from tests.world import Phone, Stumbling, World

CRISIS = "I want to kill myself"


def said(phone: Phone, update_id: int, text: str, **fields: Any) -> Inbound:
    """A text as the adapter gives it."""
    known: dict[str, Any] = {"kind": Kind.TEXT, "at": phone.world.clock.now(), "message_id": update_id, "text": text, "texts": (text,)}
    return Inbound(update_id=update_id, chat_id=phone.user.id, user_id=phone.user.id, **{**known, **fields})


async def receives(world: World, *updates: Inbound) -> None:
    await world.app.pipeline.receive(updates)
    await world.settle()


def rows(world: World) -> dict[int, Inbox]:
    with world.work() as work:
        return {row.update_id: row for row in work.session.exec(select(Inbox).order_by(col(Inbox.update_id)))}


def breaks(world: World, command: str, *, times: int | None = None, error: Callable[[], Exception] = lambda: ValueError("broken")) -> None:
    """From now on the handler of a command fails, always or some times."""
    commands: dict[str, Any] = world.app.routes.commands  # type: ignore[assignment]
    whole, left = commands[command], [times]

    def fail(turn: Turn) -> None:
        turn.say("common/later")
        if left[0] is None or left[0] > 0:
            left[0] = None if left[0] is None else left[0] - 1
            raise error()
        turn.intents = []
        whole.handler(turn)

    commands[command] = replace(whole, handler=fail)


async def test_a_turn_that_fails_three_times_is_set_aside_and_the_chat_goes_on(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    ana = await world.enrol()
    breaks(world, "privacy")
    await ana.says("/privacy")
    assert ana.keys == ["common/went_wrong"]
    aside = [row for row in rows(world).values() if row.state is InboxState.SET_ASIDE]
    assert len(aside) == 1
    assert aside[0].attempts == 3
    assert aside[0].payload is not None
    assert "turn.set_aside" in capsys.readouterr().err
    await ana.says("/settings")
    assert ana.keys == ["settings/panel"]


async def test_a_failure_that_passes_is_lived_through_at_the_next_try(world: World) -> None:
    ana = await world.enrol()
    breaks(world, "settings", times=2)
    await ana.says("/settings")
    assert ana.keys == ["settings/panel"]


async def test_a_database_error_that_passes_is_nobodys_fault(world: World) -> None:
    ana = await world.enrol()
    breaks(world, "settings", times=4, error=lambda: OperationalError("", None, Exception()))
    await ana.says("/settings")
    assert ana.keys == ["settings/panel"]
    assert {row.attempts for row in rows(world).values()} == {0}


async def test_a_database_error_that_stays_does_not_stop_the_bot_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "LONGEST_RETRY_S", 0.01)
    ana, bea = await world.enrol("Ana"), await world.enrol("Bea")
    breaks(world, "privacy", error=lambda: OperationalError("", None, Exception()))
    await ana.says("/privacy")
    assert ana.keys == ["common/went_wrong"]
    await bea.says("/settings")
    assert bea.keys == ["settings/panel"]


async def test_a_failure_in_a_batch_takes_nobody_elses_turn_back(world: World) -> None:
    phones = [await world.enrol(f"Person {number}") for number in range(5)]
    breaks(world, "privacy")
    for phone in phones:
        phone.user.text("/privacy" if phone is phones[2] else "/settings")
    await world.settle()
    assert [phone.keys for phone in phones] == [["settings/panel"]] * 2 + [["common/went_wrong"]] + [["settings/panel"]] * 2


async def test_a_payload_that_cannot_be_read_is_set_aside(world: World) -> None:
    ana = await world.enrol()
    with world.work() as work:
        inbox.store(work, said(ana, 7, "hello")).payload = b"no seal at all"
    await world.app.pipeline.load()
    await world.settle()
    assert rows(world)[7].state is InboxState.SET_ASIDE
    assert ana.keys == ["common/went_wrong"]
    await ana.says("/settings")
    assert ana.keys == ["settings/panel"]


async def test_an_update_over_which_the_screening_stumbles_is_asked_about_softly(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = await world.enrol()
    content = world.app.services.content
    monkeypatch.setitem(vars(content), "screener", Stumbling(content.screener))
    await ana.says("hello there")
    assert "crisis/soft_question" in ana.keys


async def test_one_update_that_cannot_be_judged_keeps_nobody_elses_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ana, bea = await world.enrol("Ana"), await world.enrol("Bea")
    await world.tick()
    whole = arrival.store_batch

    def stumble(work: Any, batch: Any) -> Any:
        stored = whole(work, batch)
        if any(one.inbound.chat_id == ana.user.id for one in batch):
            raise ValueError("broken")
        return stored

    monkeypatch.setattr(pipeline, "store_batch", stumble)
    ana.user.text(CRISIS)
    bea.user.text("/settings")
    await world.settle()
    assert bea.keys == ["settings/panel"]
    # The danger is answered and paged directly, and what was said is not lost either.
    assert "988" in ana.user.received[0].text
    assert "New case, emergency" in world.primary.last.text
    assert {row.state for row in rows(world).values()} == {InboxState.DONE}


async def test_updates_of_one_chat_in_one_batch_keep_their_order(world: World) -> None:
    ana = await world.enrol()
    for text in ("/settings", "/privacy", "/settings", "/privacy"):
        ana.user.text(text)
    await world.settle()
    assert ana.keys == ["settings/panel", "privacy/overview"] * 2


async def test_two_messages_in_the_same_second_are_two_answers_of_one_form(world: World) -> None:
    ana = await world.enrol()
    await ana.says("/checkin")
    ana.look()
    ana.user.text("4")
    ana.user.text("no")
    await world.settle()
    assert len(ana.keys) == 2
    assert len(set(ana.keys)) == 2


async def test_the_same_update_twice_is_lived_through_once(world: World) -> None:
    ana = await world.enrol()
    await receives(world, said(ana, 7, CRISIS))
    pages = len(world.primary.pages)
    await receives(world, said(ana, 7, CRISIS))
    await receives(world, said(ana, 7, CRISIS), said(ana, 7, CRISIS))
    assert len(world.primary.pages) == pages == 1
    assert ana.user.received[0].text.count("988") == 1
    with world.work() as work:
        assert len(work.session.exec(select(Alert)).all()) == 1


async def test_an_update_twice_in_one_batch_is_stored_once(world: World) -> None:
    ana = await world.enrol()
    await receives(
        world,
        said(ana, 7, "/settings", kind=Kind.COMMAND, command="settings"),
        said(ana, 7, "/settings", kind=Kind.COMMAND, command="settings"),
    )
    assert len(rows(world)) == 1


async def test_the_same_update_at_the_same_time_by_two_ways_is_lived_through_once(world: World) -> None:
    ana = await world.enrol()
    await asyncio.gather(*(world.app.pipeline.receive([said(ana, 7, CRISIS)]) for _ in range(5)))
    await world.settle()
    with world.work() as work:
        assert len(work.session.exec(select(Alert)).all()) == 1
    assert len(world.primary.pages) == 1


async def test_an_update_that_was_stored_but_not_confirmed_comes_again_and_changes_nothing(world: World) -> None:
    ana = await world.enrol()
    ana.user.text(CRISIS)
    await world.polling.once()
    await world.app.pipeline.idle()
    world.polling._offset = 0  # the process died before the next poll, which would have confirmed
    await world.settle()
    with world.work() as work:
        assert len(work.session.exec(select(Case)).all()) == 1
        assert len(work.session.exec(select(Alert)).all()) == 1
    assert len(world.primary.pages) == 1


async def test_what_a_stopped_process_left_in_the_inbox_is_lived_through_in_order(world: World) -> None:
    ana, bea = await world.enrol("Ana"), await world.enrol("Bea")
    with world.work() as work:
        for number, phone in ((7, ana), (8, bea), (9, ana)):
            text = "/privacy" if number == 9 else "/settings"
            inbox.store(work, replace(said(phone, number, text), kind=Kind.COMMAND, command=text[1:]))
    await world.app.pipeline.load()
    await world.settle()
    assert ana.keys == ["settings/panel", "privacy/overview"]
    assert bea.keys == ["settings/panel"]


async def test_payloads_are_erased_when_done_and_ids_are_forgotten_after_a_week(world: World) -> None:
    ana = await world.enrol()
    await ana.says("/settings")
    assert [row.payload for row in rows(world).values()] == [None]
    await world.passes(days=7, minutes=6)
    assert rows(world) == {}


async def test_what_was_set_aside_is_kept_for_whoever_mends_it_but_not_for_ever(world: World) -> None:
    ana = await world.enrol()
    breaks(world, "privacy")
    await ana.says("/privacy")
    with world.work() as work:
        inbox.forget(work, days=90)
    assert [row.payload is None for row in rows(world).values()] == [False]
    world.clock.move_to(world.clock.now() + timedelta(days=91))
    with world.work() as work:
        inbox.forget(work, days=90)
    assert [row.payload is None for row in rows(world).values()] == [True]


async def test_words_from_hours_ago_are_not_an_answer_to_the_present_question(world: World) -> None:
    ana = await world.enrol()
    await ana.says("/checkin")
    question = ana.keys[-1]
    ana.look()
    ana.user.text("4")
    world.clock.move_to(world.clock.now() + timedelta(hours=5))
    await world.settle()
    assert ana.keys == ["common/while_ago", question]


async def test_a_crisis_from_hours_ago_is_answered_and_paged_with_its_own_time(world: World) -> None:
    ana = await world.enrol()
    ana.user.text(CRISIS)
    at = world.clock.now()
    world.clock.move_to(at + timedelta(hours=5))
    await world.settle()
    assert ana.keys[0] == "crisis/suicide"
    assert len(world.primary.pages) == 1
    with world.work() as work:
        assert work.session.exec(select(Alert)).one().at == at


async def test_no_evidence_is_dated_in_the_future(world: World) -> None:
    ana = await world.enrol()
    await receives(world, said(ana, 7, CRISIS, at=world.clock.now() + timedelta(hours=2)))
    with world.work() as work:
        assert work.session.exec(select(Alert)).one().at == world.clock.now()


async def test_an_edited_message_that_now_holds_a_crisis_opens_a_case(world: World) -> None:
    ana = await world.enrol()
    message = await ana.says("good morning")
    await ana.edits(message, CRISIS)
    assert ana.keys[0] == "crisis/suicide"
    assert len(world.primary.pages) == 1
    with world.work() as work:
        assert work.session.exec(select(Alert)).one().source == "edit"


async def test_three_crises_among_a_hundred_updates_are_answered_and_paged_before_the_rest_is_lived_through(world: World) -> None:
    phones = [await world.enrol(f"Person {number}") for number in range(20)]
    in_danger = (phones[3], phones[11], phones[19])
    for number in range(100):
        phone = phones[number % 20]
        phone.user.text(CRISIS if phone in in_danger and number >= 80 else "/settings")
    assert await world.polling.once() == 100
    with world.work() as work:
        # Committed with the updates, before any of them was confirmed.
        assert len(work.session.exec(select(Case)).all()) == 3
        assert len([row for row in work.session.exec(select(Outbox)) if row.page_id is not None]) == 3
    await world.settle()
    assert len(world.primary.pages) == 3
    assert all("crisis/suicide" in phone.keys for phone in in_danger)
    assert {row.state for row in rows(world).values()} == {InboxState.DONE}
    assert sum(phone.keys.count("settings/panel") for phone in phones) == 97


async def test_a_group_hears_once_that_it_only_talks_in_private_and_nothing_is_stored(world: World) -> None:
    ana = await world.enrol()
    group = world.api.group(-100, "Friends", [ana.user.id])
    group.text(ana.user.id, CRISIS)
    group.text(ana.user.id, "/settings")
    world.api.faults.delay("leaveChat", seconds=0.05)
    await world.settle()
    said_there = [message for message in group.messages if message.from_bot]
    assert len(said_there) == 1
    assert not group.bot_is_member
    assert rows(world) == {}
    assert world.primary.pages == []
    group.add_bot(ana.user.id)
    await world.settle()
    assert len([message for message in group.messages if message.from_bot]) == 2
    assert not group.bot_is_member


async def test_a_group_that_refuses_the_words_is_left_all_the_same(world: World) -> None:
    ana = await world.enrol()
    group = world.api.group(-100, "Friends", [ana.user.id])
    world.api.faults.http_500("sendMessage", chat_id=-100, count=1)
    await world.settle()
    assert not group.bot_is_member


async def test_blocking_and_unblocking_the_bot_is_noticed(world: World) -> None:
    ana = await world.enrol()
    ana.user.block()
    await world.settle()
    assert ana.person.blocked_at is not None
    ana.user.unblock()
    await world.settle()
    assert ana.person.blocked_at is None


async def test_a_stranger_who_blocks_the_bot_is_nobody(world: World) -> None:
    sam = world.stranger()
    sam.user.started = True
    sam.user.block()
    await world.settle()
    with world.work() as work:
        assert work.session.exec(select(Person).where(col(Person.chat_id) == sam.user.id)).first() is None


async def test_what_comes_in_the_instant_in_which_a_worker_ends_finds_another(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe, lived = world.app.pipeline, list[int]()

    async def live(update_ids: list[int]) -> tuple[set[int], frozenset[int]]:
        lived.extend(update_ids)
        if update_ids == [1]:  # called by the loop after the worker's last step, before the callbacks of its task
            asyncio.get_running_loop().call_soon(pipe.enqueue, [(7, 2)])
        return set(), frozenset()

    monkeypatch.setattr(pipe, "_live_through", live)
    pipe.enqueue([(7, 1)])
    for _ in range(20):
        await asyncio.sleep(0)
    assert lived == [1, 2]


async def test_a_press_on_a_message_that_telegram_no_longer_shows_is_answered(world: World) -> None:
    ana = await world.enrol()
    await ana.says("/settings")
    press = Inbound(900_001, Kind.PRESS, ana.user.id, world.clock.now(), user_id=ana.user.id, data="menu.privacy", query_id="1")
    ana.look()
    await receives(world, press)
    assert ana.keys == ["privacy/overview"]
    assert world.api.open_queries == []


async def test_a_new_chat_gets_its_own_command_menu_once(world: World) -> None:
    ana = await world.enrol()
    for _ in range(3):
        await ana.says("/settings")
    menus = [call for call in world.api.calls if call.method == "setMyCommands" and str(ana.user.id) in str(call.params)]
    assert len(menus) == 1


async def test_a_spinner_that_cannot_be_stopped_stops_nothing(world: World) -> None:
    ana = await world.enrol()
    await ana.says("/settings")
    world.api.faults.http_500("answerCallbackQuery", count=5)
    world.api.faults.http_500("setMyCommands", count=5)
    await ana.forges("menu.privacy")
    assert ana.keys == ["privacy/overview"]
