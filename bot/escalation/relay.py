"""The relay: patient and counselor write to each other through the bot; neither side's account is disclosed."""

from __future__ import annotations

import html
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select

from bot import audit, outbox, people
from bot.errors import Conflict, NotAllowed
from bot.escalation import answers, engine, parcels, store
from bot.escalation.parcels import Parcel
from bot.escalation.parcels import parts as parts
from bot.inbound import Inbound
from bot.models import Case, CaseState, Lane, Outbox, Person, RelayMessage, RelayTarget, sealed_at
from bot.outbox import Button, Post
from bot.turn import Turn
from bot.work import Work

TARGET_IDLE = timedelta(minutes=30)
MEDIA_SHOWN = 5  # files that come with Open


def to_patient(work: Work, case: Case, staff: Person, parcel: Parcel, *, chat_id: int, message_id: int) -> RelayMessage:
    """Pass on what a counselor wrote or sent. In an abuse case the phone shows only that there is a message, until it is opened.

    What cannot be passed on is told at once.

    Raises:
        NotAllowed: the author is staff no more, or does not hold the case.
    """
    if staff.removed_at is not None or case.holder_id != staff.id:
        raise NotAllowed
    patient = people.get(work.session, case.person_id)
    relay = _keep(work, case, staff, patient, parcel, to_patient=True, chat_id=chat_id, message_id=message_id)
    name = answers.first_name(people.name_of(work, staff))
    if answers.hidden(work, case, patient):
        row = _send(work, patient, "relay/waiting", case, rows=[[Button("relay/show", "relay.show", (str(relay.id.hex),))]])
    else:
        row = parcels.send(work, patient, "relay/to_patient", parcel, post=Post(lane=Lane.CRISIS, case_id=case.id), name=name)
    _carried_by(work, relay, row)
    if row is None:
        relay.failure = "silent" if patient.silent_since is not None else "no_chat"
        key = "relay/silent" if relay.failure == "silent" else "relay/not_delivered"
        outbox.say(work, staff, key, post=Post(lane=Lane.CRISIS, case_id=case.id), number=case.number)
    audit.record(work, "relay.to_patient", actor=staff, person_id=patient.id, case_id=case.id)
    _use_target(work, case, staff)
    return relay


def to_team(work: Work, case: Case, patient: Person, parcel: Parcel, *, chat_id: int, message_id: int) -> RelayMessage:
    """Pass what a patient wrote or sent on to the holder; while nobody holds the case it waits on it and shows with Open.

    They wait too while an operator has it, who may know that there are words but not which.
    """
    keeper = people.get(work.session, case.holder_id) if case.holder_id and case.acknowledged_at else None
    holder = keeper if keeper is not None and store.may_see_words(keeper) else None
    relay = _keep(work, case, patient, holder, parcel, to_patient=False, chat_id=chat_id, message_id=message_id)
    engine.patient_wrote(work, case)
    audit.record(work, "relay.to_team", actor=patient, person_id=patient.id, case_id=case.id)
    if holder is None:
        if keeper is not None:
            _send(work, keeper, "relay/words_waiting", case, number=case.number)
        return relay
    _hand(work, case, holder, relay, parcel)
    return relay


def _hand(work: Work, case: Case, holder: Person, relay: RelayMessage, parcel: Parcel) -> None:
    """Put it into the holder's chat. Its words show there after a tap only, on no lock screen, and cannot be passed further."""
    post = Post(lane=Lane.CRISIS, case_id=case.id, protected=True)
    row = parcels.send(work, holder, "relay/to_staff", parcel, _reply_rows(case), post=post, number=case.number)
    relay.recipient_id = holder.id
    _carried_by(work, relay, row)


def hand_media(work: Work, case: Case, holder: Person) -> None:
    """Whoever has the case and opens it gets the newest photos, voice messages, files and places that they were not given yet."""
    statement = select(RelayMessage).where(
        col(RelayMessage.case_id) == case.id, col(RelayMessage.to_patient).is_(False), col(RelayMessage.media).is_not(None)
    )
    newest = work.session.exec(statement.order_by(col(RelayMessage.id).desc()).limit(MEDIA_SHOWN)).all()
    for relay in reversed(newest):
        if relay.recipient_id != holder.id or relay.outbox_id is None:
            _hand(work, case, holder, relay, parcel_of(work, relay))


def _reply_rows(case: Case) -> outbox.Rows:
    return [[Button("relay/reply", "relay.write", (case.number,))]]


