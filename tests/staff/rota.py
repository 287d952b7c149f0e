"""What the rota's tests share."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from bot import people
from bot.escalation import duty
from bot.models import ChannelProof, Leave
from bot.staff.oncall import store
from tests.world import Phone, World


def staff_id(phone: Phone) -> UUID:
    """The id of a member of staff."""
    assert phone.person_id is not None
    return phone.person_id


def plan(world: World, position: str, phone: Phone, hours: float, length: float | None) -> None:
    """Somebody on call, so many hours from now and for so many."""
    with world.work() as work:
        start = work.now + timedelta(hours=hours)
        staff = people.get(work.session, staff_id(phone))
        store.set_shift(work, position, staff, start, None if length is None else start + timedelta(hours=length))


def on_leave(world: World, phone: Phone, days: int = 0) -> None:
    """A day of leave, so many days from today; younger than everything planned so far."""
    with world.work() as work:
        day = work.now.date() + timedelta(days=days)
        work.session.add(Leave(staff_id=staff_id(phone), from_date=day, until_date=day, created_at=work.now + timedelta(seconds=1)))


def proven(world: World, phone: Phone, days_ago: float, *, rings: bool = True) -> None:
    """A channel that rang (or one that cannot ring), tapped so many days ago."""
    with world.work() as work:
        at = work.now - timedelta(days=days_ago)
        work.session.add(ChannelProof(staff_id=staff_id(phone), target="fingerprint", kind="twilio", rings=rings, proven_at=at))


def holder(world: World, position: str = "primary", hours: float = 0) -> UUID | None:
    """Who is on call, so many hours from now."""
    with world.work() as work:
        person = duty.on_call(work, position, work.now + timedelta(hours=hours))
        return person.id if person is not None else None
