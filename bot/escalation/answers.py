"""What a person in danger reads: fixed wording from content, never a claim that is not true yet (SAFETY.md 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from bot import due, outbox, people
from bot.content import voices
from bot.content.render import LANGUAGES
from bot.escalation import duty
from bot.menu import KEYBOARD
from bot.models import CLINICAL, Alert, Case, Lane, Outbox, Person, Role
from bot.outbox import Button, Post, ReplyButton, Rows
from bot.ports import Outgoing
from bot.safety.levels import Category, Level
from bot.work import Work

Keyboard = tuple[tuple[ReplyButton, ...], ...]

REPEAT_AFTER = timedelta(minutes=10)  # the same first answer is not sent again sooner, a short line is
NIGHT_WORD_BY = "12:00"  # urgent at night: a person writes by noon at the latest
NOT_SAFE = "not_safe"  # the first answer to a "no" to "Are you safe right now?"; it never waits

# Whom someone calls first: a body in danger, or a child, needs an ambulance and no talk; anyone else calls the crisis line.
FIRST_LINES: Mapping[str, str] = {
    Category.OVERDOSE: "emergency",
    Category.WITHDRAWAL: "emergency",
    Category.VIOLENCE: "emergency",
    Category.ABUSE: "dv",
}

# Which card goes with which answer: the number that this danger needs first. Any other gets the crisis line's.
_EMERGENCY_CARD = frozenset({"overdose_self", "overdose_other", "withdrawal", "violence", "child", NOT_SAFE})
ALOUD_TO_OTHERS = frozenset({"abuse", "abuse_silent", "child"})  # messages that are never spoken
WHERE = "crisis/where"
_HELP_COMES = frozenset({"overdose_self", "overdose_other", "withdrawal", NOT_SAFE})  # after these the place is asked for at once
_STEPS = ("overdose_step_1", "overdose_step_2", "overdose_step_3", "overdose_step_4")
# A form or a button may name the category alone.
_OF_CATEGORY = {"": "talk", "overdose": "overdose_self"}


def safe_rows() -> Rows:
    """The three answers to "Are you safe right now?"; none of them ever lowers anything."""
    return [
        [Button("crisis/need_help", "crisis.help")],
        [Button("crisis/someone_with_me", "crisis.someone")],
        [Button("crisis/i_am_safe", "crisis.safe")],
    ]


def relapse_rows() -> Rows:
    """How does your body feel?"""
    return [
        [Button("crisis/body_sleepy", "crisis.body", ("sleepy",))],
        [Button("crisis/body_sick", "crisis.body", ("sick",)), Button("crisis/body_ok", "crisis.body", ("ok",))],
    ]


def abuse_rows() -> Rows:
    """Silence, for a phone that someone else may look at."""
    return [[Button("crisis/silent_mode", "crisis.silent")], [Button("crisis/clear_messages", "crisis.clear")]]


def first_line(category: str) -> str:
    """Whom to call first for a category of danger, as a name in `lines`."""
    return FIRST_LINES.get(category, "crisis")


def hears(person: Person, case: Case | None) -> str:
    """Who hears of a tap on a button that calls for a human, for the words beside it: `team`, or `asked`: a visitor is asked first."""
    return "asked" if person.role is Role.VISITOR and case is None else "team"


def language(person: Person, lang: str, case: Case | None = None) -> str:
    """The words' language, else that of the case so far, else the person's."""
    return lang if lang in LANGUAGES else (case.lang if case is not None and case.lang else person.language)


def first(work: Work, person: Person, case: Case | None, answer: str, lang: str) -> None:
    """Message 1: at once, with no claim about people. A visitor has no case yet.

    Args:
        answer: as a lexicon entry, a form or a button names it.
        lang: of the words; anything but en and es when they do not tell.
    """
    answer = _OF_CATEGORY.get(answer, answer)
    if case is not None and lang in LANGUAGES:
        case.lang = lang
    lang = language(person, lang, case)
    if case is not None:
        # What was answered before the case became more serious is answered in full again.
        since = work.now - case.answered_at if case.answered_at is not None and case.answered_at >= case.level_at else None
        again = case.answered_with == answer and since is not None and timedelta() <= since < REPEAT_AFTER
        if again and answer != NOT_SAFE:
            ask_safe(work, person, case, "crisis/added", lang=lang)
            return
        case.answered_at, case.answered_with = work.now, answer
    if answer == "overdose_other":
        overdose_steps(work, person, case, lang)
    elif answer == "relapse":
        say(work, person, case, "crisis/relapse", [*relapse_rows(), *_listen(work, person, case, "crisis/relapse", lang)], lang=lang)
    else:
        ask_safe(work, person, case, f"crisis/{answer}", lang=lang)
    if answer in ("abuse", "child"):
        say(work, person, case, "crisis/abuse_silent", abuse_rows(), lang=lang)
    card(work, person, case, answer, lang)


def where(work: Work, person: Person, case: Case) -> None:
    """Where are you? Once in a case, optional, by one tap; never on a phone that someone else may look at."""
    asked_before = select(Outbox.id).where(col(Outbox.case_id) == case.id, col(Outbox.template) == WHERE).limit(1)
    if hidden(work, case, person) or work.session.exec(asked_before).first() is not None:
        return
    at_home = person.role is Role.PATIENT and person.enrolled_at is not None
    below = KEYBOARD if at_home else ((ReplyButton("crisis/sos"),),)
    say(work, person, case, WHERE, reply_keys=((ReplyButton("place/share", "location"),), *below))


def overdose_steps(work: Work, person: Person, case: Case | None, lang: str) -> None:
    """Someone else's overdose: four steps without a tap between, then what comes after. The one typing may be the one overdosing."""
    for step in _STEPS:
        say(work, person, case, f"crisis/{step}", _listen(work, person, case, f"crisis/{step}", lang), lang=lang)
    ask_safe(work, person, case, "crisis/overdose_after", lang=lang)


