"""The soft line: what `watch` words bring instead of the crisis answer, one kind line with a direct question (SAFETY.md 1)."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import col, select

from bot.escalation import answers
from bot.models import Alert, Outbox, Person
from bot.outbox import Button, Rows
from bot.safety.levels import Category, Level
from bot.work import Work

QUESTION, AGAIN = "crisis/soft_question", timedelta(hours=20)
FRESH = timedelta(hours=1)  # the soft line, and its answer, are about words this young


def rows() -> Rows:
    """The two answers to "Are you thinking about killing yourself?"."""
    return [[Button("crisis/soft_yes", "crisis.soft", ("yes",)), Button("crisis/soft_no", "crisis.soft", ("no",))]]


def watched_category(work: Work, person: Person) -> str:
    """What the words of the last hour were about that led to the soft line; "" when nothing was kept of them."""
    newest = select(Alert.category).where(
        col(Alert.person_id) == person.id, col(Alert.level) == Level.WATCH.value, col(Alert.at) > work.now - FRESH
    )
    return work.session.exec(newest.order_by(col(Alert.at).desc()).limit(1)).first() or ""


def asked_softly(work: Work, person: Person) -> bool:
    """Whether the soft question about the same thing was put less than a day ago, so that it would only wear thin."""
    since = work.now - AGAIN
    put = select(Outbox.id).where(col(Outbox.chat_id) == person.chat_id, col(Outbox.template) == QUESTION, col(Outbox.created_at) > since)
    if work.session.exec(put.limit(1)).first() is None:
        return False
    told = select(Alert.category).where(col(Alert.person_id) == person.id, col(Alert.level) == Level.WATCH.value, col(Alert.at) > since)
    categories = list(work.session.exec(told.order_by(col(Alert.at), col(Alert.id))))
    return not categories or categories[-1] in categories[:-1]


def answered_no(work: Work, person: Person) -> None:
    """No to the soft line changes nothing; what the words were about is asked on."""
    about = watched_category(work, person)
    if about == Category.RELAPSE:
        answers.say(work, person, None, "crisis/relapse", answers.relapse_rows())
    else:
        answers.say(work, person, None, "crisis/soft_craving" if about == Category.CRAVING else "crisis/soft_no")
