"""`/checkin`: asks, calls rules and store, says. A step is answered by its button or by typing the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from bot import typed
from bot.content.files import Trigger
from bot.content.render import LANGUAGES
from bot.errors import NotUnderstood
from bot.escalation import tasks, watching
from bot.features.checkin import asq, closing, flow, questions, rules, store
from bot.features.checkin.rules import Medication, Reach, Safety, Step, Used, Wish
from bot.safety.forms import pages
from bot.safety.levels import Category, Level
from bot.turn import Turn

GO_ON_AFTER = timedelta(minutes=3)  # the relapse question comes first; then the check-in offers to go on
_E = TypeVar("_E", bound=StrEnum)


def checkin(turn: Turn) -> None:
    """`/checkin` and the menu: today's check-in."""
    if asq.sitting(turn):
        asq.ask(turn)
        return
    turn.drop_form(asq.FORM)
    flow.begin(turn)


def ask(turn: Turn) -> None:
    """Put the present question (again)."""
    questions.ask(turn)


def start(turn: Turn) -> None:
    """[Start] under a reminder. It loses the button; the question comes below. A second press of the same one does nothing."""
    pressed = turn.inbound.message_id if turn.inbound is not None else 0
    if questions.sitting(turn) and turn.data.get("start") == pressed:
        return
    turn.edit("checkin/remind")
    checkin(turn)
    if questions.sitting(turn):
        turn.data["start"] = pressed


def go_on(turn: Turn) -> None:
    """[Continue] after the relapse question."""
    if not questions.sitting(turn):
        checkin(turn)
    elif turn.data.get("held"):
        questions.ask(turn)
    else:
        turn.answer("common/old_button")


def change(turn: Turn) -> None:
    """[Change] under today's answers."""
    if questions.sitting(turn):
        turn.answer("common/old_button")
        return
    flow.change(turn)


def on_craving(turn: Turn) -> None:
    """0 to 10; a severe one asks whether it is within reach."""
    score = rules.parse_score(_said(turn))
    row = flow.current(turn)
    row.craving = turn.data["craving"] = score
    if score < rules.SEVERE_CRAVING:
        row.within_reach = None
    recent = store.latest_cravings(turn.work, turn.person, row.local_date, rules.HIGH_DAYS)
    flow.alert(turn, rules.craving_rule(recent))
    flow.go_on(turn, row, Step.CRAVING)


def on_reach(turn: Turn) -> None:
    """Within reach: a person hears of it now."""
    reach = _choice(turn, questions.REACH, Reach.YES, Reach.NO)
    row = flow.current(turn)
    row.within_reach = reach
    found = rules.reach_rule(reach)
    if pages(found):
        flow.alert(turn, found)
        flow.stop(turn, row, Step.REACH)
    else:
        flow.go_on(turn, row, Step.REACH)


def on_use(turn: Turn) -> None:
    """Use since the last one. A Yes is thanked for, and asked about before the form goes on."""
    used = _choice(turn, questions.USED, Used.YES, Used.NO)
    row = flow.current(turn)
    row.used = turn.data["used"] = used
    found = rules.use_rule(used, row.craving, row.mood)
    flow.alert(turn, found)
    if pages(found):
        flow.stop(turn, row, Step.USE)
    elif found is None:
        flow.go_on(turn, row, Step.USE)
    else:
        flow.relapse_question(turn)
        if flow.hold(turn, row, Step.USE):
            key = f"checkin.go_on:{turn.person.id}:{turn.now.isoformat()}"
            turn.remind("checkin.go_on", key, turn.now + GO_ON_AFTER, useful_for=timedelta(hours=1))


def on_safety(turn: Turn) -> None:
    """The daily safety question (SAFETY.md 5)."""
    answer = _choice(turn, questions.SAFETY, Safety.YES_NOW, Safety.NO)
    row = flow.current(turn)
    row.safety = answer
    before = store.safety_on(turn.work, turn.person, row.local_date - timedelta(days=1))
    has_asq = asq.measure(turn).speaks(turn.lang)
    assessed = watching.assessment(turn.work, turn.person) is not None
    found = rules.safety_rule(answer, asq=has_asq, again=before == Safety.RATHER_NOT, craving=row.craving, used=row.used, assessed=assessed)
    if pages(found) and answer is Safety.RATHER_NOT:
        flow.page_today(turn, found.category, found.name)
        flow.stop(turn, row, Step.SAFETY)
        return
    flow.alert(turn, found)
    if pages(found):
        flow.stop(turn, row, Step.SAFETY)
    elif answer is Safety.SOMETIMES and assessed:
        turn.say("checkin/asq_contact", by=tasks.next_working_morning(turn.work))
        flow.go_on(turn, row, Step.SAFETY)
    elif answer is Safety.SOMETIMES:
        flow.hold(turn, row, Step.SAFETY)
        asq.begin(turn)
    else:
        flow.go_on(turn, row, Step.SAFETY)


