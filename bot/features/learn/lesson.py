"""Inside a lesson: pages edited in place, the exercise step by step, the quiz. Where a person is stands in `LessonProgress` alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot import plan_items
from bot.content.exercise import Kind, Measured, Step
from bot.content.lessons import Lesson, Question
from bot.content.render import LANGUAGES, safe
from bot.due import local_date
from bot.errors import NotUnderstood
from bot.escalation.store import open_case
from bot.features.learn import rules, store
from bot.features.learn.rules import Stage
from bot.features.learn.views import Here, chosen_now, page_values, show, show_feedback
from bot.models import LessonProgress
from bot.safety.levels import Category, Level
from bot.turn import Button, Turn
from bot.typed import pick

READING = "learn.lesson"
REACH = "learn.reach"


def enter(turn: Turn, lesson: Lesson) -> None:
    """Show a lesson where the person left it; any other lesson that was open keeps its own place."""
    turn.drop_form("learn")
    turn.goto(READING, lesson=lesson.id)
    ask(turn)


def here(turn: Turn) -> Here | None:
    """Where the person is; None when the lesson is no longer part of the content, which is said."""
    lesson_id = str(turn.data.get("lesson", ""))
    lesson = rules.find_lesson(turn.content, lesson_id)
    if lesson is None:
        near = _nearest(turn, lesson_id)
        turn.finish()
        go = [[Button("learn/next_lesson", "learn.open", (near.id,))]] if near else []
        turn.say("learn/gone", [*go, [Button("learn/all_lessons", "learn.home")]], near=near.texts[turn.lang].title if near else "")
        return None
    return Here(lesson, lesson.texts[turn.lang], store.progress_in(turn.work, turn.person, lesson))


def ask(turn: Turn) -> None:
    """Put what is next in the lesson as a new message."""
    at = here(turn)
    if at is not None:
        show(turn, at)


def answer(turn: Turn) -> None:
    """Words inside a lesson: the answer of a step, or a button's words, or something that gets a kind line."""
    at = here(turn)
    if at is None:
        return
    typed = turn.text
    if at.question is not None:
        _choose(turn, at, at.question, _picked(at, typed, [(option.key, option.text) for option in at.question.options], "quiz"))
        return
    step = at.step
    if step is None:
        turn.say("learn/reading", [[Button("learn/go_on", "learn.resume")]])
    elif step.kind is Kind.TEXT:
        _keep(turn, at, step, typed)
    elif step.kind is Kind.SCALE:
        _keep(turn, at, step, rules.parse_scale(typed))
    elif step.kind is Kind.MULTI:
        raise NotUnderstood("learn/tap_hint")
    else:
        _keep(turn, at, step, _picked(at, typed, [(option.key, option.text) for option in step.options], "step"))


def next_(turn: Turn) -> None:
    """On: the next page, the exercise, its first question, the next quiz question, the end."""
    at = here(turn)
    if at is None:
        return
    if at.stage is Stage.PAGES and at.position == rules.last_position(at.stage, at.text):
        turn.edit("learn/page", (), **page_values(at))  # the page stays, its buttons go
    elif at.question is not None and turn.data.get("picked"):
        show_feedback(turn, at, at.question, turn.data["picked"], final=True)
    _forward(turn, at)


def back(turn: Turn) -> None:
    """One page, step or question back; what was answered is kept."""
    at = here(turn)
    if at is None:
        return
    place = rules.preceding(at.stage, at.position, at.text)
    if place is None:
        turn.answer("common/first_step")
        return
    within_pages = at.stage is Stage.PAGES
    _place(turn, at, *place)
    show(turn, at, edit=within_pages)


def skip(turn: Turn) -> None:
    """Leave a question unanswered; at the introduction the whole exercise."""
    at = here(turn)
    if at is None:
        return
    if at.stage is Stage.EXERCISE and at.step is None:
        _place(turn, at, Stage.QUIZ, 0)
        show(turn, at)
    else:
        _forward(turn, at)


