"""Invitations: single-use codes of 128 bits, of which only the hash is kept. The enrolment, `/invite` and the command line call this."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, select

from bot import audit, moving, outbox, people
from bot.errors import Conflict, NotAllowed
from bot.ids import short
from bot.models import CLINICAL, STAFF, Conversation, Invitation, Meta, Person, Role, Throttle, sealed_at
from bot.outbox import Button
from bot.work import Work

PATIENT_LIFE = timedelta(days=7)
STAFF_LIFE = timedelta(hours=1)
CONFIRM_WITHIN = timedelta(hours=24)  # an account that nobody confirmed for so long was not expected
ATTEMPTS = 5
ATTEMPTS_WITHIN = timedelta(hours=1)

_BYTES = 16
_GROUPS = (5, 5, 5, 5, 6)  # 26 characters of base32, as people read them aloud
_LOOK_ALIKES = str.maketrans("018", "OIB")
BOT_USERNAME = "bot_username"  # the `Meta` row that holds it


class Outcome(StrEnum):
    """What became of a code that someone typed."""

    UNKNOWN = "unknown"
    THROTTLED = "throttled"  # too many wrong codes from this chat; right ones wait too
    EXPIRED = "expired"
    USED = "used"  # by someone else, or it was withdrawn
    MEMBER = "member"  # this account belongs to someone with a role already; the code stays good
    WAITING_CONFIRMATION = "waiting_confirmation"
    ACCEPTED = "accepted"
    MOVED = "moved"  # the account is somebody's new phone


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What became of a code.

    Attributes:
        invitation: None for an unknown or throttled one.
        person: who the account is from now on; with a staff code of the command line it may be another row than before.
    """

    outcome: Outcome
    person: Person
    invitation: Invitation | None = None


def create(
    work: Work,
    role: Role,
    *,
    created_by: Person | None = None,
    name: str | None = None,
    track: str | None = None,
    person: Person | None = None,
    owner: Person | None = None,
) -> str:
    """Make a code.

    Args:
        role: patient (7 days) or a staff role (1 hour).
        created_by: the inviter in chat, who has to confirm a staff account; None for the command line, which needs no confirmation.
        name: of a member of staff, as patients will read it.
        track: of a patient.
        person: a row of staff that waits for its account. A command-line code for staff makes one when it is left out, so
            that the rota can name the person before they tapped Start.
        owner: who will look after a patient; the inviter when left out.

    Returns:
        The code in groups, such as `QX4ZT-...`: it is shown once and kept nowhere.

    Raises:
        NotAllowed: this inviter may not invite for this role.
    """
    if created_by is not None and not may_invite(created_by, role):
        raise NotAllowed
    if role not in STAFF and role is not Role.PATIENT:
        raise NotAllowed
    if owner is not None and (owner.role not in CLINICAL or owner.removed_at is not None):
        raise NotAllowed
    if role in STAFF and created_by is None and person is None:
        person = people.add(work, role, name=name)
    raw = _raw()
    invitation = Invitation(
        code_hash=_hash(raw),
        role=role,
        track=track,
        owner_id=owner.id if owner else None,
        created_by=created_by.id if created_by else None,
        created_at=work.now,
        expires_at=work.now + (PATIENT_LIFE if role is Role.PATIENT else STAFF_LIFE),
        person_id=person.id if person else None,
    )
    if name and role in STAFF:
        invitation.name = work.vault.seal(name, sealed_at("invitation", "name", invitation.id))
    work.session.add(invitation)
    work.session.flush()
    audit.record(
        work,
        "invitation.created",
        actor=created_by,
        by=None if created_by else "operator",
        person_id=person.id if person else None,
        invitation=str(invitation.id),
        role=role,
    )
    return _grouped(raw)


