"""Whoever asks once more reads only what is so: who is asked, who was asked a moment ago, whom to call first."""

from __future__ import annotations

from bot.safety.levels import Category, Level
from tests.staff.helpers import CRISIS, danger
from tests.world import World


async def test_a_second_tap_within_a_minute_pages_nobody_and_says_so(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await world.primary.taps("Acknowledge")
    await world.passes(minutes=2)
    before = len(world.primary.pages)
    await ana.taps("I need help now")
    assert "I am asking Dana again now." in ana.replies[0].text
    assert len(world.primary.pages) == before + 1
    await ana.taps("I need help now")
    assert "Dana has your alert. I asked Dana a moment ago." in ana.replies[0].text
    assert len(world.primary.pages) == before + 1
    await world.passes(minutes=1)
    await ana.taps("I need help now")
    assert "I am asking Dana again now." in ana.replies[0].text
    assert len(world.primary.pages) == before + 2


async def test_whoever_has_just_taken_it_is_asked_again_all_the_same(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await world.primary.taps("Acknowledge")
    before = len(world.primary.pages)
    await ana.taps("I need help now")
    assert "I am asking Dana again now." in ana.replies[0].text
    assert len(world.primary.pages) == before + 1


async def test_a_doubled_tap_right_after_it_was_taken_pages_once(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await world.primary.taps("Acknowledge")
    before = len(world.primary.pages)
    await ana.taps("I need help now")
    await ana.taps("I need help now")
    assert len(world.primary.pages) == before + 1


async def test_sos_again_in_a_case_that_somebody_has_names_them(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await world.primary.taps("Acknowledge")
    await ana.says("/sos")
    await ana.taps("Page now")
    assert any("I am asking Dana again now." in seen.text for seen in ana.all)


async def test_nobody_answered_in_an_overdose_sends_to_the_ambulance_first(world: World) -> None:
    ana, luz = await world.enrol("Ana"), await world.enrol("Luz", language="es")
    await danger(world, ana, Level.EMERGENCY, Category.OVERDOSE, "she is blue")
    await danger(world, luz, Level.EMERGENCY, Category.SUICIDE, "adios")
    await world.passes(minutes=5)
    assert ana.last.key == luz.last.key == "crisis/still_trying"
    assert "Please call 911 now." in ana.last.text
    assert ana.last.text.index("911") < ana.last.text.index("988")
    assert luz.last.text.index("988") < luz.last.text.index("911")


async def test_nobody_on_duty_in_an_overdose_sends_to_the_ambulance_first(world: World) -> None:
    world.on_call("primary", None)
    world.on_call("backup", None)
    for phone in (world.primary, world.backup):
        phone.user.block()
        await world.settle()
    ana = await world.enrol("Ana")
    await ana.says("I just took all my pills")
    told = next(seen for seen in ana.all if seen.key == "crisis/nobody_on_duty")
    assert told.text.index("911") < told.text.index("988")


async def test_who_can_be_reached_again_is_paged_at_once(world: World) -> None:
    for phone in (world.primary, world.backup):
        phone.user.block()
        await world.settle()
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    assert "crisis/nobody_on_duty" in ana.keys
    await world.passes(minutes=1)
    assert world.backup.pages == []
    world.backup.user.unblock()
    await world.settle()
    await world.tick()
    assert len(world.backup.pages) == 1
    assert ana.last.key == "crisis/paged"


async def test_while_a_human_talks_with_them_the_bot_does_not_ask_once_more(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("I want to die")
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Write")
    await world.primary.says("I am here. Tell me more.")
    await ana.says("I just feel so alone")
    world.look()
    await world.passes(minutes=6)
    assert world.heard == {}
