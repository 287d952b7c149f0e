"""What the tests of the programme share: sessions put in as staff would, and patients with an owner and a track."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from bot import people
from bot.models import Due, DueState, Person, SessionSeries
from bot.programme import editing, reminders
from bot.programme.editing import Draft
from bot.programme.store import Book, Occasion
from bot.work import Work
from tests.world import Phone, World

NEW_YORK = ZoneInfo("America/New_York")


def person_of(work: Work, phone: Phone) -> Person:
    """The person's row in this transaction."""
    found = people.by_chat(work.session, phone.user.id)
    assert found is not None
    return found


def adopt(world: World, phone: Phone, *, track: str | None = None, owner: Phone | None = None, plan: int | None = None) -> None:
    """A patient of this counselor (the primary), in this track."""
    with world.work() as work:
        patient = people.patient_of(work.session, person_of(work, phone).id)
        assert patient is not None
        patient.owner_id = (owner or world.primary).person_id
        patient.track, patient.plan_hours = track, plan


def put(
    world: World,
    first: date,
    wall: str = "18:00",
    *,
    track: str | None = None,
    who: tuple[Phone, ...] = (),
    weekdays: tuple[int, ...] = (),
    minutes: int = 90,
    kind: str = "group",
    by: Phone | None = None,
    quiet: bool = True,
    room: str = "Room 2",
    link: str = "",
    title: str = "",
    last: date | None = None,
) -> SessionSeries:
    """A session in the programme; nobody is told unless `quiet` is False, but reminders are there."""
    with world.work() as work:
        members = tuple(person_of(work, one) for one in who)
        draft = Draft(kind, track, members, weekdays, first, wall, minutes, room, link, title, last)
        row, _told = editing.create(work, draft, person_of(work, by or world.primary), quiet=quiet)
        for phone in world.phones:
            person = people.by_chat(work.session, phone.user.id)
            if person is not None:
                reminders.plan(work, person)
        return row


def occasion(work: Work, row: SessionSeries, day: date) -> Occasion:
    """One date of a series."""
    found = Book(work, date(2025, 1, 1)).occasion(row.id, day)
    assert found is not None
    return found


def waiting(world: World, phone: Phone) -> list[str]:
    """When the next reminder of a session is due for this person, on New York's wall."""
    with world.work() as work:
        statement = select(Due).where(
            col(Due.kind) == reminders.KIND, col(Due.person_id) == phone.person_id, col(Due.state) == DueState.WAITING
        )
        return [f"{row.due_at.astimezone(NEW_YORK):%m-%d %H:%M}" for row in work.session.exec(statement)]


async def until(world: World, text: str) -> None:
    """Let the time pass until this New York wall time of 2026, `MM-DD HH:MM`."""
    target = datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=NEW_YORK)
    seconds = (target - world.clock.now()).total_seconds()
    assert seconds > 0
    await world.passes(seconds=seconds)


def heard(phone: Phone) -> list[str]:
    """The neutral lines of this slice that the phone got, in order: reminders and notices, as they are read."""
    return [one.text for one in phone.all if one.key in ("schedule/reminder", "schedule/notice")]
