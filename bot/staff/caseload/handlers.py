"""`/caseload` and `/patient`. Only one's own patients are ever found, and each look at one is in the audit log."""

from __future__ import annotations

from uuid import UUID

from bot import audit, people
from bot.errors import NotAllowed, NotUnderstood
from bot.escalation import ack, answers, relay, statuses, tasks, team
from bot.escalation import store as cases
from bot.models import Person
from bot.outbox import Button, Rows
from bot.programme import hours
from bot.programme.rules import hours as hours_of
from bot.staff.caseload import rules, store
from bot.turn import Turn

FORM = "patient_find"
LISTED = 10
FOUND = 8
SUMMARY_DAYS = 14

Line = tuple[str, dict[str, object]]  # section of the list, and what its line needs


def today(turn: Turn) -> None:
    """Who needs this person today: open cases, then what there is to do, then who has been quiet."""
    _present(turn)
    own = list(store.patients(turn.work, turn.person))
    found: list[Line] = [
        ("cases", {"number": case.number, "level": case.level, "name": _name(turn, case.person_id)})
        for case in cases.business_of(turn.work, turn.person)
    ]
    found += [
        ("tasks", {"name": _name(turn, task.person_id), "kind": task.kind, "overdue": task.due_at + tasks.OVERDUE_AFTER <= turn.now})
        for task in tasks.open_tasks(turn.work, turn.person)
    ]
    quiet = [(days, person) for person in own if (days := _quiet(turn, person)) is not None]
    found += [("quiet", {"name": _name(turn, person.id), "days": days}) for days, person in sorted(quiet, key=lambda one: -one[0])]
    found += [
        ("under", {"name": _name(turn, one.id), "done": hours_of(week.done), "plan": week.plan})
        for one, week in hours.under_plan(turn.work, [one for one in own if store.is_active(one)])
    ]
    shown = {section: [line for name, line in found[:LISTED] if name == section] for section in ("cases", "tasks", "quiet", "under")}
    audit.record(turn.work, "caseload.viewed", actor=turn.person)
    turn.say(
        "caseload/today",
        cases=shown["cases"],
        tasks=shown["tasks"],
        quiet=shown["quiet"],
        under=shown["under"],
        total=len(own),
        more=max(len(found) - LISTED, 0),
    )


def _quiet(turn: Turn, person: Person) -> int | None:
    if not store.is_active(person) or (person.paused_until is not None and person.paused_until > turn.now):
        return None
    return rules.quiet_days(person.last_seen_at or person.enrolled_at or person.created_at, turn.now)


def patient(turn: Turn) -> None:
    """`/patient [name or number]`: one patient at a glance; without words it asks."""
    _present(turn)
    wanted = turn.inbound.argument if turn.inbound is not None else ""
    if wanted:
        _find(turn, wanted)
        return
    turn.goto(f"{FORM}.name")
    ask(turn)


def ask(turn: Turn) -> None:
    """Whom they look for."""
    relay.stop_writing(turn)
    turn.ask("caseload/ask", [[Button("common/later", "form.leave")]])


def on_name(turn: Turn) -> None:
    """A name or a number; one that nobody has is asked for again."""
    wanted = turn.text
    if not _matching(turn, wanted):
        raise NotUnderstood("caseload/none")
    turn.finish()
    _find(turn, wanted)


def _matching(turn: Turn, wanted: str) -> list[Person]:
    own = [(person.number, people.name_of(turn.work, person), person) for person in store.patients(turn.work, turn.person)]
    return rules.matching(wanted, own)


def _find(turn: Turn, wanted: str) -> None:
    """Show whoever is meant. Nobody: the search goes on."""
    found = _matching(turn, wanted)
    if not found:
        turn.goto(f"{FORM}.name")
        relay.stop_writing(turn)
        turn.ask("caseload/none", [[Button("common/later", "form.leave")]])
    elif len(found) == 1:
        _show(turn, found[0])
    elif len(found) > FOUND:
        turn.say("caseload/too_many", count=FOUND)
    else:
        buttons = [[Button("caseload/person", "caseload.person", (one.number,), {"name": _label(turn, one)})] for one in found]
        turn.say("caseload/many", buttons)


def person(turn: Turn) -> None:
    """One of several who were found."""
    _present(turn)
    number = ack.number_of(turn.arg)
    found = next((one for one in store.patients(turn.work, turn.person) if one.number == number), None)
    if found is None:
        raise NotAllowed
    _show(turn, found)


def _show(turn: Turn, person: Person) -> None:
    work, patient = turn.work, people.patient_of(turn.session, person.id)
    case = cases.open_case(turn.session, person.id)
    audit.record(work, "patient.viewed", actor=turn.person, person_id=person.id)
    change = statuses.current(work, person)
    owner, cover = store.owner_of(work, person)
    ack.show_protected(
        work,
        turn.person,
        "caseload/patient",
        _buttons(person),
        name=_name(turn, person.id),
        number=person.number,
        status=person.status.value,
        until=change.until_date if change is not None else None,
        confirmed=change is None or change.confirmed_at is not None,
        owner=_first(turn, owner),
        cover=_first(turn, cover),
        open_case={"number": case.number, "level": case.level} if case is not None else None,
        since=patient.started_on if patient is not None else None,
        seen=person.last_seen_at,
        phone=cases.phone_of(work, person.id),
        lessons=store.lessons_done(turn.session, person.id),
        tasks=store.tasks_about(turn.session, person.id),
        messages=len(team.unanswered(work, person)),
        points=[team.body(work, row) for row in team.points(work, person)],
        checkins=cases.checkins(work, person, SUMMARY_DAYS),
    )


def _buttons(person: Person) -> Rows:
    number = person.number
    return [
        [Button("caseload/messages", "messages.thread", (number,)), Button("caseload/card", "patients.card", (number,))],
        [Button("caseload/status", "patients.status", (number,)), Button("caseload/owner", "patients.owner", (number,))],
        [Button("caseload/phone", "patients.phone", (number,)), Button("caseload/lessons", "assign.modules", (number,))],
        [Button("caseload/sessions", "sessions.patient", (number,))],
    ]


def _first(turn: Turn, person: Person | None) -> str:
    return answers.first_name(people.name_of(turn.work, person)) if person is not None else ""


def _label(turn: Turn, person: Person) -> str:
    first, _, rest = people.name_of(turn.work, person).partition(" ")
    return f"{first[:14]} {rest[:1]} #{person.number}" if rest else f"{first[:16]} #{person.number}"


def _name(turn: Turn, person_id: UUID) -> str:
    return people.name_of(turn.work, people.get(turn.session, person_id))


def _present(turn: Turn) -> None:
    if turn.person.removed_at is not None:
        raise NotAllowed