def repeat(work: Work, person: Person, case: Case, answer: str) -> None:
    """Message 1 once more; this time nobody asked for it, so that it too waits behind a tap where the phone may be seen."""
    if hidden(work, case, person):
        _tell(work, case, "again")
        return
    case.answered_at = None
    first(work, person, case, answer, "und")


def ask_safe(work: Work, person: Person, case: Case | None, key: str, *, lang: str | None = None, **values: Any) -> None:
    """A message that asks "Are you safe right now?", with its buttons; a typed bare "no" is an answer to it too (`arrival`)."""
    spoken = language(person, lang or "", case)
    say(work, person, case, key, [*safe_rows(), *_listen(work, person, case, key, spoken)], lang=lang, **values)
    asked(work, person, "safe")


def _listen(work: Work, person: Person, case: Case | None, key: str, lang: str) -> Rows:
    """A button to hear the words, where the clinic recorded them. Not at danger at home: somebody else would hear them too."""
    name = key.partition("/")[2]
    if name in ALOUD_TO_OTHERS or (case is not None and hidden(work, case, person)):
        return ()
    if voices.path_of(work.content.voices, f"crisis/voice/{name}", lang) is None:
        return ()
    return [[Button("crisis/listen", "crisis.listen", (name, lang))]]


def asked(work: Work, person: Person, question: str) -> None:
    """Remember which safety question the bot put last: `safe` or `soft`."""
    conversation = people.conversation_of(work, person)
    conversation.asked, conversation.asked_at = question, work.now
    work.session.flush()


def card(work: Work, person: Person, case: Case | None, answer: str, lang: str) -> None:
    """The number as a contact card: Telegram makes only full numbers tappable, 911 and 988 not."""
    lines = work.content.lines_for(person.country)
    lang = language(person, lang, case)
    emergency, crisis = lines.card("emergency", lang), lines.card("crisis_voice", lang)
    if lang == "es":
        crisis = lines.card("crisis_es", lang) or crisis
    wanted = emergency if answer in _EMERGENCY_CARD else crisis
    if answer == "abuse":
        wanted = lines.card("dv", lang)
    wanted = wanted or emergency
    if wanted is None:
        return
    phone, name = wanted
    message = Outgoing(person.chat_id or 0, kind="contact", phone=phone, contact_name=name)
    outbox.put(work, person, message, post=Post(lane=Lane.CRISIS, case_id=case.id if case else None), template="crisis/card")


def paged(work: Work, case: Case) -> None:
    """Message 2: the page was accepted for delivery. By night, for urgent, it also says until when a person writes.

    In an emergency where help has to come the place is asked for then, since now somebody may see it.
    """
    _tell(work, case, "paged")
    if case.level == Level.URGENT and _night(work, case.level_at):
        # A person writes by then; where nobody has even seen it, that must not go by in silence.
        by = _next(work, case.level_at, NIGHT_WORD_BY)
        due.put(work, "case.nobody", f"case:{case.id}:promised:{by:%Y-%m-%d}", by, case_id=case.id)
    if case.level == Level.EMERGENCY and case.answered_with in _HELP_COMES:
        where(work, people.get(work.session, case.person_id), case)