def edited(work: Work, author: Person, inbound: Inbound) -> bool:
    """Follow an edit of a message that was relayed.

    Returns:
        Whether there was one.
    """
    statement = select(RelayMessage).where(
        col(RelayMessage.source_chat_id) == inbound.chat_id, col(RelayMessage.source_message_id) == inbound.message_id
    )
    relay = work.session.exec(statement.order_by(col(RelayMessage.id).desc())).first()
    if relay is None or relay.author_id != author.id:
        return False
    before, text = parcel_of(work, relay), inbound.text
    if text == before.text:
        return True  # a place that moves on, or a file that was exchanged: what arrived stays as it is
    relay.body, relay.edited_at = work.vault.seal(text, sealed_at("relay_message", "body", relay.id)), work.now
    row = work.session.get(Outbox, relay.outbox_id) if relay.outbox_id else None
    case = work.session.get(Case, relay.case_id)
    if case is None or relay.recipient_id is None or (row is not None and row.template == "relay/waiting"):
        return True  # whoever opens it reads the new words
    recipient = people.get(work.session, relay.recipient_id)
    if row is None or row.kind != "text":
        # Read with Open, or the caption of a file: there is no message to edit.
        if relay.to_patient or case.state is CaseState.OPEN:
            _say_anew(work, case, author, recipient, relay, text)
        return True
    piece = parts(text)[-1]  # the row is that of the last part
    if relay.to_patient:
        name = answers.first_name(people.name_of(work, author))
        message = outbox.compose(work, recipient, "relay/to_patient", name=name, text=piece, kind="text", under=False)
    else:
        rows = _reply_rows(case)
        message = outbox.compose(work, recipient, "relay/to_staff", rows, number=case.number, text=piece, kind="text", under=False)
    outbox.edit(work, recipient, row, message)
    return True


def _say_anew(work: Work, case: Case, author: Person, recipient: Person, relay: RelayMessage, text: str) -> None:
    """Changed words without a message of their own: those under a file are called so, since the file itself stays as it arrived."""
    under = relay.media is not None
    if not relay.to_patient and not under:
        _hand(work, case, recipient, relay, Parcel(text=text))
        return
    key, rows = ("relay/to_patient", ()) if relay.to_patient else ("relay/to_staff", _reply_rows(case))
    post = Post(lane=Lane.CRISIS, case_id=case.id, protected=not relay.to_patient)
    values = {"name": answers.first_name(people.name_of(work, author))} if relay.to_patient else {"number": case.number}
    for part in parts(text):
        outbox.say(work, recipient, key, rows, post=post, kind=relay.kind, text=part, under=under, **values)


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
        work.session.flush()


def kept_target(work: Work, staff: Person) -> tuple[Case, datetime] | None:
    """Whom this person turned to, and when they last wrote there, whether or not it still counts; None when they have no target."""
    found = work.session.get(RelayTarget, staff.id)
    case = work.session.get(Case, found.case_id) if found is not None else None
    return (case, found.used_at) if found is not None and case is not None else None


def stop_writing(turn: Turn) -> None:
    """A form of the counselor's begins, or the case leaves them: what they write next is not for the patient, and the keyboard says so."""
    kept = kept_target(turn.work, turn.person)
    if kept is not None:
        clear_target(turn.work, turn.person)
        turn.say("relay/ended", keyboard=(), number=kept[0].number)


def writable(work: Work, staff: Person) -> list[Case]:
    """The open cases that this person may write in: those that they have, or had until the promise ran out and nobody took over."""
    if staff.removed_at is not None or not store.may_see_words(staff):
        return []
    statement = select(Case).where(col(Case.state) == CaseState.OPEN, col(Case.holder_id) == staff.id)
    return list(work.session.exec(statement.order_by(col(Case.number))).all())


def shown(work: Work, relay_id: UUID, patient: Person) -> None:
    """The patient opens a message that waited behind a neutral line: only now do its words stand on the phone.

    Raises:
        NotAllowed: there is no such message for this person.
        Conflict: it was opened before, or it is too old to be sent again.
    """
    relay = work.session.get(RelayMessage, relay_id)
    if relay is None or not relay.to_patient or relay.recipient_id != patient.id:
        raise NotAllowed
    if relay.arrived_at is not None:
        raise Conflict("relay/shown_already")
    case = store.locked(work.session, relay.case_id)
    author = people.get(work.session, relay.author_id)
    if case is None or relay.body is None:
        raise Conflict("common/old_button")
    post, name = Post(lane=Lane.CRISIS, case_id=case.id), answers.first_name(people.name_of(work, author))
    row = parcels.send(work, patient, "relay/to_patient", parcel_of(work, relay), post=post, name=name)
    _carried_by(work, relay, row)
    relay.arrived_at = work.now
    audit.record(work, "relay.opened", actor=patient, person_id=patient.id, case_id=case.id)
    if case.state is CaseState.OPEN:
        engine.word_arrived(work, case)


