"""The form that closes a case: short steps by buttons, each with Back, all shown before the last tap (SAFETY.md 3)."""

from __future__ import annotations

from typing import Any

from bot.errors import Conflict, NotAllowed, NotUnderstood
from bot.escalation import ack, relay, resolution
from bot.models import Case
from bot.outbox import Button
from bot.staff.alerts import record, rules
from bot.turn import Turn

FORM = "alerts_resolve"
CHECK, CHANGE = "check", "change"
STEPS = (*resolution.QUESTIONS, CHECK, CHANGE)


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
    if step == CHECK:
        _ask_check(turn, case)
    elif step == CHANGE:
        buttons = [Button(f"resolve/name_{one}", "alerts.change", (one,)) for one in resolution.kept(turn.data["answers"])]
        turn.ask("resolve/change", [*_pairs(buttons), [Button("common/back", "form.back")]], number=case.number)
    else:
        buttons = [Button(f"resolve/{step}_{value}", "alerts.pick", (step, value)) for value in resolution.CHOICES[step]]
        turn.ask(f"resolve/{step}", [*_pairs(buttons), _ways(turn)], number=case.number)


def _ask_check(turn: Turn, case: Case) -> None:
    shown = resolution.lines(turn.content.texts, turn.lang, turn.person.zone, resolution.kept(turn.data["answers"]))
    answers = [{"name": name, "value": rules.cut(value)} for _question, name, value in shown]
    rows = [[Button("resolve/close", "alerts.close")], [Button("resolve/change", "alerts.change", ("",))], _ways(turn)]
    turn.ask("resolve/check", rows, number=case.number, answers=answers)


def pick(turn: Turn) -> None:
    """A button of a step."""
    step, value = turn.args
    if step != _step(turn):
        turn.answer("common/old_button")
        return
    if value not in resolution.CHOICES.get(step, ()):
        raise NotAllowed
    if step == "when":
        _keep(turn, step, (turn.now - resolution.WHEN[value]).isoformat())
    else:
        _keep(turn, step, "" if step == "note" else value)


def answer(turn: Turn) -> None:
    """Words where they are asked for: a name, a time, the note; the other steps want a button."""
    step = _step(turn)
    if step not in resolution.TYPED:
        raise NotUnderstood("resolve/use_buttons")
    if step == "when":
        _keep(turn, step, rules.recent(turn.text, turn.now, turn.person.zone).isoformat())
    elif step == "note":
        _keep(turn, step, turn.text)
    else:
        _keep(turn, step, {"words": rules.someone(turn.text)})


def _keep(turn: Turn, step: str, value: Any) -> None:
    if _case(turn) is None:
        return
    turn.data["answers"] = resolution.kept({**turn.data["answers"], step: value})
    turn.goto(f"{FORM}.{resolution.missing(turn.data['answers']) or CHECK}")
    ask(turn)


def change(turn: Turn) -> None:
    """[Change], and then which answer; the page with all answers comes back afterwards."""
    if _case(turn) is None:
        return
    if turn.arg == "":
        turn.goto(f"{FORM}.{CHANGE}")
    elif turn.arg in resolution.kept(turn.data["answers"]):
        turn.goto(f"{FORM}.{turn.arg}")
    else:
        raise NotAllowed
    ask(turn)


def close(turn: Turn) -> None:
    """[Close case]: all is answered and was shown."""
    case = _case(turn)
    if case is None:
        return
    answers = resolution.kept(turn.data["answers"])
    if _step(turn) != CHECK or resolution.missing(answers) is not None:
        turn.answer("common/old_button")
        return
    told = resolution.told_outside(answers)
    ack.resolve(turn.work, case.id, turn.person, str(answers["disposition"]), {**answers, "by": turn.person.number})
    turn.finish()
    turn.say("resolve/closed", record.rows(case, told=told), number=case.number, told=told)


def _ways(turn: Turn) -> list[Button]:
    back = [Button("common/back", "form.back")] if turn.data.get("trail") else []
    return [*back, Button("common/later", "form.leave")]


def _pairs(buttons: list[Button]) -> list[list[Button]]:
    return [buttons[start : start + 2] for start in range(0, len(buttons), 2)]


def _case(turn: Turn) -> Case | None:
    """The form's case while it is still theirs; else the form ends and says so."""
    number = int(turn.data["case"])
    try:
        case = ack.of_number(turn.work, number, turn.person)
        return ack.held_case(turn.work, case.id, turn.person)
    except (NotAllowed, Conflict):
        turn.finish()
        turn.say("resolve/gone", number=number)
        return None


def _step(turn: Turn) -> str:
    return (turn.state or "").partition(".")[2]
