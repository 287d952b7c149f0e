"""The way in: an invitation, then step by step to the first menu. Each step can go back, and all of it can wait."""

from __future__ import annotations

from bot import invitations, menu, people, rhythm, typed
from bot.content.render import LANGUAGES
from bot.errors import NotUnderstood
from bot.features.enrolment import rules, store
from bot.invitations import Outcome
from bot.models import Role
from bot.outbox import Button, Rows
from bot.places import Place
from bot.placing import Placing
from bot.turn import Turn

FOOT: Rows = ((Button("common/back", "form.back"), menu.SOS),)
_TIMES_PER_ROW = 3


def start(turn: Turn) -> None:
    """`/start`, with an invitation's code or without."""
    person = turn.person
    code = turn.inbound.argument if turn.inbound is not None else ""
    if person.role is Role.PATIENT and person.enrolled_at is None:
        _resume(turn)
    elif person.role is Role.VISITOR and code:
        _redeem(turn, rules.code_in(code) or code)
    else:
        menu.home(turn)


def words(turn: Turn) -> None:
    """What a visitor writes: a code, or words that no one but the screening reads."""
    code = rules.code_in(turn.text)
    if code is not None:
        _redeem(turn, code)
    else:
        turn.say("visitor/words", menu.VISITOR, **menu.clinic(turn))


def _redeem(turn: Turn, code: str) -> None:
    found = invitations.redeem(turn.work, code, turn.person, account=turn.inbound.account if turn.inbound is not None else "")
    turn.person = found.person
    match found.outcome:
        case Outcome.ACCEPTED:
            if found.invitation is not None and found.invitation.role is Role.PATIENT:
                store.begin(turn.work, turn.person, found.invitation)
                turn.proceed("enrolment.language")
        case Outcome.MOVED:
            # The account's new owner is greeted by what follows the move; they go on where they were.
            turn.state, turn.data, turn.parked = people.kept(turn.work, turn.person)
        case Outcome.WAITING_CONFIRMATION:
            # The first time the invitation itself says what comes next.
            if found.invitation is not None and found.invitation.used_at != turn.now:
                turn.say("invite/waiting_move" if found.invitation.moves else "invite/waiting")
        case Outcome.MEMBER:
            menu.home(turn)
        case outcome:
            turn.say(f"enrolment/code_{outcome}", menu.VISITOR, **menu.clinic(turn))


def _resume(turn: Turn) -> None:
    """Go on where the person stopped, or from the beginning when nothing is left of it."""
    parked = next((kept for kept in turn.parked if kept[0].startswith("enrolment.")), None)
    if turn.state is None and parked is not None:
        turn.parked.remove(parked)
        turn.state, turn.data = parked
        turn.moved = True
    elif turn.state is None:
        turn.goto("enrolment.language")
    else:
        return  # the pipeline puts the present question again
    turn.say("enrolment/go_on")
    turn.ask_again = True


def ask_language(turn: Turn) -> None:
    """The first question."""
    names = [Button("enrolment/english", "enrolment.language", ("en",)), Button("enrolment/spanish", "enrolment.language", ("es",))]
    turn.ask("enrolment/language", [names, [menu.SOS]], minutes=rules.MINUTES, **menu.clinic(turn))


def on_language(turn: Turn) -> None:
    """A language, typed."""
    lang = typed.pick(turn.text, {"en": ("english", "inglés", "en"), "es": ("español", "spanish", "castellano", "es")})
    if lang is None:
        tap(turn)
    else:
        _take_language(turn, lang)


def choose_language(turn: Turn) -> None:
    """A language's button."""
    if turn.arg not in LANGUAGES:
        raise NotUnderstood("enrolment/tap")
    _take_language(turn, turn.arg)


def _take_language(turn: Turn, lang: str) -> None:
    turn.person.language = lang
    turn.proceed("enrolment.age")


