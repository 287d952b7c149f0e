"""What the taps of a person in danger do. No tap ever stops, lowers or delays a page; the one exception is `mistake`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bot import audit, people
from bot.errors import NotAllowed
from bot.escalation import answers, countdown, engine, tasks, visitors
from bot.escalation import store as cases
from bot.escalation.engine import Finding
from bot.features.sos import rules, store
from bot.features.sos.rules import Danger
from bot.models import STAFF, Case, Outbox, Person, Role, Sos
from bot.outbox import Button, Rows
from bot.safety.levels import Category, Level
from bot.turn import Turn
from bot.work import Work


def tell(turn: Turn, case: Case | None, key: str, rows: Rows = (), **values: Any) -> Outbox | None:
    """Answer a tap. In silent mode nothing is sent, so that a box over the chat says why; only whoever taps sees it."""
    if _is_silent(turn):
        return None
    return answers.say(turn.work, turn.person, case, key, rows, **values)


def _is_silent(turn: Turn) -> bool:
    if turn.person.silent_since is None:
        return False
    turn.answer("crisis/silent_still", alert=True)
    return True


def tapped(turn: Turn, press: str) -> Case | None:
    """The open case, with the note that the person answered; None without one."""
    case = cases.open_case(turn.session, turn.person.id)
    if case is not None:
        case.tapped_at = turn.now
        audit.record(turn.work, "case.tapped", actor=turn.person, person_id=turn.person.id, case_id=case.id, press=press)
    return case


def raise_for(turn: Turn, danger: Danger, rule: str, *, source: str = "button", reply: bool = True) -> Case | None:
    """Escalate what a tap told; a visitor without a case is asked first.

    Args:
        rule: what was tapped; evidence for the team.
        reply: whether the first answer is said too.

    Returns:
        The case; None for a visitor who was asked.
    """
    work, person = turn.work, turn.person
    finding = Finding(
        level=danger.level,
        category=danger.category,
        source=source,
        answer=danger.answer,
        rules=(rule,),
        update_id=turn.inbound.update_id if turn.inbound is not None else None,
    )
    before = cases.open_case(turn.session, person.id)
    if person.role is Role.VISITOR and before is None:
        visitors.ask(work, person, finding, reply=reply)
        _is_silent(turn)
        return None
    case = engine.escalate(work, person, finding, reply=reply)
    if before is None:
        turn.park()  # what they were doing is offered again when the case closes
    _is_silent(turn)
    return case


def first_line(turn: Turn, case: Case | None) -> str:
    """Whom to call first, as a name in `lines`: a body in danger needs an ambulance and no talk."""
    category = case.category if case is not None else store.asked_category(turn.work, turn.person)
    return answers.first_line(category)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked once more.

    Attributes:
        name: the first name of whoever has the case; "" when nobody has it.
        now: whether this very tap paged them; else they were paged again less than a minute ago.
    """

    name: str = ""
    now: bool = False


def page_again(work: Work, case: Case) -> Asked:
    """Somebody in an open case asks once more: whoever has it is paged again, else the chain goes on at once. Not at every tap."""
    holder = people.get(work.session, case.holder_id) if case.holder_id is not None and case.acknowledged_at is not None else None
    if holder is None:
        if not store.paged_lately(work, case):
            engine.advance(work, case, reason="again")
        return Asked()
    name = answers.first_name(people.name_of(work, holder))
    if store.asked_lately(work, case, holder):
        return Asked(name)
    engine.patient_wrote(work, case)
    if engine.page_people(work, case, [holder], "again"):
        return Asked(name, now=True)
    engine.advance(work, case, reason="again")
    return Asked()


def need_help(turn: Turn) -> None:
    """[I need help now]: an emergency, whatever it was before."""
    before = tapped(turn, "help")
    already = before is not None and before.level == Level.EMERGENCY
    category = Category(before.category) if before is not None else Category.SUICIDE
    danger = Danger(Level.EMERGENCY, category, answers.NOT_SAFE)
    if turn.person.role is Role.VISITOR and before is None:
        tell(turn, None, "crisis/help_now", raised=False, name="", now=False)
        raise_for(turn, danger, "button:help", reply=False)
        return
    case = raise_for(turn, danger, "button:help", reply=False)
    assert case is not None
    case.tapped_at = turn.now
    asked = page_again(turn.work, case) if already else Asked()
    tell(turn, case, "crisis/help_now", raised=True, name=asked.name, now=asked.now)
    if not _is_silent(turn):
        answers.where(turn.work, turn.person, case)


