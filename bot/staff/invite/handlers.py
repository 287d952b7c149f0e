"""`/invite`: a code for a patient, or by a supervisor for staff; and the inviter's word for a staff account."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from bot import invitations, people, typed
from bot.errors import NotAllowed, NotUnderstood
from bot.escalation import answers, relay
from bot.ids import unshort
from bot.invitations import Outcome
from bot.models import Role
from bot.outbox import Button
from bot.turn import Turn

FORM = "invite"
CHOICES = (Role.PATIENT, Role.COUNSELOR, Role.PEER)


def start(turn: Turn) -> None:
    """Whom to invite; only what this person may."""
    if turn.person.removed_at is not None:
        raise NotAllowed
    buttons = [Button(f"invite/{role}", "invite.make", (role,)) for role in CHOICES if invitations.may_invite(turn.person, role)]
    turn.say("invite/choose", [[button] for button in buttons])


def make(turn: Turn) -> None:
    """A role's button: a patient's code comes at once, for staff the name is asked first."""
    role = next((role for role in CHOICES if role == turn.arg), None)
    if role is None or not invitations.may_invite(turn.person, role):
        raise NotAllowed
    if role is Role.PATIENT:
        _give(turn, role, invitations.PATIENT_LIFE)
        return
    turn.goto(f"{FORM}.name", role=str(role))
    ask_name(turn)


def ask_name(turn: Turn) -> None:
    """What the new colleague is called."""
    relay.stop_writing(turn)
    turn.ask("invite/ask_name", [[Button("common/later", "form.leave")]])


def on_name(turn: Turn) -> None:
    """The name: the code is made."""
    name = typed.name(turn.text)
    if name is None:
        raise NotUnderstood("invite/name_again")
    role = Role(turn.data["role"])
    turn.finish()
    _give(turn, role, invitations.STAFF_LIFE, name)


def _give(turn: Turn, role: Role, life: timedelta, name: str | None = None) -> None:
    code = invitations.create(turn.work, role, created_by=turn.person, name=name)
    turn.say("invite/code", role=str(role), code=code, link=invitations.link(turn.work, code), until=turn.now + life)


def confirm(turn: Turn) -> None:
    """[Yes, that's ...]: staff access begins now, and the new colleague is told; or somebody's new phone is theirs."""
    found = invitations.confirm(turn.work, _invitation(turn), turn.person)
    if found.outcome is Outcome.MOVED:
        turn.edit("invite/moved", number=found.person.number)
        return
    turn.edit("invite/confirmed", name=answers.first_name(people.name_of(turn.work, found.person)))


def refuse(turn: Turn) -> None:
    """[No]: the account gets nothing."""
    invitations.refuse(turn.work, _invitation(turn), turn.person)
    turn.edit("invite/refused")


def _invitation(turn: Turn) -> UUID:
    try:
        return unshort(turn.arg)
    except ValueError as error:
        raise NotAllowed from error