def choose(turn: Turn) -> None:
    """An option of a step was tapped: one of several, or "I did it"."""
    at = here(turn)
    if at is None:
        return
    step = at.step
    if step is None or step.kind not in (Kind.CHOICE, Kind.CONFIRM) or turn.arg not in {option.key for option in step.options}:
        turn.answer("common/old_button")
        return
    _keep(turn, at, step, turn.arg)


def toggle(turn: Turn) -> None:
    """An option of a step with several answers was tapped: on or off."""
    at = here(turn)
    if at is None:
        return
    step = at.step
    if step is None or step.kind is not Kind.MULTI or turn.arg not in {option.key for option in step.options}:
        turn.answer("common/old_button")
        return
    chosen = chosen_now(turn, at, step)
    turn.goto(READING, chosen=[key for key in chosen if key != turn.arg] if turn.arg in chosen else [*chosen, turn.arg])
    show(turn, at, edit=True)


def done(turn: Turn) -> None:
    """The answers of a step with several answers are complete."""
    at = here(turn)
    if at is None:
        return
    step = at.step
    if step is None or step.kind is not Kind.MULTI:
        turn.answer("common/old_button")
        return
    chosen = [option.key for option in step.options if option.key in chosen_now(turn, at, step)]
    if not chosen:
        turn.answer("learn/tap_one")
        return
    answered = rules.shown(step, rules.answer_to(step, chosen))
    turn.edit("learn/answered", (), question=safe(step.ask), answer=answered)
    _keep(turn, at, step, chosen)


def scale(turn: Turn) -> None:
    """A number of a scale was tapped."""
    at = here(turn)
    if at is None:
        return
    step = at.step
    if step is None or step.kind is not Kind.SCALE:
        turn.answer("common/old_button")
        return
    _keep(turn, at, step, rules.parse_scale(turn.arg))


def quiz(turn: Turn) -> None:
    """An answer to a quiz question was tapped."""
    at = here(turn)
    if at is None:
        return
    question = at.question
    if question is None or turn.arg not in {option.key for option in question.options}:
        turn.answer("common/old_button")
        return
    _choose(turn, at, question, turn.arg)


def retry(turn: Turn) -> None:
    """Try a quiz question again; it costs nothing."""
    at = here(turn)
    if at is None:
        return
    turn.goto(READING, picked=None)
    show(turn, at, edit=True)


def close(turn: Turn) -> None:
    """End the reading of a lesson that was done before."""
    at = here(turn)
    if at is None:
        return
    if at.stage is Stage.PAGES:
        turn.edit("learn/page", (), **page_values(at))
    _place(turn, at, Stage.DONE, 0)
    turn.finish()
    turn.say("learn/closed", [[Button("learn/all_lessons", "learn.home")]])


def ask_reach(turn: Turn) -> None:
    """After a craving of 9 or 10: is it within reach?"""
    turn.ask("learn/reach", [[Button("learn/reach_yes", "learn.reach", ("yes",)), Button("learn/reach_no", "learn.reach", ("no",))]])


def answer_reach(turn: Turn) -> None:
    """The same in words."""
    short = turn.content.short_answer(turn.text)
    if not short:
        raise NotUnderstood("learn/reach_hint")
    _reached(turn, within=short == "yes")


def reach(turn: Turn) -> None:
    """The answer to "is it within reach?" was tapped. Yes is urgent; no, or no answer, stays the `watch` item of the number itself."""
    _reached(turn, within=turn.arg == "yes")


def _reached(turn: Turn, *, within: bool) -> None:
    at = here(turn)
    if at is None:
        return
    if not within:
        turn.say("learn/reach_far")
        _forward(turn, at)
        return
    # The crisis answer and the page are all that may be said now. The lesson waits behind the next step.
    _place(turn, at, *rules.following(at.stage, at.position, at.text))
    turn.alert(Level.URGENT, Category.CRAVING, rule="lesson.within_reach")
    turn.park()


def _keep(turn: Turn, at: Here, step: Step, value: Any) -> None:
    kept = rules.answer_to(step, value)
    store.keep_answer(turn.work, turn.person, at.lesson, step.key, kept)
    if step.plan is not None:
        plan_items.keep_step(turn.work, turn.person, at.lesson, step.key, step.plan, rules.plan_texts(step, kept))
    if step.measure is Measured.CRAVING and value >= rules.SEVERE_CRAVING:
        # At once, so that no answer at all is watched too.
        turn.alert(Level.WATCH, Category.CRAVING, rule="lesson.craving")
        turn.goto(REACH, chosen=None)
        ask_reach(turn)
        return
    _forward(turn, at)


