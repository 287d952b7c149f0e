"""Now and then a question of a lesson that was done some days ago: one tap, kind feedback, and on with the day."""

from __future__ import annotations

from bot import due
from bot.content.lessons import Answer, Lesson
from bot.content.render import safe
from bot.features.learn import rules, store
from bot.features.learn.rules import Review
from bot.turn import Button, Rows, Turn


def waiting(turn: Turn) -> Review | None:
    """The question whose time has come; None when there is none, or one was answered today."""
    rows = store.progress(turn.work, turn.person)
    return rules.review(
        list(rules.lessons_of(turn.content)),
        rows,
        store.choices(turn.work, turn.person),
        due.local_date(turn.now, turn.person.zone),
        turn.person.zone,
    )


def ask(turn: Turn) -> None:
    """`/learn`, Quick question: in the place of the list."""
    found = waiting(turn)
    if found is None:
        turn.edit("learn/review_none", [[Button("learn/all_lessons", "learn.home")]])
        return
    show(turn, found.lesson, found.number)


def show(turn: Turn, lesson: Lesson, number: int) -> None:
    """The question, with a way past it."""
    text = lesson.texts[turn.lang]
    question = text.quiz[number]
    rows: Rows = [
        [Button("learn/option", "learn.recall", (lesson.id, number, place), {"text": option.text})]
        for place, option in enumerate(question.options)
    ]
    turn.edit("learn/review", [*rows, [Button("learn/not_now", "learn.pass")]], title=text.title, ask=safe(question.ask))


def pass_(turn: Turn) -> None:
    """Not this time: the lesson that comes next, or the list."""
    turn.edit("learn/review_passed", [[Button("learn/go_on", "learn.resume"), Button("learn/all_lessons", "learn.home")]])


def answer(turn: Turn) -> None:
    """An answer was tapped. It is kept as any quiz answer; a question that was not right comes again sooner."""
    found = _found(turn)
    if found is None:
        turn.answer("common/old_button")
        return
    lesson, number, option = found
    question = lesson.texts[turn.lang].quiz[number]
    store.keep_choice(turn.work, turn.person, lesson, question.key, option.key, right=option.correct)
    again = [] if option.correct else [Button("learn/retry", "learn.recall_again", turn.args[:2])]
    rows = [[*again, Button("learn/read_again", "learn.again", (lesson.id,))], [Button("learn/go_on", "learn.resume")]]
    turn.edit("learn/quiz_answered", rows, ask=safe(question.ask), choice=option.text, feedback=safe(option.feedback))


def again(turn: Turn) -> None:
    """Try it again; it costs nothing."""
    found = _question(turn)
    if found is None:
        turn.answer("common/old_button")
        return
    show(turn, *found)


def _question(turn: Turn) -> tuple[Lesson, int] | None:
    lesson = rules.find_lesson(turn.content, turn.arg)
    row = store.progress(turn.work, turn.person).get(lesson.id) if lesson is not None else None
    if lesson is None or row is None or row.done_at is None:
        return None
    number = rules.place_of(turn.args[1])
    return (lesson, number) if number is not None and number < len(lesson.texts[turn.lang].quiz) else None


def _found(turn: Turn) -> tuple[Lesson, int, Answer] | None:
    found, place = _question(turn), rules.place_of(turn.args[2])
    if found is None or place is None:
        return None
    lesson, number = found
    options = lesson.texts[turn.lang].quiz[number].options
    return (lesson, number, options[place]) if place < len(options) else None
