"""Routes of a crisis, as the patient taps them. Every one of them works at any time, in any state, however old the button is."""

from __future__ import annotations

from bot import audit, outbox
from bot.content import voices
from bot.errors import Conflict, NotAllowed
from bot.escalation import answers, engine, pages, relay, soft
from bot.escalation import store as cases
from bot.features.sos import flows, rules, store
from bot.inbound import Kind
from bot.models import STAFF, Case, CaseState, Outbox
from bot.outbox import Button
from bot.safety.levels import Category, Level
from bot.turn import Turn

# /sos


def sos(turn: Turn) -> None:
    """`/sos`, the label SOS and every [SOS]: for everybody, in every state. Staff get lines for themselves."""
    if turn.person.role in STAFF:
        answers.staff_lines(turn.work, turn.person, turn.lang)
        return
    flows.press_sos(turn)


def on_choice(turn: Turn) -> None:
    """What is happening."""
    number, choice = turn.args
    pressed = store.of(turn.work, _number(number), turn.person)
    if pressed.choice == choice and pressed.chosen_at is not None and turn.now - pressed.chosen_at < rules.PAGE_PAUSE:
        turn.answer("crisis/too_late")  # a doubled tap; its page is on its way
        return
    flows.choose(turn, pressed, choice)


def on_page_now(turn: Turn) -> None:
    """[Page now]."""
    pressed = store.of(turn.work, _number(turn.arg), turn.person)
    if (pressed.case_id is not None or pressed.chosen_at is not None) and not store.is_over(turn.work, pressed):
        turn.answer("crisis/too_late")
        return
    flows.page_now(turn, pressed, "sos:page_now")


def on_mistake(turn: Turn) -> None:
    """[Tapped by mistake]."""
    flows.mistake(turn, store.of(turn.work, _number(turn.arg), turn.person))


def on_danger(turn: Turn) -> None:
    """A visitor's choice: its steps at once, then the question once more."""
    danger = rules.CHOICES.get(turn.arg)
    if danger is None or turn.person.role in STAFF:
        raise NotAllowed
    flows.tapped(turn, turn.arg)
    flows.raise_for(turn, danger, f"sos:{turn.arg}", source="sos")


# The buttons of the first answers


def on_help(turn: Turn) -> None:
    """[I need help now]."""
    if turn.person.role in STAFF:
        answers.staff_lines(turn.work, turn.person, turn.lang)
        return
    flows.need_help(turn)


def on_someone(turn: Turn) -> None:
    """[Someone is with me]: can they stay and call?"""
    case = flows.tapped(turn, "someone")
    rows = [[Button("crisis/stay_yes", "crisis.stay", ("yes",)), Button("crisis/stay_no", "crisis.stay", ("no",))]]
    flows.tell(turn, case, "crisis/someone_stay", rows, line=flows.first_line(turn, case))


def on_stay(turn: Turn) -> None:
    """They can stay, or not."""
    case = flows.tapped(turn, f"stay_{turn.arg}")
    if turn.arg == "yes":
        flows.tell(turn, case, "crisis/stay_yes", line=flows.first_line(turn, case))
    elif turn.arg == "no":
        flows.tell(turn, case, "crisis/stay_no", [[Button("crisis/need_help", "crisis.help")]], line=flows.first_line(turn, case))
    else:
        raise NotAllowed


def on_safe(turn: Turn) -> None:
    """[I am safe]: thanks, and nothing else changes."""
    case = flows.tapped(turn, "safe")
    flows.tell(turn, case, "crisis/safe" if case is not None else "crisis/safe_no_case")


def on_soft(turn: Turn) -> None:
    """The soft line: yes is an emergency. No changes nothing; what the words were about is asked on."""
    if turn.person.role in STAFF or turn.arg not in ("yes", "no"):
        raise NotAllowed
    if turn.arg == "yes":
        flows.tapped(turn, "soft_yes")
        flows.raise_for(turn, rules.SILENCE, "answer:soft")
        return
    case = cases.open_case(turn.session, turn.person.id)
    if case is not None or turn.person.silent_since is not None:
        flows.tell(turn, case, "crisis/safe")
    else:
        soft.answered_no(turn.work, turn.person)


def on_body(turn: Turn) -> None:
    """How the body feels after a return to use."""
    if turn.person.role in STAFF:
        raise NotAllowed
    danger = rules.BODY.get(turn.arg)
    case = flows.tapped(turn, f"body_{turn.arg}")
    if danger is not None:
        flows.raise_for(turn, danger, f"button:body_{turn.arg}")
    elif turn.arg == "ok":
        rows = [[Button(f"crisis/used_{one}", "crisis.used", (one,))] for one in rules.USED]
        flows.tell(turn, case, "crisis/relapse_what", rows)
    else:
        raise NotAllowed


def on_used(turn: Turn) -> None:
    """What it was."""
    if turn.person.role in STAFF:
        raise NotAllowed
    flows.used(turn, turn.arg)


