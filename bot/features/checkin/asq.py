"""The ASQ, asked at once after "Sometimes": word for word, one item a message, stopped at the first answer that is no plain No."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot import due, typed
from bot.content.measures import ASQ_ITEMS, Measure
from bot.content.render import LANGUAGES
from bot.errors import NotUnderstood
from bot.escalation import tasks
from bot.features.checkin import flow, rules
from bot.features.checkin.rules import AsqAnswer
from bot.models import Due
from bot.safety.forms import judge_answer, pages
from bot.turn import Button, Turn

FORM = "asq"
ITEMS = ASQ_ITEMS
UNFINISHED_AFTER = timedelta(minutes=10)
STALE_AFTER = timedelta(hours=12)  # later, `/checkin` begins anew; its buttons still count
_LABELS = {AsqAnswer.YES: "checkin/yes", AsqAnswer.NO: "checkin/no", AsqAnswer.RATHER_NOT: "checkin/rather_not"}


def measure(turn: Turn) -> Measure:
    """The questionnaire."""
    return turn.content.measures["asq"]


def sitting(turn: Turn) -> bool:
    """Whether the person is in the middle of it, begun within the last hours."""
    if (turn.state or "").partition(".")[0] != FORM:
        return False
    return turn.now - datetime.fromisoformat(turn.data["at"]) < STALE_AFTER


def begin(turn: Turn) -> None:
    """Put the first item. Left unfinished for ten minutes, a person hears of it."""
    key = f"asq:{turn.person.id}:{turn.now.isoformat()}"
    turn.drop_form(FORM)
    turn.goto(f"{FORM}.{ITEMS[0]}", answers={}, key=key, at=turn.now.isoformat())
    turn.remind("asq.unfinished", key, turn.now + UNFINISHED_AFTER)
    ask(turn)


def ask(turn: Turn) -> None:
    """Put the present item (again)."""
    item = (turn.state or "").partition(".")[2]
    first = item == ITEMS[0]
    buttons = [Button(label, "asq.answer", (choice,)) for choice, label in _LABELS.items()]
    lang = _lang(turn)
    turn.ask(
        "checkin/asq",
        # No way back: an answer that was given is not taken back (SAFETY.md 2).
        [buttons[:2], buttons[2:], [Button("common/later", "form.leave")]],
        text=measure(turn).text(item, lang),
        first=first,
        credit=measure(turn).credit,
    )


def on_answer(turn: Turn) -> None:
    """Yes, No, or rather not say."""
    item = (turn.state or "").partition(".")[2]
    answers = turn.data.setdefault("answers", {})
    answers[item] = _choice(turn).value
    following = rules.asq_next(ITEMS, answers)
    if following is not None:
        turn.goto(f"{FORM}.{following}")
        ask(turn)
        return
    decided = rules.asq_rule(ITEMS, answers)
    if key := turn.data.get("key"):
        due.drop(turn.work, key)
    found = measure(turn)
    given = ",".join(f"{name}={answer}" for name, answer in answers.items())
    flow.alert(turn, decided, f"asq ({found.version}, {_lang(turn)}): {given}")
    turn.drop_form(FORM)
    if not pages(decided):
        turn.say("checkin/asq_contact", by=tasks.next_working_morning(turn.work))
        flow.begin(turn)


def unfinished(turn: Turn, _item: Due) -> None:
    """Ten minutes without an end: urgent. The items can still be answered; the answers only raise."""
    flow.alert(turn, judge_answer(FORM, "unfinished", ""))


def _lang(turn: Turn) -> str:
    return turn.lang if measure(turn).speaks(turn.lang) else "en"


def _choice(turn: Turn) -> AsqAnswer:
    if turn.args:
        found = next((choice for choice in AsqAnswer if choice == turn.arg), None)
    else:
        text = turn.text
        labels = {choice: [turn.content.texts.label(key, lang) for lang in LANGUAGES] for choice, key in _LABELS.items()}
        short = turn.content.short_answer(text)
        found = typed.pick(text, labels) or (AsqAnswer(short) if short else None)
    if found is None:
        raise NotUnderstood("checkin/tap_answer")
    return found
