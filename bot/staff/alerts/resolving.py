"""The form that closes a case: seven short steps by buttons, each with Back (SAFETY.md 3)."""

from __future__ import annotations

from bot.errors import Conflict, NotAllowed, NotUnderstood
from bot.escalation import ack, relay
from bot.models import Case
from bot.outbox import Button
from bot.turn import Turn

FORM = "alerts_resolve"
CHOICES: dict[str, tuple[str, ...]] = {
    "assessed": ("low", "moderate", "high", "not"),
    "consulted": ("nobody", "colleague", "supervisor", "medical"),
    "duty": ("not_needed", "warned", "reported", "undecided"),
    "services": ("no", "called", "other"),
    "disposition": ("safe_plan", "with_someone", "emergency_services", "hospital", "not_reached", "not_a_crisis"),
    "next": ("today", "tomorrow", "week", "session", "handed"),
}
STEPS = (*CHOICES, "note")


def start(turn: Turn) -> None:
    """[Resolve]: only whoever has the case closes it."""
    case = ack.of_number(turn.work, ack.number_of(turn.arg), turn.person)
    ack.held_case(turn.work, case.id, turn.person)
    turn.drop_form(FORM)
    turn.goto(f"{FORM}.{STEPS[0]}", case=case.number, answers={})
    ask(turn)


def ask(turn: Turn) -> None:
    """Put the present step's question. From here on words are for the form, so that no note is meant for the patient."""
    relay.stop_writing(turn)
    case = _case(turn)
    if case is None:
        return
    step = _step(turn)
    options = [Button(f"alerts/{step}_{value}", "alerts.pick", (step, value)) for value in CHOICES.get(step, ())]
    if step == "note":
        options = [Button("alerts/no_note", "alerts.pick", ("note", "none"))]
    rows = [options[start : start + 2] for start in range(0, len(options), 2)]
    back = [] if step == STEPS[0] else [Button("common/back", "form.back")]
    rows.append([*back, Button("common/later", "form.leave")])
    turn.ask(f"alerts/resolve_{step}", rows, number=case.number)


def pick(turn: Turn) -> None:
    """A button of a step."""
    step, value = turn.args
    if step != _step(turn):
        turn.answer("common/old_button")
        return
    if step == "note":
        _close(turn, "")
        return
    if value not in CHOICES[step]:
        raise NotAllowed
    if _case(turn) is None:
        return
    turn.data["answers"][step] = value
    turn.goto(f"{FORM}.{STEPS[STEPS.index(step) + 1]}")
    ask(turn)


def answer(turn: Turn) -> None:
    """Words: the note of the last step; the other steps want a button."""
    if _step(turn) != "note":
        raise NotUnderstood("alerts/use_buttons")
    _close(turn, turn.text)


def _close(turn: Turn, note: str) -> None:
    case = _case(turn)
    if case is None:
        return
    answers = dict(turn.data["answers"])
    ack.resolve(turn.work, case.id, turn.person, str(answers["disposition"]), {**answers, "note": note, "by": turn.person.number})
    turn.finish()
    turn.say("alerts/resolved", number=case.number)


def _case(turn: Turn) -> Case | None:
    """The form's case while it is still theirs; else the form ends and says so."""
    number = int(turn.data["case"])
    try:
        case = ack.of_number(turn.work, number, turn.person)
        return ack.held_case(turn.work, case.id, turn.person)
    except (NotAllowed, Conflict):
        turn.finish()
        turn.say("alerts/resolve_gone", number=number)
        return None


def _step(turn: Turn) -> str:
    return (turn.state or "").partition(".")[2]
