"""Each button that reaches a human says what will happen, before it is tapped, in both languages (SAFETY.md 2)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.content.check_texts import sample
from bot.content.render import LANGUAGES
from tests.reaching import ALERTS, ASKED_ON, COUNTED_DOWN, NOTES, OWN_WORK, found
from tests.world import World, content

WHO = {
    "en": re.compile(r"\b(your team|the team|a person|someone from your team|they|them|colleagues)\b", re.IGNORECASE),
    "es": re.compile(r"\b(su equipo|al equipo|una persona|les aviso|les dejo|colegas|lo ven)\b", re.IGNORECASE),
}
EXPLAINED = [(route, key) for route, keys in {**ALERTS, **NOTES}.items() for key in keys]


def told(key: str, lang: str, **values: Any) -> str:
    """A message as a person reads it, with its samples."""
    lines = content().lines_for("US").view(lang)
    given = {**sample(content().texts.samples[key]), **values}
    return content().texts.render(key, lang, {"zone": "America/New_York", "lines": lines, **given})


def test_no_button_that_reaches_a_human_is_forgotten() -> None:
    """A new one is explained in its message and listed in `tests/reaching.py`."""
    assert found() == ALERTS.keys() | NOTES.keys() | COUNTED_DOWN | ASKED_ON | OWN_WORK


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("route", "key"), EXPLAINED)
def test_its_message_says_who_hears_of_it(route: str, key: str, lang: str) -> None:
    assert WHO[lang].search(told(key, lang)), f"{route}: {key}"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("key", ALERTS["crisis.help"])
def test_i_need_help_now_is_named_where_it_stands(key: str, lang: str) -> None:
    label = content().texts.label("crisis/need_help", lang, {})
    assert f'"{label}"' in told(key, lang)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("key", ["crisis/suicide", "crisis/violence", "crisis/stay_no", "crisis/soft_question", "crisis/slip_plan"])
def test_a_visitor_reads_that_nobody_is_told_before_they_say_so(key: str, lang: str) -> None:
    said = told(key, lang, hears="asked")
    assert re.search(
        r"only if you say yes|unless you want it|ask once more|usted dice que sí|si usted no quiere|le pregunto otra vez", said
    )
    assert told(key, lang, hears="team") != said


async def test_a_patient_reads_it_beside_the_buttons(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("I want to kill myself tonight")
    assert '"I need help now" tells your team at once that it can\'t wait.' in ana.replies[0].text
    rosa = await world.enrol("Rosa", language="es")
    await rosa.says("me quiero morir")
    assert '"Necesito ayuda ya" le dice enseguida a su equipo que no puede esperar.' in rosa.replies[0].text


async def test_a_visitor_is_promised_no_team(world: World) -> None:
    sam = world.stranger()
    await sam.says("I want to kill myself tonight")
    assert "I tell the team only if you say yes." in sam.replies[0].text
    await sam.taps("Yes")
    await sam.says("I am going to kill myself")
    assert any("tells your team at once" in reply.text for reply in sam.replies)


async def test_rather_not_say_tells_when_it_brings_a_person(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/checkin")
    await ana.taps("8")
    await ana.taps("No")
    assert ana.last.key == "checkin/safety"
    assert 'Today "Rather not say" does the same.' in ana.last.text
    luz = await world.enrol("Luz")
    await luz.says("/checkin")
    await luz.taps("2")
    await luz.taps("No")
    assert "Rather not say" not in luz.last.text


async def test_after_use_a_low_mood_is_known_to_bring_a_person(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/checkin")
    await ana.taps("2")
    await ana.taps("Yes")
    await ana.taps("checkin.go_on")
    await ana.taps("checkin.safety:no")
    assert ana.last.key == "checkin/mood"
    assert "If it is 3 or less, a person from your team will contact you." in ana.last.text