def press_sos(turn: Turn) -> None:
    """`/sos`: numbers at once, then what is happening; the team is paged in 20 seconds."""
    work, person = turn.work, turn.person
    case = cases.open_case(turn.session, person.id)
    tell(turn, case, "crisis/sos_numbers")
    answers.card(work, person, case, "sos", "")
    if person.role is Role.VISITOR and case is None:
        tell(turn, None, "crisis/sos_visitor", danger_rows())
        raise_for(turn, rules.NO_CHOICE, "sos:visitor", source="sos", reply=False)
        return
    sos = store.unfinished(work, person) or store.begin(work, person)
    _settle(work, person, case, sos)
    seconds = rules.seconds_left(sos.started_at, turn.now)
    if sos.case_id is None and seconds:
        row = tell(turn, case, "crisis/sos", sos_rows(sos), seconds=seconds)
    else:
        asked = page_again(work, case) if case is not None else Asked()
        row = tell(turn, case, "crisis/sos_going", choice_rows(sos), name=asked.name, now=asked.now)
    turn.session.flush()  # the message first, since the press points to it
    sos.outbox_id = row.id if row is not None else None


def _settle(work: Work, person: Person, case: Case | None, sos: Sos) -> None:
    """A second SOS joins the first; the question stands below, so the one above loses its buttons."""
    row = store.message_of(work, sos)
    if row is not None:
        answers.amend(work, person, case, row, "crisis/sos_below")


def choice_rows(sos: Sos) -> Rows:
    """What is happening, for a press of SOS."""
    return _four("sos.choice", sos.id or 0)


def sos_rows(sos: Sos) -> Rows:
    """The same while the 20 seconds run."""
    return [
        *choice_rows(sos),
        [Button("crisis/page_now", "sos.now", (sos.id or 0,))],
        [Button("crisis/mistake", "sos.mistake", (sos.id or 0,))],
    ]


def danger_rows() -> Rows:
    """The same for a visitor: each shows its steps."""
    return _four("crisis.danger")


def _four(route: str, *args: int) -> Rows:
    def button(choice: str) -> Button:
        return Button(f"crisis/sos_{choice}", route, (*args, choice))

    return [[button("hurt")], [button("overdose"), button("unsafe")], [button("talk")]]


def choose(turn: Turn, sos: Sos, choice: str) -> None:
    """A choice pages at once, with the first answer that fits it."""
    danger = rules.CHOICES.get(choice)
    if danger is None:
        raise NotAllowed
    sos.choice, sos.chosen_at = choice, turn.now
    case, asked = _page(turn, sos, danger, f"sos:{choice}", reply=True)
    store.stop_clock(turn.work, sos)
    row = store.message_of(turn.work, sos)
    if row is not None:
        answers.amend(turn.work, turn.person, case, row, "crisis/sos_chosen", name=asked.name, now=asked.now)


def page_now(turn: Turn, sos: Sos, rule: str) -> None:
    """[Page now], or the 20 seconds are over: urgent. The question stays, and what is chosen may still raise it."""
    case, asked = _page(turn, sos, rules.NO_CHOICE, rule, reply=False)
    row = store.message_of(turn.work, sos)
    if row is not None:
        answers.amend(turn.work, turn.person, case, row, "crisis/sos_going", choice_rows(sos), name=asked.name, now=asked.now)


def _page(turn: Turn, sos: Sos, danger: Danger, rule: str, *, reply: bool) -> tuple[Case | None, Asked]:
    """Open, feed or raise the case. What joins an open one silently would be no page, so it is paged again."""
    before = cases.open_case(turn.session, turn.person.id)
    joins = before is not None and danger.level <= Level(before.level)
    sos.mistake_at = None  # whoever asks after all is paged
    case = raise_for(turn, danger, rule, source="sos", reply=reply)
    asked = Asked()
    if case is not None:
        sos.case_id = case.id
        countdown.to_case(turn.work, sos, case)
        if joins:
            asked = page_again(turn.work, case)
    return case, asked