def nobody_on_duty(work: Work, case: Case) -> None:
    """Message 2 when no step could deliver; once a round, the patient hears it the first time only."""
    case.told_paged_at = None  # a page that arrives after this is news again
    if case.told_nobody_at is not None:
        return
    case.told_nobody_at = work.now
    _tell(work, case, "nobody")


def still_trying(work: Work, case: Case) -> None:
    """Message 3: five minutes of an emergency and no one has answered."""
    _tell(work, case, "trying")


def seen(work: Work, case: Case, _staff: Person) -> None:
    """Message 3: seen by whom, who has the case now, and when."""
    _tell(work, case, "seen")


def raised(work: Work, case: Case) -> None:
    """Nothing was heard after SOS, so that it is an emergency now."""
    _tell(work, case, "raised")


def closed(work: Work, case: Case) -> None:
    """Message 3: closed, with the question whether it helped."""
    _tell(work, case, "closed")


def news(work: Work, case: Case, what: str) -> tuple[str, Rows, Mapping[str, Any]] | None:
    """What a change of a case says: the message's key, its buttons and its values. None when there is no such change (any more).

    Args:
        what: paged, nobody, trying, seen, raised, again, closed.
    """
    tell = _NEWS.get(what)
    return tell(work, case) if tell is not None else None


def _paged(work: Work, case: Case) -> tuple[str, Rows, Mapping[str, Any]]:
    visitor = people.get(work.session, case.person_id).role is Role.VISITOR
    if duty.nobody_now(work):
        # Someone was written to all the same; but nobody watches, by the clinic's own word.
        return "crisis/paged_off_hours", (), {"visitor": visitor, "by": _on_duty_again(work, work.now), "line": first_line(case.category)}
    if case.level == "urgent" and _night(work, case.level_at):
        return "crisis/paged_night", (), {"visitor": visitor, "by": _next(work, case.level_at, NIGHT_WORD_BY)}
    return "crisis/paged", (), {"visitor": visitor}


def _nobody(work: Work, case: Case) -> tuple[str, Rows, Mapping[str, Any]]:
    since = case.told_nobody_at or work.now
    return "crisis/nobody_on_duty", safe_rows(), {"by": _on_duty_again(work, since), "line": first_line(case.category)}


def _on_duty_again(work: Work, after: datetime) -> datetime:
    """When somebody is on duty by the rota; where it does not tell, when the clinic's day begins."""
    return duty.next_on_duty(work, after) or _next(work, after, work.content.policies.day_from)


def _trying(work: Work, case: Case) -> tuple[str, Rows, Mapping[str, Any]] | None:
    # Opened late, it must not say that no one has answered when someone has.
    if case.acknowledged_at is not None:
        return _seen(work, case)
    return "crisis/still_trying", safe_rows(), {"line": first_line(case.category), "again": case.unanswered_since is not None}


def _seen(work: Work, case: Case) -> tuple[str, Rows, Mapping[str, Any]] | None:
    if case.holder_id is None or case.acknowledged_at is None:
        return None
    holder = people.get(work.session, case.holder_id)
    # An operator phones, and reads no words: those wait for the team.
    return (
        "crisis/seen",
        (),
        {"name": first_name(people.name_of(work, holder)), "at": case.acknowledged_at, "reads": holder.role in CLINICAL},
    )


def _raised(_work: Work, _case: Case) -> tuple[str, Rows, Mapping[str, Any]]:
    return "crisis/sos_raised", safe_rows(), {}


def _again(_work: Work, _case: Case) -> tuple[str, Rows, Mapping[str, Any]]:
    return "crisis/added", safe_rows(), {}


def _closed(work: Work, case: Case) -> tuple[str, Rows, Mapping[str, Any]]:
    answers = ("yes", "some", "no")
    rows = [[Button(f"crisis/helped_{one}", "crisis.helped", (case.number, one)) for one in answers]]
    name = first_name(people.name_of(work, people.get(work.session, case.closed_by))) if case.closed_by is not None else ""
    return "crisis/closed", rows, {"name": name, "at": case.closed_at or work.now}


