"""A week of meeting reminders on the moved clock, for patients in four zones, over the night in which New York's clocks go back.

`python -m tests.bench.week` prints each reminder as it came: the instant, the person's clock, New York's, the lock screen.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import select

from bot.features.meetings import reminders, rules, store
from bot.models import Meeting, Outbox, Person
from tests.features.meetings.imported import load
from tests.world import World, world_at

START = datetime(2026, 10, 31, 4, 0, tzinfo=UTC)  # Saturday, 00:00 in New York
DAYS = 7
PATIENTS = (
    ("Ana", "America/New_York", "US", "en"),
    ("Bea", "Europe/Madrid", "ES", "es"),
    ("Cal", "Australia/Sydney", "AU", "en"),
    ("Dan", "Asia/Kolkata", "IN", "en"),
)
DAILY = {
    "name": "Noon Online",
    "slug": "noon",
    "day": [0, 1, 2, 3, 4, 5, 6],
    "time": "12:00",
    "timezone": "America/New_York",
    "attendance_option": "online",
    "conference_url": "https://meet.example.org/noon",
}


@dataclass(frozen=True)
class Chosen:
    """A reminder that a patient wants: of which meeting, on which of its weekdays (0 = Sunday), how long before."""

    slug: str
    zone: str
    wall: str
    weekday: int
    lead: int


@dataclass(frozen=True)
class Reminder:
    """One as it came."""

    name: str
    zone: str
    at: datetime
    text: str
    silent: bool


def meetings() -> list[dict[str, Any]]:
    """The daily one online, one in each patient's town, and one in the hour that New York has twice."""
    own = [
        {
            "name": f"Evening in {zone.partition('/')[2]}",
            "slug": f"own-{number}",
            "day": 2,
            "time": "18:30",
            "timezone": zone,
            "attendance_option": "in_person",
            "formatted_address": "1 Elm Street, Anytown, NY 10001, USA",
            "latitude": 40.0,
            "longitude": -74.0,
        }
        for number, (_, zone, _, _) in enumerate(PATIENTS)
    ]
    night = {**DAILY, "name": "Night", "slug": "night", "day": 0, "time": "01:30"}
    return [DAILY, night, *own]


def wanted(number: int) -> list[Chosen]:
    """What one patient chose."""
    zone = PATIENTS[number][1]
    daily = [Chosen("noon", "America/New_York", "12:00", weekday, 30) for weekday in range(7)]
    evening = [Chosen(f"own-{number}", zone, "18:30", 2, lead) for lead in (rules.EVENING, 60)]
    return [*daily, *evening, Chosen("night", "America/New_York", "01:30", 0, 10)]


async def live(world: World) -> list[Reminder]:
    """Let the week pass and see what came on each phone."""
    load(world, meetings())
    phones = {name: await world.enrol(name, zone=zone, country=country, language=language) for name, zone, country, language in PATIENTS}
    with world.work() as work:
        by_slug = {meeting.key: meeting for meeting in work.session.exec(select(Meeting))}
        for number, (name, *_) in enumerate(PATIENTS):
            person = work.session.get(Person, phones[name].person_id)
            assert person is not None
            for slug, weekday in {(one.slug, one.weekday) for one in wanted(number)}:
                leads = [one.lead for one in wanted(number) if (one.slug, one.weekday) == (slug, weekday)]
                chosen = store.pick(work, person, by_slug[slug], weekday, "weekly", None, leads)
                reminders.plan(work, person, chosen, by_slug[slug])
    await world.passes(days=DAYS)
    came = [
        Reminder(name, zone, seen.message.date.astimezone(UTC), seen.text, seen.message.silent)
        for name, zone, _, _ in PATIENTS
        for seen in phones[name].all
        if seen.key == "meetings/reminder"
    ]
    with world.work() as work:
        assert len([row for row in work.session.exec(select(Outbox)) if row.template == "meetings/reminder"]) == len(came)
    return sorted(came, key=lambda one: (one.at, one.name, one.text))


async def main() -> None:
    """Print the week."""
    with tempfile.TemporaryDirectory() as folder:
        async with world_at(Path(folder), START) as world:
            came = await live(world)
    print(f"{'UTC':<18}{'patient':<9}{'their clock':<26}{'New York':<16}lock screen")
    for one in came:
        theirs = f"{one.at.astimezone(ZoneInfo(one.zone)):%a %H:%M} {one.zone.partition('/')[2]}"
        there = f"{one.at.astimezone(ZoneInfo('America/New_York')):%a %H:%M}"
        print(f"{one.at:%a %m-%d %H:%M}   {one.name:<9}{theirs:<26}{there:<16}{one.text}{' (no sound)' if one.silent else ''}")
    print(f"{len(came)} reminders in {DAYS} days")


if __name__ == "__main__":
    asyncio.run(main())
