"""The emergency card: whom and where to find help for a patient, sealed. The patient writes it; whoever opens their case reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import audit, due, people
from bot.models import EmergencyCard, Person, sealed_at
from bot.work import Work

MAY_TELL = ("in_danger", "in_programme", "where")  # what the person on the card may be told, with the patient's consent

ASK = "card.ask"  # the due item that asks gently
ASK_AFTER = timedelta(days=2)
ASK_WITHIN = timedelta(days=7)  # of the enrolment; afterwards it is work for staff
ASK_AT = "11:00"
USEFUL_FOR = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Card:
    """What is on a patient's card; "" for what is not.

    Attributes:
        contact_name, contact_phone, may_tell: of the one person who may be called; empty unless a consent stands.
        agreed_at: when the patient agreed to that.
    """

    phone: str = ""
    address: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    may_tell: tuple[str, ...] = ()
    agreed_at: datetime | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is known beyond the chat."""
        return not (self.phone or self.address or self.contact_name)


def of(work: Work, person: Person) -> Card:
    """A patient's card as it stands now: a consent that was taken back shows nobody."""
    patient, row = people.patient_of(work.session, person.id), work.session.get(EmergencyCard, person.id)
    phone = work.vault.open(patient.phone, sealed_at("patient", "phone", person.id)) if patient is not None and patient.phone else ""
    if row is None:
        return Card(phone)
    if row.consent_at is None or row.revoked_at is not None:
        return Card(phone, _open(work, row, "address"))
    may_tell = tuple(one for one in MAY_TELL if one in row.may_tell)
    name, number = _open(work, row, "contact_name"), _open(work, row, "contact_phone")
    return Card(phone, _open(work, row, "address"), name, number, may_tell, row.consent_at)


def set_phone(work: Work, person: Person, phone: str) -> None:
    """The number under which the team reaches the patient; "" takes it off."""
    patient = people.patient_of(work.session, person.id)
    if patient is None:
        return
    patient.phone = work.vault.seal(phone, sealed_at("patient", "phone", person.id)) if phone else None
    _touch(work, person)
    audit.record(work, "card.changed", actor=person, person_id=person.id, what="phone")


def set_address(work: Work, person: Person, address: str) -> None:
    """Where the patient usually is; "" takes it off."""
    row = _touch(work, person)
    row.address = work.vault.seal(address, sealed_at("emergency_card", "address", person.id)) if address else None
    audit.record(work, "card.changed", actor=person, person_id=person.id, what="address")


def agree(work: Work, person: Person, name: str, phone: str, may_tell: tuple[str, ...]) -> None:
    """One person who may be called, with the patient's written consent: until now nothing of it was kept.

    Args:
        may_tell: of `MAY_TELL`; what is not in it stays between the patient and the team.
    """
    row = _touch(work, person)
    row.contact_name = work.vault.seal(name, sealed_at("emergency_card", "contact_name", person.id))
    row.contact_phone = work.vault.seal(phone, sealed_at("emergency_card", "contact_phone", person.id))
    row.may_tell = [one for one in MAY_TELL if one in may_tell]
    row.consent_at, row.revoked_at = work.now, None
    row.consent_language, row.consent_version = person.language, work.content.version
    audit.record(
        work,
        "card.consent_given",
        actor=person,
        person_id=person.id,
        tell=",".join(row.may_tell),
        language=person.language,
        version=work.content.version,
    )


def revoke(work: Work, person: Person) -> bool:
    """The patient takes the consent back: nobody reads who it was from now on.

    Returns:
        Whether there was one.
    """
    row = work.session.get(EmergencyCard, person.id)
    if row is None or row.consent_at is None or row.revoked_at is not None:
        return False
    row.revoked_at = row.updated_at = work.now
    row.contact_name = row.contact_phone = None
    audit.record(work, "card.consent_revoked", actor=person, person_id=person.id)
    return True


def skip(work: Work, person: Person) -> None:
    """The patient would rather not fill it in here."""
    row = _touch(work, person)
    row.skipped_at = work.now
    due.drop(work, f"card:{person.id}")


def asked(work: Work, person: Person) -> EmergencyCard:
    """Note that the question was put."""
    row = _touch(work, person)
    row.asked_at = work.now
    return row


def plan(work: Work, person: Person, after: datetime | None = None) -> None:
    """Put the gentle question in: two days after the enrolment, or after `after`, at a time of day that disturbs nobody."""
    at = due.next_instant(after or work.now + ASK_AFTER, ASK_AT, person.zone)
    day = due.local_date(at, person.zone).isoformat()
    due.put(work, ASK, f"card:{person.id}:{day}", at, person=person, useful_for=USEFUL_FOR, wall=ASK_AT, zone=person.zone)


def _touch(work: Work, person: Person) -> EmergencyCard:
    row = work.session.get(EmergencyCard, person.id)
    if row is None:
        row = EmergencyCard(person_id=person.id, updated_at=work.now)
        work.session.add(row)
        work.session.flush()
    row.updated_at = work.now
    return row


def _open(work: Work, row: EmergencyCard, column: str) -> str:
    value = getattr(row, column)
    return work.vault.open(value, sealed_at("emergency_card", column, row.person_id)) if value is not None else ""


def phone_in(text: str) -> str | None:
    """A phone number as it is kept: digits, with a plus in front where one was typed; 6 to 15 of them. None when it is none."""
    digits = "".join(sign for sign in text if sign.isascii() and sign.isdecimal())
    rest = "".join(sign for sign in text if not sign.isdecimal() and sign not in "+ ()-./\u00a0\u2011")
    if rest or not 6 <= len(digits) <= 15:
        return None
    return f"+{digits}" if text.strip().startswith("+") else digits
