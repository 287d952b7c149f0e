"""Gaps are announced 7 days and 1 day ahead and each morning while they last; the handover comes at a shift's start and each morning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import col, select

from bot import people
from bot.escalation import tasks
from bot.models import Audit, Role, Shift
from bot.staff.oncall import planning
from bot.staff.oncall.planning import Weekly
from tests.staff.helpers import danger
from tests.staff.rota import on_leave, plan
from tests.world import Phone, World, world_at


def ends(world: World, position: str, days: float) -> None:
    """The rota of a position ends so many days from now."""
    with world.work() as work:
        for shift in work.session.exec(select(Shift).where(col(Shift.position) == position)):
            shift.end_at = work.now + timedelta(days=days)


def gap_times(phone: Phone) -> list[str]:
    return [one.text for one in phone.all if one.key == "oncall/gaps"]


async def test_a_gap_is_told_seven_days_and_one_day_ahead_once_each(world: World) -> None:
    ines = await world.hire("Ines Wolf", Role.SUPERVISOR)
    ends(world, "primary", 10)
    await world.passes(days=2, hours=21)
    assert gap_times(ines) == []
    await world.passes(hours=2)  # 08:00, seven days before
    assert len(gap_times(ines)) == 1
    assert "First: Friday, March 13, 11:00 on" in gap_times(ines)[0]  # the clocks changed in between
    await world.passes(days=5, hours=20)
    assert len(gap_times(ines)) == 1
    await world.passes(hours=3)
    assert len(gap_times(ines)) == 2
    assert ines.last.labels == ["Open"]


async def test_a_gap_that_is_there_is_told_at_once_and_each_morning(world: World) -> None:
    ines = await world.hire("Ines Wolf", Role.SUPERVISOR)
    ends(world, "backup", 0.5)
    await world.passes(hours=1)
    assert len(gap_times(ines)) == 1  # less than a day ahead
    await world.passes(hours=12)
    assert len(gap_times(ines)) == 2
    assert "Backup: now on" in gap_times(ines)[-1]
    await world.passes(days=2)
    assert len(gap_times(ines)) == 4


async def test_an_empty_rota_is_told_once_a_day(tmp_path: Path) -> None:
    async with world_at(tmp_path, staff=False) as world:
        ines = await world.hire("Ines Wolf", Role.SUPERVISOR)
        await world.passes(minutes=5)
        assert len(gap_times(ines)) == 1
        assert "First: now on" in gap_times(ines)[0]
        assert "Backup: now on" in gap_times(ines)[0]
        await world.passes(hours=12)
        assert len(gap_times(ines)) == 1


async def test_declared_off_hours_are_no_gap(world: World) -> None:
    ines = await world.hire("Ines Wolf", Role.SUPERVISOR)
    for position in ("primary", "backup"):
        world.on_call(position, None)
    with world.work() as work:
        for position, phone in (("primary", world.primary), ("backup", world.backup)):
            assert phone.person_id is not None
            planning.add_fixed(work, position, people.get(work.session, phone.person_id), Weekly(range(7), "08:00", "18:00"))
        planning.declare_off(work, Weekly(range(7), "18:00", "08:00"))
    await world.passes(days=3)
    assert gap_times(ines) == []


async def test_leave_without_an_override_is_announced_as_a_gap(world: World) -> None:
    ines = await world.hire("Ines Wolf", Role.SUPERVISOR)
    on_leave(world, world.primary, 3)
    await world.passes(minutes=2)
    assert "First: Friday, March 6, 00:00 to Saturday, March 7, 00:00" in gap_times(ines)[0]


async def test_a_gap_found_at_night_waits_for_the_morning(tmp_path: Path) -> None:
    async with world_at(tmp_path, datetime(2026, 3, 4, 4, 0, tzinfo=UTC)) as world:  # 23:00
        ines = await world.hire("Ines Wolf", Role.SUPERVISOR)
        ends(world, "primary", 3)
        await world.passes(hours=8)
        assert gap_times(ines) == []
        await world.passes(hours=2)
        assert len(gap_times(ines)) == 1


async def test_the_morning_handover_goes_to_whoever_is_first_on_call(world: World) -> None:
    await world.passes(days=1)
    assert [one.key for one in world.primary.all] == ["oncall/morning"]
    assert [one.key for one in world.backup.all] == []
    ana = await world.enrol()
    case = await danger(world, ana)
    with world.work() as work:
        person = people.get(work.session, case.person_id)
        tasks.add(work, person, "watch", category="craving", due_at=work.now)
    on_leave(world, world.backup)
    await world.primary.taps("oncall.handover")
    text = world.primary.last.text
    assert "Case 1, emergency, 0 min, nobody has it" in text
    assert "On leave: Luis" in text
    assert "Ana" not in text
    with world.work() as work:
        assert "handover.viewed" in [row.action for row in work.session.exec(select(Audit))]


async def test_the_handover_is_there_at_any_time_and_names_holders_and_changes(world: World) -> None:
    kim = await world.hire("Kim Lee")
    plan(world, "backup", kim, 5, 8)
    ana = await world.enrol()
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    await world.backup.says("/handover")
    text = world.backup.last.text
    assert "Case 1, emergency, 0 min, Dana" in text
    assert "Changed: backup, Kim from Tuesday 15:00" in text
    assert world.backup.last.labels == ["Open cases", "On call"]


async def test_without_anything_the_handover_says_so(world: World) -> None:
    await world.primary.says("/handover")
    assert "No open cases." in world.primary.last.text
    assert "To do by tomorrow: 0" in world.primary.last.text


async def test_who_starts_in_the_morning_gets_one_message_not_two(tmp_path: Path) -> None:
    async with world_at(tmp_path, datetime(2026, 3, 3, 12, 0, tzinfo=UTC)) as world:  # 07:00
        kim = await world.hire("Kim Lee")
        plan(world, "primary", kim, 1, 8)
        await world.passes(minutes=55)
        await kim.taps("I am on")
        await world.passes(minutes=60)
        assert "oncall/morning" not in [one.key for one in kim.all]
