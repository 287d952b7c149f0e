"""Which lessons are open, which comes next, where a person is in one, and how an answer reads. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from bot.assigning import WEEKS, is_left_out
from bot.content.exercise import Kind, Step
from bot.content.lessons import Lesson, LessonText, Module
from bot.content.library import Content
from bot.errors import NotUnderstood
from bot.models import LessonProgress

SEVERE_CRAVING = 9  # of 10: "Is it within reach?" (SAFETY.md 5)
REVIEW_AFTER = (3, 7, 14, 30, 60)  # days until a question comes again, by how often in a row it was answered well
REVIEW_REST = timedelta(days=2)  # from one such question to the next, whichever lesson it is of
RELATED = 2  # lessons that are offered beside the next one
_FULL, _EMPTY = "▰", "▱"


class Stage(StrEnum):
    """The parts of a lesson in their order. A position counts within one: the page, the exercise's step (0 is its intro), the question."""

    PAGES = "pages"
    EXERCISE = "exercise"
    QUIZ = "quiz"
    DONE = "done"


class Mark(StrEnum):
    """How a lesson stands in a list."""

    DONE = "done"
    BEGUN = "begun"
    ASSIGNED = "assigned"
    OPEN = "open"
    LOCKED = "locked"


def lessons_of(content: Content) -> Iterator[Lesson]:
    """Every lesson, in the curriculum's order."""
    for module in content.modules:
        yield from module.lessons


def find_lesson(content: Content, lesson_id: str) -> Lesson | None:
    """The lesson with this id, or None: button data may be old or forged."""
    return next((lesson for lesson in lessons_of(content) if lesson.id == lesson_id), None)


def find_module(content: Content, module_id: str) -> Module | None:
    """The module with this id, or None."""
    return next((module for module in content.modules if module.id == module_id), None)


