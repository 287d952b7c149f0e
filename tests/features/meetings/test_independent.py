"""Every occurrence equals an independent calculation with dateutil: ten zones, five years, walls in every gap and overlap."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from dateutil import rrule, tz

from bot.features.meetings.listing import Attendance, MeetingRow
from bot.features.meetings.occurrences import all_occurrences, occurrences
from tests import effort

START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
ZONES = [
    "America/New_York",
    "America/St_Johns",
    "Europe/Berlin",
    "Europe/London",
    "Australia/Sydney",
    "Australia/Lord_Howe",  # half an hour of summer
    "Asia/Kolkata",
    "Pacific/Apia",  # beside the date line
    "America/Santiago",
    "Africa/Cairo",  # changes at midnight
]
WALLS = [time(0), time(0, 30), time(1, 30), time(2), time(2, 15), time(2, 30), time(3), time(19), time(23, 59)]
_DAYS = (rrule.SU, rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA)


def independent(zone: str, weekday: int, wall: time) -> list[datetime]:
    """dateutil's weekly rule in wall time, put on the clock of the zone: in a gap the next valid moment, in an overlap the first."""
    place = tz.gettz(zone)
    assert place is not None
    first = datetime.combine((START - timedelta(days=8)).date(), wall)
    found = []
    for naive in rrule.rrule(
        rrule.WEEKLY, byweekday=_DAYS[weekday], dtstart=first, until=datetime.combine(END.date() + timedelta(days=8), time(0))
    ):
        local = tz.resolve_imaginary(naive.replace(tzinfo=place, fold=0))
        moment = local.astimezone(UTC)
        if START <= moment < END:
            found.append(moment)
    return found


@pytest.mark.parametrize("zone", ZONES)
def test_five_years_of_occurrences(zone: str) -> None:
    for number, wall in enumerate(WALLS):
        for weekday in {0, 6, number % 7}:  # the days on which clocks change, and one more
            row = MeetingRow(key="a", name="A", attendance=Attendance.IN_PERSON, days=(weekday,), time=wall, timezone=zone)
            ours = [one.start_utc for one in occurrences(row, START, END)]
            assert ours == independent(zone, weekday, wall), (zone, weekday, wall)
            assert len(ours) >= 260


def test_a_year_of_two_thousand_meetings_takes_a_few_calls_for_each() -> None:
    rows = [
        MeetingRow(
            key=str(number),
            name="A",
            attendance=Attendance.IN_PERSON,
            days=(number % 7,),
            time=WALLS[number % len(WALLS)],
            timezone=ZONES[number % len(ZONES)],
        )
        for number in range(2000)
    ]
    calls, found = effort.calls(lambda: all_occurrences(rows, datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)))
    assert len(found) >= 2000 * 52
    assert calls < 15 * len(found)  # 8 when this was written; how long it takes is in `make bench ARGS=feeds`
