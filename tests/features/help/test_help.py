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


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("help", "en"),
        ("HELP!!", "en"),
        ("Can someone help me?", "en"),
        ("ayuda", "es"),
        ("¿Hay alguien ahí?", "es"),
        ("Necesito hablar.", "es"),
    ],
)
async def test_a_bare_call_for_help_brings_every_way_to_a_person_and_what_each_does(world: World, words: str, language: str) -> None:
    ana = await world.enrol("Ana", language=language)
    await ana.says(words)
    assert ana.keys == ["help/ways"]
    assert ana.last.labels == {"en": ["SOS", "My team"], "es": ["SOS", "Mi equipo"]}[language]
    assert all(label in ana.last.text for label in ana.last.labels)
    assert "911" in ana.last.text
    assert "988" in ana.last.text
    assert ana.case is None
    await ana.taps("SOS")
    await world.passes(seconds=20)
    assert ana.case is not None


@pytest.mark.parametrize(("words", "language"), [("help me", "en"), ("need help", "en"), ("ayúdame", "es"), ("¡Ayuda ya!", "es")])
async def test_a_cry_for_help_is_sos_as_ever(world: World, words: str, language: str) -> None:
    ana = await world.enrol("Ana", language=language)
    await ana.says(words)
    assert "crisis/sos" in ana.keys
    await world.passes(seconds=20)
    assert ana.case is not None


async def test_help_in_the_middle_of_a_form_shows_the_ways_and_loses_nothing(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/checkin")
    await ana.says("help")
    assert ana.keys == ["help/ways", "checkin/score_again"]
    await ana.taps("3")
    assert "checkin/use" in ana.keys


async def test_help_in_an_open_case_goes_to_the_team(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("I want to kill myself tonight")
    await world.primary.taps("Acknowledge")
    await ana.says("help")
    assert "help/ways" not in ana.keys
    assert world.primary.last.key == "relay/to_staff"


async def test_a_visitor_who_asks_for_help_reads_whom_to_call_and_that_nobody_is_told_unasked(world: World) -> None:
    sam = world.stranger("Sam")
    await sam.says("help")
    assert sam.keys == ["help/ways"]
    assert sam.last.labels == ["SOS"]
    assert "only if you say yes" in sam.last.text
    assert "+1 212 555 0100" in sam.last.text


@pytest.mark.parametrize("language", ["en", "es"])
async def test_help_shows_the_countrys_crisis_line(world: World, language: str) -> None:
    ana = await world.enrol("Ana", language=language)
    await ana.says("/help")
    assert "988" in ana.last.text
    pablo = await world.enrol("Pablo", language=language, country="ES", zone="Europe/Madrid")
    await pablo.says("/help")
    assert "024" in pablo.last.text
    assert "988" not in pablo.last.text