def on_person(turn: Turn) -> None:
    """Want a person today?"""
    wish = _choice(turn, questions.WISH, Wish.TODAY, Wish.NOT_TODAY)
    row = flow.current(turn)
    found = rules.wish_rule(wish)
    if not pages(found):
        flow.go_on(turn, row, Step.PERSON)
        return
    if found.level is Level.EMERGENCY:
        flow.alert(turn, found)
    else:
        flow.page_today(turn, found.category, found.name)
    flow.stop(turn, row, Step.PERSON)


def on_mood(turn: Turn) -> None:
    """0 to 10; a low one on a day with use is distress."""
    score = rules.parse_score(_said(turn))
    row = flow.current(turn)
    before = rules.use_rule(row.used, row.craving, row.mood)
    row.mood = score
    found = rules.use_rule(row.used, row.craving, row.mood)
    if pages(found) and not pages(before):
        flow.alert(turn, found)
        flow.stop(turn, row, Step.MOOD)
    else:
        flow.go_on(turn, row, Step.MOOD)


def on_sleep(turn: Turn) -> None:
    """Hours, tapped or typed."""
    hours = rules.parse_sleep(_said(turn))
    row = flow.current(turn)
    row.sleep_hours = hours
    flow.go_on(turn, row, Step.SLEEP)


def on_medication(turn: Turn) -> None:
    """Taken, not taken, or none to take."""
    answer = _choice(turn, questions.MEDICATION, Medication.YES, Medication.NO)
    row = flow.current(turn)
    row.medication = answer
    flow.go_on(turn, row, Step.MEDICATION)


def on_halt(turn: Turn) -> None:
    """Mark or unmark one."""
    known = [option.trigger for option in turn.content.checkin.halt]
    tapped = [one for one in turn.data.get("halt", []) if one in known]
    try:
        chosen = Trigger(turn.arg)
    except ValueError as error:
        raise NotUnderstood("checkin/tap_answer") from error
    if chosen not in known:
        raise NotUnderstood("checkin/tap_answer")
    turn.data["halt"] = [one for one in tapped if one != chosen] if chosen in tapped else [*tapped, chosen.value]
    turn.edit("checkin/halt", questions.halt_rows(turn), step=True)


def on_halt_done(turn: Turn) -> None:
    """What is marked counts."""
    row = flow.current(turn)
    row.halt = list(turn.data.get("halt", []))
    turn.edit("checkin/halt_done", chosen=closing.halt_labels(turn, row.halt))
    flow.go_on(turn, row, Step.HALT)


def on_note(turn: Turn) -> None:
    """Words for the team; they were screened before anything else."""
    text = turn.text
    row = flow.current(turn)
    store.write_note(turn.work, row, text)
    flow.go_on(turn, row, Step.NOTE)


def skip_note(turn: Turn) -> None:
    """Nothing to add."""
    flow.go_on(turn, flow.current(turn), Step.NOTE)


def tap_only(_turn: Turn) -> None:
    """Something was typed where several may be tapped."""
    raise NotUnderstood("checkin/tap_answer")


def human(turn: Turn) -> None:
    """[Ask a person] after a strong urge: someone from the team, today."""
    flow.page_today(turn, Category.CRAVING, "checkin.human")


def _said(turn: Turn) -> str:
    return turn.arg if turn.args else turn.text


def _choice(turn: Turn, labels: Mapping[_E, str], yes: _E, no: _E) -> _E:
    """Which option was tapped, or typed: its label in either language, or a bare yes or no."""
    if turn.args:
        found = next((choice for choice in labels if choice == turn.arg), None)
    else:
        text = turn.text
        spoken = {choice: [turn.content.texts.label(key, lang) for lang in LANGUAGES] for choice, key in labels.items()}
        found = typed.pick(text, spoken) or {"yes": yes, "no": no}.get(turn.content.short_answer(text))
    if found is None:
        raise NotUnderstood("checkin/tap_answer")
    return found
