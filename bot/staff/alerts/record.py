"""A closed case's page: its chart as a PDF, a late entry, the form for a disclosure in a medical emergency."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot import audit, due, outbox, people
from bot.errors import NotAllowed, NotUnderstood
from bot.escalation import ack, answers, pages, relay, resolution
from bot.escalation import record as records
from bot.escalation.record import DISCLOSURE, EntryKind
from bot.ids import short
from bot.models import Case, Lane
from bot.outbox import Button, Post, Rows
from bot.staff.alerts import rules
from bot.turn import Turn

FORM = "alerts_record"
LISTED = 10
NATURES = ("overdose", "suicide_risk", "self_harm", "withdrawal", "injury")
TOLD = ("name_danger", "name_medicines")
CHOICES = {"when": tuple(resolution.WHEN), "nature": NATURES, "told": TOLD}
LATE, CHECK = "late", "check"
STEPS = (LATE, *DISCLOSURE, CHECK)


def rows(case: Case, *, told: bool = True) -> Rows:
    """What can be done with a closed case. `told`: somebody outside heard of the person, as far as is known."""
    further = [[Button("record/disclosure", "alerts.disclose", (case.number,))]] if told else []
    return [*pages.closed_rows(case), *further]


def lately(turn: Turn) -> None:
    """[Closed cases]: those of the last week that are one's business."""
    found = records.lately_closed(turn.work, turn.person, LISTED)
    lines = [
        {
            "number": case.number,
            "at": case.closed_at,
            "name": answers.first_name(people.name_of(turn.work, people.get(turn.session, case.closed_by))) if case.closed_by else "",
        }
        for case in found
    ]
    buttons = [Button("alerts/case", "alerts.closed", (case.number,), {"number": case.number}) for case in found]
    turn.say("record/lately", [buttons[start : start + 2] for start in range(0, len(buttons), 2)], cases=lines)


def show(turn: Turn) -> None:
    """A closed case: who, when, how it ended, what was added; the look is logged."""
    case = _case(turn)
    audit.record(turn.work, "case.viewed", actor=turn.person, person_id=case.person_id, case_id=case.id)
    kept = records.resolution_of(turn.work, case)
    shown = resolution.lines(turn.content.texts, turn.lang, turn.person.zone, kept)
    ack.show_protected(
        turn.work,
        turn.person,
        "record/case",
        rows(case),
        number=case.number,
        name=people.name_of(turn.work, people.get(turn.session, case.person_id)),
        opened=case.opened_at,
        closed=case.closed_at,
        by=people.name_of(turn.work, people.get(turn.session, case.closed_by)) if case.closed_by is not None else "",
        answers=[{"name": name, "value": rules.cut(value)} for _question, name, value in shown],
        late=[
            {"at": one.at, "name": people.name_of(turn.work, one.author), "text": rules.cut(str(one.body.get("text", "")))}
            for one in records.entries(turn.work, case)[-rules.LATE_SHOWN :]
            if one.kind is EntryKind.LATE
        ],
    )


def chart(turn: Turn) -> None:
    """[Chart PDF]: made just before it is sent, kept nowhere; it leaves the phone before two days are over."""
    case = _case(turn)
    audit.record(turn.work, "case.chart_taken", actor=turn.person, person_id=case.person_id, case_id=case.id)
    _send(turn, case, "chart")
    turn.answer("record/comes")


def add(turn: Turn) -> None:
    """[Add to record]: words, marked late."""
    case = _case(turn)
    turn.drop_form(FORM)
    turn.goto(f"{FORM}.{LATE}", case=case.number)
    ask(turn)


def disclose(turn: Turn) -> None:
    """[Disclosure form]: to whom the person's identity was given in the emergency."""
    case = _case(turn)
    turn.drop_form(FORM)
    turn.goto(f"{FORM}.{DISCLOSURE[0]}", case=case.number, answers={})
    ask(turn)


