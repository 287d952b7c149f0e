"""What the enrolment writes: the patient, their consent, and that they arrived."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel import col, select

from bot import audit, cards, due, people, rhythm
from bot.escalation import tasks
from bot.models import CLINICAL, Consent, Inbox, Invitation, Patient, Person, Role
from bot.programme import reminders as sessions
from bot.programme import tracks
from bot.safety.levels import Level
from bot.work import Work


def begin(work: Work, person: Person, invitation: Invitation) -> None:
    """Make the patient. From now on crisis words page at once; nothing else is open before the consent."""
    person.role = Role.PATIENT
    if work.session.get(Patient, person.id) is None:
        chosen = [people.get(work.session, one) for one in (invitation.owner_id, invitation.created_by) if one is not None]
        owner = next((one.id for one in chosen if one.role in CLINICAL and one.removed_at is None), None)
        work.session.add(Patient(person_id=person.id, owner_id=owner, track=tracks.read(work, invitation.track or "")))
    audit.record(work, "enrolment.started", actor=person, person_id=person.id, invitation=str(invitation.id))


def stopped(work: Work, person: Person, why: str) -> None:
    """The way ends here for now: `minor` (under 18) or `declined`. Staff hear of it once."""
    if why == "declined":
        for consent in _standing(work, person):
            consent.revoked_at = work.now
    tasks.once(work, person, why)
    audit.record(work, f"enrolment.{why}", actor=person, person_id=person.id)


def save_consent(work: Work, person: Person, version: str, answers: Mapping[str, Any]) -> None:
    """Write down that the person agreed. Agreeing to the same words again changes nothing.

    Args:
        version: of the consent's texts.
        answers: to the read-back questions, each with every option chosen, the last one right.
    """
    if any(found.version == version and found.language == person.language for found in _standing(work, person)):
        return
    work.session.add(
        Consent(
            person_id=person.id,
            version=version,
            content_version=work.content.version,
            language=person.language,
            given_at=work.now,
            answers=dict(answers),
        )
    )
    audit.record(
        work, "consent.given", actor=person, person_id=person.id, version=version, content=work.content.version, language=person.language
    )


def finish(work: Work, person: Person) -> None:
    """The person is enrolled; the first check-in is planned."""
    person.enrolled_at = work.now
    patient = people.patient_of(work.session, person.id)
    if patient is not None and patient.started_on is None:
        patient.started_on = due.local_date(work.now, person.zone)
    if patient is not None and patient.owner_id is None:
        tasks.once(work, person, "orphan", due_at=tasks.same_day(work))  # the supervisors choose somebody
    rhythm.plan_checkin(work, person)
    cards.plan(work, person)
    sessions.begin(work, person)
    audit.record(work, "enrolment.done", actor=person, person_id=person.id)


def sounds_like_danger(work: Work, update_id: int) -> bool:
    """Whether the screening found anything in this update: then its words are no name."""
    row = work.session.get(Inbox, update_id)
    return row is not None and Level(row.level) is not Level.NONE


def _standing(work: Work, person: Person) -> list[Consent]:
    statement = select(Consent).where(col(Consent.person_id) == person.id, col(Consent.revoked_at).is_(None))
    return list(work.session.exec(statement).all())
