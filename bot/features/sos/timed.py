"""What comes by the clock in a crisis. All of it goes on while a case is open."""

from __future__ import annotations

from bot import due
from bot.escalation import engine
from bot.features.sos import flows, store
from bot.ids import unshort
from bot.models import Case, Due, Person
from bot.safety.levels import Level
from bot.turn import Turn


def nobody_answered(turn: Turn, item: Due) -> None:
    """`case.nobody`: five minutes of an emergency without an acknowledgement."""
    if item.case_id is not None:
        engine.nobody_answered(turn.work, item.case_id)


def quiet(turn: Turn, item: Due) -> None:
    """`case.quiet`: two hours without a word in the relay."""
    if item.case_id is not None:
        engine.quiet(turn.work, item.case_id)


def settle_bundle(turn: Turn, item: Due) -> None:
    """`case.bundle`: a bundle of pages went out; what is left of it is settled in the next transaction."""
    bundle = str(item.args["bundle"])
    if engine.settle_bundle(turn.work, bundle):
        due.put(turn.work, item.kind, f"{item.kind}:{bundle}:{item.id}", turn.now, bundle=bundle)


def ask_again(turn: Turn, item: Due) -> None:
    """`case.ask_again`: no tap for five minutes on urgent suicide or self-harm. What has become an emergency is loud already."""
    case = turn.session.get(Case, item.case_id) if item.case_id is not None else None
    if case is not None and case.level == Level.URGENT:
        engine.ask_again(turn.work, case.id, str(item.args.get("answer", "")))


def page_sos(turn: Turn, item: Due) -> None:
    """`sos.page`: the 20 seconds are over."""
    pressed = store.of(turn.work, int(item.args["sos"]), turn.person)
    if pressed.case_id is None and pressed.chosen_at is None and pressed.mistake_at is None:
        flows.page_now(turn, pressed, "sos:no_choice")


def raise_sos(turn: Turn, item: Due) -> None:
    """`sos.raise`: five minutes without a tap."""
    flows.silent_for_long(turn, store.of(turn.work, int(item.args["sos"]), turn.person))


def forget_visitor(turn: Turn, item: Due) -> None:
    """`visitor.forget`: a day after a visitor was asked, or after they came back since."""
    if "ask" in item.args:
        store.forget_ask(turn.work, unshort(str(item.args["ask"])))
        return
    person = turn.session.get(Person, unshort(str(item.args["visitor"])))
    if person is not None:
        store.forget_visitor(turn.work, person)