def create_move(work: Work, person: Person, *, created_by: Person | None = None) -> str:
    """Make a code for somebody who stands in front of whoever makes it, good for an hour: the account that uses it becomes theirs.

    Codes for the same person that were not used yet are good no more.

    Args:
        person: a patient or a member of staff.
        created_by: who made it in chat and has to confirm the account; None for the command line. Whether the patient is theirs is
            the caller's question.

    Returns:
        The code in groups: it is shown once and kept nowhere.

    Raises:
        NotAllowed: nobody's account can be moved that way, or not by this person.
    """
    if person.removed_at is not None or (person.role not in STAFF and person.role is not Role.PATIENT):
        raise NotAllowed
    if created_by is not None and not _may_move(created_by, person):
        raise NotAllowed
    earlier = select(Invitation).where(col(Invitation.person_id) == person.id, col(Invitation.confirmed_at).is_(None))
    for one in work.session.exec(earlier.where(col(Invitation.refused_at).is_(None), col(Invitation.moves))).all():
        one.refused_at = work.now
    raw = _raw()
    invitation = Invitation(
        code_hash=_hash(raw),
        role=person.role,
        created_by=created_by.id if created_by else None,
        created_at=work.now,
        expires_at=work.now + STAFF_LIFE,
        person_id=person.id,
        moves=True,
    )
    work.session.add(invitation)
    work.session.flush()
    audit.record(
        work,
        "invitation.created",
        actor=created_by,
        by=None if created_by else "operator",
        person_id=person.id,
        invitation=str(invitation.id),
        role=person.role,
        moves=True,
    )
    return _grouped(raw)


def _may_move(staff: Person, person: Person) -> bool:
    if staff.removed_at is not None or staff.role not in CLINICAL or staff.id == person.id:
        return False
    return person.role is Role.PATIENT or staff.role is Role.SUPERVISOR


def _raw() -> str:
    return base64.b32encode(os.urandom(_BYTES)).decode().rstrip("=")


def may_invite(inviter: Person, role: Role) -> bool:
    """Counselors and supervisors invite patients; supervisors counselors and peers too."""
    if inviter.removed_at is not None or inviter.role not in CLINICAL:
        return False
    return role is Role.PATIENT or (inviter.role is Role.SUPERVISOR and role in (Role.COUNSELOR, Role.PEER))


def redeem(work: Work, code: str, person: Person, *, account: str = "") -> Redeemed:
    """Use a code.

    A patient's code is bound to the account that used it first, and good again for it (an interrupted enrolment goes on); the
    enrolment then makes the patient. For a staff code everything is done here: the account's owner is told what comes next, and
    the inviter is asked whether it is the right one. A caller in a turn goes on with `turn.person = redeemed.person`.

    Args:
        code: as typed; dashes, spaces and case do not matter.
        person: the account's present row.
        account: the account's name in Telegram, for the inviter's question.
    """
    if _throttled(work, person):
        return Redeemed(Outcome.THROTTLED, person)
    statement = select(Invitation).where(col(Invitation.code_hash) == _hash(code)).with_for_update()
    invitation = work.session.exec(statement).first()
    if invitation is None:
        _count_wrong(work, person)
        return Redeemed(Outcome.UNKNOWN, person)
    outcome = _judge(work, invitation, person)
    if outcome is not None:
        return Redeemed(outcome, person, invitation)
    if invitation.used_at is None:
        invitation.used_at, invitation.used_by = work.now, person.id
        audit.record(work, "invitation.used", actor=person, person_id=person.id, invitation=str(invitation.id), role=invitation.role)
    if invitation.moves and invitation.created_by is None:
        return Redeemed(Outcome.MOVED, _move(work, invitation, person), invitation)
    if invitation.role is Role.PATIENT and not invitation.moves:
        return Redeemed(Outcome.ACCEPTED, person, invitation)
    if invitation.created_by is None:
        return Redeemed(Outcome.ACCEPTED, _admit(work, invitation, person), invitation)
    outbox.say(work, person, "invite/waiting_move" if invitation.moves else "invite/waiting")
    _ask_inviter(work, invitation, account)
    return Redeemed(Outcome.WAITING_CONFIRMATION, person, invitation)


