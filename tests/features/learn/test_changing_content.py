"""The content changes while people are in a lesson: they stay where they were, or are led to the nearest lesson."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.content.lessons import Lesson
from tests.world import Phone, World, content, world_at


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    one = replace(content(), modules=tuple(module for module in content().modules if module.id == "m3"))
    async with world_at(tmp_path, loaded=one) as made:
        yield made


def update(world: World, change: Callable[[tuple[Lesson, ...]], tuple[Lesson, ...]]) -> None:
    """What a restart with new content does."""
    module = world.app.services.content.modules[0]
    changed = replace(world.app.services.content, modules=(module.model_copy(update={"lessons": change(module.lessons)}),))
    object.__setattr__(world.app.services, "content", changed)


def shorten(lesson: Lesson) -> Lesson:
    """Three pages, one step, two questions."""
    texts = {}
    for lang, text in lesson.texts.items():
        exercise = text.exercise.model_copy(update={"steps": text.exercise.steps[:1]})
        texts[lang] = text.model_copy(update={"pages": text.pages[:3], "exercise": exercise, "quiz": text.quiz[:2]})
    return lesson.model_copy(update={"texts": texts})


async def read(ana: Phone, lesson: str) -> None:
    await ana.says("/learn")
    await ana.forges(f"learn.open:{lesson}")
    while "Next" in ana.last.labels:
        await ana.taps("Next")


@pytest.mark.parametrize("does", ["taps", "types"])
async def test_a_lesson_removed_while_someone_is_in_it_leads_to_the_nearest(world: World, does: str) -> None:
    ana = await world.enrol("Ana")
    await read(ana, "m3.2")
    update(world, lambda lessons: tuple(one for one in lessons if one.id != "m3.2"))
    await (ana.taps("To the practice") if does == "taps" else ana.says("and now?"))
    assert ana.keys == ["learn/gone"]
    assert "Close to it: External triggers" in ana.replies[0].text
    await ana.taps("Next lesson")
    assert "External triggers" in ana.last.text
    assert "Next" in ana.last.labels


async def test_a_removed_lesson_is_in_no_list_and_an_old_button_of_it_says_so(world: World) -> None:
    ana = await world.enrol("Ana")
    await read(ana, "m3.2")
    update(world, lambda lessons: lessons[:1])
    await ana.says("/learn")
    assert "0 of 1" in ana.replies[0].text
    assert await ana.forges("learn.open:m3.2") == "That button is from an earlier step."


async def test_a_lesson_that_became_shorter_keeps_its_reader_at_its_last_page(world: World) -> None:
    ana = await world.enrol("Ana")
    await read(ana, "m3.1")  # four pages
    update(world, lambda lessons: tuple(shorten(one) for one in lessons))
    await ana.forges("learn.open:m3.1")
    third = world.app.services.content.modules[0].lessons[0].texts["en"].pages[2]
    assert third.split("\n")[0].split("<")[0][:20] in ana.last.text
    assert "To the practice" in ana.last.labels
    await ana.taps("To the practice")
    while "Skip" in ana.last.labels:
        await ana.taps("Skip")
    assert "You finished" in ana.last.text


async def test_someone_in_a_step_that_is_gone_goes_on_with_one_that_is_there(world: World) -> None:
    ana = await world.enrol("Ana")
    await read(ana, "m3.1")
    await ana.taps("To the practice")
    await ana.taps("Start")
    await ana.taps("Skip")
    update(world, lambda lessons: tuple(shorten(one) for one in lessons))
    await ana.says("The station")  # the step asked for words; what stands there now asks for taps
    assert ana.keys[0] == "learn/tap_hint"
    await ana.taps("Skip")
    assert "Quick check 1/2" in ana.last.text
