"""A lesson a day: at the chosen time, neutral on a locked phone, within the cap, and off when it is not wanted."""

from __future__ import annotations

import pytest

from tests.staff.helpers import attend
from tests.world import Phone, World


async def choose(ana: Phone, time: str) -> None:
    await ana.says("/learn")
    await ana.taps("Lesson a day")
    await ana.taps(time)


def offers(ana: Phone) -> int:
    return ana.keys.count("learn/offer")


async def test_a_lesson_is_offered_each_day_at_the_chosen_time_in_neutral_words(world: World) -> None:
    ana = await world.enrol("Ana")
    await choose(ana, "16:00")
    assert "Now I do at 16:00" in ana.last.text
    await world.passes(hours=24)
    assert offers(ana) == 1
    offer = ana.replies[ana.keys.index("learn/offer")]
    assert (offer.text, offer.labels) == ("You have a message", ["Open"])
    await ana.taps("Open")
    assert "Next" in ana.last.labels
    await world.passes(hours=24)
    assert offers(ana) == 1


async def test_nothing_is_offered_until_it_is_chosen_nor_after_it_was_switched_off(world: World) -> None:
    ana = await world.enrol("Ana")
    await world.passes(days=2)
    assert offers(ana) == 0
    await choose(ana, "16:00")
    await ana.taps("Not daily")
    assert "Now I do not" in ana.last.text
    await world.passes(days=2)
    assert offers(ana) == 0


async def test_a_later_time_chosen_after_todays_offer_holds_from_tomorrow(world: World) -> None:
    ana = await world.enrol("Ana")
    await choose(ana, "12:30")
    await world.passes(hours=4)
    assert offers(ana) == 1
    await choose(ana, "20:00")
    await world.passes(hours=12)
    assert offers(ana) == 0
    await world.passes(hours=24)
    assert offers(ana) == 1


async def test_no_lesson_comes_while_a_case_is_open(world: World) -> None:
    ana = await world.enrol("Ana")
    await choose(ana, "16:00")
    await ana.says("I want to kill myself tonight")
    await attend(world)
    await world.passes(hours=24)
    assert offers(ana) == 0


@pytest.mark.parametrize("time", ["2500", "0300", "x"])
async def test_only_a_time_that_is_offered_is_taken(world: World, time: str) -> None:
    ana = await world.enrol("Ana")
    assert await ana.forges(f"learn.set_daily:{time}") == "That button is from an earlier step."
