"""What a patient says about a session beforehand: coming, cannot and why, who comes along. The team sees it."""

from __future__ import annotations

from datetime import timedelta

from bot import audit, outbox
from bot.errors import Conflict
from bot.escalation import tasks
from bot.models import Lane, Person, SessionSeat
from bot.outbox import Button, Post
from bot.programme import reminders, store
from bot.programme.store import Occasion
from bot.work import Work

TASK = "session"  # the kind of the item for whoever looks after the patient
REASONS = ("ill", "work", "family", "travel", "other")
PUSH_AGAIN = timedelta(minutes=30)


def coming(work: Work, person: Person, occasion: Occasion) -> SessionSeat:
    """[I'll be there]."""
    seat = _open_seat(work, person, occasion)
    changed = seat.reply == "cannot"
    seat.reply, seat.replied_at, seat.why, seat.note = "coming", work.now, None, None
    audit.record(work, "session.coming", actor=person, person_id=person.id, day=occasion.slot.day.isoformat())
    work.session.flush()
    if changed:
        reminders.plan(work, person)
    return seat


def cannot(work: Work, person: Person, occasion: Occasion, why: str, note: str = "") -> SessionSeat:
    """[I can't come] and why: an item for the counselor, with a neutral line now; no reminder of it any more.

    Args:
        why: of `REASONS`, or "" for words of their own.
    """
    seat = _open_seat(work, person, occasion)
    seat.reply, seat.replied_at, seat.why = "cannot", work.now, why or None
    seat.note = store.sealed(work, "session_seat", "note", seat.id, note)
    audit.record(work, "session.cannot", actor=person, person_id=person.id, day=occasion.slot.day.isoformat(), why=why or None)
    work.session.flush()
    tell_team(work, person)
    reminders.plan(work, person)
    return seat


def set_guests(work: Work, person: Person, occasion: Occasion, text: str) -> None:
    """Who comes along to a family session."""
    seat = _open_seat(work, person, occasion)
    seat.guests = store.sealed(work, "session_seat", "guests", seat.id, text)
    audit.record(work, "session.guests", actor=person, person_id=person.id, day=occasion.slot.day.isoformat())


def _open_seat(work: Work, person: Person, occasion: Occasion) -> SessionSeat:
    if occasion.slot.cancelled:
        raise Conflict("schedule/cancelled")
    if occasion.slot.end <= work.now:
        raise Conflict("schedule/over")
    return store.seat_for(work, person, occasion)


def tell_team(work: Work, person: Person) -> None:
    """An item for whoever looks after the patient, and one neutral line for several things in a row."""
    task = tasks.once(work, person, TASK, due_at=tasks.same_day(work))
    bucket = int(work.now.timestamp() // PUSH_AGAIN.total_seconds())
    for staff in tasks.readers(work, task):
        rows = [[Button("sessions/open", "sessions.patient", (person.number,))]]
        post = Post(lane=Lane.REPLY, dedup_key=f"sessions/asked:{staff.id}:{person.id}:{bucket}")
        outbox.say(work, staff, "sessions/asked", rows, post=post)