def on_person(turn: Turn) -> None:
    """A human's offer."""
    if turn.person.role in STAFF:
        raise NotAllowed
    flows.want_person(turn)


def on_not_now(turn: Turn) -> None:
    """Not now."""
    turn.answer("crisis/not_now")


def on_show(turn: Turn) -> None:
    """A change of an abuse case, opened: only now do its words stand on the phone, and they are those that are true now."""
    number, what = turn.args
    case = store.case_of(turn.work, _number(number), turn.person)
    found = answers.news(turn.work, case, what)
    row = _pressed(turn)
    if found is None:
        turn.answer("common/old_button")
        return
    key, rows, values = found
    if rows == answers.safe_rows():
        answers.asked(turn.work, turn.person, "safe")
    if row is None:
        flows.tell(turn, case, key, rows, **values)
    else:
        answers.amend(turn.work, turn.person, case, row, key, rows, **values)


# Silence


def on_silent(turn: Turn) -> None:
    """Silent mode: nothing at all goes out until the person writes a word of their own. The tap itself is answered over the chat."""
    if turn.person.role in STAFF:
        raise NotAllowed
    store.hold_back(turn.work, turn.person)
    turn.person.silent_since = turn.person.silent_since or turn.now
    audit.record(turn.work, "person.silent", actor=turn.person, person_id=turn.person.id)
    case = cases.open_case(turn.session, turn.person.id)
    if case is not None:
        pages.refresh(turn.work, case)  # whoever has it reads that they may not write now
    turn.answer("crisis/silent_on", alert=True)


def on_clear(turn: Turn) -> None:
    """Clear my last messages."""
    if turn.person.role in STAFF:
        raise NotAllowed
    store.clear_messages(turn.work, turn.person)
    turn.answer("crisis/cleared", alert=True, silent=turn.person.silent_since is not None)


# Visitors and staff


def on_visitor(turn: Turn) -> None:
    """Do you want the clinic's team to be told?"""
    ask_id, answer = turn.args
    flows.visitor_answer(turn, ask_id, answer)


def on_staff_page(turn: Turn) -> None:
    """A colleague in danger asks for their team."""
    if turn.person.role not in STAFF:
        raise NotAllowed
    relay.stop_writing(turn)  # what they write from here on is about themselves, and for no patient
    finding = engine.Finding(Level.EMERGENCY, Category.SUICIDE, "button", rules=("button:staff",))
    case = engine.escalate(turn.work, turn.person, finding, reply=False)
    flows.tell(turn, case, "crisis/trying", name="", now=False)


# After it


def on_helped(turn: Turn) -> None:
    """First tap after a case: whether it helped."""
    number, answer = turn.args
    case = _own_closed(turn, number)
    if answer not in rules.HELPED:
        raise NotAllowed
    case.helped = answer
    audit.record(turn.work, "case.helped", actor=turn.person, person_id=turn.person.id, case_id=case.id, answer=answer)
    rows = [[Button(f"crisis/soon_{one}", "crisis.soon", (case.number, one)) for one in rules.HELPED_SOON]]
    _amend_or_say(turn, case, "crisis/helped_soon", rows)


def on_soon(turn: Turn) -> None:
    """Second tap: whether a person came soon enough."""
    number, answer = turn.args
    case = _own_closed(turn, number)
    if answer not in rules.HELPED_SOON:
        raise NotAllowed
    case.helped_soon = answer
    audit.record(turn.work, "case.helped_soon", actor=turn.person, person_id=turn.person.id, case_id=case.id, answer=answer)
    _amend_or_say(turn, case, "crisis/helped_thanks")


def _own_closed(turn: Turn, number: str) -> Case:
    case = store.case_of(turn.work, _number(number), turn.person)
    if case.state is not CaseState.CLOSED:
        raise NotAllowed
    return case


def _amend_or_say(turn: Turn, case: Case, key: str, rows: outbox.Rows = ()) -> None:
    row = _pressed(turn)
    if row is not None:
        answers.amend(turn.work, turn.person, case, row, key, rows)
    else:
        flows.tell(turn, case, key, rows)


def _pressed(turn: Turn) -> Outbox | None:
    if turn.inbound is None or turn.inbound.kind is not Kind.PRESS or not turn.inbound.message_id:
        return None
    return outbox.sent_as(turn.work, turn.inbound.chat_id, turn.inbound.message_id)


def _number(text: str) -> int:
    """A number from button data, which can be forged."""
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise NotAllowed
    return int(text)


def on_listen(turn: Turn) -> None:
    """A crisis message's words, spoken, on a tap and never by itself."""
    name, lang = turn.args
    path = voices.path_of(turn.content.voices, f"crisis/voice/{name}", lang)
    if path is None or name in answers.ALOUD_TO_OTHERS:
        raise Conflict("common/old_button")
    turn.voice(path, "crisis/voice")
