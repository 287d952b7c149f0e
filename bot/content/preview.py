"""A lesson as a phone would show it, in plain text: one frame a message, its buttons below."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from bot.content.exercise import Kind, Step
from bot.content.lessons import Lesson, Question
from bot.content.markup import to_plain, visible_length

WIDTH = 40  # characters of a line, about as many as a phone shows


def pages_of(lesson: Lesson, lang: str) -> Iterator[str]:
    """The messages of a lesson in their order, each with its name, its length and its buttons.

    Args:
        lang: one of the lesson's languages.
    """
    text = lesson.texts[lang]
    core = ", core path" if lesson.core else ""
    yield f"{lesson.id} · {text.title} ({lang}, {lesson.minutes} min{core})\n{text.objective}"
    total = len(text.pages)
    for number, page in enumerate(text.pages, 1):
        yield _frame(f"page {number}/{total}", page, [])
    tool = [f"opens the tool {lesson.tool}"] if lesson.tool else []
    yield _frame("exercise", text.exercise.intro, tool)
    for number, step in enumerate(text.exercise.steps, 1):
        into = f", into the plan: {step.plan}" if step.plan else ""
        yield _frame(f"question {number}/{len(text.exercise.steps)} ({step.kind}{into})", step.ask, _answers(step))
    yield _frame("exercise done", text.exercise.done, [])
    if text.exercise.share:
        yield _frame("to share", text.exercise.share, [])
    for number, question in enumerate(text.quiz, 1):
        yield from _quiz(f"quiz {number}/{len(text.quiz)}", question)


def _answers(step: Step) -> list[str]:
    if step.kind is Kind.SCALE:
        return [f"0 = {step.min_label}", f"10 = {step.max_label}"]
    return [option.text for option in step.options]


def _quiz(name: str, question: Question) -> Iterator[str]:
    yield _frame(name, question.ask, [option.text for option in question.options])
    for option in question.options:
        mark = "right" if option.correct else "not right"
        yield _frame(f"{name}: {option.text} ({mark})", option.feedback, [])


def _frame(name: str, body: str, buttons: Sequence[str]) -> str:
    lines = [line for part in to_plain(body).splitlines() for line in textwrap.wrap(part, WIDTH) or [""]]
    shown = [f"  {line}".rstrip() for line in lines] + [f"  [ {label} ]" for label in buttons]
    return "\n".join([f"-- {name} · {visible_length(body)} characters", *shown])