def silent_for_long(turn: Turn, sos: Sos) -> None:
    """Five minutes after SOS without a word of what is wrong: an emergency."""
    case = cases.open_case(turn.session, turn.person.id)
    if case is None or sos.mistake_at is not None:
        return  # a human has closed it, or it was a mistake
    if rules.heard_since(sos.started_at, chosen_at=sos.chosen_at, tapped_at=case.tapped_at):
        return
    if case.acknowledged_at is not None and store.wrote_since(turn.work, case, turn.person, sos.started_at):
        return  # they are writing with whoever has the case
    danger = replace(rules.SILENCE, category=Category(case.category))
    raise_for(turn, danger, "sos:silence", source="sos", reply=False)
    answers.raised(turn.work, case)


def mistake(turn: Turn, sos: Sos) -> None:
    """[Tapped by mistake]: only within the 20 seconds and while nothing was chosen. It leaves a note for the team."""
    work, person = turn.work, turn.person
    if sos.mistake_at is not None:
        return
    if not rules.may_be_mistake(sos.started_at, turn.now, chosen=sos.chosen_at is not None, paged=sos.case_id is not None):
        turn.answer("common/old_button" if store.is_over(work, sos) else "crisis/too_late", alert=True)
        return
    sos.mistake_at = turn.now
    store.stop_clock(work, sos)
    case = cases.open_case(turn.session, person.id)
    finding = Finding(Level.WATCH, Category.SUICIDE, "sos", rules=("sos:mistake",))
    if case is not None:
        engine.add_alert(work, person, finding, case_id=case.id)
    else:
        countdown.to_task(work, sos, tasks.watch(work, person, finding))
    row = store.message_of(work, sos)
    if row is not None:
        answers.amend(work, person, case, row, "crisis/sos_mistake")


def used(turn: Turn, what: str) -> None:
    """What it was: tolerance and not-alone lines, a plan for the slip, and a human's offer. An opioid raises."""
    if what not in rules.USED:
        raise NotAllowed
    case = tapped(turn, f"used_{what}")
    if what in rules.USED_URGENT:
        case = raise_for(turn, Danger(Level.URGENT, Category.RELAPSE, "relapse"), f"button:used_{what}", reply=False)
    elif case is None and turn.person.role is not Role.VISITOR:
        tasks.watch(turn.work, turn.person, Finding(Level.WATCH, Category.RELAPSE, "button", rules=(f"button:used_{what}",)))
    tell(turn, case, f"crisis/used_{what}")
    rows = [] if case is not None else [[Button("crisis/person_yes", "crisis.person"), Button("crisis/not_now", "crisis.not_now")]]
    tell(turn, case, "crisis/slip_plan", rows, in_case=case is not None)


def want_person(turn: Turn) -> None:
    """A human's offer was taken: urgent, a person today."""
    before = tapped(turn, "person")
    case = raise_for(turn, Danger(Level.URGENT, Category.RELAPSE, "relapse"), "button:person", reply=False)
    if case is not None:
        asked = page_again(turn.work, case) if before is not None else Asked()
        tell(turn, case, "crisis/trying", name=asked.name, now=asked.now)


def visitor_answer(turn: Turn, ask_id: str, answer: str) -> None:
    """A visitor's Yes pages, at most twice a day; a No keeps nothing beyond the day, and may still become a Yes."""
    work, person = turn.work, turn.person
    one = store.ask_of(work, ask_id, person)
    if answer not in ("yes", "no") or person.role in STAFF:
        raise NotAllowed
    if one is None:
        tell(turn, cases.open_case(turn.session, person.id), "crisis/visitor_forgotten", [[Button("crisis/sos", "crisis.sos")]])
        return
    is_open = cases.open_case(turn.session, person.id) is not None
    if one.answer in ("yes", "task") and (is_open or answer == "no"):
        turn.answer("crisis/too_late" if is_open else "common/old_button")
        return
    if answer == "no":
        one.answer, one.answered_at = "no", turn.now
        rows = [[Button("crisis/tell_team_yes", "crisis.visitor", (ask_id, "yes"))]]
        tell(turn, None, "crisis/visitor_no", rows)
        return
    finding = visitors.finding_of(work, one)
    if not is_open and visitors.pages_today(work, person) >= visitors.PAGES_A_DAY:
        task = tasks.once(work, person, "visitor", category=one.category)
        if one.answer != "task":
            engine.add_alert(work, person, finding, task_id=task.id)
        one.answer, one.answered_at = "task", turn.now
        tell(turn, None, "crisis/visitor_limit", by=task.due_at)
        return
    one.answer, one.answered_at = "yes", turn.now
    case = engine.escalate(work, person, finding, reply=False)
    tell(turn, case, "crisis/visitor_yes")
