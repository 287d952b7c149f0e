"""When sessions take place and when they are reminded of: both changes of clock, holidays, moved dates, zones, weeks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import WEEKLY, rrule

from bot.programme import rules
from bot.programme.rules import Differs, Mark, Plan, Slot
from bot.staff.sessions import rules as typed

SERIES = UUID(int=1)
QUIET = (time(22), time(8))
NAIVE = datetime.fromisoformat("2026-01-01T09:30")  # wall time: dateutil is told the zone afterwards


def plan(
    *weekdays: int,
    first: date = date(2026, 1, 5),
    last: date | None = None,
    wall: str = "18:00",
    minutes: int = 90,
    zone: str = "America/New_York",
) -> Plan:
    return Plan(SERIES, frozenset(weekdays), first, last, time.fromisoformat(wall), minutes, zone)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def starts(one: Plan, start: str, end: str, differs: dict[date, Differs] | None = None, closed: frozenset[date] = frozenset()) -> list[str]:
    found = rules.slots(one, differs or {}, closed, at(start), at(end))
    return [f"{slot.start:%m-%d %H:%M}" for slot in found]


def test_a_series_keeps_its_wall_time_when_the_clocks_change() -> None:
    # New York: 2026-03-08 spring, 2026-11-01 autumn.
    assert starts(plan(0, 2), "2026-03-02", "2026-03-13") == ["03-02 23:00", "03-04 23:00", "03-09 22:00", "03-11 22:00"]
    assert starts(plan(5, 6), "2026-10-31", "2026-11-09") == ["10-31 22:00", "11-01 23:00", "11-07 23:00", "11-08 23:00"]


def test_a_session_in_the_hour_that_does_not_exist_starts_at_the_next_valid_moment_and_lasts_its_minutes() -> None:
    slot = next(rules.slots(plan(6, wall="02:30"), {}, frozenset(), at("2026-03-08"), at("2026-03-09")))
    assert slot.start.astimezone(ZoneInfo("America/New_York")).strftime("%H:%M") == "03:30"
    assert slot.end - slot.start == timedelta(minutes=90)


def test_a_session_in_the_doubled_hour_is_held_once_the_first_time() -> None:
    assert starts(plan(6, wall="01:30"), "2026-11-01", "2026-11-02") == ["11-01 05:30"]


@pytest.mark.parametrize(
    "zone", ["America/New_York", "Europe/Madrid", "Australia/Sydney", "Asia/Kolkata", "America/Sao_Paulo", "Pacific/Apia", "Europe/London"]
)
def test_every_date_of_two_years_is_what_an_independent_calculation_says(zone: str) -> None:
    own = plan(0, 2, 4, first=date(2026, 1, 1), wall="09:30", zone=zone)
    found = [slot.start for slot in rules.slots(own, {}, frozenset(), at("2026-01-02"), at("2027-12-30"))]
    expected = rrule(WEEKLY, byweekday=(0, 2, 4), dtstart=NAIVE, until=NAIVE + timedelta(days=732))
    instants = [one.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for one in expected]
    assert found == [one for one in instants if at("2026-01-02") <= one < at("2027-12-30")]


def test_a_holiday_takes_a_date_out_and_a_moved_one_stays() -> None:
    closed = frozenset({date(2026, 1, 12)})
    assert starts(plan(0), "2026-01-05", "2026-01-20", closed=closed) == ["01-05 23:00", "01-19 23:00"]
    moved = {date(2026, 1, 12): Differs(moved_date=date(2026, 1, 13), moved_wall=time(17))}
    assert starts(plan(0), "2026-01-05", "2026-01-20", moved, closed) == ["01-05 23:00", "01-13 22:00", "01-19 23:00"]


def test_a_cancelled_date_is_left_out_and_a_moved_one_is_found_where_it_is_now() -> None:
    differs = {date(2026, 1, 5): Differs(cancelled=True), date(2026, 1, 12): Differs(moved_date=date(2026, 1, 30), moved_wall=time(10))}
    assert starts(plan(0), "2026-01-04", "2026-01-27", differs) == ["01-19 23:00", "01-26 23:00"]
    assert starts(plan(0), "2026-01-28", "2026-02-01", differs) == ["01-30 15:00"]


def test_from_and_until_are_kept_and_once_means_once() -> None:
    assert starts(plan(0, first=date(2026, 1, 6), last=date(2026, 1, 19)), "2026-01-01", "2026-03-01") == ["01-12 23:00", "01-19 23:00"]
    assert starts(plan(first=date(2026, 1, 7)), "2026-01-01", "2026-03-01") == ["01-07 23:00"]


def slot(start: str, minutes: int = 60, zone: str = "America/New_York") -> Slot:
    begins = at(start)
    return Slot(SERIES, begins.date(), begins, begins + timedelta(minutes=minutes), zone)


def told(found: list[rules.Nudge]) -> list[tuple[str, str]]:
    return [(one.lead, f"{one.at:%m-%d %H:%M}") for one in found]


def test_a_day_and_an_hour_before() -> None:
    assert told(rules.nudges([slot("2026-03-03T23:00")], "America/New_York", QUIET)) == [("day", "03-02 23:00"), ("hour", "03-03 22:00")]


def test_the_day_before_is_the_same_wall_time_when_the_clocks_change_in_between() -> None:
    # Sunday 8 March, 18:00 in New York is 22:00 UTC; Saturday 18:00 was 23:00 UTC.
    assert told(rules.nudges([slot("2026-03-08T22:00")], "America/New_York", QUIET))[0] == ("day", "03-07 23:00")
    assert told(rules.nudges([slot("2026-11-01T23:00")], "America/New_York", QUIET))[0] == ("day", "10-31 22:00")


def test_the_reminder_of_the_day_before_waits_for_the_end_of_the_persons_night() -> None:
    early = slot("2026-03-03T12:00")  # 07:00 in New York, where the quiet hours end at 08:00
    assert told(rules.nudges([early], "America/New_York", QUIET))[0] == ("day", "03-02 13:00")
    # 18:00 in New York is midnight in Madrid: the reminder comes at 08:00 there, on the same day as the session.
    assert told(rules.nudges([slot("2026-03-03T23:00")], "Europe/Madrid", QUIET)) == [("day", "03-03 07:00"), ("hour", "03-03 22:00")]


def test_several_sessions_of_a_day_are_one_stay_when_they_follow_each_other() -> None:
    three = [slot("2026-03-03T14:00"), slot("2026-03-03T15:10"), slot("2026-03-03T19:00")]
    assert told(rules.nudges(three, "America/New_York", QUIET)) == [
        ("day", "03-02 14:00"),
        ("hour", "03-03 13:00"),
        ("hour", "03-03 18:00"),
    ]


def test_a_week_is_monday_to_monday_on_the_clinics_wall() -> None:
    start, end = rules.week_of(at("2026-03-08T20:00"), "America/New_York")
    assert (f"{start:%m-%d %H:%M}", f"{end:%m-%d %H:%M}") == ("03-02 05:00", "03-09 04:00")


@pytest.mark.parametrize(("minutes", "hours"), [(0, 0), (60, 1), (90, 1.5), (420, 7), (100, 1.5), (105, 2)])
def test_minutes_are_told_as_hours(minutes: int, hours: float) -> None:
    assert rules.hours(minutes) == hours


def test_marks_go_round() -> None:
    seen = [Mark.PRESENT]
    for _ in range(4):
        seen.append(rules.after_tap(seen[-1]))
    assert seen == [Mark.PRESENT, Mark.ABSENT, Mark.LATE, Mark.EXCUSED, Mark.PRESENT]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("90", 90), ("90 min", 90), ("1.5 h", 90), ("1h30", 90), ("2 horas", 120), ("3", None), ("14", None), ("481", None), ("long", None)],
)
def test_lengths_are_read_kindly(text: str, minutes: int | None) -> None:
    assert typed.length(text) == minutes


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Room 2", ("Room 2", "")),
        ("https://meet.example.org/abc", ("", "https://meet.example.org/abc")),
        ("Room 2 https://meet.example.org/abc", ("Room 2", "https://meet.example.org/abc")),
        ("javascript://alert(1)", None),
        ("x" * 61, None),
        ("ftp://files.example.org", None),
    ],
)
def test_places_are_rooms_and_links_for_the_web(text: str, place: tuple[str, str] | None) -> None:
    assert typed.place(text) == place


@pytest.mark.parametrize(("text", "hours"), [("9", 9), ("19 h", 19), ("12 hours", 12), ("0", None), ("41", None), ("nine", None)])
def test_hours_of_a_plan_are_numbers_that_make_sense(text: str, hours: int | None) -> None:
    assert typed.plan_hours(text) == hours
