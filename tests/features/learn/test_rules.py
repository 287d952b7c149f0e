"""Which lessons are open, which comes next, and how answers read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from bot.assigning import PACES
from bot.content.lessons import Lesson
from bot.errors import NotUnderstood
from bot.features.learn import rules
from bot.features.learn.rules import Mark, Stage
from bot.models import LessonProgress
from tests.world import content

NOW = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
MODULE = next(module for module in content().modules if module.id == "m3")
LESSONS = list(MODULE.lessons)
TEXT = LESSONS[0].texts["en"]


def row(lesson: Lesson, **values: Any) -> LessonProgress:
    values = {"started_at": NOW, "updated_at": NOW, **values}
    return LessonProgress(person_id=uuid4(), module_id=lesson.module_id, lesson_id=lesson.id, **values)


def ids(*lessons: Lesson) -> frozenset[str]:
    return frozenset(lesson.id for lesson in lessons)


def test_weeks_count_from_the_first_day() -> None:
    start = date(2026, 3, 2)
    assert [rules.week_of(start, start + timedelta(days=day)) for day in (0, 6, 7, 20, 21)] == [1, 1, 2, 3, 4]
    assert rules.week_of(None, start) == 1
    assert rules.week_of(start + timedelta(days=9), start) == 1


@pytest.mark.parametrize("pace", PACES)
def test_every_pace_opens_the_last_module_in_its_time_and_each_on_the_day_that_is_said(pace: int) -> None:
    start = date(2026, 3, 2)
    days = [rules.opens_on(week, start, pace) for week in range(1, 13)]
    assert days[0] == start
    assert days == sorted(days, key=lambda day: day or start)
    for week, day in enumerate(days, 1):
        assert day is not None
        assert day < start + timedelta(weeks=pace)
        assert rules.week_of(start, day, pace) >= week
        assert week == 1 or rules.week_of(start, day - timedelta(days=1), pace) < week
    assert rules.opens_on(4, None, pace) is None


def test_the_core_path_comes_first_and_the_nearest_lesson_is_of_the_same_module() -> None:
    everything = ids(*LESSONS)
    assert [lesson.core for lesson in LESSONS] == [True, True, True, True, False, False]
    turned = [*LESSONS[4:], *LESSONS[:4]]
    assert rules.suggested(turned, {}, everything) is LESSONS[0]
    finished = {lesson.id: row(lesson, done_at=NOW) for lesson in LESSONS[:4]}
    assert rules.suggested(turned, finished, everything) is LESSONS[4]
    assert rules.nearest(MODULE, finished, everything) is LESSONS[4]
    assert rules.nearest(MODULE, finished, frozenset()) is None
    assert rules.nearest(None, {}, everything) is None


def test_a_module_opens_with_its_week() -> None:
    early, late = MODULE.model_copy(update={"week": 1}), MODULE.model_copy(update={"id": "m9", "week": 9, "lessons": MODULE.lessons[3:]})
    early = early.model_copy(update={"lessons": MODULE.lessons[:3]})
    assert rules.open_lessons([early, late], 8, {}, crisis=False) == ids(*MODULE.lessons[:3])
    assert rules.open_lessons([early, late], 9, {}, crisis=False) == ids(*MODULE.lessons)


def test_nobody_stands_before_a_closed_door_and_nothing_is_locked_in_a_crisis() -> None:
    only = MODULE.model_copy(update={"week": 3})
    late = MODULE.model_copy(update={"id": "m9", "week": 9, "lessons": MODULE.lessons[3:]})
    early = only.model_copy(update={"lessons": MODULE.lessons[:3]})
    assert rules.open_lessons([only], 1, {}, crisis=False) == ids(*MODULE.lessons)
    assert rules.open_lessons([early, late], 1, {}, crisis=True) == ids(*MODULE.lessons)


def test_an_assigned_lesson_is_open_before_its_week() -> None:
    early = MODULE.model_copy(update={"week": 1, "lessons": MODULE.lessons[:3]})
    late = MODULE.model_copy(update={"id": "m9", "week": 9, "lessons": MODULE.lessons[3:]})
    rows = {MODULE.lessons[4].id: row(MODULE.lessons[4], assigned_by=uuid4())}
    assert MODULE.lessons[4].id in rules.open_lessons([early, late], 1, rows, crisis=False)


def test_what_was_begun_comes_first_then_what_was_assigned_in_order_then_the_next() -> None:
    everything = ids(*LESSONS)
    assigned = {
        LESSONS[4].id: row(LESSONS[4], assigned_by=uuid4(), started_at=NOW + timedelta(hours=1)),
        LESSONS[5].id: row(LESSONS[5], assigned_by=uuid4(), started_at=NOW),
    }
    begun = {LESSONS[2].id: row(LESSONS[2], position=1), LESSONS[3].id: row(LESSONS[3], position=2, updated_at=NOW + timedelta(days=1))}
    finished = {LESSONS[0].id: row(LESSONS[0], stage=Stage.DONE, done_at=NOW)}
    assert rules.suggested(LESSONS, {}, everything) is LESSONS[0]
    assert rules.suggested(LESSONS, finished, everything) is LESSONS[1]
    assert rules.suggested(LESSONS, assigned | finished, everything) is LESSONS[5]
    assert rules.suggested(LESSONS, assigned | begun, everything) is LESSONS[3]
    assert rules.suggested(LESSONS, {one.id: row(one, done_at=NOW) for one in LESSONS}, everything) is None
    assert rules.suggested(LESSONS, {}, frozenset()) is None


def test_marks() -> None:
    lesson, opened = LESSONS[0], ids(LESSONS[0])
    assert rules.mark(lesson, None, opened) is Mark.OPEN
    assert rules.mark(lesson, None, frozenset()) is Mark.LOCKED
    assert rules.mark(lesson, row(lesson), opened) is Mark.OPEN  # looked at, not begun
    assert rules.mark(lesson, row(lesson, assigned_by=uuid4()), opened) is Mark.ASSIGNED
    assert rules.mark(lesson, row(lesson, position=1, assigned_by=uuid4()), opened) is Mark.BEGUN
    assert rules.mark(lesson, row(lesson, done_at=NOW), opened) is Mark.DONE


@pytest.mark.parametrize(
    ("done", "total", "shown"),
    [(0, 6, "▱▱▱▱▱▱"), (1, 60, "▰▱▱▱▱▱"), (3, 6, "▰▰▰▱▱▱"), (59, 60, "▰▰▰▰▰▱"), (6, 6, "▰▰▰▰▰▰"), (0, 0, "▱▱▱▱▱▱")],
)
def test_a_bar_is_full_at_the_end_and_begun_at_the_beginning(done: int, total: int, shown: str) -> None:
    assert rules.bar(done, total) == shown


def test_forward_through_a_lesson_and_back_again_is_the_same_way() -> None:
    place: tuple[Stage, int] | None = (Stage.PAGES, 0)
    way: list[tuple[Stage, int]] = []
    while place is not None and place[0] is not Stage.DONE:
        way.append(place)
        place = rules.following(*place, TEXT)
    assert len(way) == len(TEXT.pages) + 1 + len(TEXT.exercise.steps) + len(TEXT.quiz)
    back: list[tuple[Stage, int]] = []
    place = way[-1]
    while place is not None:
        back.append(place)
        place = rules.preceding(*place, TEXT)
    assert back == way[::-1]


def test_a_lesson_that_became_shorter_keeps_people_inside() -> None:
    assert rules.within(Stage.PAGES, 99, TEXT) == len(TEXT.pages) - 1
    assert rules.within(Stage.EXERCISE, 99, TEXT) == len(TEXT.exercise.steps)
    assert rules.within(Stage.QUIZ, -1, TEXT) == 0


@pytest.mark.parametrize(("typed", "value"), [("0", 0), (" 7 ", 7), ("10", 10), ("8/10", 8), ("6.", 6)])
def test_a_typed_number_counts(typed: str, value: int) -> None:
    assert rules.parse_scale(typed) == value


@pytest.mark.parametrize("typed", ["11", "-1", "a lot", "", "7.5", "٣", "1e1"])
def test_what_is_no_number_is_asked_again(typed: str) -> None:
    with pytest.raises(NotUnderstood):
        rules.parse_scale(typed)


def test_answers_are_kept_by_key_and_read_in_any_language() -> None:
    first = {lang: LESSONS[0].texts[lang].exercise.steps[0] for lang in ("en", "es")}
    kept = rules.answer_to(first["en"], ["people", "times"])
    assert rules.shown(first["en"], kept) == "People, Times"
    assert rules.shown(first["es"], kept) == ", ".join(one.text for one in first["es"].options if one.key in ("people", "times"))
    words = LESSONS[0].texts["en"].exercise.steps[1]
    assert rules.answer_to(words, "J")["plan"] == "trigger"
    confirm = LESSONS[3].texts["en"].exercise.steps[0]
    assert rules.answer_to(confirm, confirm.options[0].key)["done"] is True
    assert rules.answer_to(confirm, confirm.options[1].key)["done"] is False
    assert rules.shown(words, kept) == ""  # the step changed its kind since
    assert rules.shown(words, None) == ""


def test_a_long_answer_is_cut_at_a_word() -> None:
    assert rules.cut("one two three", 9) == "one two…"
    assert rules.cut("short", 9) == "short"
    assert rules.cut("x" * 20, 9) == "x" * 8 + "…"
