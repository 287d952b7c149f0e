"""Words of the last hours count with those of now; context only raises (SAFETY.md 1)."""

from __future__ import annotations

from tests.world import Phone, World


def level(phone: Phone) -> str | None:
    """Of the person's case; None without one."""
    case = phone.case
    return case.level if case is not None else None


async def test_a_second_marker_hours_later_makes_it_urgent_and_both_are_shown(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("there's no point anymore")
    assert ana.keys == ["crisis/soft_question"]
    assert level(ana) is None
    await world.passes(hours=3)
    await ana.says("I can't do this anymore")
    assert level(ana) == "urgent"
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Open")
    assert "no point" in world.primary.last.text
    assert "do this anymore" in world.primary.last.text


async def test_a_second_marker_the_next_day_stays_what_it_is(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("there's no point anymore")
    await world.passes(hours=7)
    await ana.says("I can't do this anymore")
    assert level(ana) is None


async def test_means_named_after_a_marker_make_it_urgent(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("I can't do this anymore")
    await ana.says("my gun is right here")
    assert level(ana) in ("urgent", "emergency")


async def test_in_spanish(world: World) -> None:
    ana = await world.enrol("Ana", language="es")
    await ana.says("ya no puedo más con esto")
    assert level(ana) is None
    await ana.says("nada tiene sentido")
    assert level(ana) == "urgent"


async def test_ordinary_words_after_a_marker_open_nothing(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("there's no point anymore")
    for words in ("ok thanks", "I will go to the meeting at seven", "my sister is visiting", "how do I change my name"):
        await ana.says(words)
    assert level(ana) is None


async def test_the_same_marker_again_is_no_second_one(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("there's no point anymore")
    await ana.says("there's no point anymore")
    assert level(ana) is None


async def test_the_soft_question_is_put_once_a_day(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("there's no point anymore")
    assert ana.keys == ["crisis/soft_question"]
    await ana.says("no point")
    assert ana.keys == ["crisis/soft_heard"]
    assert ana.last.labels == []
    await world.passes(hours=21)
    await ana.says("no point")
    assert ana.keys == ["crisis/soft_question"]


async def test_what_is_graver_than_what_was_asked_about_is_asked_about(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("I have a really strong craving")
    assert ana.keys == ["crisis/soft_question"]
    await ana.says("there's no point anymore")
    assert ana.keys[0] in ("crisis/soft_question", "crisis/suicide", "crisis/craving")
    await ana.says("I have a really strong craving")
    assert "crisis/soft_question" not in ana.keys


async def test_two_markers_that_arrive_together_count_together(world: World) -> None:
    ana = await world.enrol("Ana")
    ana.user.text("there's no point anymore")
    ana.user.text("I can't do this anymore")
    await world.settle()
    assert level(ana) == "urgent"
