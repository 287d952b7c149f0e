"""Why a case stands there, in one plain sentence."""

from __future__ import annotations

import pytest

from bot.models import Checkin
from bot.staff.alerts import why
from tests.world import World


@pytest.mark.parametrize(
    ("source", "rules", "key"),
    [
        ("message", ["en.suicide.kill-myself"], "message"),
        ("message", ["en.suicide.soft-point", "two signs", "earlier words"], "together"),
        ("sos", ["sos:no_choice"], "sos"),
        ("button", ["button:unheard-of"], "sign"),
        ("form", ["checkin.craving:9-10"], "form"),
        ("form", ["checkin.safety:rather_not + used"], "rather_not"),
        ("form", ["checkin.safety:rather_not"], "rather_not"),
    ],
)
def test_the_last_rule_that_says_something_decides(source: str, rules: list[str], key: str) -> None:
    assert why.told(source, rules) == key


async def test_a_plain_sos_claims_no_reason(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/sos")
    await world.passes(seconds=21)
    await world.primary.taps("Open")
    text = world.primary.last.text
    assert "Why: they pressed SOS and have not said why. It was your turn on the list." in text
    assert "suicide" not in text


async def test_in_spanish(world: World) -> None:
    eva = await world.hire("Eva", language="es")
    world.on_call("primary", eva)
    ana = await world.enrol("Ana")
    await ana.says("/sos")
    await ana.taps("Not safe here")
    await eva.taps("Abrir")
    assert "Motivo: tocó SOS y eligió Corro peligro. Era su turno en la lista." in eva.last.text


async def test_check_ins_stand_there_in_words_without_dashes_or_the_year(world: World) -> None:
    ana = await world.enrol("Ana")
    with world.work() as work:
        assert ana.person_id is not None
        day = work.now.date()
        work.session.add(Checkin(person_id=ana.person_id, local_date=day, started_at=work.now, craving=7, used="no"))
    await ana.says("I want to kill myself")
    await world.primary.taps("Open")
    assert "Tuesday, March 3: craving 7/10, no use" in world.primary.last.text
    assert "2026" not in world.primary.last.text
    assert " -," not in world.primary.last.text
