"""Days, hours and moments as people type them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.staff.oncall import rules

ZONE = "America/New_York"
NOW = datetime(2026, 3, 7, 20, 0, tzinfo=UTC)  # Saturday 15:00, the night before the clocks change


@pytest.mark.parametrize(
    ("text", "wall"),
    [("8:00", "08:00"), ("08.05", "08:05"), ("23h59", "23:59"), ("24:00", None), ("8", None), ("", None), ("8:5", None), ("noon", None)],
)
def test_times_of_day(text: str, wall: str | None) -> None:
    assert rules.parse_wall(text) == wall


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("22:00-08:00", ("22:00", "08:00")),
        ("22:00 \u2013 8:00", ("22:00", "08:00")),
        ("22:00 to 8:00", ("22:00", "08:00")),
        ("22:00 a 8:00", ("22:00", "08:00")),
        ("22:00", None),
        ("22:00-8", None),
        ("1:00-2:00-3:00", None),
    ],
)
def test_hours(text: str, hours: tuple[str, str] | None) -> None:
    assert rules.parse_hours(text) == hours


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("Sat,Sun", {5, 6}),
        ("fri-mon", {4, 5, 6, 0}),
        ("all", set(range(7))),
        ("monday, wed-thursday", {0, 2, 3}),
        ("mon-", None),
        ("someday", None),
        ("", None),
        ("mon-fri-sun", None),
    ],
)
def test_weekdays(text: str, days: set[int] | None) -> None:
    assert rules.parse_days(text) == (frozenset(days) if days is not None else None)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("18:00", datetime(2026, 3, 7, 23, 0, tzinfo=UTC)),
        ("15:00", datetime(2026, 3, 8, 19, 0, tzinfo=UTC)),  # the next time that it is 15:00; the clocks have changed by then
        ("02:30", datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),  # there is no 02:30 that night
        ("2026-03-09 08:00", datetime(2026, 3, 9, 12, 0, tzinfo=UTC)),
        ("2026-03-09T8:00", datetime(2026, 3, 9, 12, 0, tzinfo=UTC)),
        ("2026-03-07 15:00", None),
        ("2027-06-01 08:00", None),
        ("2026-13-01 08:00", None),
        ("tomorrow", None),
        ("08:00 2026-03-09", None),
    ],
)
def test_moments_lie_ahead(text: str, at: datetime | None) -> None:
    assert rules.parse_moment(text, NOW, ZONE) == at
