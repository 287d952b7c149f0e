"""Someone who found the bot and is not enrolled."""

from __future__ import annotations

import pytest

from bot.models import Role
from tests.world import World


@pytest.mark.parametrize(("language", "words"), [("en", "Do you have a code"), ("es", "¿Tiene un código")])
async def test_a_stranger_is_greeted_in_their_language(world: World, language: str, words: str) -> None:
    sam = world.stranger(language=language)
    await sam.starts()
    assert sam.keys == ["visitor/hello"]
    assert words in sam.last.text
    assert "Harbor Clinic" in sam.last.text


async def test_the_buttons_answer_what_a_stranger_asks(world: World) -> None:
    sam = world.stranger()
    await sam.starts()
    for label, key in (("What is IOP?", "visitor/iop_text"), ("How to join", "visitor/enrol_text"), ("Help lines", "visitor/lines_text")):
        await sam.taps(label)
        assert sam.keys == [key]
    assert "911" in sam.last.text
    assert "988" in sam.last.text


async def test_a_stranger_may_change_the_language(world: World) -> None:
    sam = world.stranger()
    await sam.starts()
    await sam.taps("Español")
    assert "Hola" in sam.last.text
    await sam.taps("English")
    assert "Hello" in sam.last.text


async def test_free_words_are_answered_kindly_and_kept_nowhere(world: World) -> None:
    sam = world.stranger()
    await sam.says("I think I need help with my drinking, what can I do?")
    assert sam.keys[0] == "visitor/words"
    assert sam.person.role is Role.VISITOR


async def test_danger_comes_before_the_greeting(world: World) -> None:
    sam = world.stranger()
    await sam.says("I want to kill myself")
    assert sam.keys[0] == "crisis/suicide"
    assert "visitor/words" not in sam.keys


async def test_help_for_a_visitor(world: World) -> None:
    sam = world.stranger(language="es")
    await sam.says("/help")
    assert sam.keys == ["help/visitor"]
    assert "+1 212 555 0100" in sam.last.text