def arrived(work: Work, row: Outbox) -> None:
    """A relayed message was delivered; a counselor's word has now reached the patient. One that waits to be opened has not."""
    relay = work.session.exec(select(RelayMessage).where(col(RelayMessage.outbox_id) == row.id)).first()
    if relay is None or relay.arrived_at is not None:
        return
    case = store.locked(work.session, relay.case_id)
    waits = row.template == "relay/waiting"
    if not waits:
        relay.arrived_at = work.now
    if case is None or not relay.to_patient or case.state is not CaseState.OPEN:
        return
    _confirm(work, case, people.get(work.session, relay.author_id), "relay/sent_waits" if waits else "relay/sent")
    if not waits:
        engine.word_arrived(work, case)


def _confirm(work: Work, case: Case, staff: Person, key: str) -> None:
    """That words arrive is said once for each time the counselor turns to a case, without a sound."""
    found = work.session.get(RelayTarget, staff.id)
    mark = found.since_at.isoformat() if found is not None and found.case_id == case.id else "reply"
    post = Post(lane=Lane.REPLY, silent=True, dedup_key=f"{key}:{case.id}:{staff.id}:{mark}")
    outbox.say(work, staff, key, post=post, number=case.number)


def failed(work: Work, row: Outbox, reason: str) -> None:
    """A relayed message can never arrive: a counselor who wrote it is told, a patient's waits for whoever has the case next."""
    relay = work.session.exec(select(RelayMessage).where(col(RelayMessage.outbox_id) == row.id)).first()
    case = work.session.get(Case, relay.case_id) if relay is not None else None
    if relay is None or case is None or relay.failure is not None:
        return
    if not relay.to_patient:
        relay.recipient_id = relay.outbox_id = None  # it waits again: whoever has the case next reads it with Open
        return
    relay.failure = reason
    author = people.get(work.session, relay.author_id)
    outbox.say(work, author, "relay/not_delivered", post=Post(lane=Lane.CRISIS, case_id=case.id), number=case.number)


def body(work: Work, relay: RelayMessage) -> str:
    """What a relayed message says, for a reader of the team: a file or a place is named before its caption."""
    parcel = parcel_of(work, relay)
    if parcel.kind == "text":
        return parcel.text
    place = f"{parcel.latitude:.5f}, {parcel.longitude:.5f}" if parcel.latitude is not None and parcel.longitude is not None else ""
    values = {"kind": parcel.kind, "place": place, "text": parcel.text, "zone": work.settings.timezone, "lines": None}
    return html.unescape(work.content.texts.render("relay/named", work.settings.language, values))


def parcel_of(work: Work, relay: RelayMessage) -> Parcel:
    """A relayed message as it came."""
    text = work.vault.open(relay.body, sealed_at("relay_message", "body", relay.id)) if relay.body else ""
    media = work.vault.open_json(relay.media, sealed_at("relay_message", "media", relay.id)) if relay.media else {}
    return Parcel(relay.kind if media else "text", text, **media)


def _keep(
    work: Work, case: Case, author: Person, recipient: Person | None, parcel: Parcel, *, to_patient: bool, chat_id: int, message_id: int
) -> RelayMessage:
    relay = RelayMessage(
        case_id=case.id,
        to_patient=to_patient,
        author_id=author.id,
        recipient_id=recipient.id if recipient else None,
        source_chat_id=chat_id,
        source_message_id=message_id,
        kind=parcel.kind,
        at=work.now,
    )
    relay.body = work.vault.seal(parcel.text, sealed_at("relay_message", "body", relay.id))
    if parcel.media:
        relay.media = work.vault.seal_json(parcel.media, sealed_at("relay_message", "media", relay.id))
    work.session.add(relay)
    return relay


def _send(work: Work, to: Person, key: str, case: Case, rows: outbox.Rows = (), **values: object) -> Outbox | None:
    return outbox.say(work, to, key, rows, post=Post(lane=Lane.CRISIS, case_id=case.id), **values)


def _carried_by(work: Work, relay: RelayMessage, row: Outbox | None) -> None:
    work.session.flush()  # the message's row comes before what refers to it
    relay.outbox_id = row.id if row is not None else None


def _use_target(work: Work, case: Case, staff: Person) -> None:
    """Keep the target awake."""
    found = work.session.get(RelayTarget, staff.id)
    if found is not None and found.case_id == case.id:
        found.used_at = work.now
