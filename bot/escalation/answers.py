"""What a person in danger reads: fixed wording from content, never a claim that is not true yet (SAFETY.md 2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot import due, outbox, people
from bot.models import Case, Lane, Person
from bot.outbox import Button, Post, Rows
from bot.ports import Outgoing
from bot.work import Work

REPEAT_AFTER = timedelta(minutes=10)  # the same first answer is not sent again sooner, a short line is
NIGHT_WORD_BY = "12:00"  # urgent at night: a person writes by noon at the latest

# Which card goes with which answer: the number that this danger needs.
_EMERGENCY_CARD = frozenset({"overdose_self", "overdose_other", "withdrawal", "violence", "child"})


def safe_rows() -> Rows:
    """The three answers to "Are you safe right now?"; none of them ever lowers anything."""
    return [
        [Button("crisis/need_help", "crisis.help")],
        [Button("crisis/someone_with_me", "crisis.someone"), Button("crisis/i_am_safe", "crisis.safe")],
    ]


def relapse_rows() -> Rows:
    """How does your body feel?"""
    return [
        [Button("crisis/body_sleepy", "crisis.body", ("sleepy",))],
        [Button("crisis/body_sick", "crisis.body", ("sick",)), Button("crisis/body_ok", "crisis.body", ("ok",))],
    ]


def abuse_rows() -> Rows:
    """Silence, for a phone that someone else may look at."""
    return [[Button("crisis/silent_mode", "crisis.silent"), Button("crisis/clear_messages", "crisis.clear")]]


def language(person: Person, lang: str) -> str:
    """The words' language, else the person's."""
    return lang if lang in ("en", "es") else person.language


def first(work: Work, person: Person, case: Case | None, answer: str, lang: str) -> None:
    """Message 1: at once, with no claim about people. A visitor has no case yet."""
    lang = language(person, lang)
    if case is not None:
        again = case.answered_with == answer and case.answered_at is not None and work.now - case.answered_at < REPEAT_AFTER
        if again:
            _say(work, person, case, "crisis/added", safe_rows(), lang=lang)
            return
        case.answered_at, case.answered_with = work.now, answer
    if answer == "overdose_other":
        overdose_steps(work, person, case, lang)
    elif answer == "relapse":
        _say(work, person, case, "crisis/relapse", relapse_rows(), lang=lang)
    elif answer == "craving":
        _say(work, person, case, "crisis/craving", safe_rows(), lang=lang)
    else:
        _say(work, person, case, f"crisis/{answer}", safe_rows(), lang=lang)
    if answer in ("abuse", "child"):
        _say(work, person, case, "crisis/abuse_silent", abuse_rows(), lang=lang)
    card(work, person, case, answer, lang)


def overdose_steps(work: Work, person: Person, case: Case | None, lang: str) -> None:
    """Someone else's overdose: four steps without a tap between, then what comes after. The one typing may be the one overdosing."""
    for number in range(1, 5):
        _say(work, person, case, f"crisis/overdose_step_{number}", lang=lang)
    _say(work, person, case, "crisis/overdose_after", safe_rows(), lang=lang)


def repeat(work: Work, person: Person, case: Case, answer: str) -> None:
    """Message 1 once more."""
    case.answered_at = None
    first(work, person, case, answer, "und")


def card(work: Work, person: Person, case: Case | None, answer: str, lang: str) -> None:
    """The number as a contact card: Telegram makes only full numbers tappable, 911 and 988 not."""
    lines = work.content.lines_for(person.country)
    wanted = (
        lines.card("emergency", lang) if answer in _EMERGENCY_CARD else lines.card("crisis_voice", lang) or lines.card("emergency", lang)
    )
    if wanted is None:
        return
    phone, name = wanted
    message = Outgoing(person.chat_id or 0, kind="contact", phone=phone, contact_name=name)
    outbox.put(work, person, message, post=Post(lane=Lane.CRISIS, case_id=case.id if case else None), template="crisis/card")


def paged(work: Work, case: Case) -> None:
    """Message 2: the page was accepted for delivery. By night, for urgent, it also says until when a person writes."""
    person = people.get(work.session, case.person_id)
    if case.level == "urgent" and _night(work):
        _say(work, person, case, "crisis/paged_night", by=_by_noon(work))
    else:
        _say(work, person, case, "crisis/paged")


def nobody_on_duty(work: Work, case: Case) -> None:
    """Message 2 when no step could deliver; once a round, the patient hears it the first time only."""
    if case.told_nobody_at is not None:
        return
    case.told_nobody_at = work.now
    person = people.get(work.session, case.person_id)
    _say(work, person, case, "crisis/nobody_on_duty", safe_rows(), by=_next_morning(work))


def still_trying(work: Work, case: Case) -> None:
    """Message 3: five minutes of an emergency and no one has answered."""
    _say(work, people.get(work.session, case.person_id), case, "crisis/still_trying", safe_rows())


def seen(work: Work, case: Case, staff: Person) -> None:
    """Message 3: seen by whom and when."""
    name = first_name(people.name_of(work, staff))
    _say(work, people.get(work.session, case.person_id), case, "crisis/seen", name=name, at=work.now)


def closed(work: Work, case: Case) -> None:
    """Message 3: closed, with the question whether it helped."""
    rows = [
        [
            Button("crisis/helped_yes", "crisis.helped", (case.number, "yes")),
            Button("crisis/helped_some", "crisis.helped", (case.number, "some")),
            Button("crisis/helped_no", "crisis.helped", (case.number, "no")),
        ]
    ]
    _say(work, people.get(work.session, case.person_id), case, "crisis/closed", rows)


def visitor_question(work: Work, person: Person, ask_id: str, lang: str) -> None:
    """A visitor is paged only on Yes."""
    rows = [
        [Button("crisis/tell_team_yes", "crisis.visitor", (ask_id, "yes")), Button("crisis/tell_team_no", "crisis.visitor", (ask_id, "no"))]
    ]
    _say(work, person, None, "crisis/visitor_question", rows, lang=language(person, lang))


def staff_lines(work: Work, person: Person, lang: str) -> None:
    """Staff who write crisis words: lines for themselves, and nobody is paged unless they tap."""
    _say(work, person, None, "crisis/staff_lines", [[Button("crisis/page_my_team", "crisis.staff_page")]], lang=language(person, lang))


def first_name(name: str) -> str:
    """The first word of a name."""
    return name.split()[0] if name.split() else ""


def _say(work: Work, person: Person, case: Case | None, key: str, rows: Rows = (), *, lang: str | None = None, **values: Any) -> None:
    outbox.say(work, person, key, rows, post=Post(lane=Lane.CRISIS, case_id=case.id if case else None, lang=lang), **values)


def _night(work: Work) -> bool:
    local = work.now.astimezone(ZoneInfo(work.settings.timezone)).strftime("%H:%M")
    policies = work.content.policies
    return not policies.day_from <= local < policies.day_until


def _by_noon(work: Work) -> datetime:
    return due.next_instant(work.now, NIGHT_WORD_BY, work.settings.timezone)


def _next_morning(work: Work) -> datetime:
    return due.next_instant(work.now, work.content.policies.day_from, work.settings.timezone)
