"""How a place in a lesson looks: page, introduction, question, feedback, with their buttons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.content import voices
from bot.content.exercise import Kind, Step
from bot.content.lessons import Lesson, LessonText, Question
from bot.content.render import safe
from bot.escalation.store import open_case
from bot.features.learn import rules, store
from bot.features.learn.rules import Stage
from bot.models import LessonProgress
from bot.turn import Button, Rows, Turn

_SHORT_LABEL = 14  # two such labels stand side by side on a phone
_BEFORE = 160  # characters of an earlier answer that are shown with its question


@dataclass(frozen=True, slots=True)
class Here:
    """Where the person is: the lesson, its words in their language, and their place in it."""

    lesson: Lesson
    text: LessonText
    row: LessonProgress

    @property
    def stage(self) -> Stage:
        return Stage(self.row.stage)

    @property
    def position(self) -> int:
        return rules.within(self.stage, self.row.position, self.text)

    @property
    def step(self) -> Step | None:
        """The exercise's present question; None outside the exercise and at its introduction."""
        return self.text.exercise.steps[self.position - 1] if self.stage is Stage.EXERCISE and self.position else None

    @property
    def question(self) -> Question | None:
        """The quiz's present question; None outside the quiz."""
        return self.text.quiz[self.position] if self.stage is Stage.QUIZ else None


def show(turn: Turn, at: Here, *, edit: bool = False) -> None:
    """The present place in the lesson, in the pressed message or as a new one."""
    if at.stage is Stage.DONE:
        turn.finish()
        turn.say("learn/closed", [[Button("learn/all_lessons", "learn.home")]])
        return
    key, rows, values = _page(turn, at) if at.stage is Stage.PAGES else _intro(at)
    if at.step is not None:
        key, rows, values = _step(turn, at, at.step)
    elif at.question is not None:
        key, rows, values = _question(at, at.question)
    if edit:
        turn.edit(key, rows, step=True, **values)
    else:
        turn.ask(key, rows, **values)


Shown = tuple[str, Rows, dict[str, Any]]


def page_values(at: Here) -> dict[str, Any]:
    """What a page's template needs."""
    number, total = at.position + 1, len(at.text.pages)
    first = at.position == 0
    return {
        "title": at.text.title,
        "bar": rules.bar(number, total, total),
        "number": number,
        "total": total,
        "objective": at.text.objective if first else "",
        "page": safe(at.text.pages[at.position]),
    }


def _page(turn: Turn, at: Here) -> Shown:
    move = [Button("common/back", "learn.back")] if at.position else []
    last = at.position == rules.last_position(Stage.PAGES, at.text)
    move.append(Button("learn/practice" if last else "learn/next", "learn.next"))
    leave = Button("learn/close", "learn.close") if at.row.done_at is not None else Button("common/later", "form.leave")
    first = [] if at.position else _listen(turn, at)
    return "learn/page", [*first, move, [leave]], page_values(at)


def recording(turn: Turn, lesson: Lesson) -> str | None:
    """The recording beside a lesson's file in the person's language, if there is one."""
    return voices.path_of(turn.content.voices, f"lessons/{lesson.module_id}/{lesson.id}", turn.lang)


def _listen(turn: Turn, at: Here) -> list[list[Button]]:
    return [[Button("learn/listen", "learn.listen", (at.lesson.id,))]] if recording(turn, at.lesson) else []


def _intro(at: Here) -> Shown:
    rows = [*_tool(at), [Button("learn/start", "learn.next")], [Button("common/back", "learn.back"), Button("common/skip", "learn.skip")]]
    return "learn/intro", rows, {"intro": safe(at.text.exercise.intro), "total": len(at.text.exercise.steps)}


def _tool(at: Here) -> list[list[Button]]:
    return [[Button("learn/tool", "tools.open", (at.lesson.tool,))]] if at.lesson.tool else []


def _step(turn: Turn, at: Here, step: Step) -> Shown:
    kept = store.answers(turn.work, turn.person, at.lesson).get(step.key)
    rows: list[list[Button]] = []
    if step.kind is Kind.SCALE:
        numbers = [Button("learn/number", "learn.scale", (number,), {"number": number}) for number in range(11)]
        rows = [numbers[:6], numbers[6:]]
    elif step.kind is Kind.MULTI:
        chosen = chosen_now(turn, at, step)
        rows = _options("learn.toggle", [(option.key, option.text) for option in step.options], chosen)
        rows.append([Button("learn/done", "learn.done")])
    elif step.kind is not Kind.TEXT:
        rows = _options("learn.choose", [(option.key, option.text) for option in step.options])
    if step.kind is Kind.CONFIRM:
        rows = [*_tool(at), *rows]
    rows.append([Button("common/back", "learn.back"), Button("common/skip", "learn.skip")])
    values = {
        "number": at.position,
        "total": len(at.text.exercise.steps),
        "ask": safe(step.ask),
        "low": step.min_label or "",
        "high": step.max_label or "",
        "before": "" if step.kind is Kind.MULTI else rules.cut(rules.shown(step, kept), _BEFORE),
        "write": step.kind is Kind.TEXT,
        "to_team": step.kind is Kind.TEXT and open_case(turn.session, turn.person.id) is not None,
    }
    return "learn/step", rows, values


def _question(at: Here, question: Question) -> Shown:
    rows = [[Button("learn/option", "learn.quiz", (option.key,), {"text": option.text})] for option in question.options]
    rows.append([Button("common/back", "learn.back"), Button("common/skip", "learn.skip")])
    return "learn/quiz", rows, {"number": at.position + 1, "total": len(at.text.quiz), "ask": safe(question.ask)}


def show_feedback(turn: Turn, at: Here, question: Question, key: str, *, final: bool = False) -> None:
    """A quiz answer with its feedback, in the place of the question; `final` when the person goes on and its buttons go."""
    option = next((option for option in question.options if option.key == key), None)
    if option is None:
        return
    last = at.position == rules.last_position(Stage.QUIZ, at.text)
    on = Button("learn/finish" if last else "learn/next", "learn.next")
    rows: Rows = () if final else [[on] if option.correct else [Button("learn/retry", "learn.retry"), on]]
    turn.edit(
        "learn/quiz_answered",
        rows,
        step=not final,
        ask=safe(question.ask),
        choice=option.text,
        feedback=safe(option.feedback),
    )


def _options(route: str, options: Sequence[tuple[str, str]], chosen: Sequence[str] = ()) -> list[list[Button]]:
    rows: list[list[Button]] = []
    short = False
    for key, text in options:
        button = Button("learn/option_on" if key in chosen else "learn/option", route, (key,), {"text": text})
        fits = len(text) <= _SHORT_LABEL
        if rows and short and fits and len(rows[-1]) == 1:
            rows[-1].append(button)
        else:
            rows.append([button])
        short = fits
    return rows


def chosen_now(turn: Turn, at: Here, step: Step) -> list[str]:
    """The options that are ticked: those tapped since the question was put, else those of an earlier answer."""
    chosen = turn.data.get("chosen")
    if chosen is None:
        return rules.chosen_keys(step, store.answers(turn.work, turn.person, at.lesson).get(step.key))
    return list(chosen)
