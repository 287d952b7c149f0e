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
from bot.features.meetings.occurrences import all_occurrences, next_occurrence, next_reminder, occurrences, reminder_at, to_utc

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
    assert reminder_at(found, timedelta(hours=1)) == utc("2027-03-14T06:30")  # 01:30 on the wall, since 02:30 does not exist


def test_the_next_reminder_is_strictly_later_so_that_none_comes_twice() -> None:
    row, lead = meeting(days=(SUNDAY, MONDAY), at="12:00", zone="UTC"), timedelta(hours=2)
    first = next_reminder(row, lead, after=utc("2027-03-07T09:00"))
    assert first is not None
    assert first.start_utc == utc("2027-03-07T12:00")
    second = next_reminder(row, lead, after=reminder_at(first, lead))
    assert second is not None
    assert second.start_utc == utc("2027-03-08T12:00")
    only_sundays = next_reminder(row, lead, after=reminder_at(first, lead), weekday=SUNDAY)
    assert only_sundays is not None
    assert only_sundays.start_utc == utc("2027-03-14T12:00")
    assert next_reminder(row, lead, after=utc("2027-03-07"), weekday=4) is None


# Choices


def test_distances() -> None:
    assert rules.distance_km(40.7128, -74.0060, 40.7128, -74.0060) == 0
    assert rules.distance_km(40.7128, -74.0060, 51.5074, -0.1278) == pytest.approx(5570, abs=5)
    assert rules.distance_km(0, 179.9, 0, -179.9) == pytest.approx(22.24, abs=0.05)
    assert rules.distance_km(90, 0, 90, 135) == pytest.approx(0, abs=1e-6)
    assert rules.distance_km(0, 0, 0, 180) == pytest.approx(20015, abs=1)


def test_near_me_lists_places_one_can_go_to_nearest_first() -> None:
    here = (40.70, -74.00)
    rows = [
        meeting(key="far", place=(40.80, -74.00)),
        meeting(key="close", place=(40.71, -74.00)),
        meeting(key="hybrid", place=(40.705, -74.00), attendance=Attendance.HYBRID),
        meeting(key="online", place=(40.70, -74.00), attendance=Attendance.ONLINE),
        meeting(key="inactive", place=(40.70, -74.00), attendance=Attendance.INACTIVE),
        meeting(key="vague", place=(40.70, -74.00), approximate=True),
        meeting(key="nowhere"),
        meeting(key="elsewhere", place=(48.85, 2.35)),
        meeting(key="asked for", place=(40.71, -74.00), days=None),
    ]
    found = rules.near(rows, *here, utc("2027-03-01"))
    assert [nearby.row.key for nearby in found] == ["hybrid", "close", "asked for", "far"]
    assert found[1].km == pytest.approx(1.11, abs=0.01)
    assert found[2].occurrence is None
    assert [nearby.row.key for nearby in rules.near(rows, *here, utc("2027-03-01"), within_km=1)] == ["hybrid"]


def test_today_and_tomorrow_are_the_persons_days() -> None:
    rows = [
        meeting(key="past", at="08:00"),
        meeting(key="tonight", at="21:00"),
        meeting(key="late", days=(MONDAY,), at="00:30"),
        meeting(key="monday", days=(MONDAY,), at="19:00"),
    ]
    now = utc("2027-03-07T17:00")  # Sunday noon in New York
    assert [listed.row.key for listed in rules.today(rows, now, NEW_YORK)] == ["tonight"]
    assert [listed.row.key for listed in rules.tomorrow(rows, now, NEW_YORK)] == ["late", "monday"]
    # In Madrid the same evening ends earlier: what is tonight in New York is tomorrow there.
    assert [listed.row.key for listed in rules.today(rows, now, "Europe/Madrid")] == []
    assert [listed.row.key for listed in rules.tomorrow(rows, now, "Europe/Madrid")] == ["tonight", "late"]


@pytest.mark.parametrize(("day", "hours"), [("2027-03-14", 23), ("2026-11-01", 25), ("2027-01-05", 24)])
def test_a_day_has_as_many_hours_as_the_clocks_give_it(day: str, hours: int) -> None:
    start, end = rules.day_span(date.fromisoformat(day), NEW_YORK)
    assert end - start == timedelta(hours=hours)
    assert start == to_utc(date.fromisoformat(day), time(0), NEW_YORK)


def test_online_lists_each_meeting_once_the_soonest_first() -> None:
    rows = [
        meeting(key="daily", days=tuple(range(7)), at="20:00", attendance=Attendance.ONLINE),
        meeting(key="hybrid", at="18:00", attendance=Attendance.HYBRID),
        meeting(key="room"),
        meeting(key="gone", attendance=Attendance.INACTIVE),
    ]
    assert [listed.row.key for listed in rules.online(rows, utc("2027-03-07T17:00"))] == ["hybrid", "daily"]


def test_types_must_all_fit_and_open_and_closed_counts_as_closed() -> None:
    rows = [meeting(key="a", types=("O", "S")), meeting(key="b", types=("O",)), meeting(key="c", types=("O", "C", "S"))]
    assert [row.key for row in rules.of_types(rows, {"S"})] == ["a", "c"]
    assert [row.key for row in rules.of_types(rows, {"S", "O"})] == ["a"]


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
    assert len(rules.near(rows, 40.7128, -74.0060, now)) >= 20
    assert rules.today(rows, now, NEW_YORK)
    assert len(rules.tomorrow(rows, now, NEW_YORK)) >= 20
    assert rules.online(rows, now)[0].occurrence.start_utc - now < timedelta(hours=8)
    assert [row for row in rows if "S" in row.types]
