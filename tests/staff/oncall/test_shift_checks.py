"""The tap at a shift's start: asked ahead and at the start, lapsed without it, taken back by a late one."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import col, select

from bot import people
from bot.models import Audit, Role, ShiftCheck
from bot.staff.oncall import planner
from tests.staff.helpers import Watch, danger
from tests.staff.rota import holder, plan, proven, staff_id
from tests.world import World


def actions(world: World, prefix: str) -> list[str]:
    with world.work() as work:
        return [row.action for row in work.session.exec(select(Audit).where(col(Audit.action).startswith(prefix)).order_by(col(Audit.id)))]


async def test_a_shift_is_asked_about_ten_minutes_ahead_and_a_tap_confirms_it(world: World) -> None:
    kim = await world.hire("Kim Lee")
    proven(world, kim, 1)
    plan(world, "primary", kim, 2, 8)
    await world.passes(minutes=109)
    assert kim.keys == []
    await world.passes(minutes=1)
    assert kim.keys == ["oncall/shift_soon"]
    assert kim.last.labels == ["I am on"]
    await kim.taps("I am on")
    assert kim.last.text == "Thank you. Your place: first on call.\nFrom 12:00, until Tuesday 20:00."
    kim.look()
    await world.passes(minutes=40)
    assert kim.keys == ["oncall/shift_begun"]
    assert kim.last.labels == ["Handover"]
    assert holder(world) == kim.person_id
    assert actions(world, "shift.") == ["shift.asked", "shift.confirmed"]


async def test_a_tap_after_the_start_brings_the_handover(world: World) -> None:
    kim = await world.hire("Kim Lee")
    proven(world, kim, 1)
    plan(world, "primary", kim, 1, 8)
    await world.passes(minutes=65)
    assert kim.keys == ["oncall/shift_soon", "oncall/shift_now"]
    await kim.taps("I am on")
    assert [one.key for one in kim.all][-1] == "oncall/handed"
    assert "You are on: first on call, until Tuesday 19:00." in [one.text for one in kim.all]
    assert await kim.taps("oncall.on") == "You have confirmed this shift already."


async def test_without_a_tap_the_backup_holds_the_first_place_and_all_are_told(world: World) -> None:
    kim, ines = await world.hire("Kim Lee"), await world.hire("Ines Wolf", Role.SUPERVISOR)
    plan(world, "primary", kim, 1, 8)
    await world.passes(minutes=74)
    assert holder(world) == kim.person_id
    for phone in (kim, ines, world.backup):
        phone.look()
    await world.passes(minutes=1)
    assert holder(world) == world.backup.person_id
    assert holder(world, "backup") == kim.person_id
    assert (kim.keys, ines.keys, world.backup.keys) == (["oncall/lapsed"], ["oncall/lapsed_told"], ["oncall/holds_now"])
    assert "The backup has it for now." in ines.last.text
    await world.backup.says("/oncall")
    assert "First: Luis Ortega until" in world.backup.last.text
    assert "Kim has this place and has not confirmed it." in world.backup.last.text
    ana = await world.enrol()
    watch = Watch(world, kim=kim, luis=world.backup)
    await danger(world, ana)
    assert await watch.minutes(4) == [(0, "luis"), (2, "luis"), (4, "kim")]


async def test_a_late_tap_takes_the_first_place_back(world: World) -> None:
    kim, ines = await world.hire("Kim Lee"), await world.hire("Ines Wolf", Role.SUPERVISOR)
    proven(world, kim, 2)
    plan(world, "primary", kim, 1, 8)
    await world.passes(minutes=80)
    for phone in (kim, ines, world.backup):
        phone.look()
    await kim.taps("I am on")
    await world.settle()
    assert holder(world) == kim.person_id
    assert world.backup.keys == ["oncall/taken_back"]
    assert ines.keys == ["oncall/confirmed_late"]
    await world.passes(minutes=30)
    assert ines.keys == ["oncall/confirmed_late"]


async def test_where_nobody_confirmed_the_planned_people_are_paged_and_the_supervisor_hears_it(world: World) -> None:
    kim, lee, ines = await world.hire("Kim Lee"), await world.hire("Lee Dunn"), await world.hire("Ines Wolf", Role.SUPERVISOR)
    plan(world, "primary", kim, 1, 8)
    plan(world, "backup", lee, 1, 8)
    await world.passes(minutes=76)
    assert (holder(world), holder(world, "backup")) == (kim.person_id, lee.person_id)
    assert ines.keys == ["oncall/lapsed_told", "oncall/lapsed_told"]
    assert all("The planned people still get the alerts." in one.text for one in ines.replies)
    assert (kim.keys[-1], lee.keys[-1]) == ("oncall/lapsed", "oncall/lapsed")
    assert "You still get the alerts." in kim.last.text


async def test_a_backup_who_cannot_be_reached_does_not_take_the_first_place(world: World) -> None:
    kim = await world.hire("Kim Lee")
    plan(world, "primary", kim, 1, 8)
    with world.work() as work:
        assert world.backup.person_id is not None
        people.get(work.session, world.backup.person_id).blocked_at = work.now
    await world.passes(minutes=80)
    assert holder(world) == kim.person_id


async def test_without_a_proven_channel_that_rings_it_counts_and_says_what_to_do(world: World) -> None:
    kim, ines = await world.hire("Kim Lee"), await world.hire("Ines Wolf", Role.SUPERVISOR)
    proven(world, kim, 31)  # too long ago
    plan(world, "primary", kim, 1, 8)
    await world.passes(minutes=51)
    await kim.taps("I am on")
    assert "/channels" in kim.last.text
    await world.settle()
    assert ines.keys == ["oncall/not_ringing"]
    assert "Kim" not in ines.last.text
    await world.passes(minutes=60)
    assert ines.keys == ["oncall/not_ringing"]
    assert holder(world) == kim.person_id
    with world.work() as work:
        check = work.session.exec(select(ShiftCheck)).one()
        assert check.confirmed_at is not None
        assert not check.rings


async def test_a_channel_that_cannot_ring_is_no_proof(world: World) -> None:
    kim = await world.hire("Kim Lee")
    proven(world, kim, 1, rings=False)
    plan(world, "primary", kim, 1, 8)
    await world.passes(minutes=51)
    await kim.taps("I am on")
    assert "/channels" in kim.last.text


async def test_someone_put_on_call_from_now_is_asked_at_once_and_once(world: World) -> None:
    kim = await world.hire("Kim Lee")
    plan(world, "primary", kim, 0, 8)
    await world.passes(minutes=2)
    await world.passes(minutes=5)
    assert kim.keys == ["oncall/shift_now"]
    await world.passes(minutes=9)
    assert kim.keys == ["oncall/shift_now", "oncall/lapsed"]


async def test_taking_it_oneself_is_the_tap(world: World) -> None:
    kim = await world.hire("Kim Lee")
    plan(world, "primary", world.primary, 0, 8)
    await kim.says("/oncall")
    await kim.taps("Take it now")
    kim.look()
    await world.passes(minutes=30)
    assert kim.keys == []
    assert holder(world) == kim.person_id


async def test_nobody_else_can_confirm_a_shift_and_not_after_somebody_took_it(world: World) -> None:
    kim = await world.hire("Kim Lee")
    plan(world, "primary", kim, 1, 8)
    await world.passes(minutes=61)
    assert await world.primary.forges("oncall.on:1") == "That button is not for you."
    await world.primary.says("/oncall")
    await world.primary.taps("Take it now")
    assert "over, or a colleague has it" in await kim.taps("I am on")
    kim.look()
    await world.passes(minutes=20)
    assert kim.keys == []  # what is no longer theirs does not lapse


async def test_after_a_stop_over_a_shifts_start_the_question_is_put_late_and_waits_as_long(world: World) -> None:
    kim = await world.hire("Kim Lee")
    plan(world, "primary", kim, 1, 8)
    await world.tick()
    world.clock.move_to(world.clock.now() + timedelta(hours=2))
    await world.tick()
    assert kim.keys == ["oncall/shift_now"]
    await world.passes(minutes=14)
    assert holder(world) == kim.person_id
    await world.passes(minutes=1)
    assert holder(world) == world.backup.person_id


async def test_a_clock_that_ran_ahead_and_was_set_back_asks_again_in_time(world: World) -> None:
    kim = await world.hire("Kim Lee")
    start = world.clock.now()
    plan(world, "primary", kim, 2, 8)
    await world.tick()
    world.clock.move_to(start + timedelta(hours=3))
    await world.tick()
    await world.passes(minutes=20)  # asked and lapsed by a clock that is wrong
    world.clock.move_to(start + timedelta(minutes=5))
    await world.tick()
    kim.look()
    await world.passes(minutes=110)
    assert kim.keys == ["oncall/shift_soon"]
    await world.passes(minutes=10)
    assert kim.keys == ["oncall/shift_soon", "oncall/shift_now"]
    assert holder(world) == kim.person_id


async def test_two_looks_at_one_instant_ask_once(world: World) -> None:
    kim = await world.hire("Kim Lee")
    plan(world, "primary", kim, 0.1, 8)
    for _ in range(3):
        await world.app.services.run(planner.run)
    await world.settle()
    assert kim.keys == ["oncall/shift_soon"]


async def test_whom_the_question_never_reached_finds_the_tap_in_the_list(world: World) -> None:
    kim = await world.hire("Kim Lee")
    with world.work() as work:
        people.get(work.session, staff_id(kim)).blocked_at = work.now
    plan(world, "primary", kim, 0, None)
    await world.passes(minutes=20)
    assert holder(world) == world.backup.person_id
    await kim.says("/oncall")  # whoever writes is blocked no more
    assert kim.last.labels[0] == "I am on"
    await kim.taps("I am on")
    assert holder(world) == kim.person_id
    await kim.says("/oncall")
    assert "I am on" not in kim.last.labels


async def test_a_shift_that_grew_stays_with_the_backup_until_the_tap(world: World) -> None:
    kim = await world.hire("Kim Lee")
    plan(world, "primary", kim, 1, 2)
    await world.passes(minutes=80)
    assert holder(world) == world.backup.person_id
    plan(world, "primary", kim, 1, 3)
    await world.passes(hours=2)
    assert holder(world) == world.backup.person_id
