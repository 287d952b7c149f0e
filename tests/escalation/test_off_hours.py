"""Declared off-hours: the patient is told that nobody watches now and when somebody does; emergencies walk the whole chain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import people
from bot.escalation import duty
from bot.models import Leave
from bot.safety.levels import Level
from bot.staff.oncall import planning
from bot.staff.oncall.planning import Weekly
from tests.staff.helpers import danger
from tests.world import World, world_at

SUNDAY_NIGHT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # 23:00 in New York


def declare(world: World) -> None:
    """Nights are off-hours; Dana and Luis are on from 08:00 to 22:00."""
    for position in ("primary", "backup"):
        world.on_call(position, None)
    with world.work() as work:
        planning.declare_off(work, Weekly(range(7), "22:00", "08:00"))
        for position, phone in (("primary", world.primary), ("backup", world.backup)):
            assert phone.person_id is not None
            planning.add_fixed(work, position, people.get(work.session, phone.person_id), Weekly(range(7), "08:00", "22:00"))


async def test_urgent_in_off_hours_reaches_nobody_and_the_patient_hears_when_somebody_is_back(tmp_path: Path) -> None:
    async with world_at(tmp_path, SUNDAY_NIGHT) as world:
        declare(world)
        ana = await world.enrol()
        await danger(world, ana, Level.URGENT)
        assert world.primary.pages == []
        assert [one.key for one in ana.all][-1] == "crisis/nobody_on_duty"
        assert "I have left word for Monday, 08:00." in ana.last.text
        await world.passes(hours=9, minutes=5)
        assert world.primary.pages


async def test_an_emergency_walks_the_whole_chain_and_claims_nobody_who_watches(tmp_path: Path) -> None:
    async with world_at(tmp_path, SUNDAY_NIGHT) as world:
        declare(world)
        ana = await world.enrol(language="es")
        await danger(world, ana)
        assert world.primary.pages  # everyone of the team, since nobody is on call
        told = next(one for one in ana.all if one.key == "crisis/paged_off_hours")
        assert "Pero ahora no hay nadie de turno." in told.text
        assert "lunes a las 08:00" in told.text


async def test_by_day_the_answer_is_the_usual_one(world: World) -> None:
    declare(world)
    ana = await world.enrol()
    await danger(world, ana)
    assert "crisis/paged" in [one.key for one in ana.all]


async def test_whoever_is_on_call_in_off_hours_all_the_same_is_claimed(tmp_path: Path) -> None:
    async with world_at(tmp_path, SUNDAY_NIGHT) as world:
        with world.work() as work:
            planning.declare_off(work, Weekly(range(7), "22:00", "08:00"))
            assert duty.off_hours_now(work)
            assert not duty.nobody_now(work)
        ana = await world.enrol()
        await danger(world, ana)
        assert "crisis/paged" in [one.key for one in ana.all]


async def test_a_step_of_somebody_on_leave_is_empty_and_the_next_comes_at_once(world: World) -> None:
    with world.work() as work:
        assert world.primary.person_id is not None
        today, later = work.now.date(), work.now + timedelta(seconds=1)  # younger than what puts them on call
        work.session.add(Leave(staff_id=world.primary.person_id, from_date=today, until_date=today, created_at=later))
    ana = await world.enrol()
    await danger(world, ana)
    assert world.primary.pages == []
    assert len(world.backup.pages) == 1


async def test_the_next_on_duty_is_none_while_somebody_is_or_nobody_is_planned(world: World) -> None:
    with world.work() as work:
        assert duty.next_on_duty(work, work.now) is None
    for position in ("primary", "backup"):
        world.on_call(position, None)
    with world.work() as work:
        assert duty.next_on_duty(work, work.now) is None