def _choose(turn: Turn, at: Here, question: Question, key: str) -> None:
    option = next(option for option in question.options if option.key == key)
    store.keep_choice(turn.work, turn.person, at.lesson, question.key, key, right=option.correct)
    turn.goto(READING, picked=key)
    show_feedback(turn, at, question, key)


def _forward(turn: Turn, at: Here) -> None:
    before = at.stage
    _place(turn, at, *rules.following(at.stage, at.position, at.text))
    if before is Stage.EXERCISE and at.stage is Stage.QUIZ:
        if store.answers(turn.work, turn.person, at.lesson):
            share = at.text.exercise.share
            turn.say("learn/exercise_done", done=safe(at.text.exercise.done), share=safe(share) if share else "")
        else:
            turn.say("learn/exercise_skipped")
    if at.stage is Stage.DONE:
        _end(turn, at)
    else:
        show(turn, at, edit=before is Stage.PAGES and at.stage is Stage.PAGES)


def _place(turn: Turn, at: Here, stage: Stage, position: int) -> None:
    store.move(turn.work, at.row, stage, position)
    turn.goto(READING, chosen=None, picked=None)


def _end(turn: Turn, at: Here) -> None:
    lessons = list(rules.lessons_of(turn.content))
    rows = store.progress(turn.work, turn.person)
    after = rules.suggested(lessons, rows, opened(turn, rows))
    buttons = [[Button("learn/next_lesson", "learn.open", (after.id,))]] if after else []
    also = rules.related(at.lesson, lessons, rows, opened(turn, rows), after)
    buttons += [[Button("learn/title", "learn.open", (one.id,), {"title": one.texts[turn.lang].title})] for one in also]
    buttons.append([Button("learn/my_answers", "learn.answers", (at.lesson.id,)), Button("learn/all_lessons", "learn.home")])
    module = rules.find_module(turn.content, at.lesson.module_id)
    siblings = module.lessons if module else ()
    count, total = rules.done_count(siblings, rows), len(rules.counted(siblings, rows))
    turn.finish()
    turn.say(
        "learn/lesson_done",
        buttons,
        title=at.text.title,
        bar=rules.bar(count, total),
        done=count,
        total=total,
        after=after.texts[turn.lang].title if after else "",
        also=bool(also),
    )


def opened(turn: Turn, rows: dict[str, LessonProgress]) -> frozenset[str]:
    """Ids of the lessons that this person may read now."""
    week = _week(turn)
    crisis = open_case(turn.session, turn.person.id) is not None
    return rules.open_lessons(turn.content.modules, week, rows, crisis=crisis)


def _week(turn: Turn) -> int:
    started_on, pace = store.pace_of(turn.work, turn.person)
    return rules.week_of(started_on, local_date(turn.now, turn.person.zone), pace)


def _nearest(turn: Turn, lesson_id: str) -> Lesson | None:
    """Where to go on instead of a lesson that is gone."""
    rows = store.progress(turn.work, turn.person)
    known, module_id = opened(turn, rows), rows[lesson_id].module_id if lesson_id in rows else ""
    near = rules.nearest(rules.find_module(turn.content, module_id), rows, known)
    return near or rules.suggested(list(rules.lessons_of(turn.content)), rows, known)


def _picked(at: Here, typed: str, options: Sequence[tuple[str, str]], where: str) -> str:
    """The option whose label was typed, in either language.

    Raises:
        NotUnderstood: none of them.
    """
    labels = {key: [text] for key, text in options}
    for lang in LANGUAGES:
        other = at.lesson.texts[lang]
        theirs = other.quiz[at.position].options if where == "quiz" else other.exercise.steps[at.position - 1].options
        for option in theirs:
            labels[option.key].append(option.text)
    found = pick(typed, labels)
    if found is None:
        raise NotUnderstood("learn/tap_hint")
    return found