def _judge(work: Work, invitation: Invitation, person: Person) -> Outcome | None:
    mine = invitation.used_by == person.id
    if invitation.refused_at is not None or (invitation.used_at is not None and not mine):
        return Outcome.USED
    if invitation.used_at is None and invitation.expires_at <= work.now:
        return Outcome.EXPIRED
    if person.role is not Role.VISITOR:
        return Outcome.USED if mine else Outcome.MEMBER
    if mine and (invitation.role in STAFF or invitation.moves):
        return Outcome.WAITING_CONFIRMATION
    return None


def confirm(work: Work, invitation_id: UUID, inviter: Person) -> Redeemed:
    """The inviter says that it is the right account: staff access begins now, or the account becomes somebody's new phone.

    Returns:
        Whose account it is from now on; `ACCEPTED` or `MOVED`.

    Raises:
        NotAllowed: the invitation is not this person's, or they may no longer invite for its role.
        Conflict: answered already, too late, or the account has become somebody else's.
    """
    invitation = _own(work, invitation_id, inviter)
    account = work.session.get(Person, invitation.used_by) if invitation.used_by else None
    if account is None or account.role is not Role.VISITOR or account.removed_at is not None:
        raise Conflict("invite/confirm_late")
    if invitation.moves:
        return Redeemed(Outcome.MOVED, _move(work, invitation, account, actor=inviter), invitation)
    invitation.confirmed_at = work.now
    staff = _admit(work, invitation, account, actor=inviter)
    if staff.chat_id is not None:
        people.menu_changed(work, staff.chat_id)
    return Redeemed(Outcome.ACCEPTED, staff, invitation)


def refuse(work: Work, invitation_id: UUID, inviter: Person) -> None:
    """The inviter says that it is not the right account: the code is spent and gives nothing.

    Raises:
        NotAllowed, Conflict: as `confirm`.
    """
    invitation = _own(work, invitation_id, inviter)
    invitation.refused_at = work.now
    audit.record(work, "invitation.refused", actor=inviter, person_id=invitation.used_by, invitation=str(invitation.id))
    account = work.session.get(Person, invitation.used_by) if invitation.used_by else None
    if account is not None and account.role is Role.VISITOR:
        outbox.say(work, account, "invite/refused_account")


def name_in(work: Work, invitation: Invitation) -> str:
    """The name that a staff invitation was made for; "" when none was given."""
    return work.vault.open(invitation.name, sealed_at("invitation", "name", invitation.id)) if invitation.name else ""


def remember_bot(work: Work, username: str) -> None:
    """Write down how the bot is called, for the links of later invitations."""
    row = work.session.get(Meta, BOT_USERNAME)
    if row is None:
        work.session.add(Meta(name=BOT_USERNAME, value=username))
    else:
        row.value = username


def link(work: Work, code: str) -> str:
    """The `t.me` start link for a code; "" while the bot's user name is not known, or when it does not live on Telegram (the demo)."""
    row = work.session.get(Meta, BOT_USERNAME)
    return f"https://t.me/{row.value}?start={code}" if row is not None and row.value and work.settings.is_telegram else ""


def _own(work: Work, invitation_id: UUID, inviter: Person) -> Invitation:
    invitation = work.session.exec(select(Invitation).where(col(Invitation.id) == invitation_id).with_for_update()).first()
    if invitation is None or invitation.created_by != inviter.id:
        raise NotAllowed
    target = people.get(work.session, invitation.person_id) if invitation.moves and invitation.person_id is not None else None
    if not (_may_move(inviter, target) if target is not None else may_invite(inviter, invitation.role)):
        raise NotAllowed
    if invitation.confirmed_at is not None or invitation.refused_at is not None:
        raise Conflict("invite/answered_already")
    if invitation.used_at is None or work.now - invitation.used_at > CONFIRM_WITHIN:
        raise Conflict("invite/confirm_late")
    return invitation


