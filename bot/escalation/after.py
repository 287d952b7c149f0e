"""After a case was closed: a person gets in touch, and kind messages follow for a year, until the patient stops them.

Source: CLINICAL.md 5 (caring message the next day, then day 1, week 1, months 1 to 4, then every second month).
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import col, select

from bot import due, people
from bot.escalation import resolution, store, tasks
from bot.models import Case, Patient, Person, Role, Status
from bot.work import Work

KIND = "after.message"
USUAL_TIME = "18:00"  # local, for someone without a check-in time of their own
USEFUL_FOR = timedelta(days=2)  # a message that comes later than that waits for the next one
TRIES = 3  # days on which a message is tried that was not allowed to go (the day's cap, quiet hours, a pause)
DAY_END = "21:00"  # the latest that "today" is, in the clinic's zone
SOON, LEAST = timedelta(hours=4), timedelta(hours=1)
NEXT: Mapping[str, timedelta] = {"tomorrow": timedelta(hours=24), "two_days": timedelta(hours=48), "three_days": timedelta(hours=72)}
ENDED = frozenset({Status.MOVED, Status.DISCHARGED, Status.DECEASED})
AWAY = frozenset({Status.IN_HOSPITAL, Status.IN_CUSTODY})  # the phone may not be theirs alone


@dataclass(frozen=True, slots=True)
class Step:
    """One message of the series: so many days and calendar months after the case's end."""

    name: str
    days: int = 0
    months: int = 0


SERIES: tuple[Step, ...] = (
    Step("day_1", days=1),
    Step("week_1", days=7),
    *(Step(f"month_{months}", months=months) for months in (1, 2, 3, 4, 6, 8, 10, 12)),
)


def closed(work: Work, case: Case, answers: Mapping[str, Any]) -> None:
    """A human closed a case: the next contact becomes somebody's work, and the series begins anew. Not for false alarms nor drills.

    Args:
        answers: of the form that closed it.
    """
    person = people.get(work.session, case.person_id)
    if case.kind != "real" or person.fictitious or person.role is not Role.PATIENT or case.outcome == resolution.NOT_A_CRISIS:
        return
    _next_contact(work, case, person, str(answers.get("next", "")))
    begin(work, person, case)


def _next_contact(work: Work, case: Case, person: Person, choice: str) -> None:
    """A person within a day, at the latest within 72 hours: on the list of the patient's counselor, else of whoever closed the case."""
    at = contact_at(work, choice)
    if at is None:
        return
    task = tasks.once(work, person, "follow_up", category=case.category, due_at=at)
    if task.owner_id is None:
        task.owner_id = case.closed_by


def contact_at(work: Work, choice: str) -> datetime | None:
    """When the next contact is due; None when others take over.

    Args:
        choice: `today`, or a key of `NEXT`.
    """
    if choice == "today":
        end = due.next_instant(work.now, DAY_END, work.settings.timezone)
        return max(min(work.now + SOON, end), work.now + LEAST)
    return work.now + NEXT[choice] if choice in NEXT else None


def begin(work: Work, person: Person, case: Case) -> None:
    """Begin the series, from its first message; an older one of this person ends."""
    stop(work, person)
    patient = people.patient_of(work.session, person.id)
    if patient is not None and patient.messages_stopped_at is None:
        plan(work, person, case, SERIES[0].name)


def plan(work: Work, person: Person, case: Case, name: str, *, tries: int = 0) -> None:
    """Put a message of the series in, at the person's check-in time of its day; one more try of it is a day later."""
    wall, at = person.checkin_at or USUAL_TIME, _at(person, case, name, tries)
    if at <= work.now:
        at = due.next_instant(work.now, wall, person.zone)
    key = f"{_key(person)}:{case.number}:{name}:{tries}:{at.isoformat(timespec='minutes')}"
    due.put(
        work, KIND, key, at, person=person, useful_for=USEFUL_FOR, wall=wall, zone=person.zone, case=case.number, step=name, tries=tries
    )


def too_early(work: Work, person: Person, case: Case, name: str, tries: int) -> bool:
    """Whether the message's time is still to come: the person moved, or chose a later check-in time, since it was planned."""
    return _at(person, case, name, tries) > work.now


def plan_next(work: Work, person: Person, case: Case, name: str) -> None:
    """Put in the message after this one; after the last there is none."""
    names = [step.name for step in SERIES]
    later = names[names.index(name) + 1 :]
    if later:
        plan(work, person, case, later[0])


def resume(work: Work, person: Person) -> None:
    """The patient wants the messages again: from the first one on that is not over yet, after their newest case in earnest."""
    statement = select(Case).where(
        col(Case.person_id) == person.id,
        col(Case.kind) == "real",
        col(Case.closed_at).is_not(None),
        col(Case.outcome) != resolution.NOT_A_CRISIS,
    )
    case = work.session.exec(statement.order_by(col(Case.number).desc()).limit(1)).first()
    if case is None or case.closed_at is None:
        return
    stop(work, person)
    today, closed_on = due.local_date(work.now, person.zone), due.local_date(case.closed_at, person.zone)
    following = next((step for step in SERIES if day_of(closed_on, step) > today), None)
    if following is not None:
        plan(work, person, case, following.name)


def stop(work: Work, person: Person) -> None:
    """Take back what waits of the series."""
    due.drop(work, _key(person))


def ended(work: Work, person: Person) -> bool:
    """Whether nothing more of the series goes out to this person: stopped, gone, silent or not to be reached."""
    patient = people.patient_of(work.session, person.id)
    stopped = patient is None or patient.messages_stopped_at is not None
    return stopped or person.status in ENDED or person.silent_since is not None or person.blocked_at is not None


def set_stopped(work: Work, person: Person, *, stopped: bool) -> Patient | None:
    """The patient does not want these messages any more, or wants them again."""
    patient = people.patient_of(work.session, person.id)
    if patient is not None:
        patient.messages_stopped_at = work.now if stopped else None
    if stopped:
        stop(work, person)
    return patient


def just_closed(work: Work, person: Person) -> Case | None:
    """The case of this person that a human closed within the last hour, when none is open."""
    if store.no_case_lately(work.session, person.id):
        return None
    statement = select(Case).where(col(Case.person_id) == person.id).order_by(col(Case.number).desc()).limit(1)
    case = work.session.exec(statement).first()
    recent = case is not None and case.closed_at is not None and work.now - case.closed_at <= store.JUST_NOW
    return case if recent else None


def day_of(closed_on: date, step: Step) -> date:
    """The local day of a message; a day that its month does not have is the month's last."""
    if not step.months:
        return closed_on + timedelta(days=step.days)
    year, month = divmod(closed_on.year * 12 + closed_on.month - 1 + step.months, 12)
    return date(year, month + 1, min(closed_on.day, calendar.monthrange(year, month + 1)[1]))


def _at(person: Person, case: Case, name: str, tries: int) -> datetime:
    step = next(one for one in SERIES if one.name == name)
    assert case.closed_at is not None
    day = day_of(due.local_date(case.closed_at, person.zone), step) + timedelta(days=tries)
    return due.instant_of(day, due.parse_wall(person.checkin_at or USUAL_TIME), person.zone)


def _key(person: Person) -> str:
    return f"after:{person.id}"