def week_of(started_on: date | None, today: date, pace: int = WEEKS) -> int:
    """The week of the curriculum that a person has reached, from 1; 1 also before the start and when the start is not known.

    Args:
        pace: over how many weeks the curriculum's twelve are spread.
    """
    return 1 if started_on is None else max((today - started_on).days * WEEKS // (pace * 7) + 1, 1)


def opens_on(week: int, started_on: date | None, pace: int = WEEKS) -> date | None:
    """The day on which a module of this week opens; None when the start is not known. The counterpart of `week_of`."""
    return None if started_on is None else started_on + timedelta(days=-(-(week - 1) * pace * 7 // WEEKS))


def open_lessons(modules: Sequence[Module], week: int, rows: Mapping[str, LessonProgress], *, crisis: bool) -> frozenset[str]:
    """Ids of the lessons that may be read now.

    A module opens with its week of the programme, a lesson also when it was assigned or begun. When no module is due yet the first
    one is open, so that nobody stands before a closed door, and in a crisis everything is.

    Args:
        rows: the person's progress by lesson id.
        crisis: whether the person has an open case.

    Source: PRODUCT.md 2, CLINICAL.md 1.3.
    """
    first = min((module.week for module in modules), default=0)
    due = {lesson.id for module in modules if crisis or module.week <= max(week, first) for lesson in module.lessons}
    return frozenset(due | {key for key, row in rows.items() if not is_left_out(row)})


def is_begun(row: LessonProgress | None) -> bool:
    """Whether someone is in the middle of it for the first time."""
    return row is not None and row.done_at is None and (row.position > 0 or row.stage != Stage.PAGES)


def mark(lesson: Lesson, row: LessonProgress | None, opened: frozenset[str]) -> Mark:
    """How a lesson stands in a list."""
    if row is not None and row.done_at is not None:
        return Mark.DONE
    if is_begun(row):
        return Mark.BEGUN
    if row is not None and row.assigned_by is not None:
        return Mark.ASSIGNED
    return Mark.OPEN if lesson.id in opened else Mark.LOCKED


def suggested(lessons: Sequence[Lesson], rows: Mapping[str, LessonProgress], opened: frozenset[str]) -> Lesson | None:
    """The lesson to go on with: begun last, then assigned by the team in its order, then next on the core path, then the rest.
    Never one that the team leaves out.

    Returns:
        None when every open lesson is done.
    """
    waiting = [one for one in lessons if one.id in opened and _is_to_do(rows.get(one.id))]
    begun = [lesson for lesson in waiting if is_begun(rows.get(lesson.id))]
    if begun:
        return max(begun, key=lambda lesson: rows[lesson.id].updated_at)
    assigned = [lesson for lesson in waiting if lesson.id in rows and rows[lesson.id].assigned_by is not None]
    if assigned:
        return min(assigned, key=lambda lesson: rows[lesson.id].started_at)
    return next((lesson for lesson in waiting if lesson.core), waiting[0] if waiting else None)


def related(
    lesson: Lesson, lessons: Sequence[Lesson], rows: Mapping[str, LessonProgress], opened: frozenset[str], after: Lesson | None
) -> list[Lesson]:
    """What goes with a lesson and may be read next: open, not done, and not the one that comes next anyway; `RELATED` at most."""
    known = {one.id: one for one in lessons}
    found = [known[one] for one in lesson.related if one in known and one in opened and one not in (after.id if after else "", lesson.id)]
    return [one for one in found if _is_to_do(rows.get(one.id))][:RELATED]


def nearest(module: Module | None, rows: Mapping[str, LessonProgress], opened: frozenset[str]) -> Lesson | None:
    """Where to go on when a lesson of this module is gone: the module's first open lesson that is not done."""
    lessons = module.lessons if module is not None else ()
    return next((one for one in lessons if one.id in opened and _is_to_do(rows.get(one.id))), None)


def counted(lessons: Sequence[Lesson], rows: Mapping[str, LessonProgress]) -> Sequence[Lesson]:
    """Those that progress is counted in: all but what the team passes over; all when it passes over every one."""
    return [lesson for lesson in lessons if not is_left_out(rows.get(lesson.id))] or lessons


def _is_to_do(row: LessonProgress | None) -> bool:
    return row is None or (row.done_at is None and not is_left_out(row))


def done_count(lessons: Sequence[Lesson], rows: Mapping[str, LessonProgress]) -> int:
    """How many of these lessons were finished once."""
    return sum(1 for lesson in lessons if (row := rows.get(lesson.id)) is not None and row.done_at is not None)


def bar(done: int, total: int, width: int = 6) -> str:
    """A progress bar of text blocks; never full before the end, never empty after a beginning."""
    if total <= 0:
        return _EMPTY * width
    full = done * width // total
    if done > 0:
        full = max(full, 1)
    return _FULL * full + _EMPTY * (width - full)


def last_position(stage: Stage, text: LessonText) -> int:
    """The last position within a stage."""
    if stage is Stage.PAGES:
        return len(text.pages) - 1
    if stage is Stage.EXERCISE:
        return len(text.exercise.steps)
    return len(text.quiz) - 1 if stage is Stage.QUIZ else 0


def following(stage: Stage, position: int, text: LessonText) -> tuple[Stage, int]:
    """The place after this one; `DONE` after the last question."""
    if stage is Stage.DONE or position < last_position(stage, text):
        return stage, position + 1
    return list(Stage)[list(Stage).index(stage) + 1], 0


def preceding(stage: Stage, position: int, text: LessonText) -> tuple[Stage, int] | None:
    """The place before this one; None at the first page."""
    if position > 0:
        return stage, position - 1
    if stage in (Stage.PAGES, Stage.DONE):
        return None
    before = list(Stage)[list(Stage).index(stage) - 1]
    return before, last_position(before, text)


def within(stage: Stage, position: int, text: LessonText) -> int:
    """The position, brought back into the lesson's length: an edited lesson may have fewer pages than when it was begun."""
    return min(max(position, 0), last_position(stage, text))


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a quiz question, as it is kept."""

    lesson_id: str
    item_key: str
    right: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Review:
    """A question to ask again: the lesson that it belongs to, and its place in the quiz."""

    lesson: Lesson
    number: int


def review(
    lessons: Sequence[Lesson], rows: Mapping[str, LessonProgress], choices: Iterable[Choice], today: date, zone: str
) -> Review | None:
    """The question of a lesson that was done some days ago whose time has come: the one that waits longest.

    A question comes again `REVIEW_AFTER` days after its last answer, later each time that it was answered well and soonest when it was
    not. None is asked within `REVIEW_REST` of the last such question.

    Args:
        lessons: the curriculum in its order.
        rows: progress by lesson id.
        choices: every answer that was kept, oldest first.
        today: on the person's wall.
        zone: theirs.
    """
    wall = ZoneInfo(zone)
    finished = {key: row.done_at.astimezone(wall).date() for key, row in rows.items() if row.done_at is not None}
    last: dict[tuple[str, str], tuple[date, int]] = {}
    for choice in choices:
        day = choice.at.astimezone(wall).date()
        done = finished.get(choice.lesson_id)
        if done is not None and done < day and today - day < REVIEW_REST:
            return None
        key = (choice.lesson_id, choice.item_key)
        before = last.get(key)
        if before is not None and before[0] == day:  # a second try on the same day tells nothing new
            continue
        last[key] = (day, (before[1] + 1 if before is not None else 1) if choice.right else 0)
    found: list[tuple[date, Review]] = []
    for lesson in lessons:
        for number, question in enumerate(next(iter(lesson.texts.values())).quiz):
            if lesson.id not in finished or (lesson.id, question.key) not in last:
                continue
            day, well = last[lesson.id, question.key]
            at = max(day, finished[lesson.id]) + timedelta(days=REVIEW_AFTER[min(max(well - 1, 0), len(REVIEW_AFTER) - 1)])
            if at <= today:
                found.append((at, Review(lesson, number)))
    return min(found, key=lambda one: one[0])[1] if found else None


def place_of(said: str) -> int | None:
    """A position in a list as it stands in a button; None when it is none."""
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 3 else None


def parse_scale(typed: str) -> int:
    """A number of 0 to 10.

    Raises:
        NotUnderstood: it is none.
    """
    digits = typed.strip().rstrip(".!").removesuffix("/10").strip()
    if not digits.isascii() or not digits.isdecimal() or int(digits) > 10:
        raise NotUnderstood("learn/scale_hint")
    return int(digits)


def answer_to(step: Step, value: Any) -> dict[str, Any]:
    """An answer as it is kept: kind, value and which entry of the plan it may become.

    Args:
        value: text, an option's key, option keys, or a number, as the step's kind asks.
    """
    kept: dict[str, Any] = {"kind": step.kind.value, "value": value}
    if step.plan is not None:
        kept["plan"] = step.plan.value
    if step.kind is Kind.CONFIRM:
        kept["done"] = value == step.options[0].key
    return kept


def shown(step: Step, kept: Mapping[str, Any] | None) -> str:
    """An answer as its giver reads it, in the language of `step`: plain text; "" when there is none that still fits."""
    if kept is None or kept.get("kind") != step.kind.value:
        return ""
    value = kept["value"]
    if step.kind in (Kind.TEXT, Kind.SCALE):
        return str(value)
    keys = value if isinstance(value, list) else [value]
    return ", ".join(option.text for option in step.options if option.key in keys)


def plan_texts(step: Step, kept: Mapping[str, Any]) -> list[str]:
    """An answer as entries of the plan: one for words, one for each option that was chosen."""
    if step.kind is Kind.TEXT:
        return [str(kept["value"])]
    return [option.text for option in step.options if option.key in chosen_keys(step, kept)]


def chosen_keys(step: Step, kept: Mapping[str, Any] | None) -> list[str]:
    """The options that an earlier answer named."""
    if kept is None or kept.get("kind") != step.kind.value or step.kind in (Kind.TEXT, Kind.SCALE):
        return []
    value = kept["value"]
    return list(value) if isinstance(value, list) else [value]


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, at a word's end where there is one near."""
    if len(text) <= limit:
        return text
    short = text[: limit - 1]
    at_word = short.rfind(" ")
    return (short[:at_word] if at_word > limit * 2 // 3 else short).rstrip() + "…"
