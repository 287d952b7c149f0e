"""A page's buttons. Every id is looked up within the presser's own pages and cases: button data can be forged."""

from __future__ import annotations

from typing import Any

from bot import audit, cards, outbox, people
from bot.errors import NotAllowed
from bot.escalation import ack, answers, engine, pages, record, relay, tasks
from bot.escalation import store as cases
from bot.ids import short, unshort
from bot.models import Case, Due, Lane, Outbox, Page, Person
from bot.outbox import Button, Post, Rows
from bot.staff.alerts import store, watching, why
from bot.turn import Turn

CHECKIN_DAYS = 7
LISTED = 8  # items
LISTED_CASES = 20


def acknowledge(turn: Turn) -> None:
    """[Acknowledge]: the case is theirs, the patient hears that someone saw it."""
    page = _page(turn)
    case = ack.acknowledge(turn.work, page.id or 0, turn.person)
    turn.answer("alerts/acknowledged", number=case.number, **_heard(turn, case))


def _heard(turn: Turn, case: Case) -> dict[str, bool]:
    """Whether the person can hear that somebody has seen it."""
    patient = people.get(turn.session, case.person_id)
    return {"unreachable": patient.blocked_at is not None, "silent": patient.silent_since is not None}


def open_(turn: Turn) -> None:
    """[Open]: who it is and what was said, in a message of its own that cannot be forwarded and is deleted in time."""
    page = _page(turn)
    case = ack.opened(turn.work, page.id or 0, turn.person)
    values = _who_and_what(turn, case, page)
    ack.show_protected(turn.work, turn.person, cases.OPENED, _mute_row(turn, case), case=case, lane=Lane.CRISIS, **values)
    if case.holder_id == turn.person.id and case.acknowledged_at is not None and ack.may_see_words(turn.person):
        relay.hand_media(turn.work, case, turn.person)
    turn.answer("alerts/opened_toast")


def _mute_row(turn: Turn, case: Case) -> Rows:
    """Session reminders go on during a case unless somebody on the team mutes them (SAFETY.md 2)."""
    if case.kind != "real" or case.state != "open" or not ack.may_see_words(turn.person):
        return []
    quiet = case.muted_at is not None
    return [[Button("sessions/unmute" if quiet else "sessions/mute", "sessions.mute", (case.number, "on" if quiet else "off"))]]


def _who_and_what(turn: Turn, case: Case, page: Page) -> dict[str, Any]:
    work, patient = turn.work, people.get(turn.session, case.person_id)
    allowed = ack.may_see_words(turn.person)
    words, earlier = store.said(work, case, turn.person) if allowed else (None, False)
    alert, card = store.main_alert(turn.session, case), cards.of(work, patient)
    return {
        "number": case.number,
        "name": people.name_of(work, patient),
        "phone": card.phone,
        "address": card.address,
        "contact": card.contact_name,
        "contact_phone": card.contact_phone,
        "tell": list(card.may_tell),
        "status": patient.status.value,
        "on_call": store.on_call_names(work),
        "ask": [one for one in store.colleagues(work, case, turn.person) if one.place != "on_call"] if not allowed else [],
        "why": why.told(alert.source, store.rules_of(work, alert)) if alert is not None else "sign",
        "category": case.category,
        "reason": page.reason,
        "silent": patient.silent_since is not None,
        "words": words,
        "earlier": earlier,
        "before": _before(turn, case) if allowed else None,
        "checkins": cases.checkins(work, patient, CHECKIN_DAYS) if allowed else [],
    }


def _before(turn: Turn, case: Case) -> dict[str, Any] | None:
    """The case that this one follows within a day."""
    found = record.before(turn.work, case)
    if found is None or found.closed_at is None:
        return None
    by = people.get(turn.session, found.closed_by) if found.closed_by is not None else None
    outcome = turn.content.texts.label(f"resolve/disposition_{found.outcome}", turn.lang) if found.outcome else ""
    name = answers.first_name(people.name_of(turn.work, by)) if by is not None else ""
    return {"number": found.number, "at": found.closed_at, "by": name, "outcome": outcome.casefold()}


def delete_opened(turn: Turn, item: Due) -> None:
    """Before Telegram's 48 hours are over, what says who and what leaves the phone."""
    row: Outbox | None = store.message(turn.session, unshort(str(item.args["row"])))
    if row is not None:
        ack.delete_opened(turn.work, row)


def pass_on(turn: Turn) -> None:
    """[Pass on]: the next person is paged at once."""
    page = _page(turn)
    case = ack.pass_on(turn.work, page.id or 0, turn.person)
    _stop_writing_to(turn, case)
    turn.answer("alerts/passed_on", number=case.number)


def take(turn: Turn) -> None:
    """[I have it] on a page whose case a colleague has; asked once more, because it leaves the colleague's hands."""
    page, answer = _page(turn), turn.args[1]
    case = ack.of_number(turn.work, _number_of(turn, page), turn.person)
    if answer == "no":
        turn.edit("alerts/take_no", number=case.number)
        return
    if answer not in ("ask", "yes"):
        raise NotAllowed
    holder = people.get(turn.session, case.holder_id) if case.holder_id is not None and case.acknowledged_at is not None else None
    if answer == "ask" and holder is not None and holder.id != turn.person.id:
        rows = [
            [Button("alerts/take_yes", "alerts.take", (page.id or 0, "yes")), Button("alerts/take_no", "alerts.take", (page.id or 0, "no"))]
        ]
        turn.say("alerts/take_question", rows, number=case.number, name=answers.first_name(people.name_of(turn.work, holder)))
        return
    before = ack.take_over(turn.work, page.id or 0, turn.person)
    if answer == "yes":
        turn.edit("alerts/take_yes", number=case.number)
    else:
        turn.answer("alerts/acknowledged", number=case.number, **_heard(turn, case))
    if before is not None:
        _tell(turn, before, case)


