"""The relay: patient and counselor write to each other through the bot; neither side's account is disclosed."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlmodel import col, select

from bot import audit, outbox, people
from bot.escalation import answers, engine, store
from bot.models import Case, Lane, Outbox, Person, RelayMessage, RelayTarget, sealed_at
from bot.outbox import Button, Post
from bot.safety.levels import Category
from bot.work import Work

TARGET_IDLE = timedelta(minutes=30)
QUIET = timedelta(hours=2)  # without a word of either side the patient's menu comes back
CHUNK = 3500  # a full message with a name before it would be over Telegram's 4096

_MENTION = re.compile(r"(?<![\w.])@(?=\w)")


def to_patient(work: Work, case: Case, staff: Person, text: str, *, chat_id: int, message_id: int) -> RelayMessage:
    """Pass a counselor's words on. In an abuse case the phone shows only that there is a message, until it is opened."""
    patient = people.get(work.session, case.person_id)
    relay = _keep(work, case, staff, patient, text, to_patient=True, chat_id=chat_id, message_id=message_id)
    name = answers.first_name(people.name_of(work, staff))
    if case.category == Category.ABUSE and not patient.show_previews:
        row = _send(work, patient, "relay/waiting", case, rows=[[Button("relay/show", "relay.show", (str(relay.id.hex),))]])
    else:
        row = None
        for part in parts(text):
            row = _send(work, patient, "relay/to_patient", case, name=name, text=part)
    relay.outbox_id = row.id if row is not None else None
    if row is None:
        relay.failure = "silent" if patient.silent_since is not None else "no_chat"
    audit.record(work, "relay.to_patient", actor=staff, person_id=patient.id, case_id=case.id)
    _use_target(work, case, staff)
    return relay


def to_team(work: Work, case: Case, patient: Person, text: str, *, chat_id: int, message_id: int) -> RelayMessage:
    """Pass a patient's words on to the holder; while nobody holds the case they wait on it and show with Open."""
    holder = people.get(work.session, case.holder_id) if case.holder_id and case.acknowledged_at else None
    relay = _keep(work, case, patient, holder, text, to_patient=False, chat_id=chat_id, message_id=message_id)
    engine.patient_wrote(work, case)
    audit.record(work, "relay.to_team", actor=patient, person_id=patient.id, case_id=case.id)
    if holder is None:
        return relay
    row = None
    for part in parts(text):
        row = _send(
            work,
            holder,
            "relay/to_staff",
            case,
            rows=[[Button("relay/reply", "relay.write", (case.number,))]],
            number=case.number,
            text=part,
        )
    relay.outbox_id = row.id if row is not None else None
    return relay


def edited(work: Work, author: Person, text: str, *, chat_id: int, message_id: int) -> bool:
    """Follow an edit of a message that was relayed.

    Returns:
        Whether there was one.
    """
    statement = select(RelayMessage).where(col(RelayMessage.source_chat_id) == chat_id, col(RelayMessage.source_message_id) == message_id)
    relay = work.session.exec(statement.order_by(col(RelayMessage.id).desc())).first()
    if relay is None or relay.author_id != author.id:
        return False
    relay.body, relay.edited_at = work.vault.seal(text, sealed_at("relay_message", "body", relay.id)), work.now
    row = work.session.get(Outbox, relay.outbox_id) if relay.outbox_id else None
    case = work.session.get(Case, relay.case_id)
    if row is None or case is None or relay.recipient_id is None or row.template == "relay/waiting":
        return True
    recipient = people.get(work.session, relay.recipient_id)
    if relay.to_patient:
        name = answers.first_name(people.name_of(work, author))
        message = outbox.compose(work, recipient, "relay/to_patient", name=name, text=parts(text)[0])
    else:
        rows = [[Button("relay/reply", "relay.write", (case.number,))]]
        message = outbox.compose(work, recipient, "relay/to_staff", rows, number=case.number, text=parts(text)[0])
    outbox.edit(work, recipient, row, message)
    return True


