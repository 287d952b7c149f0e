"""The informed consent: four short screens, two questions that read them back, and the person's own Yes."""

from __future__ import annotations

from bot import menu, typed
from bot.content.consent import QUESTIONS, SCREENS, Question, Version
from bot.content.render import LANGUAGES
from bot.errors import NotUnderstood
from bot.features.enrolment import store
from bot.features.enrolment.handlers import FOOT, tap
from bot.outbox import Button
from bot.turn import Turn


def ask_screen(turn: Turn) -> None:
    """The screen of the present step."""
    number = _number(turn)
    screen = _texts(turn).screens[number - 1]
    rows = [[Button("enrolment/next", "enrolment.read")], *FOOT]
    text = menu.filled(turn, screen.text[turn.lang])
    turn.ask("enrolment/consent", rows, number=number, total=SCREENS, title=screen.title[turn.lang], text=text)


def on_screen(turn: Turn) -> None:
    """Words at a screen: "next", or a hint."""
    labels = {"next": [turn.content.texts.label("enrolment/next", lang) for lang in LANGUAGES]}
    if typed.pick(turn.text, labels) is not None or turn.content.short_answer(turn.text) == "yes":
        read(turn)
    else:
        tap(turn)


def read(turn: Turn) -> None:
    """On to the next screen, after the last to the questions."""
    number = _number(turn)
    turn.proceed(f"enrolment.consent_{number + 1}" if number < SCREENS else "enrolment.check_1")


def ask_check(turn: Turn) -> None:
    """The question of the present step."""
    question = _question(turn)
    labels = [(option.key, option.label[turn.lang]) for option in question.options]
    options = [[Button("common/words", "enrolment.check", (key,), {"words": words})] for key, words in labels]
    turn.ask("enrolment/check", [*options, *FOOT], text=menu.filled(turn, question.ask[turn.lang]))


def on_check(turn: Turn) -> None:
    """An answer, typed."""
    question = _question(turn)
    chosen = typed.pick(turn.text, {option.key: list(option.label.values()) for option in question.options})
    if chosen is None:
        tap(turn)
    else:
        _take(turn, question, chosen)


def choose(turn: Turn) -> None:
    """An answer's button."""
    question = _question(turn)
    if turn.arg not in {option.key for option in question.options}:
        raise NotUnderstood("enrolment/tap")
    _take(turn, question, turn.arg)


def _take(turn: Turn, question: Question, chosen: str) -> None:
    turn.data.setdefault("answers", {}).setdefault(question.key, []).append(chosen)
    if not next(option.right for option in question.options if option.key == chosen):
        turn.say("enrolment/explain", text=menu.filled(turn, question.explain[turn.lang]))
        turn.proceed(turn.state or "")  # a new question, so that the old one shows what was chosen
    elif _number(turn) < QUESTIONS:
        turn.proceed(f"enrolment.check_{_number(turn) + 1}")
    else:
        turn.proceed("enrolment.agree")


def ask_agree(turn: Turn) -> None:
    """Do you agree?"""
    rows = [[Button("enrolment/agree", "enrolment.agree")], [Button("enrolment/decline", "enrolment.decline")], *FOOT]
    turn.ask("enrolment/agree", rows)


def on_agree(turn: Turn) -> None:
    """Yes or no, typed."""
    labels = {key: [turn.content.texts.label(f"enrolment/{key}", lang) for lang in LANGUAGES] for key in ("agree", "decline")}
    answer = typed.pick(turn.text, labels) or {"yes": "agree", "no": "decline"}.get(turn.content.short_answer(turn.text))
    if answer == "agree":
        agree(turn)
    elif answer == "decline":
        decline(turn)
    else:
        tap(turn)


def agree(turn: Turn) -> None:
    """The person agrees; version, language and answers are kept."""
    answers = {"adult": bool(turn.data.get("adult")), **turn.data.get("answers", {})}
    store.save_consent(turn.work, turn.person, _version(turn), answers)
    turn.proceed("enrolment.name")


def decline(turn: Turn) -> None:
    """The person does not agree: nothing is held against them, and the way back stays open."""
    store.stopped(turn.work, turn.person, "declined")
    turn.proceed("enrolment.declined")


def ask_declined(turn: Turn) -> None:
    """What remains without the bot."""
    turn.ask("enrolment/declined", FOOT, **menu.clinic(turn))


def _version(turn: Turn) -> str:
    """The version that this person began to read; the present one when it is gone."""
    consent = turn.content.consent
    begun = turn.data.setdefault("consent", consent.current)
    return begun if begun in consent.versions else consent.current


def _texts(turn: Turn) -> Version:
    return turn.content.consent.versions[_version(turn)]


def _question(turn: Turn) -> Question:
    return _texts(turn).questions[_number(turn) - 1]


def _number(turn: Turn) -> int:
    """Of the present screen or question, from 1."""
    return int((turn.state or "").rpartition("_")[2])
