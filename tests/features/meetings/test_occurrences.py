"""Occurrences, reminders and choices, across every change of clock that MEETINGS.md names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.features.meetings import rules
from bot.features.meetings.codes import load_types
from bot.features.meetings.feed import parse
from bot.features.meetings.listing import Attendance, MeetingRow
from bot.features.meetings.occurrences import Occurrence, all_occurrences, occurrences

ROOT = Path(__file__).parents[3]
NEW_YORK, BERLIN, SYDNEY = "America/New_York", "Europe/Berlin", "Australia/Sydney"
SUNDAY, MONDAY = 0, 1


def meeting(
    days: tuple[int, ...] | None = (SUNDAY,),
    at: str | None = "19:00",
    until: str | None = None,
    zone: str | None = NEW_YORK,
    *,
    key: str = "a",
    attendance: Attendance = Attendance.IN_PERSON,
    place: tuple[float, float] | None = None,
    approximate: bool = False,
    types: tuple[str, ...] = (),
) -> MeetingRow:
    return MeetingRow(
        key=key,
        name=f"Meeting {key}",
        attendance=attendance,
        days=days,
        time=time.fromisoformat(at) if at else None,
        end_time=time.fromisoformat(until) if until else None,
        timezone=zone,
        types=types,
        approximate=approximate,
        latitude=place[0] if place else None,
        longitude=place[1] if place else None,
    )


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def next_occurrence(row: MeetingRow, now: datetime) -> Occurrence | None:
    return next(occurrences(row, now, now + timedelta(days=9)), None)


def starts(row: MeetingRow, start: str, end: str) -> list[str]:
    return [occurrence.start_utc.strftime("%m-%dT%H:%M") for occurrence in occurrences(row, utc(start), utc(end))]


@pytest.mark.parametrize(
    ("zone", "at", "start", "end", "expected"),
    [
        # 19:00 stays 19:00 on the wall, so the instant moves by an hour.
        (NEW_YORK, "19:00", "2027-03-07", "2027-03-23", ["03-08T00:00", "03-14T23:00", "03-21T23:00"]),
        (NEW_YORK, "19:00", "2026-10-25", "2026-11-10", ["10-25T23:00", "11-02T00:00", "11-09T00:00"]),
        (BERLIN, "19:00", "2026-10-18", "2026-11-02", ["10-18T17:00", "10-25T18:00", "11-01T18:00"]),
        (BERLIN, "19:00", "2027-03-21", "2027-04-05", ["03-21T18:00", "03-28T17:00", "04-04T17:00"]),
        (SYDNEY, "19:00", "2027-03-28", "2027-04-12", ["03-28T08:00", "04-04T09:00", "04-11T09:00"]),
        # The skipped hour: 02:30 comes as 03:30.
        (NEW_YORK, "02:30", "2027-03-07", "2027-03-22", ["03-07T07:30", "03-14T07:30", "03-21T06:30"]),
        (BERLIN, "02:30", "2027-03-21", "2027-04-05", ["03-21T01:30", "03-28T01:30", "04-04T00:30"]),
        # The doubled hour: the first of the two, and only that one.
        (NEW_YORK, "01:30", "2026-10-25", "2026-11-09", ["10-25T05:30", "11-01T05:30", "11-08T06:30"]),
        (BERLIN, "02:30", "2026-10-18", "2026-11-02", ["10-18T00:30", "10-25T00:30", "11-01T01:30"]),
        (SYDNEY, "02:30", "2027-03-27", "2027-04-12", ["03-27T15:30", "04-03T15:30", "04-10T16:30"]),
    ],
)
def test_a_weekly_meeting_keeps_its_wall_time_across_the_change_of_clocks(
    zone: str, at: str, start: str, end: str, expected: list[str]
) -> None:
    assert starts(meeting(at=at, zone=zone), start, end) == expected


def test_the_skipped_hour_is_shown_as_the_next_valid_moment() -> None:
    (found,) = occurrences(meeting(at="02:30"), utc("2027-03-14"), utc("2027-03-15"))
    assert found.start_in(NEW_YORK).strftime("%H:%M") == "03:30"
    assert found.local_date == date(2027, 3, 14)
    assert found.end_utc - found.start_utc == timedelta(hours=1)


def test_new_york_and_berlin_are_five_hours_apart_for_two_weeks_in_march() -> None:
    (found,) = occurrences(meeting(at="12:00"), utc("2027-03-21"), utc("2027-03-22"))
    assert found.start_in(BERLIN).hour == 17
    (later,) = occurrences(meeting(at="12:00"), utc("2027-03-28"), utc("2027-03-29"))
    assert later.start_in(BERLIN).hour == 18


@pytest.mark.parametrize(
    ("at", "until", "day", "hours"),
    [
        ("19:00", None, "2027-03-07", 1.0),
        ("19:00", "20:15", "2027-03-07", 1.25),
        ("22:30", "00:00", "2027-03-07", 1.5),
        ("00:00", "00:00", "2027-03-07", 24.0),
        ("01:30", "03:30", "2027-03-14", 1.0),  # an hour is missing in between
        ("02:30", "03:15", "2027-03-14", 0.75),  # starts at 03:30, so it keeps its length
        ("01:30", "02:30", "2026-11-01", 2.0),  # an hour comes twice in between
    ],
)
def test_ends(at: str, until: str | None, day: str, hours: float) -> None:
    noon = utc(f"{day}T05:00") if at < "12:00" else utc(f"{day}T12:00")
    found = next_occurrence(meeting(at=at, until=until), noon - timedelta(hours=1))
    assert found is not None
    assert found.local_date.isoformat() == day
    assert (found.end_utc - found.start_utc) / timedelta(hours=1) == hours


def test_the_span_includes_its_start_and_not_its_end() -> None:
    row = meeting(days=(SUNDAY,), at="12:00", zone="UTC")
    assert starts(row, "2027-03-07T12:00", "2027-03-14T12:00") == ["03-07T12:00"]
    assert starts(row, "2027-03-07T12:01", "2027-03-14T12:00") == []


def test_each_weekday_of_a_row_is_an_occurrence_in_order() -> None:
    assert starts(meeting(days=(0, 3, 6), zone="UTC"), "2027-03-07", "2027-03-14") == ["03-07T19:00", "03-10T19:00", "03-13T19:00"]
    assert [found.weekday for found in occurrences(meeting(days=(0, 3, 6)), utc("2027-03-08"), utc("2027-03-15"), weekday=3)] == [3]


@pytest.mark.parametrize(
    "row",
    [meeting(days=None), meeting(at=None), meeting(zone=None), meeting(attendance=Attendance.INACTIVE)],
    ids=["days", "time", "zone", "inactive"],
)
def test_unscheduled_and_inactive_meetings_do_not_take_place(row: MeetingRow) -> None:
    assert starts(row, "2027-03-01", "2027-04-01") == []
    assert next_occurrence(row, utc("2027-03-01")) is None


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        list(occurrences(meeting(), datetime(2027, 3, 1), utc("2027-04-01")))  # noqa: DTZ001


def test_the_form_of_the_command_line() -> None:
    (found,) = occurrences(meeting(at="15:00"), utc("2027-03-14"), utc("2027-03-15"))
    assert found.as_line("aa") == {
        "fellowship": "aa",
        "slug": "a",
        "name": "Meeting a",
        "start": "2027-03-14T19:00:00Z",
        "end": "2027-03-14T20:00:00Z",
        "timezone": NEW_YORK,
    }


def test_occurrences_of_many_meetings_come_by_start() -> None:
    rows = [meeting(key="late", at="21:00"), meeting(key="early", at="08:00"), meeting(key="also", at="08:00")]
    assert [found.key for found in all_occurrences(rows, utc("2027-03-07T05:00"), utc("2027-03-08T05:00"))] == ["also", "early", "late"]


def _independent(zone: str, wall: time, days: Iterable[int], start: datetime, end: datetime) -> list[datetime]:
    """Another way to the same instants: walk through real time minute by minute and look at the wall clock."""
    place, found, taken = ZoneInfo(zone), [], set()
    moment = start - timedelta(days=1)
    while moment < end + timedelta(hours=3):
        local = moment.astimezone(place)
        before = (moment - timedelta(minutes=15)).astimezone(place)
        reached = local.time() >= wall and (before.date() < local.date() or before.time() < wall)
        if reached and local.isoweekday() % 7 in days and local.date() not in taken:
            taken.add(local.date())
            found.append(moment)
        moment += timedelta(minutes=15)
    return [moment for moment in found if start <= moment < end]


@settings(max_examples=40, deadline=None)
@given(
    zone=st.sampled_from([NEW_YORK, BERLIN, SYDNEY, "UTC", "Asia/Kolkata", "America/St_Johns", "Asia/Tokyo", "America/Phoenix"]),
    quarter=st.integers(0, 95),
    days=st.sets(st.integers(0, 6), min_size=1),
    around=st.sampled_from(["2026-10-25", "2026-11-01", "2027-03-14", "2027-03-28", "2027-04-04", "2026-06-30"]),
)
def test_occurrences_agree_with_walking_through_time(zone: str, quarter: int, days: set[int], around: str) -> None:
    wall = time(quarter // 4, quarter % 4 * 15)
    start = utc(around) - timedelta(days=2)
    end = start + timedelta(days=5)
    row = meeting(days=tuple(sorted(days)), at=wall.isoformat(), zone=zone)
    found = [occurrence.start_utc for occurrence in occurrences(row, start, end)]
    expected = _independent(zone, wall, days, start, end)
    # In the gap our rule keeps the minutes (02:30 -> 03:30), while the walk stops at the first valid moment (03:00).
    assert len(found) == len(expected)
    assert all(timedelta(0) <= ours - theirs < timedelta(hours=1) for ours, theirs in zip(found, expected, strict=True))
    assert all(ours == theirs or ours.astimezone(ZoneInfo(zone)).time() != wall for ours, theirs in zip(found, expected, strict=True))


# Reminders


def test_a_reminder_comes_by_real_time_before_the_start() -> None:
    found = next_occurrence(meeting(at="03:30"), utc("2027-03-14"))
    assert found is not None
    # 01:30 on the wall, since 02:30 does not exist.
    assert rules.remind_at(found.start_utc, 60, NEW_YORK) == utc("2027-03-14T06:30")


def test_the_evening_before_is_on_the_persons_own_clock() -> None:
    start = utc("2027-03-14T23:00")  # Sunday 19:00 in New York, Monday 00:00 in Madrid
    assert rules.remind_at(start, rules.EVENING, NEW_YORK) == utc("2027-03-14T00:00")
    assert rules.remind_at(start, rules.EVENING, "Europe/Madrid") == utc("2027-03-14T18:00")


def test_a_late_reminder_gives_way_to_the_next_one() -> None:
    start = utc("2027-03-14T23:00")
    leads = [rules.EVENING, 120, 10]
    until = [rules.useful_until(start, lead, leads, NEW_YORK) for lead in leads]
    assert until == [utc("2027-03-14T21:00"), utc("2027-03-14T22:50"), utc("2027-03-14T23:15")]


def test_the_last_lead_time_stays() -> None:
    assert rules.toggled([60], 60) == [60]
    assert rules.toggled([60], rules.EVENING) == [rules.EVENING, 60]
    assert rules.toggled([rules.EVENING, 60, 10], 60) == [rules.EVENING, 10]
    with pytest.raises(ValueError, match="lead time"):
        rules.toggled([60], 7)


def test_before_a_meeting_that_starts_soon_a_shorter_lead_time_serves() -> None:
    start = utc("2027-03-14T23:00")
    assert rules.fitting([60, 30], start, start - timedelta(minutes=45), NEW_YORK) == [30]
    assert rules.fitting([120], start, start - timedelta(minutes=45), NEW_YORK) == [30]
    assert rules.fitting([60], start, start - timedelta(minutes=5), NEW_YORK) == []


def test_a_weekday_that_moved_is_followed_where_that_is_plain() -> None:
    assert rules.new_weekday(2, [2], [2, 4]) == 2
    assert rules.new_weekday(2, [2], [4]) == 4
    assert rules.new_weekday(2, [2, 5], [4, 5]) == 4
    assert rules.new_weekday(2, [1, 2], [1]) is None
    assert rules.new_weekday(2, [2], [4, 5]) is None


# Choices


def test_distances() -> None:
    assert rules.distance_km(40.7128, -74.0060, 40.7128, -74.0060) == 0
    assert rules.distance_km(40.7128, -74.0060, 51.5074, -0.1278) == pytest.approx(5570, abs=5)
    assert rules.distance_km(0, 179.9, 0, -179.9) == pytest.approx(22.24, abs=0.05)
    assert rules.distance_km(90, 0, 90, 135) == pytest.approx(0, abs=1e-6)
    assert rules.distance_km(0, 0, 0, 180) == pytest.approx(20015, abs=1)


def _demo_rows() -> list[MeetingRow]:
    types = load_types(ROOT / "content" / "meetings" / "types.yaml")
    rows: list[MeetingRow] = []
    for name, fellowship in (("meetings.json", "aa"), ("meetings-na.json", "na")):
        data = (ROOT / "bot" / "demo" / "data" / name).read_bytes()
        rows += parse(data, types=types, fellowship=fellowship, default_zone=NEW_YORK).rows
    return rows


@pytest.mark.parametrize("hour", range(0, 7 * 24, 5))
def test_the_demo_has_something_to_show_at_any_hour(hour: int) -> None:
    rows, now = _demo_rows(), utc("2026-11-01T05:10") + timedelta(hours=hour)
    on_site = [row for row in rows if row.attendance is not Attendance.ONLINE and row.latitude is not None and row.longitude is not None]
    assert sum(rules.distance_km(40.7128, -74.0060, row.latitude or 0, row.longitude or 0) <= 40 for row in on_site) >= 20
    assert len(all_occurrences(rows, now, now + timedelta(hours=24))) >= 20
    online = [row for row in rows if row.attendance is not Attendance.IN_PERSON]
    assert all_occurrences(online, now, now + timedelta(hours=8))
    assert [row for row in rows if "S" in row.types]