_NEWS: Mapping[str, Callable[[Work, Case], tuple[str, Rows, Mapping[str, Any]] | None]] = {
    "paged": _paged,
    "nobody": _nobody,
    "trying": _trying,
    "seen": _seen,
    "raised": _raised,
    "again": _again,
    "closed": _closed,
}


def hidden(work: Work, case: Case, person: Person) -> bool:
    """Whether someone else may look at this phone: anything told in this case was about danger at home, whatever came on top of it."""
    if person.show_previews:
        return False
    if case.category == Category.ABUSE:
        return True
    told = select(Alert.id).where(col(Alert.case_id) == case.id, col(Alert.category) == Category.ABUSE.value).limit(1)
    return work.session.exec(told).first() is not None


def _tell(work: Work, case: Case, what: str) -> None:
    """Messages of an open case may say all, except where someone else may look at the phone (SAFETY.md 4): those wait behind a tap."""
    person = people.get(work.session, case.person_id)
    if hidden(work, case, person):
        say(work, person, case, "crisis/waiting", [[Button("crisis/open", "crisis.show", (case.number, what))]])
        return
    found = news(work, case, what)
    if found is None:
        return
    key, rows, values = found
    say(work, person, case, key, rows, **values)
    if rows == safe_rows():
        asked(work, person, "safe")


def menu_back(work: Work, case: Case) -> None:
    """Two quiet hours: the keyboard is there again. Not on a phone that someone else may look at, and without a sound."""
    person = people.get(work.session, case.person_id)
    if person.role is not Role.PATIENT or person.enrolled_at is None or hidden(work, case, person):
        return
    post = Post(lane=Lane.CRISIS, case_id=case.id, silent=True, reply_keys=KEYBOARD)
    outbox.say(work, person, "crisis/menu_back", post=post, **holder(work, case))


def holder(work: Work, case: Case) -> dict[str, Any]:
    """For a message: who has the case (`name`, "" while nobody has) and whether that person reads words (`reads`)."""
    found = _seen(work, case)
    return {"name": found[2]["name"], "reads": found[2]["reads"]} if found is not None else {"name": "", "reads": False}


def visitor_question(work: Work, person: Person, ask_id: str, lang: str) -> None:
    """A visitor is paged only on Yes."""
    say(work, person, None, "crisis/visitor_question", visitor_rows(ask_id), lang=language(person, lang))


def visitor_rows(ask_id: str) -> Rows:
    """Do you want the clinic's team to be told?"""
    return [
        [Button("crisis/tell_team_yes", "crisis.visitor", (ask_id, "yes")), Button("crisis/tell_team_no", "crisis.visitor", (ask_id, "no"))]
    ]


def staff_lines(work: Work, person: Person, lang: str) -> None:
    """Staff who write crisis words: lines for themselves, and nobody is paged unless they tap."""
    say(work, person, None, "crisis/staff_lines", [[Button("crisis/page_my_team", "crisis.staff_page")]], lang=language(person, lang))


def first_name(name: str) -> str:
    """The first word of a name."""
    return name.split()[0] if name.split() else ""


def say(
    work: Work,
    person: Person,
    case: Case | None,
    key: str,
    rows: Rows = (),
    *,
    lang: str | None = None,
    dedup_key: str | None = None,
    reply_keys: Keyboard | None = None,
    **values: Any,
) -> Outbox | None:
    """A message in a crisis: it overtakes everything but pages, belongs to the case and speaks the case's language."""
    case_id = case.id if case is not None else None
    post = Post(lane=Lane.CRISIS, case_id=case_id, lang=lang or language(person, "", case), dedup_key=dedup_key, reply_keys=reply_keys)
    return outbox.say(work, person, key, rows, post=post, hears=hears(person, case), **values)


def amend(work: Work, person: Person, case: Case | None, row: Outbox, key: str, rows: Rows = (), **values: Any) -> None:
    """Change what a message in a crisis says."""
    post = Post(lang=language(person, "", case))
    message = outbox.compose(work, person, key, rows, post=post, hears=hears(person, case), **values)
    outbox.edit(work, person, row, message, lane=Lane.CRISIS)


def _night(work: Work, at: datetime) -> bool:
    local = at.astimezone(ZoneInfo(work.settings.timezone)).strftime("%H:%M")
    policies = work.content.policies
    return not policies.day_from <= local < policies.day_until


def _next(work: Work, after: datetime, wall: str) -> datetime:
    return due.next_instant(after, wall, work.settings.timezone)
