"""After a return to use: one question about the body, then what it was, then what keeps a person alive."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from bot.models import Case, Task
from tests.world import Phone, World


async def told(world: World, *, language: str = "en") -> Phone:
    ana = await world.enrol("Ana", language=language)
    await ana.says("I just used heroin")
    return ana


def case_of(phone: Phone) -> Case:
    case = phone.case
    assert case is not None
    return case


async def test_the_first_answer_thanks_and_asks_how_the_body_feels(world: World) -> None:
    ana = await told(world)
    assert ana.replies[0].key == "crisis/relapse"
    assert "Your sober days still count." in ana.replies[0].text
    assert ana.replies[0].labels == ["Very sleepy or hard to breathe", "Sick or shaky", "OK"]
    assert case_of(ana).level == "urgent"


async def test_very_sleepy_leads_to_the_steps_for_oneself_and_an_emergency(world: World) -> None:
    ana = await told(world)
    await ana.taps("Very sleepy or hard to breathe")
    assert (case_of(ana).level, case_of(ana).category) == ("emergency", "overdose")
    assert ana.replies[0].key == "crisis/overdose_self"
    assert "Unlock the door." in ana.replies[0].text
    assert len(world.primary.pages) == 2


async def test_sick_leads_to_withdrawal_without_any_timeline_or_all_clear(world: World) -> None:
    ana = await told(world)
    await ana.taps("Sick or shaky")
    text = ana.replies[0].text
    assert ana.replies[0].key == "crisis/withdrawal"
    assert "911" in text
    for word in ("hour", "day", "dose", "mg", "usually", "will pass"):
        assert word not in text
    assert case_of(ana).level == "urgent"


@pytest.mark.parametrize(
    ("label", "key"),
    [("Opioid or unknown pill", "opioid"), ("Alcohol", "alcohol"), ("Other", "other"), ("Rather not say", "unsaid")],
)
async def test_ok_asks_what_it_was_and_gives_tolerance_and_a_plan(world: World, label: str, key: str) -> None:
    ana = await told(world)
    await ana.taps("OK")
    assert ana.replies[0].labels == ["Opioid or unknown pill", "Alcohol", "Other", "Rather not say"]
    await ana.taps(label)
    assert ana.keys == [f"crisis/used_{key}", "crisis/slip_plan"]
    assert "Your body may handle less now than before." in ana.replies[0].text
    assert "911" in ana.replies[0].text
    if key != "alcohol":
        assert "+1-800-972-0590" in ana.replies[0].text
    assert case_of(ana).state == "open"
    assert case_of(ana).level == "urgent"


async def test_without_a_case_an_opioid_opens_one_and_alcohol_leaves_an_item_with_a_humans_offer(world: World) -> None:
    ana = await world.enrol()
    await ana.says("hello")
    await ana.forges("crisis.used:alcohol")
    assert ana.case is None
    with world.work() as work:
        assert work.session.exec(select(Task).where(col(Task.kind) == "watch")).one().category == "relapse"
    assert ana.replies[-1].labels == ["Yes, ask them", "Not now"]
    assert await ana.taps("Not now") == "OK. Tap /sos at any hour."
    await ana.taps("Yes, ask them")
    assert case_of(ana).level == "urgent"
    assert ana.keys == ["crisis/trying", "crisis/paged"]
    ben = await world.enrol("Ben")
    await ben.says("hello")
    await ben.forges("crisis.used:opioid")
    assert case_of(ben).level == "urgent"


async def test_in_spanish(world: World) -> None:
    ana = await world.enrol("Ana", language="es")
    await ana.says("hola")
    await ana.forges("crisis.body:ok")
    await ana.taps("Prefiero no decir")
    assert ana.replies[0].text.startswith("Está bien. No tiene que decirlo.")
