"""`/learn`: the modules, a module's lessons, opening one, and one's own answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from bot import assigning
from bot.assigning import PACES
from bot.content.lessons import Lesson, Module
from bot.content.markup import to_plain
from bot.features.learn import lesson as inside
from bot.features.learn import review, rules, store
from bot.features.learn.rules import Mark, Stage
from bot.features.learn.views import recording
from bot.models import LessonProgress
from bot.turn import Button, Rows, Turn

T = TypeVar("T")

_IN_A_ROW = 6
_MODULES, _ANSWERED = 12, 30  # on one page of a list
_ASK, _ANSWERS = 80, 2800  # characters of a question, and of all answers together, so that the list fits a message


def learn(turn: Turn) -> None:
    """`/learn`: every module with its progress, and what is suggested next."""
    rows, values = _home(turn)
    turn.say("learn/home", rows, **values)


def listed(turn: Turn) -> None:
    """The same in the place of the list from which one came."""
    rows, values = _home(turn)
    turn.edit("learn/home", rows, **values)


def module(turn: Turn) -> None:
    """A module's lessons, each with its state."""
    found = rules.find_module(turn.content, turn.arg)
    if found is None:
        turn.answer("common/old_button")
        return
    rows, values = _module(turn, found)
    turn.edit("learn/module", rows, **values)


def open_(turn: Turn) -> None:
    """A lesson, where it was left; one that was done asks what to do with it."""
    lesson = _known(turn)
    if lesson is None:
        return
    progress = store.progress(turn.work, turn.person)
    if lesson.id not in inside.opened(turn, progress):
        week = next(module.week for module in turn.content.modules if module.id == lesson.module_id)
        turn.answer("learn/locked", alert=True, week=week, opens=rules.opens_on(week, *store.pace_of(turn.work, turn.person)))
        return
    row = progress.get(lesson.id)
    if row is not None and row.stage == Stage.DONE:
        rows = [
            [Button("learn/read_again", "learn.again", (lesson.id,)), Button("learn/practise_again", "learn.practise", (lesson.id,))],
            [Button("learn/my_answers", "learn.answers", (lesson.id,)), Button("learn/all_lessons", "learn.home")],
        ]
        turn.say("learn/done_before", rows, title=lesson.texts[turn.lang].title, at=row.done_at)
        return
    inside.enter(turn, lesson)


def listen(turn: Turn) -> None:
    """The recording beside a lesson's file."""
    lesson = _known(turn)
    path = recording(turn, lesson) if lesson is not None else None
    if lesson is None or path is None:
        turn.answer("common/old_button")
        return
    turn.voice(path, "learn/voice", title=lesson.texts[turn.lang].title)


def again(turn: Turn) -> None:
    """Read a lesson from its first page."""
    _enter_at(turn, Stage.PAGES)


def practise(turn: Turn) -> None:
    """Do a lesson's exercise again; the newest answers count."""
    _enter_at(turn, Stage.EXERCISE)


def resume(turn: Turn) -> None:
    """On with the lesson that is open, or with the suggested one."""
    if turn.state is not None and turn.state.startswith("learn."):
        if turn.state == inside.REACH:
            inside.ask_reach(turn)
        else:
            inside.ask(turn)
        return
    progress = store.progress(turn.work, turn.person)
    found = rules.suggested(list(rules.lessons_of(turn.content)), progress, inside.opened(turn, progress))
    if found is None:
        learn(turn)
    else:
        inside.enter(turn, found)


def today(turn: Turn) -> None:
    """[Open] on the day's offer: now and then a question of an earlier lesson comes first."""
    found = review.waiting(turn)
    if found is not None and turn.state is None:
        review.show(turn, found.lesson, found.number)
    else:
        resume(turn)


