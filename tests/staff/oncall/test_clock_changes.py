"""The rota on the moved clock: shifts that end where the clocks change, and nobody hears more than they should."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from bot import people
from bot.models import Role, Shift
from bot.staff.oncall import planning
from bot.staff.oncall.planning import Weekly
from tests.staff.helpers import danger
from tests.staff.rota import holder, proven, staff_id
from tests.world import Phone, World, world_at


async def nights_and_days(world: World, handoff: str) -> tuple[Phone, Phone, Phone]:
    """Kim's nights end when Lee's days begin, at a wall time that the night of the change skips or repeats."""
    kim, lee, ines = await world.hire("Kim Lee"), await world.hire("Lee Dunn"), await world.hire("Ines Wolf", Role.SUPERVISOR)
    with world.work() as work:
        for shift in work.session.exec(select(Shift).where(col(Shift.position) == "primary")):
            shift.end_at = work.now - timedelta(minutes=50)  # Kim is on already
        for phone, start, end in ((kim, "20:00", handoff), (lee, handoff, "20:00")):
            planning.add_fixed(work, "primary", people.get(work.session, staff_id(phone)), Weekly(range(7), start, end, date(2026, 1, 1)))
    for phone in (kim, lee):
        proven(world, phone, 1)
    return kim, lee, ines


@pytest.mark.parametrize(
    ("evening", "wall", "handoff"),
    [
        (datetime(2026, 3, 8, 2, 0, tzinfo=UTC), "02:30", datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),  # skipped: 03:30 by the new time
        (datetime(2026, 11, 1, 1, 0, tzinfo=UTC), "01:30", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),  # the first of the two
        (
            datetime(2026, 11, 1, 1, 0, tzinfo=UTC),
            "02:00",
            datetime(2026, 11, 1, 7, 0, tzinfo=UTC),
        ),  # after both: the night is an hour longer
    ],
)
async def test_a_shift_that_ends_where_the_clocks_change_hands_over_once_and_without_a_gap(
    tmp_path: Path, evening: datetime, wall: str, handoff: datetime
) -> None:
    async with world_at(tmp_path, evening) as world:
        kim, lee, ines = await nights_and_days(world, wall)
        ends = handoff - evening
        await world.passes(seconds=(ends - timedelta(minutes=5)).total_seconds())
        assert lee.keys == ["oncall/shift_soon"]
        await lee.taps("I am on")
        lee.look()
        await world.passes(minutes=4, seconds=59)
        assert holder(world) == kim.person_id
        await world.passes(seconds=1)
        assert holder(world) == lee.person_id
        await world.passes(hours=2)
        assert lee.keys == ["oncall/shift_begun"]
        assert [phone.keys for phone in (kim, ines, world.primary, world.backup)] == [[], [], [], []]


async def test_a_crisis_in_the_skipped_hour_goes_to_whoever_is_on_until_the_new_times_hand_off(tmp_path: Path) -> None:
    async with world_at(tmp_path, datetime(2026, 3, 8, 7, 10, tzinfo=UTC)) as world:  # 03:10, ten minutes after 01:59
        kim, lee, _ines = await nights_and_days(world, "02:30")
        ana = await world.enrol()
        await danger(world, ana)
        assert len(kim.pages) == 1
        assert lee.pages == []
        await world.passes(minutes=21)
        assert lee.pages


async def test_a_clock_set_back_over_a_hand_off_lapses_nothing_and_asks_nobody_twice(world: World) -> None:
    kim, lee, ines = await nights_and_days(world, "11:00")
    start = world.clock.now()
    await world.passes(minutes=51)
    assert lee.keys == ["oncall/shift_soon"]
    await lee.taps("I am on")
    await world.passes(minutes=15)
    lee.look()
    world.clock.move_to(start + timedelta(minutes=40))
    await world.tick()
    await world.passes(minutes=60)
    assert lee.keys == []
    assert holder(world) == lee.person_id
    assert "oncall/lapsed_told" not in ines.keys
    assert kim.pages == []
