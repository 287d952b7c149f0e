"""A question of a lesson that was done some days ago: now and then, one tap, kind, never in a case."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.features.learn import rules, store
from bot.features.learn.rules import Choice
from bot.models import LessonProgress
from tests.world import Phone, World, content, world_at

ZONE = "America/New_York"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    one = replace(content(), modules=tuple(module for module in content().modules if module.id == "m3"))
    async with world_at(tmp_path, loaded=one) as made:
        yield made


async def finish(ana: Phone, lesson: str = "m3.1", *, right: bool = True) -> None:
    """Through a lesson; the exercise is skipped, the quiz answered."""
    await ana.says("/learn")
    await ana.forges(f"learn.open:{lesson}")
    while "Next" in ana.last.labels:
        await ana.taps("Next")
    await ana.taps("To the practice")
    await ana.taps("Skip")
    while ana.last.key in ("learn/quiz", "learn/quiz_answered"):
        found = rules.find_lesson(ana.world.app.services.content, lesson)
        assert found is not None
        quiz = {question.key: question for question in found.texts["en"].quiz}
        question = next(one for one in quiz.values() if one.ask.split("<")[0][:20] in ana.last.html)
        option = next(one for one in question.options if one.correct is right)
        await ana.taps(option.text)
        await ana.taps("Next" if "Next" in ana.last.labels else "Finish")


def stored(world: World, ana: Phone) -> int:
    with world.work() as work:
        return len(store.choices(work, ana.person))


async def test_some_days_after_a_lesson_its_question_waits_in_the_list(world: World) -> None:
    ana = await world.enrol("Ana")
    await finish(ana)
    await ana.says("/learn")
    assert "Quick question" not in ana.last.labels
    await world.passes(days=3)
    await ana.says("/learn")
    await ana.taps("Quick question")
    assert ana.last.text.startswith("A quick question from External triggers")
    before = stored(world, ana)
    found = rules.find_lesson(world.app.services.content, "m3.1")
    assert found is not None
    wrong = next(option for option in found.texts["en"].quiz[0].options if not option.correct)
    right = next(option for option in found.texts["en"].quiz[0].options if option.correct)
    await ana.taps(wrong.text)
    assert "Try again" in ana.last.labels
    await ana.taps("Try again")
    await ana.taps(right.text)
    assert ana.last.labels == ["Read again", "Go on"]
    assert stored(world, ana) == before + 2
    await ana.says("/learn")
    assert "Quick question" not in ana.last.labels  # now and then, not one after another


async def test_the_days_offer_opens_with_it_and_not_now_leads_on(world: World) -> None:
    ana = await world.enrol("Ana")
    await finish(ana)
    await ana.says("/learn")
    await ana.taps("Lesson a day")
    await ana.taps("16:00")
    await world.passes(days=3, hours=7)
    assert ana.all[-1].text == "You have a message"
    await ana.taps("Open")
    assert ana.last.text.startswith("A quick question from")
    await ana.taps("Not now")
    await ana.taps("Go on")
    assert ana.last.text.startswith("Internal triggers and HALT")


async def test_no_question_while_a_case_is_open(world: World) -> None:
    ana = await world.enrol("Ana")
    await finish(ana)
    await world.passes(days=3)
    await ana.says("/learn")
    await ana.says("I want to kill myself")
    await ana.taps("Quick question")
    assert "A quick question" not in ana.last.text


@pytest.mark.parametrize("data", ["learn.recall:m3.1:0:9", "learn.recall:m3.1:7:0", "learn.recall:m3.2:0:0", "learn.recall:m9.9:x:y"])
async def test_forged_answers_are_kept_nowhere(world: World, data: str) -> None:
    ana = await world.enrol("Ana")
    await finish(ana)
    before = stored(world, ana)
    assert await ana.forges(data) == "That button is from an earlier step."
    assert stored(world, ana) == before


DONE = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)


def day_of_review(*answers: tuple[int, bool]) -> int | None:
    """On which day after the lesson was done the first question of m3.1 comes, when it was answered on these days."""
    lessons = [lesson for module in content().modules for lesson in module.lessons if lesson.id == "m3.1"]
    rows = {"m3.1": LessonProgress(module_id="m3", lesson_id="m3.1", stage="done", started_at=DONE, updated_at=DONE, done_at=DONE)}
    key = lessons[0].texts["en"].quiz[0].key
    choices = [Choice("m3.1", key, right, DONE + timedelta(days=day)) for day, right in answers]
    after = max(day for day, _ in answers)
    days = range(after, after + 90)
    return next((day for day in days if rules.review(lessons, rows, choices, date(2026, 3, 2) + timedelta(days=day), ZONE)), None)


@pytest.mark.parametrize(
    ("answers", "day"),
    [
        ([(0, True)], 3),
        ([(0, False)], 3),
        ([(0, True), (3, True)], 10),
        ([(0, True), (3, True), (10, True)], 24),
        ([(0, True), (3, True), (10, False)], 13),
        ([(0, False), (0, True)], 3),  # a second try on the same day tells nothing new
    ],
)
def test_what_was_known_comes_later_each_time_and_what_was_not_sooner(answers: list[tuple[int, bool]], day: int) -> None:
    assert day_of_review(*answers) == day


def test_a_question_that_was_never_seen_is_not_asked() -> None:
    lessons = [lesson for module in content().modules for lesson in module.lessons if lesson.id == "m3.1"]
    rows = {"m3.1": LessonProgress(module_id="m3", lesson_id="m3.1", stage="done", started_at=DONE, updated_at=DONE, done_at=DONE)}
    assert rules.review(lessons, rows, [], date(2026, 6, 1), ZONE) is None