def ask_age(turn: Turn) -> None:
    """18 or older? And where help is, first of all."""
    ages = [Button("enrolment/adult", "enrolment.adult"), Button("enrolment/minor", "enrolment.minor")]
    turn.ask("enrolment/age", [ages, *FOOT])


def on_age(turn: Turn) -> None:
    """Yes, no, or an age in years, typed."""
    said = typed.plain(turn.text).split()
    years = next((int(word) for word in said if word.isdecimal() and len(word) <= 3), None)
    answer = turn.content.short_answer(turn.text)
    if answer == "yes" or (years is not None and years >= 18 and "menos" not in said and "under" not in said):
        adult(turn)
    elif answer == "no" or years is not None:
        minor(turn)
    else:
        tap(turn)


def adult(turn: Turn) -> None:
    """18 or older."""
    turn.proceed("enrolment.consent_1", adult=True)


def minor(turn: Turn) -> None:
    """Under 18: a kind stop, the clinic's phone, and staff know. Crisis words go on paging."""
    store.stopped(turn.work, turn.person, "minor")
    turn.proceed("enrolment.minor")


def ask_minor(turn: Turn) -> None:
    """Where someone under 18 finds help."""
    turn.ask("enrolment/minor", FOOT, **menu.clinic(turn))


def ask_name(turn: Turn) -> None:
    """What shall I call you?"""
    turn.ask("enrolment/name", FOOT)


def on_name(turn: Turn) -> None:
    """A name, typed. Words that sounded like danger are none."""
    found = typed.name(turn.text)
    if found is None:
        raise NotUnderstood("enrolment/name_long" if len(turn.text) > typed.NAME_LENGTH else "enrolment/name_hint")
    if turn.inbound is not None and store.sounds_like_danger(turn.work, turn.inbound.update_id):
        raise NotUnderstood("enrolment/name_hint")
    people.set_name(turn.work, turn.person, found)
    turn.proceed("enrolment.place")


def _placed(turn: Turn, found: Place) -> None:
    turn.person.country, turn.person.zone = found.country, found.zone
    turn.proceed("enrolment.checkin")


place = Placing("enrolment", _placed, lambda _: FOOT)


def ask_checkin(turn: Turn) -> None:
    """At what time shall the daily check-in come?"""
    buttons = [Button("common/words", "enrolment.time", (wall.replace(":", ""),), {"words": wall}) for wall in rules.TIMES]
    rows = [buttons[start : start + _TIMES_PER_ROW] for start in range(0, len(buttons), _TIMES_PER_ROW)]
    turn.ask("enrolment/checkin", [*rows, *FOOT])


def on_checkin(turn: Turn) -> None:
    """A time, typed."""
    _take_time(turn, turn.text)


def choose_time(turn: Turn) -> None:
    """A time's button."""
    _take_time(turn, turn.arg)


def _take_time(turn: Turn, said: str) -> None:
    wall = typed.wall(said)
    if wall is None:
        raise NotUnderstood("enrolment/time_hint")
    if not rhythm.in_window(wall):
        raise NotUnderstood("enrolment/time_window")
    turn.person.checkin_at = wall
    _finish(turn)


def _finish(turn: Turn) -> None:
    store.finish(turn.work, turn.person)
    lines = turn.content.lines_for(turn.person.country)
    crisis = (lines.card("crisis_es", turn.lang) if turn.lang == "es" else None) or lines.card("crisis_voice", turn.lang)
    cards = [card for card in (lines.card("emergency", turn.lang), crisis) if card is not None]
    turn.say("enrolment/contacts" if cards else "enrolment/no_contacts", **menu.clinic(turn))
    for phone, name in cards:
        turn.contact(phone, name)
    menu.show(turn, "enrolment/done", name=people.name_of(turn.work, turn.person), at=turn.person.checkin_at)
    turn.finish()


def tap(turn: Turn) -> None:
    """Words at a step that wants a button: a kind hint, and the question once more."""
    turn.say("enrolment/tap")
    turn.ask_again = True
