"""Help by role, the keyboard, and words that nobody asked for."""

from __future__ import annotations

import pytest

from bot.models import Role
from tests.world import World


@pytest.mark.parametrize(("language", "command"), [("en", "/help"), ("es", "/help")])
async def test_help_names_the_ways_to_a_human(world: World, language: str, command: str) -> None:
    ana = await world.enrol("Ana", language=language)
    await ana.says(command)
    assert ana.keys == ["help/patient", "help/human"]
    text = ana.last.text
    assert "911" in text
    assert "+1 212 555 0100" in text
    assert "Mon-Fri 9:00-17:00" in text


async def test_staff_get_their_own_help(world: World) -> None:
    dana = await world.hire("Dana", Role.SUPERVISOR)
    await dana.says("/help")
    assert dana.keys == ["help/staff"]


async def test_the_menu_puts_the_keyboard_back(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/menu")
    assert ana.keys == ["menu/menu"]
    await ana.taps_keyboard("More")
    assert ana.keys == ["menu/more_text"]
    await ana.taps("Settings")
    assert ana.keys == ["settings/panel"]
    await ana.taps("My data")
    assert ana.keys == ["privacy/overview"]


async def test_every_label_of_the_keyboard_does_something(world: World) -> None:
    for language in ("en", "es"):
        ana = await world.enrol("Ana", language=language)
        await ana.says("/menu")
        labels = [key["text"] for row in (ana.user.keyboard or {})["keyboard"] for key in row]
        assert len(labels) == 6
        for label in labels:
            if label == "SOS":
                continue
            await ana.taps_keyboard(label)
            assert ana.keys, label
            assert "common/not_understood" not in ana.keys, label


async def test_words_that_nobody_asked_for_bring_the_menu(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("blue bicycle")
    assert ana.keys == ["common/not_understood"]
    assert (ana.user.keyboard or {}).get("keyboard")


async def test_an_unknown_command_has_an_answer(world: World) -> None:
    ana = await world.enrol("Ana", language="es")
    await ana.says("/nosuchthing")
    assert ana.keys == ["common/unknown_command"]
    assert "comando" in ana.last.text
