"""What goes wrong in an escalation, on the moved clock. Each test lists every message that anybody got: nothing unexpected stays unseen."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot import people
from bot.channels import answers
from bot.content.crisis import Policy, Step
from bot.escalation import ack, store
from bot.models import Role
from tests.channels.server import serving
from tests.staff.helpers import CRISIS
from tests.staff.rota import on_leave
from tests.world import START, World, content, world_at

FIRST = ["crisis/suicide", "crisis/card"]
PAGED = [*FIRST, "crisis/paged"]


async def test_a_primary_who_blocked_the_bot_is_passed_over_at_once(world: World) -> None:
    ana = await world.enrol("Ana")
    world.primary.user.block()
    await world.settle()
    world.look()
    await ana.says(CRISIS)
    await world.tick()
    assert world.heard == {"Ana": PAGED, "Luis Ortega": ["alerts/page"]}
    world.look()
    await world.passes(minutes=2, seconds=59)
    assert world.heard == {}
    await world.passes(seconds=1)
    assert world.heard == {"Luis Ortega": ["alerts/page"]}  # the next step: everyone who can be reached


async def test_whoever_blocks_with_the_case_in_hand_loses_it_and_the_patient_is_told_nothing_untrue(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await world.primary.taps("Acknowledge")
    world.look()
    world.primary.user.block()
    await world.settle()
    await world.passes(seconds=2)
    assert world.heard == {"Luis Ortega": ["alerts/page_passed_on"]}
    world.look()
    await world.backup.taps("Acknowledge")
    assert ana.keys == ["crisis/seen"]
    assert "Luis saw your alert" in ana.last.text


async def test_buttons_of_a_closed_case_answer_over_the_chat_and_send_nothing(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await world.passes(minutes=4)
    await world.primary.taps("Acknowledge")
    page = world.primary.pages[-1].message
    pages = [world.primary.pages[-1].message, world.backup.pages[-1].message]
    with world.work() as work:
        case = store.by_number(work.session, 1)
        dana = people.by_chat(work.session, world.primary.user.id)
        assert case is not None and dana is not None
        ack.resolve(work, case.id, dana, "safe_plan", {})
    await world.settle()
    world.look()
    for name in ("alerts.acknowledge:1", "alerts.open:1", "alerts.pass_on:1", "alerts.take:1:yes", "alerts.reached:1", "alerts.call:1"):
        assert await world.primary.forges(name, message=page) == "Case 1 is closed.", name
    for phone, message in zip((world.primary, world.backup), pages, strict=True):
        assert message.text == "Case 1 is closed.", phone
    assert world.heard == {}
    await world.passes(hours=1)
    assert world.heard == {}


async def test_two_press_at_once_and_the_slower_hears_who_has_it(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await world.passes(minutes=4)
    world.look()
    dana, luis = world.primary, world.backup
    for phone in (dana, luis):
        message = phone.pages[-1].message
        data = next(data for row in message.buttons for text, data in row if text == "Acknowledge")
        phone.user.press(message.message_id, data)
    await world.settle()
    assert world.heard == {"Ana": ["crisis/seen"]}
    assert ana.last.text.startswith("Dana saw your alert")
    assert luis.user.toasts[-1].text.startswith("Dana has case 1 since")


async def test_a_press_of_an_older_page_takes_the_case_and_a_doubled_one_hears_so(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await world.passes(minutes=2)
    older = world.primary.pages[0].message
    world.look()
    assert await world.primary.forges("alerts.acknowledge:1", message=older) == "Case 1 is yours. The person hears that you saw it."
    assert await world.primary.forges("alerts.acknowledge:1", message=older) == "You have case 1 already."
    assert world.heard == {"Ana": ["crisis/seen"]}
    assert world.primary.pages[-1].text.startswith("Case 1, emergency. You have it since")


async def test_a_policy_that_names_nobody_tells_the_patient_and_goes_on_trying(tmp_path: Path) -> None:
    nobody = Policy(
        steps=(Step(at=0, who=("operator",)), Step(at=3, who=("operator",))),
        repeat_every=5,
        word_within=10,
        word_from="acknowledged",
        tell_nobody_after=5,
    )
    loaded = replace(content(), policies=content().policies.model_copy(update={"emergency": nobody}))
    async with world_at(tmp_path, START, loaded=loaded) as world:
        ana = await world.enrol("Ana")
        world.look()
        await ana.says(CRISIS)
        assert world.heard == {"Ana": [*FIRST, "crisis/nobody_on_duty"]}
        world.look()
        await world.passes(minutes=14)
        assert world.heard == {}
        olga = await world.hire("Olga", Role.OPERATOR)
        world.look()
        await world.passes(minutes=1)
        assert world.heard == {"Olga": ["alerts/page"], "Ana": ["crisis/paged"]}
        assert olga.last.text == "Case 1, emergency, 15 min waiting. Tap Acknowledge."


async def test_nobody_at_all_is_said_once_and_the_case_stays_open(tmp_path: Path) -> None:
    async with world_at(tmp_path, START, staff=False) as world:
        ana = await world.enrol("Ana")
        await ana.says(CRISIS)
        assert world.heard == {"Ana": [*FIRST, "crisis/nobody_on_duty"]}
        world.look()
        await world.passes(hours=1, minutes=59)
        assert world.heard == {}
        assert ana.case is not None
        assert ana.case.state == "open"


async def test_a_clock_that_is_set_back_pages_nobody_twice_and_waits_no_longer(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await world.tick()
    world.look()
    world.clock.move_to(world.clock.now() - timedelta(minutes=30))
    await world.tick()
    assert world.heard == {}
    await world.passes(minutes=2)
    assert world.heard == {"Dana Reyes": ["alerts/page"]}
    world.look()
    await world.passes(minutes=2)
    assert world.heard == {"Luis Ortega": ["alerts/page"]}
    assert ", 0 min waiting" in world.backup.last.text  # not "-26"
    world.look()
    await world.passes(minutes=1)
    assert world.heard == {"Ana": ["crisis/still_trying"]}
    world.look()
    await ana.taps("I need help now")
    assert set(world.heard) >= {"Ana"}


async def test_a_clock_that_jumps_a_day_ahead_goes_on_with_one_page_and_one_truth(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await world.tick()
    world.look()
    world.clock.move_to(world.clock.now() + timedelta(days=1))
    await world.tick()
    await world.tick()
    assert world.heard["Dana Reyes"] == ["alerts/page"]
    assert world.heard["Ana"].count("crisis/still_trying") == 1
    assert set(world.heard) == {"Ana", "Dana Reyes"}


async def test_someone_removed_while_holding_a_case_gives_it_to_the_next_at_once(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await world.primary.taps("Acknowledge")
    world.look()
    with world.work() as work:
        dana = people.by_chat(work.session, world.primary.user.id)
        assert dana is not None
        dana.removed_at = work.now
    await world.passes(seconds=2)
    assert world.heard == {"Luis Ortega": ["alerts/page_passed_on"]}


async def test_an_empty_rota_calls_everyone_at_once_and_then_the_operator(tmp_path: Path) -> None:
    async with world_at(tmp_path, START, staff=False) as world:
        for name, role in (("Mia", Role.COUNSELOR), ("Eva", Role.SUPERVISOR), ("Olga", Role.OPERATOR)):
            await world.hire(name, role)
        ana = await world.enrol("Ana")
        await world.passes(minutes=1)
        world.look()
        await ana.says(CRISIS)
        assert world.heard == {"Ana": PAGED, "Mia": ["alerts/page"], "Eva": ["alerts/page"]}
        world.look()
        await world.passes(minutes=3)
        assert world.heard == {"Olga": ["alerts/page"]}
        world.look()
        await world.passes(minutes=2)
        assert world.heard == {"Ana": ["crisis/still_trying"]}
        world.look()
        await world.passes(minutes=3)
        assert world.heard == {"Mia": ["alerts/page"], "Eva": ["alerts/page"], "Olga": ["alerts/page"]}


async def test_who_is_on_leave_is_passed_over_and_hears_nothing(world: World) -> None:
    await world.hire("Eva", Role.SUPERVISOR)
    on_leave(world, world.primary)
    ana = await world.enrol("Ana")
    await world.passes(minutes=1)
    world.look()
    await ana.says(CRISIS)
    assert world.heard == {"Ana": PAGED, "Luis Ortega": ["alerts/page"]}
    world.look()
    await world.passes(minutes=3)
    assert world.heard == {"Luis Ortega": ["alerts/page"], "Eva": ["alerts/page"]}


@pytest.mark.parametrize("behaviour", ["refuse", "gone", "redirect", "trouble", "busy", "hang"])
async def test_a_target_that_is_wrong_slow_hangs_or_redirects_changes_nothing_for_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behaviour: str
) -> None:
    monkeypatch.setattr(answers, "TIMEOUT_S", 0.05)
    with serving() as service:
        service.behave["dana-push"] = behaviour
        targets = json.dumps({"1": [service.target("dana-push")]})
        async with world_at(tmp_path, page_urls=targets) as world:
            ana = await world.enrol("Ana")
            world.look()
            await ana.says(CRISIS)
            assert world.heard == {"Ana": PAGED, "Dana Reyes": ["alerts/page"]}
            world.look()
            await world.passes(minutes=2)
            assert world.heard == {"Dana Reyes": ["alerts/page"]}
            world.look()
            await world.passes(minutes=2)
            assert world.heard == {"Luis Ortega": ["alerts/page"]}
            world.look()
            await world.passes(minutes=1)
            assert world.heard == {"Ana": ["crisis/still_trying"]}
            world.look()
            await world.passes(minutes=2)
            assert world.heard == {"Dana Reyes": ["alerts/page"], "Luis Ortega": ["alerts/page"]}
            service.let_go.set()
    # Where a redirect leads nobody was called, and what came tells no name.
    assert {topic for topic, _, _ in service.got} == {"dana-push"}
    assert set(service.heard("dana-push")) == {"Waymark: case 1 needs you. Open Telegram."}