def target(work: Work, staff: Person) -> Case | None:
    """The case that this member of staff is writing to; None after 30 idle minutes, or when it is theirs no more."""
    found = work.session.get(RelayTarget, staff.id)
    if found is None:
        return None
    case = work.session.get(Case, found.case_id)
    theirs = case is not None and case.state == "open" and case.holder_id == staff.id and case.acknowledged_at is not None
    if not theirs or work.now - found.used_at >= TARGET_IDLE:
        work.session.delete(found)
        return None
    return case


def set_target(work: Work, case: Case, staff: Person) -> None:
    """From now on this person's words go to that case's patient."""
    found = work.session.get(RelayTarget, staff.id)
    if found is None:
        work.session.add(RelayTarget(staff_id=staff.id, case_id=case.id, since_at=work.now, used_at=work.now))
    else:
        found.case_id, found.since_at, found.used_at = case.id, work.now, work.now


def clear_target(work: Work, staff: Person) -> None:
    """Their words go nowhere by themselves any more."""
    found = work.session.get(RelayTarget, staff.id)
    if found is not None:
        work.session.delete(found)


def arrived(work: Work, row: Outbox) -> None:
    """A relayed message was delivered; a counselor's word has now reached the patient."""
    relay = work.session.exec(select(RelayMessage).where(col(RelayMessage.outbox_id) == row.id)).first()
    if relay is None or relay.arrived_at is not None:
        return
    relay.arrived_at = work.now
    case = store.locked(work.session, relay.case_id)
    if case is not None and relay.to_patient:
        engine.word_arrived(work, case)


def failed(work: Work, row: Outbox, reason: str) -> None:
    """A relayed message can never arrive: whoever wrote it is told."""
    relay = work.session.exec(select(RelayMessage).where(col(RelayMessage.outbox_id) == row.id)).first()
    case = work.session.get(Case, relay.case_id) if relay is not None else None
    if relay is None or case is None:
        return
    relay.failure = reason
    author = people.get(work.session, relay.author_id)
    outbox.say(work, author, "relay/not_delivered", post=Post(lane=Lane.CRISIS, case_id=case.id), number=case.number)


def body(work: Work, relay: RelayMessage) -> str:
    """What a relayed message says."""
    return work.vault.open(relay.body, sealed_at("relay_message", "body", relay.id)) if relay.body else ""


def quiet(case: Case, work: Work) -> bool:
    """Whether two hours passed without a word in the relay, so that what the patient starts comes back."""
    since = case.last_word_at or case.opened_at
    return work.now - since >= QUIET


def parts(text: str) -> list[str]:
    """A text in pieces that fit a message with a name before it; mentions lose their @, since they lead to an account."""
    clean = _MENTION.sub("", text)
    return [clean[start : start + CHUNK] for start in range(0, len(clean), CHUNK)] or [""]


def _keep(
    work: Work, case: Case, author: Person, recipient: Person | None, text: str, *, to_patient: bool, chat_id: int, message_id: int
) -> RelayMessage:
    relay = RelayMessage(
        case_id=case.id,
        to_patient=to_patient,
        author_id=author.id,
        recipient_id=recipient.id if recipient else None,
        source_chat_id=chat_id,
        source_message_id=message_id,
        at=work.now,
    )
    relay.body = work.vault.seal(text, sealed_at("relay_message", "body", relay.id))
    work.session.add(relay)
    return relay


def _send(work: Work, to: Person, key: str, case: Case, rows: outbox.Rows = (), **values: object) -> Outbox | None:
    return outbox.say(work, to, key, rows, post=Post(lane=Lane.CRISIS, case_id=case.id), **values)


def _use_target(work: Work, case: Case, staff: Person) -> None:
    found = work.session.get(RelayTarget, staff.id)
    if found is not None and found.case_id == case.id:
        found.used_at = work.now
