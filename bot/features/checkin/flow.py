"""How a check-in moves: begun, gone on with, stopped for a person, closed. It is kept by the local date on which it was begun."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from bot.escalation import answers as crisis
from bot.escalation import engine
from bot.escalation import store as cases
from bot.escalation.engine import Finding
from bot.features.checkin import closing, questions, rules, store
from bot.features.checkin.questions import FORM, state_of
from bot.features.checkin.rules import Step
from bot.models import Checkin, Lane
from bot.safety.forms import FormRule
from bot.safety.levels import Category, Level
from bot.turn import Button, Turn

GRACE = timedelta(hours=3)  # past midnight, the evening's check-in may still be finished


def begin(turn: Turn) -> None:
    """Go into today's check-in: at its start, where it was left, or, when it is done, to what was answered."""
    if questions.sitting(turn) and not _stale(turn):
        questions.ask(turn)
        return
    kept = _kept(turn)
    turn.drop_form(FORM)
    row = store.of_day(turn.work, turn.person, store.today(turn.work, turn.person))
    if row is not None and row.finished_at is not None:
        closing.show_today(turn, row)
        return
    _enter(turn, row, kept)


def change(turn: Turn) -> None:
    """Answer today's questions once more; what was answered stays until it is answered anew."""
    row = store.of_day(turn.work, turn.person, store.today(turn.work, turn.person))
    turn.drop_form(FORM)
    _enter(turn, row, {"again": row is not None})


def current(turn: Turn) -> Checkin:
    """The row that this sitting writes to. One from an earlier day that is answered only now belongs to today."""
    if _stale(turn):
        turn.data.update(date=store.today(turn.work, turn.person).isoformat(), done=[], again=False)
    return store.opened(turn.work, turn.person, date.fromisoformat(turn.data["date"]))


def go_on(turn: Turn, row: Checkin, step: Step) -> None:
    """The step is answered: ask the next one, or close."""
    following = _pass(turn, row, step)
    if following is None:
        closing.close(turn, row)
    else:
        turn.goto(state_of(following))
        questions.ask(turn)


def hold(turn: Turn, row: Checkin, step: Step) -> bool:
    """The step is answered, and something else is asked first: the next question waits.

    Returns:
        Whether there is a next one.
    """
    following = _pass(turn, row, step)
    if following is None:
        return False
    turn.goto(state_of(following), held=True)
    return True


def stop(turn: Turn, row: Checkin, step: Step) -> None:
    """A person was paged: the check-in asks nothing more and is put aside."""
    following = _pass(turn, row, step)
    if following is None:
        row.finished_at = turn.now
        turn.drop_form(FORM)
        return
    turn.goto(state_of(following))
    turn.park()


def alert(turn: Turn, found: FormRule | None, rule: str = "") -> None:
    """Raise what a row of the table of answers says; without one nothing is raised.

    Args:
        rule: what is kept as the reason, where the row's name says too little.
    """
    if found is not None:
        turn.alert(found.level, found.category, rule=rule or found.name)


def page_today(turn: Turn, category: Category, rule: str) -> None:
    """Page a person for today, with words that ask for no reason.

    Args:
        rule: why, for the one who opens the case.
    """
    update_id = turn.inbound.update_id if turn.inbound else None
    engine.escalate(turn.work, turn.person, Finding(Level.URGENT, category, "form", answer="talk", rules=(rule,), update_id=update_id))


def relapse_question(turn: Turn) -> None:
    """How does your body feel? The crisis slice takes its answers; the check-in waits for Continue."""
    rows = [*crisis.relapse_rows(), [Button("common/continue", "checkin.go_on")]]
    turn.say("crisis/relapse", rows, lane=Lane.CRISIS, hears="team")


def _enter(turn: Turn, row: Checkin | None, kept: dict[str, Any]) -> None:
    again = bool(kept.get("again"))
    step = rules.next_step(store.answers_of(row), kept.get("done", []), again=again)
    data = {"date": store.today(turn.work, turn.person).isoformat(), "done": kept.get("done", []), "again": again}
    if row is not None:
        data.update(halt=list(row.halt), craving=row.craving or 0, used=row.used)
    turn.goto(state_of(step or Step.NOTE), **data)
    questions.ask(turn)


def _pass(turn: Turn, row: Checkin, step: Step) -> Step | None:
    passed = turn.data.setdefault("done", [])
    if step not in passed:
        passed.append(step.value)
    store.settle(turn.work, row)
    # While a case is open, what is typed goes to the team: nothing is asked that has to be typed.
    unasked = [Step.NOTE] if cases.open_case(turn.session, turn.person.id) is not None else []
    return rules.next_step(store.answers_of(row), [*passed, *unasked], again=bool(turn.data.get("again")))


def _kept(turn: Turn) -> dict[str, Any]:
    """What a check-in of today that was put aside remembers."""
    today = store.today(turn.work, turn.person).isoformat()
    aside = (data for state, data in turn.parked if state.partition(".")[0] == FORM)
    return next((data for data in aside if data.get("date") == today), {})


def _stale(turn: Turn) -> bool:
    day, today = turn.data.get("date"), store.today(turn.work, turn.person)
    if day is None:
        return True
    if day == today.isoformat():
        return False
    row = store.of_day(turn.work, turn.person, date.fromisoformat(day))
    return row is None or turn.now - row.started_at > GRACE