def pace(turn: Turn) -> None:
    """How fast shall the modules open?"""
    buttons = [Button("learn/number", "learn.set_pace", (weeks,), {"number": weeks}) for weeks in PACES]
    rows = [buttons[at : at + _IN_A_ROW] for at in range(0, len(buttons), _IN_A_ROW)]
    turn.edit("learn/pace", [*rows, [Button("common/back", "learn.rhythm")]], weeks=store.pace_of(turn.work, turn.person)[1])


def set_pace(turn: Turn) -> None:
    """The weeks, tapped."""
    if turn.arg not in {str(weeks) for weeks in PACES}:
        turn.answer("common/old_button")
        return
    assigning.set_pace(turn.work, turn.person, int(turn.arg), turn.person)
    rhythm(turn)


def rhythm(turn: Turn) -> None:
    """How fast the lessons open, and whether one is offered each day: both can be changed from here, which `/settings` shows too."""
    rows = [
        [Button("learn/pace", "learn.pace"), Button("learn/daily", "learn.daily")],
        [Button("learn/settings", "settings.open"), Button("learn/all_lessons", "learn.list")],
    ]
    turn.edit("learn/rhythm", rows, weeks=store.pace_of(turn.work, turn.person)[1], at=store.lesson_at(turn.work, turn.person))


def mine(turn: Turn) -> None:
    """The lessons in which the person left answers."""
    _mine(turn, 0)


def more(turn: Turn) -> None:
    """Another page of them."""
    _mine(turn, rules.place_of(turn.arg) or 0)


def _mine(turn: Turn, page: int) -> None:
    answered = store.answered_lessons(turn.work, turn.person)
    lessons = [lesson for lesson in rules.lessons_of(turn.content) if lesson.id in answered]
    back = [[Button("learn/my_plan", "plan.show")], [Button("common/back", "learn.list")]]
    if not lessons:
        turn.edit("learn/no_answers", back)
        return
    shown, turning = _page(lessons, page, _ANSWERED, "learn.more")
    rows = [*_numbers("learn.answers", shown), *turning, *back]
    turn.edit("learn/mine", rows, lessons=[{"number": place, "title": one.texts[turn.lang].title} for place, one in enumerate(shown, 1)])


def answers(turn: Turn) -> None:
    """What the person answered in one lesson."""
    lesson = _known(turn)
    if lesson is None:
        return
    text = lesson.texts[turn.lang]
    kept = store.answers(turn.work, turn.person, lesson)
    steps = [(step, given) for step in text.exercise.steps if (given := rules.shown(step, kept.get(step.key)))]
    rows = [[Button("learn/practise_again", "learn.practise", (lesson.id,)), Button("learn/all_lessons", "learn.home")]]
    if not steps:
        turn.say("learn/no_answers", rows)
        return
    room = _ANSWERS // len(steps)
    shown = [{"ask": rules.cut(" ".join(to_plain(step.ask).split()), _ASK), "answer": rules.cut(given, room)} for step, given in steps]
    turn.say("learn/answers", rows, title=text.title, answers=shown)


def _known(turn: Turn) -> Lesson | None:
    lesson = rules.find_lesson(turn.content, turn.arg)
    if lesson is None:
        turn.answer("common/old_button")
    return lesson


def _enter_at(turn: Turn, stage: Stage) -> None:
    lesson = _known(turn)
    if lesson is None:
        return
    row = store.progress(turn.work, turn.person).get(lesson.id)
    if row is None or row.done_at is None:
        open_(turn)
        return
    store.move(turn.work, row, stage, 0)
    inside.enter(turn, lesson)


def modules(turn: Turn) -> None:
    """Another page of the modules: a clinic with many of its own has more than one message holds."""
    rows, values = _home(turn, rules.place_of(turn.arg) or 0)
    turn.edit("learn/home", rows, **values)


