"""What repeats: turns, fixed shifts, off-hours and leave, at the clinic's wall time, across daylight saving."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.escalation import rota
from bot.escalation.rota import Hours, Layer, Rule, Slot, Span

DANA, LUIS, KIM = UUID(int=1), UUID(int=2), UUID(int=3)
ZONE = "America/New_York"  # skips 02:00-03:00 on 2026-03-08, repeats 01:00-02:00 on 2026-11-01


def local(text: str, zone: str = ZONE, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def rotation(at: str = "09:00", days: int = 7, start: str = "2026-03-02", until: str | None = None) -> Rule:
    last = date.fromisoformat(until) if until else None
    return Rule(1, "primary", "rotation", (DANA, LUIS, KIM), at, date.fromisoformat(start), days, until_date=last)


def fixed(first: str, last: str, weekdays: range | set[int] = range(5), number: int = 2) -> Rule:
    return Rule(number, "primary", "fixed", (KIM,), first, date(2026, 1, 1), weekdays=frozenset(weekdays), end_wall=last)


def who(rules: list[Rule], start: str, end: str) -> list[tuple[UUID | None, datetime, datetime]]:
    begin, finish = local(start), local(end)
    slots = [slot for rule in rules for slot in rota.slots_of(rule, ZONE, begin, finish)]
    return [(span.staff_id, span.start, span.end) for span in rota.spans(slots, "primary", begin, finish)]


def test_members_take_turns_from_the_first_day_on_and_nobody_before() -> None:
    assert who([rotation()], "2026-03-01T00:00", "2026-03-24T00:00") == [
        (None, local("2026-03-01T00:00"), local("2026-03-02T09:00")),
        (DANA, local("2026-03-02T09:00"), local("2026-03-09T09:00")),
        (LUIS, local("2026-03-09T09:00"), local("2026-03-16T09:00")),
        (KIM, local("2026-03-16T09:00"), local("2026-03-23T09:00")),
        (DANA, local("2026-03-23T09:00"), local("2026-03-24T00:00")),
    ]


def test_a_rotation_that_ends_runs_its_last_turn_whole() -> None:
    found = who([rotation(until="2026-03-09")], "2026-03-15T00:00", "2026-03-20T00:00")
    assert [one[0] for one in found] == [LUIS, None]
    assert found[0][2] == local("2026-03-16T09:00")


def test_handoffs_keep_their_wall_time_when_the_clocks_change() -> None:
    found = who([rotation(days=1)], "2026-03-07T09:00", "2026-03-10T09:00")
    assert [(end - start) / timedelta(hours=1) for _, start, end in found] == [23, 24, 24]


@pytest.mark.parametrize(
    ("start", "wall", "handoff"),
    [
        ("2026-03-07", "02:30", datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),  # there is no 02:30 that night: it is 03:30
        ("2026-10-31", "01:30", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),  # the first of the two
    ],
)
def test_a_handoff_in_the_skipped_or_repeated_hour_leaves_no_gap_and_no_overlap(start: str, wall: str, handoff: datetime) -> None:
    begin = local(f"{start}T12:00")
    slots = rota.slots_of(rotation(wall, days=1, start=start), ZONE, begin, begin + timedelta(days=2))
    assert all(before.end == after.start for before, after in pairwise(slots))
    assert handoff in {slot.start for slot in slots}


def test_a_shift_that_ends_where_the_next_begins_in_the_skipped_hour_hands_over_at_one_instant() -> None:
    night, day = fixed("22:00", "02:30", range(7)), fixed("02:30", "10:00", range(7), 3)
    slots = [slot for rule in (night, day) for slot in rota.slots_of(rule, ZONE, local("2026-03-07T22:00"), local("2026-03-08T10:00"))]
    found = rota.spans(slots, "primary", local("2026-03-07T22:00"), local("2026-03-08T10:00"))
    assert [span.staff_id for span in found] == [KIM]


def test_a_night_shift_lasts_as_long_as_the_walls_clock_says() -> None:
    spring = rota.slots_of(fixed("22:00", "06:00", {5}), ZONE, local("2026-03-07T21:00"), local("2026-03-08T12:00"))
    autumn = rota.slots_of(fixed("22:00", "06:00", {5}), ZONE, local("2026-10-31T21:00"), local("2026-11-01T12:00"))
    assert [(slot.end - slot.start) / timedelta(hours=1) for slot in (*spring, *autumn) if slot.end] == [7, 9]


def test_a_shift_wholly_in_the_skipped_hour_does_not_run_backwards() -> None:
    for first, last in (("02:15", "02:45"), ("02:30", "03:15")):
        for slot in rota.slots_of(fixed(first, last, range(7)), ZONE, local("2026-03-07T12:00"), local("2026-03-09T12:00")):
            assert slot.end is not None
            assert slot.start < slot.end


def test_overrides_come_before_fixed_shifts_and_those_before_the_rotation() -> None:
    begin, end = local("2026-03-03T00:00"), local("2026-03-04T00:00")
    slots = [slot for rule in (rotation(), fixed("08:00", "17:00")) for slot in rota.slots_of(rule, ZONE, begin, end)]
    slots.append(Slot("primary", LUIS, local("2026-03-03T12:00"), local("2026-03-03T13:00"), 1))
    found = [(span.staff_id, span.start, span.end) for span in rota.spans(slots, "primary", begin, end)]
    walls = ["00:00", "08:00", "12:00", "13:00", "17:00"]
    assert [one[0] for one in found] == [DANA, KIM, LUIS, KIM, DANA]
    assert [one[1] for one in found] == [local(f"2026-03-03T{wall}") for wall in walls]


def test_of_two_rules_of_one_kind_the_newer_counts() -> None:
    older, newer = rotation(), Rule(9, "primary", "rotation", (KIM,), "09:00", date(2026, 3, 5))
    assert [one[0] for one in who([newer, older], "2026-03-04T09:00", "2026-03-06T09:00")] == [DANA, KIM]


def test_leave_makes_a_gap_and_nobody_takes_the_shift_who_was_not_asked() -> None:
    away = [rota.on_leave(DANA, date(2026, 3, 4), date(2026, 3, 5), ZONE, local("2026-02-01T00:00"))]
    begin, end = local("2026-03-03T00:00"), local("2026-03-07T00:00")
    slots = rota.slots_of(rotation(), ZONE, begin, end)
    slots.append(Slot("primary", LUIS, begin, end, 0, Layer.ROTATION))
    found = [(span.staff_id, span.start) for span in rota.spans(slots, "primary", begin, end, away)]
    assert found == [(DANA, begin), (None, local("2026-03-04T00:00")), (DANA, local("2026-03-06T00:00"))]


def test_an_override_that_is_younger_than_the_leave_counts_an_older_one_does_not() -> None:
    made = local("2026-03-01T00:00")
    away = [rota.on_leave(DANA, date(2026, 3, 4), date(2026, 3, 4), ZONE, made)]
    noon = local("2026-03-04T12:00")
    older = Slot("primary", DANA, noon, None, 1, made_at=made - timedelta(hours=1))
    younger = Slot("primary", DANA, noon, None, 2, made_at=made + timedelta(hours=1))
    assert rota.holder([older], "primary", noon, away) is None
    assert rota.holder([older, younger], "primary", noon, away) == DANA


def test_whoever_is_staff_no_more_is_a_gap_whatever_names_them() -> None:
    noon = local("2026-03-04T12:00")
    slot = Slot("primary", DANA, noon, None, 1, made_at=noon)
    assert rota.holder([slot], "primary", noon, [rota.gone(DANA)]) is None


def test_an_empty_rota_is_one_gap() -> None:
    begin, end = local("2026-03-04T12:00"), local("2026-03-05T12:00")
    assert rota.spans([], "primary", begin, end) == [Span("primary", None, begin, end)]
    assert rota.slots_of(Rule(1, "primary", "rotation", (), "09:00", date(2026, 3, 2)), ZONE, begin, end) == []


def test_off_hours_run_over_midnight_and_what_touches_is_joined() -> None:
    nights, weekend = Hours(frozenset(range(5)), "22:00", "08:00"), Hours(frozenset({5, 6}), "08:00", "08:00")
    found = rota.off_hours([nights, weekend], ZONE, local("2026-03-05T12:00"), local("2026-03-10T12:00"))
    assert found == [
        (local("2026-03-05T22:00"), local("2026-03-06T08:00")),
        (local("2026-03-06T22:00"), local("2026-03-09T08:00")),
        (local("2026-03-09T22:00"), local("2026-03-10T08:00")),
    ]
    assert rota.is_off([nights, weekend], ZONE, local("2026-03-08T12:00"))
    assert not rota.is_off([nights, weekend], ZONE, local("2026-03-06T12:00"))
    assert not rota.is_off([nights], ZONE, local("2026-03-06T08:00"))


def test_off_hours_have_days_from_which_and_until_which_they_count() -> None:
    hours = Hours(frozenset(range(7)), "22:00", "08:00", date(2026, 3, 4), date(2026, 3, 4))
    found = rota.off_hours([hours], ZONE, local("2026-03-01T00:00"), local("2026-03-10T00:00"))
    assert found == [(local("2026-03-04T22:00"), local("2026-03-05T08:00"))]


def test_what_is_left_of_a_gap_outside_off_hours() -> None:
    gap = Span("primary", None, local("2026-03-05T20:00"), local("2026-03-06T12:00"))
    off = [(local("2026-03-05T22:00"), local("2026-03-06T08:00"))]
    left = [(one.start, one.end) for one in rota.without(gap, off)]
    assert left == [(gap.start, off[0][0]), (off[0][1], gap.end)]
    assert rota.without(gap, [(gap.start, gap.end)]) == []
    assert rota.without(gap, []) == [gap]


@given(
    st.integers(0, 2 * 366 * 24 * 60),
    st.integers(0, 23),
    st.sampled_from([0, 15, 30]),
    st.integers(1, 10),
    st.sampled_from([ZONE, "Europe/Madrid", "Australia/Lord_Howe", "UTC"]),
)
def test_at_every_instant_exactly_one_turn_runs(minutes: int, hour: int, minute: int, days: int, zone: str) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    rule = Rule(1, "primary", "rotation", (DANA, LUIS), f"{hour:02}:{minute:02}", date(2025, 12, 1), days)
    slots = rota.slots_of(rule, zone, moment, moment)
    assert len([slot for slot in slots if slot.start <= moment and slot.end is not None and moment < slot.end]) == 1
