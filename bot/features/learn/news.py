"""The team changed something about a patient's lessons: one neutral line, and behind it what it is and what can be done about it."""

from __future__ import annotations

from datetime import timedelta

from bot import assigning, due
from bot.content.lessons import Lesson
from bot.features.learn import rules, store
from bot.models import LEFT_ALONE, Due, Lane
from bot.turn import Button, Turn

_LISTED = 6
_AGAIN = timedelta(hours=2)  # while a case is open


def push(turn: Turn, item: Due) -> None:
    """Some minutes after the last change: a line that says nothing on a locked phone, if there is still something to tell."""
    said = set(item.args.get("what", ()))
    person = turn.person
    if "lessons" in said and not _waiting(turn):
        said.remove("lessons")
    away = person.status in LEFT_ALONE or (person.paused_until is not None and person.paused_until > turn.now)
    if not said or away:
        return
    if due.is_quiet(person, turn.now):
        for what in sorted(said):
            assigning.tell(turn.work, person, what)
        return
    about = "both" if len(said) > 1 else said.pop()
    turn.say("learn/offer", [[Button("learn/open", "learn.news", (about,))]], lane=Lane.BULK, dedup_key=f"learn_news:{item.id}")


def later(turn: Turn, item: Due) -> None:
    """A case is open: it is told when that is over."""
    key = f"learn_news:{turn.person.id}:{turn.now.isoformat()}"
    due.put(turn.work, assigning.NEWS, key, turn.now + _AGAIN, person=turn.person, useful_for=timedelta(days=1), **item.args)


def show(turn: Turn) -> None:
    """[Open]: which lessons, which pace."""
    if turn.arg not in ("lessons", "pace", "both"):
        turn.answer("common/old_button")
        return
    lessons = _waiting(turn) if turn.arg != "pace" else []
    weeks = store.pace_of(turn.work, turn.person)[1] if turn.arg != "lessons" else 0
    if not lessons and not weeks:
        turn.edit("learn/news_old", [[Button("learn/all_lessons", "learn.home")]])
        return
    first = [Button("learn/start", "learn.open", (lessons[0].id,))] if lessons else [Button("learn/pace", "learn.pace")]
    titles = [lesson.texts[turn.lang].title for lesson in lessons]
    rows = [first, [Button("learn/all_lessons", "learn.home")]]
    turn.edit("learn/news", rows, lessons=titles[:_LISTED], more=max(len(titles) - _LISTED, 0), weeks=weeks)


def _waiting(turn: Turn) -> list[Lesson]:
    """What the team gave and the person has not begun."""
    rows = store.progress(turn.work, turn.person)
    return [lesson for lesson in assigning.in_order(rules.lessons_of(turn.content), rows) if not rules.is_begun(rows.get(lesson.id))]
