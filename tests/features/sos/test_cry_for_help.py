"""Who types for help instead of tapping gets what SOS gives."""

from __future__ import annotations

import pytest

from tests.world import World


@pytest.mark.parametrize(
    "text",
    [
        "sos",
        "SOS!",
        "help me",
        "help please",
        "ayuda por favor",
        "I need help now",
        "I\u2019m not safe",
        "ayúdame",
        "¡Auxilio!",
        "No estoy a salvo.",
    ],
)
@pytest.mark.parametrize("form", ["", "/checkin"])
async def test_a_typed_cry_for_help_is_a_press_of_sos(world: World, text: str, form: str) -> None:
    ana = await world.enrol()
    if form:
        await ana.says(form)
    await ana.says(text)
    assert ana.keys == ["crisis/sos_numbers", "crisis/card", "crisis/sos"]
    await world.passes(seconds=21)
    assert ana.case is not None
    assert ana.case.level == "urgent"


async def test_a_visitors_cry_for_help_gets_the_numbers_and_the_question(world: World) -> None:
    sam = world.stranger()
    await sam.starts()
    await sam.says("help me")
    assert sam.keys[0] == "crisis/sos_numbers"
    assert sam.keys[-1] == "crisis/visitor_question"


async def test_in_an_open_case_the_words_go_to_whoever_has_it(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to die")
    await world.primary.taps("Acknowledge")
    await ana.says("help me")
    assert world.primary.all[-1].key == "relay/to_staff"
    assert "help me" in world.primary.all[-1].text


async def test_not_safe_in_so_many_words_is_a_no_to_the_question(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to disappear")
    await ana.says("I'm not safe")
    assert ana.case is not None
    assert ana.case.level == "emergency"


async def test_staff_and_longer_words_are_no_press_of_sos(world: World) -> None:
    ana = await world.enrol()
    await ana.says("can you help me find a meeting")
    assert ana.keys == ["common/not_understood"]
    await world.primary.says("help me")
    assert "crisis/sos_numbers" not in world.primary.keys