def ask(turn: Turn) -> None:
    """Put the present step's question; words are for the form, not for a patient."""
    relay.stop_writing(turn)
    case, step = _form_case(turn), _step(turn)
    ways = [*([Button("common/back", "form.back")] if turn.data.get("trail") else []), Button("common/later", "form.leave")]
    if step == CHECK:
        turn.ask("record/check", [[Button("record/save", "alerts.disclosed")], ways], number=case.number, answers=_shown(turn))
        return
    buttons = [Button(f"record/{step}_{value}", "alerts.tell", (step, value)) for value in _choices(step)]
    turn.ask(f"record/{step}", [*(buttons[start : start + 2] for start in range(0, len(buttons), 2)), ways], number=case.number)


def pick(turn: Turn) -> None:
    """A button of the disclosure form."""
    step, value = turn.args
    if step != _step(turn):
        turn.answer("common/old_button")
        return
    if value not in _choices(step):
        raise NotAllowed
    _keep(turn, step, (turn.now - resolution.WHEN[value]).isoformat() if step == "when" else value)


def answer(turn: Turn) -> None:
    """Words: the late entry, or an answer of the disclosure form."""
    step = _step(turn)
    if step == CHECK:
        raise NotUnderstood("resolve/use_buttons")
    if step == LATE:
        _add_late(turn)
    elif step == "when":
        _keep(turn, step, rules.recent(turn.text, turn.now, turn.person.zone).isoformat())
    else:
        _keep(turn, step, {"words": rules.someone(turn.text)})


def _add_late(turn: Turn) -> None:
    case = _form_case(turn)
    records.add(turn.work, case, turn.person, EntryKind.LATE, {"text": turn.text})
    turn.finish()
    turn.say("record/added", rows(case), number=case.number, at=turn.now)


def _keep(turn: Turn, step: str, value: Any) -> None:
    turn.data["answers"][step] = value
    turn.goto(f"{FORM}.{next((one for one in DISCLOSURE if one not in turn.data['answers']), CHECK)}")
    ask(turn)


def disclosed(turn: Turn) -> None:
    """[Save]: written down for good, and sent as a form to print."""
    case, given = _form_case(turn), turn.data.get("answers", {})
    if _step(turn) != CHECK or any(step not in given for step in DISCLOSURE):
        turn.answer("common/old_button")
        return
    entry = records.add(turn.work, case, turn.person, EntryKind.DISCLOSURE, {step: given[step] for step in DISCLOSURE})
    turn.finish()
    outbox.say(turn.work, turn.person, "record/saved", number=case.number)
    _send(turn, case, "disclosure", entry=str(entry.id))


def _send(turn: Turn, case: Case, recipe: str, **parameters: str) -> None:
    post = Post(lane=Lane.REPLY, protected=True, case_id=case.id)
    caption = outbox.compose(turn.work, turn.person, f"record/{recipe}_caption", post=post, number=case.number)
    made = {"recipe": recipe, "case": str(case.id), "reader": str(turn.person.id), **parameters}
    row = outbox.put(turn.work, turn.person, replace(caption, kind="document", file=made), post=post, template=f"record/{recipe}_caption")
    if row is not None:
        due.put(turn.work, "alerts.delete_opened", f"opened:{row.id}", turn.now + ack.DELETE_AFTER, row=short(row.id))


def _choices(step: str) -> tuple[str, ...]:
    return CHOICES.get(step, ())


def _shown(turn: Turn) -> list[dict[str, str]]:
    found = records.disclosure_lines(turn.content.texts, turn.lang, turn.person.zone, turn.data["answers"])
    return [{"name": name, "value": value} for name, value in found]


def _case(turn: Turn) -> Case:
    return records.closed_case(turn.work, ack.number_of(turn.arg), turn.person)


def _form_case(turn: Turn) -> Case:
    return records.closed_case(turn.work, int(turn.data["case"]), turn.person)


def _step(turn: Turn) -> str:
    return (turn.state or "").partition(".")[2]