def _tell(turn: Turn, before: Person, case: Case) -> None:
    kept = relay.kept_target(turn.work, before)
    writing = kept is not None and kept[0].id == case.id
    if writing:
        relay.clear_target(turn.work, before)
    name = answers.first_name(people.name_of(turn.work, turn.person))
    post = Post(lane=Lane.CRISIS, reply_keys=() if writing else None)
    outbox.say(turn.work, before, "alerts/taken_over", post=post, number=case.number, name=name)


def call(turn: Turn) -> None:
    """[Call]: the number, as a card that a phone can dial."""
    case = _held(turn)
    phone = cases.phone_of(turn.work, case.person_id)
    if not phone:
        turn.say(
            "alerts/call_no_number",
            number=case.number,
            unreachable=_heard(turn, case)["unreachable"],
            reads=ack.may_see_words(turn.person),
            contact=bool(cards.of(turn.work, people.get(turn.session, case.person_id)).contact_name),
            ask=store.colleagues(turn.work, case, turn.person),
        )
        return
    audit.record(turn.work, "phone.viewed", actor=turn.person, person_id=case.person_id, case_id=case.id)
    turn.contact(phone, turn.content.texts.label("alerts/case", turn.lang, {"number": case.number}))
    rows = [[Button("alerts/reached", "alerts.reached", (case.number,)), Button("alerts/no_answer", "alerts.no_answer", (case.number,))]]
    turn.say("alerts/call", rows, number=case.number)


def reached(turn: Turn) -> None:
    """[Reached by phone]: meets the promise as a written word does."""
    case = _held(turn)
    ack.by_phone(turn.work, case.id, turn.person, reached=True)
    rows = [[Button("alerts/resolve", "alerts.resolve", (case.number,))]] if ack.may_see_words(turn.person) else []
    turn.say("alerts/reached", rows, number=case.number, at=turn.now)


def no_answer(turn: Turn) -> None:
    """[No answer]: noted; the promise stands."""
    case = _held(turn)
    ack.by_phone(turn.work, case.id, turn.person, reached=False)
    turn.say("alerts/no_answer", number=case.number, at=turn.now)


def list_(turn: Turn) -> None:
    """`/alerts`: the open cases that are this person's business, and what there is to do."""
    _list(turn, 0)


def more(turn: Turn) -> None:
    """The next cases of the list."""
    _list(turn, ack.number_of(turn.arg))


def _list(turn: Turn, start: int) -> None:
    if turn.person.removed_at is not None:
        raise NotAllowed
    every = cases.business_of(turn.work, turn.person)
    found = every[start : start + LISTED_CASES]
    left = max(len(every) - start - len(found), 0)
    todo = tasks.open_tasks(turn.work, turn.person) if ack.may_see_words(turn.person) else []
    buttons = [Button("alerts/case", "alerts.case", (case.number,), {"number": case.number}) for case in found]
    rows = [buttons[at : at + 2] for at in range(0, len(buttons), 2)]
    rows += [[Button("alerts/more_cases", "alerts.more", (start + len(found),))]] if left else []
    rows += [
        [
            Button(
                "alerts/task",
                "alerts.task",
                (short(task.id),),
                {"name": watching.called(turn, task), "late": watching.is_overdue(turn, task)},
            )
        ]
        for task in todo[:LISTED]
    ]
    late = sum(1 for task in todo if watching.is_overdue(turn, task))
    lines = [_line(turn, case) for case in found]
    rows += [[Button("record/lately", "alerts.lately")]] if ack.may_see_words(turn.person) else []
    turn.say("alerts/list", rows, cases=lines, more=left, tasks=len(todo), overdue=late)


def _line(turn: Turn, case: Case) -> dict[str, object]:
    holder = people.get(turn.session, case.holder_id) if case.holder_id is not None and case.acknowledged_at is not None else None
    return {
        "number": case.number,
        "level": case.level,
        "minutes": cases.minutes_open(case, turn.now),
        "mine": holder is not None and holder.id == turn.person.id,
        "holder": answers.first_name(people.name_of(turn.work, holder)) if holder is not None else "",
    }


def case_(turn: Turn) -> None:
    """A case of the list: its page, with the buttons that fit."""
    case = ack.of_number(turn.work, ack.number_of(turn.arg), turn.person)
    engine.show_page(turn.work, case, turn.person)


def _page(turn: Turn) -> Page:
    page, _case = ack.page_for(turn.work, ack.number_of(turn.arg), turn.person)
    if turn.inbound is not None and pages.adopt(turn.work, page, turn.inbound.message_id):
        engine.page_sent(turn.work, page.id or 0)
    return page


def _number_of(turn: Turn, page: Page) -> int:
    case = cases.locked(turn.session, page.case_id)
    if case is None:
        raise NotAllowed
    return case.number


def _held(turn: Turn) -> Case:
    case = ack.of_number(turn.work, ack.number_of(turn.arg), turn.person)
    return ack.held_case(turn.work, case.id, turn.person)


def _stop_writing_to(turn: Turn, case: Case) -> None:
    kept = relay.kept_target(turn.work, turn.person)
    if kept is not None and kept[0].id == case.id:
        relay.stop_writing(turn)