def _home(turn: Turn, page: int | None = None) -> tuple[Rows, dict[str, Any]]:
    progress = store.progress(turn.work, turn.person)
    opened = inside.opened(turn, progress)
    lessons = list(rules.lessons_of(turn.content))
    found = rules.suggested(lessons, progress, opened)
    rows: list[list[Button]] = []
    if found is not None:
        label = "learn/go_on" if rules.is_begun(progress.get(found.id)) else "learn/start"
        rows.append([Button(label, "learn.open", (found.id,))])
    if review.waiting(turn) is not None:
        rows.append([Button("learn/review", "learn.review")])
    if page is None:
        page = next((at // _MODULES for at, one in enumerate(turn.content.modules) if found is not None and one.id == found.module_id), 0)
    modules, turning = _page(turn.content.modules, page, _MODULES, "learn.modules")
    rows += [[Button("learn/title", "learn.module", (one.id,), {"title": one.title.of(turn.lang)})] for one in modules]
    rows += turning
    mine = [Button("learn/my_answers", "learn.mine")] if store.answered_lessons(turn.work, turn.person) else []
    rows.append([*mine, Button("learn/my_plan", "plan.show")])
    rows.append([Button("learn/pace", "learn.pace"), Button("learn/daily", "learn.daily")])
    started_on, pace_weeks = store.pace_of(turn.work, turn.person)
    shown = [
        {
            "title": one.title.of(turn.lang),
            "bar": rules.bar(rules.done_count(one.lessons, progress), len(rules.counted(one.lessons, progress))),
            "done": rules.done_count(one.lessons, progress),
            "total": len(rules.counted(one.lessons, progress)),
            "week": 0 if any(lesson.id in opened for lesson in one.lessons) else one.week,
            "opens": rules.opens_on(one.week, started_on, pace_weeks),
        }
        for one in modules
    ]
    begun = found is not None and rules.is_begun(progress.get(found.id))
    assigned = found is not None and not begun and _assigned(progress.get(found.id))
    return rows, {
        "modules": shown,
        "suggested": found.texts[turn.lang].title if found else "",
        "minutes": found.minutes if found else 0,
        "begun": begun,
        "assigned": assigned,
    }


def _assigned(row: LessonProgress | None) -> bool:
    return row is not None and row.assigned_by is not None


def _module(turn: Turn, found: Module) -> tuple[Rows, dict[str, Any]]:
    progress = store.progress(turn.work, turn.person)
    opened = inside.opened(turn, progress)
    marks = [rules.mark(lesson, progress.get(lesson.id), opened) for lesson in found.lessons]
    shown = [
        {"number": place, "title": lesson.texts[turn.lang].title, "mark": state.value, "minutes": lesson.minutes}
        for place, (lesson, state) in enumerate(zip(found.lessons, marks, strict=True), 1)
    ]
    rows = _numbers("learn.open", found.lessons)
    rows.append([Button("common/back", "learn.list")])
    done, total = sum(1 for state in marks if state is Mark.DONE), len(rules.counted(found.lessons, progress))
    return rows, {
        "title": found.title.of(turn.lang),
        "aim": found.aim.of(turn.lang),
        "bar": rules.bar(done, total),
        "done": done,
        "total": total,
        "lessons": shown,
    }


def _numbers(route: str, lessons: Sequence[Lesson]) -> list[list[Button]]:
    buttons = [Button("learn/number", route, (lesson.id,), {"number": place}) for place, lesson in enumerate(lessons, 1)]
    return [buttons[at : at + _IN_A_ROW] for at in range(0, len(buttons), _IN_A_ROW)]


def _page(all_of: Sequence[T], page: int, size: int, route: str) -> tuple[Sequence[T], list[list[Button]]]:
    """A page of a list that may be long, and the buttons to the pages before and after it."""
    page = min(page, max(len(all_of) - 1, 0) // size)
    turning = [Button("learn/earlier", route, (page - 1,))] if page else []
    if (page + 1) * size < len(all_of):
        turning.append(Button("learn/more", route, (page + 1,)))
    return all_of[page * size : (page + 1) * size], [turning] if turning else []