def _admit(work: Work, invitation: Invitation, account: Person, *, actor: Person | None = None) -> Person:
    """Give the account its role. A row that waited for it (and may stand on the rota) takes the chat over."""
    waiting = work.session.get(Person, invitation.person_id) if invitation.person_id else None
    staff = account
    if waiting is not None and waiting.id != account.id:
        chat_id, account.chat_id, account.removed_at = account.chat_id, None, work.now
        work.session.flush()  # the chat is unique: it has to be free before it is taken
        staff = waiting
        staff.chat_id, staff.blocked_at, staff.last_seen_at = chat_id, None, work.now
        staff.language, staff.telegram_language = account.language, account.telegram_language
    elif name := name_in(work, invitation):
        people.set_name(work, staff, name)
    staff.role, staff.enrolled_at, staff.commands_set = invitation.role, work.now, None
    conversation = work.session.get(Conversation, account.id)
    if conversation is not None:
        conversation.state = conversation.data = conversation.parked = conversation.asked = None
    work.session.flush()
    audit.record(work, "staff.joined", actor=actor, person_id=staff.id, invitation=str(invitation.id), role=staff.role)
    key = "invite/welcome_peer" if staff.role is Role.PEER else "invite/welcome_staff"
    outbox.say(work, staff, key, name=people.name_of(work, staff).partition(" ")[0], clinic=work.settings.clinic_name)
    return staff


def _move(work: Work, invitation: Invitation, account: Person, *, actor: Person | None = None) -> Person:
    """The account becomes this person's; the old one is cut."""
    person = people.by_id_locked(work.session, invitation.person_id) if invitation.person_id is not None else None
    if person is None or person.removed_at is not None:
        raise Conflict("invite/confirm_late")
    invitation.confirmed_at = work.now
    moving.move(work, person, account, actor=actor)
    return person


def _ask_inviter(work: Work, invitation: Invitation, account: str) -> None:
    inviter = people.get(work.session, invitation.created_by) if invitation.created_by else None
    if inviter is None:
        return
    account = " ".join(account.split())[:64]
    called = account.partition(" ")[0][:14]
    mark = short(invitation.id)
    yes = (
        Button("invite/yes_named", "invite.confirm", (mark,), {"name": called})
        if called
        else Button("invite/yes", "invite.confirm", (mark,))
    )
    rows = [[yes], [Button("invite/no", "invite.refuse", (mark,))]]
    if invitation.moves and invitation.person_id is not None:
        number = people.get(work.session, invitation.person_id).number
        outbox.say(work, inviter, "invite/confirm_move", rows, account=account, number=number)
        return
    outbox.say(work, inviter, "invite/confirm", rows, name=name_in(work, invitation), account=account, role=invitation.role)


def _throttled(work: Work, person: Person) -> bool:
    row = work.session.get(Throttle, _throttle_key(person))
    return row is not None and work.now - row.since_at < ATTEMPTS_WITHIN and row.count >= ATTEMPTS


def _count_wrong(work: Work, person: Person) -> None:
    key = _throttle_key(person)
    row = work.session.get(Throttle, key)
    if row is None:
        work.session.add(Throttle(key=key, count=1, since_at=work.now))
    elif work.now - row.since_at >= ATTEMPTS_WITHIN:
        row.count, row.since_at = 1, work.now
    else:
        row.count += 1


def _throttle_key(person: Person) -> str:
    return f"invitation:{person.chat_id}"


def _plain(code: str) -> str:
    return "".join(sign for sign in code.upper() if sign.isalnum()).translate(_LOOK_ALIKES)


def _hash(code: str) -> str:
    return hashlib.sha256(_plain(code).encode()).hexdigest()


def _grouped(raw: str) -> str:
    groups, start = [], 0
    for length in _GROUPS:
        groups.append(raw[start : start + length])
        start += length
    return "-".join(groups)
