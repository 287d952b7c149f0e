"""A week for patients in four zones: every reminder at the instant that an independent calculation gives, none twice, none missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from dateutil import tz
from dateutil.rrule import WEEKLY, rrule

from bot.features.meetings import rules
from tests.bench.week import DAYS, PATIENTS, START, Chosen, live, wanted
from tests.world import world_at

_DAYS = (6, 0, 1, 2, 3, 4, 5)  # our weekdays as dateutil counts them


def starts(chosen: Chosen) -> list[datetime]:
    """All starts about this week, by dateutil alone."""
    hours, minutes = map(int, chosen.wall.split(":"))
    first = START.replace(tzinfo=None) - timedelta(days=3)
    days = rrule(WEEKLY, dtstart=first.replace(hour=0, minute=0), byweekday=_DAYS[chosen.weekday], until=first + timedelta(days=14))
    walls = (day + timedelta(hours=hours, minutes=minutes) for day in days)
    return [tz.resolve_imaginary(wall.replace(tzinfo=tz.gettz(chosen.zone))).astimezone(UTC) for wall in walls]


def expected(number: int) -> list[tuple[datetime, str]]:
    """When the phone of a patient rings, and the start that it shows."""
    _, zone, _, language = PATIENTS[number]
    found = []
    for chosen in wanted(number):
        for start in starts(chosen):
            theirs = start.astimezone(tz.gettz(zone))
            at = start - timedelta(minutes=chosen.lead)
            if chosen.lead == rules.EVENING:
                at = (theirs.replace(tzinfo=None, hour=19, minute=0) - timedelta(days=1)).replace(tzinfo=tz.gettz(zone)).astimezone(UTC)
            tomorrow = theirs.date() != at.astimezone(tz.gettz(zone)).date()
            words = {"en": ("Reminder", "tomorrow"), "es": ("Recordatorio", "mañana")}[language]
            if START < at <= START + timedelta(days=DAYS):
                found.append((at, f"{words[0]}: {words[1]} {theirs:%H:%M}" if tomorrow else f"{words[0]} {theirs:%H:%M}"))
    return sorted(found)


async def test_a_week_in_four_zones_over_a_change_of_clock(tmp_path: Path) -> None:
    async with world_at(tmp_path, START) as world:
        came = await live(world)
    for number, (name, *_) in enumerate(PATIENTS):
        # Of two at the same instant the second follows a second later: Telegram wants it so.
        assert sorted((one.at.replace(second=0), one.text) for one in came if one.name == name) == expected(number)
    assert len(came) == 40


async def test_the_noon_meeting_is_at_other_hours_in_madrid_before_and_after(tmp_path: Path) -> None:
    async with world_at(tmp_path, START) as world:
        came = [one.text for one in await live(world) if one.name == "Bea"]
    assert came.count("Recordatorio 17:00") == 1  # Saturday: five hours apart
    assert came.count("Recordatorio 18:00") == 6  # from Sunday on: six
