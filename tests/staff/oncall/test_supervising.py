"""What a supervisor plans in the chat: somebody on call, and off-hours."""

from __future__ import annotations

from datetime import date

from sqlmodel import col, select

from bot import people
from bot.escalation import duty
from bot.models import Audit, OffHours, Role, Shift
from bot.staff.oncall import planning
from tests.staff.rota import holder, on_leave, staff_id
from tests.world import World


async def test_a_supervisor_puts_somebody_on_call_for_some_hours(world: World) -> None:
    ines, kim = await world.hire("Ines Wolf", Role.SUPERVISOR), await world.hire("Kim Lee")
    await ines.says("/oncall")
    await ines.taps("Put on call")
    await ines.taps("First")
    await ines.taps("Kim")
    await ines.says("18:00")
    await ines.taps("12 hours")
    assert ines.last.text.startswith("First: Kim, Tuesday, March 3, 18:00\nto Wednesday, March 4, 06:00.")
    assert holder(world, hours=9) == world.primary.person_id
    await ines.taps("Yes, set it")
    assert ines.last.key == "oncall/plan_done"
    assert kim.last.key == "oncall/planned"
    assert "Ines" not in kim.last.text
    assert holder(world, hours=7) == world.primary.person_id
    assert holder(world, hours=9) == kim.person_id
    assert holder(world, hours=21) == world.primary.person_id
    with world.work() as work:
        row = work.session.exec(select(Audit).where(col(Audit.action) == "oncall.set")).one()
        assert row.actor_id == ines.person_id


async def test_the_next_gap_is_filled_by_one_tap(world: World) -> None:
    ines, kim = await world.hire("Ines Wolf", Role.SUPERVISOR), await world.hire("Kim Lee")
    on_leave(world, world.backup, 2)
    await ines.says("/oncall")
    await ines.taps("Put on call")
    await ines.taps("Backup")
    await ines.taps("Kim")
    assert "The next gap starts on Thursday, March 5, 00:00." in ines.last.text
    await ines.taps("Fill the gap")
    await ines.taps("Yes, set it")
    assert holder(world, "backup", hours=40) == kim.person_id
    await ines.says("/oncall")
    assert "No gap in the next 14 days." in ines.last.text


async def test_somebody_on_leave_is_named_before_the_last_tap_and_counts_after_it(world: World) -> None:
    ines = await world.hire("Ines Wolf", Role.SUPERVISOR)
    on_leave(world, world.backup)
    await world.passes(minutes=1)
    await ines.says("/oncall")
    await ines.taps("Put on call")
    await ines.taps("First")
    await ines.taps("Luis")
    await ines.taps("Now")
    await ines.says("2026-03-03 23:30")
    assert "Luis is on leave then." in ines.last.text
    await ines.taps("Yes, set it")
    assert holder(world) == world.backup.person_id


async def test_a_supervisor_who_takes_it_need_not_tap_again(world: World) -> None:
    ines = await world.hire("Ines Wolf", Role.SUPERVISOR)
    await ines.says("/oncall")
    await ines.taps("Put on call")
    await ines.taps("First")
    await ines.taps("Ines")
    await ines.taps("Now")
    await ines.taps("8 hours")
    await ines.taps("Yes, set it")
    ines.look()
    await world.passes(minutes=30)
    assert ines.keys == []
    assert holder(world) == ines.person_id


async def test_times_that_are_none_or_past_are_asked_for_again(world: World) -> None:
    ines = await world.hire("Ines Wolf", Role.SUPERVISOR)
    await ines.says("/oncall")
    await ines.taps("Put on call")
    await ines.says("first")
    assert ines.keys == ["oncall/use_buttons"]
    await ines.taps("First")
    await ines.taps("Dana")
    for words in ("soon", "2026-03-01 08:00", "2026-02-30 08:00", "2031-03-01 08:00", "25:00"):
        await ines.says(words)
        assert ines.keys == ["oncall/when_again"]
    await ines.taps("Next 08:00")
    await ines.says("2026-03-04 07:00")  # before it starts
    assert ines.keys == ["oncall/when_again"]
    await ines.taps("Back")
    assert ines.last.text.startswith("From when?")


async def test_off_hours_are_declared_listed_and_taken_back(world: World) -> None:
    ines = await world.hire("Ines Wolf", Role.SUPERVISOR)
    await ines.says("/oncall")
    await ines.taps("Off-hours")
    assert "No off-hours are declared." in ines.last.text
    await ines.taps("Add off-hours")
    await ines.taps("Monday to Friday")
    await ines.says("9:30 - 11")
    assert ines.keys == ["oncall/hours_again"]
    await ines.says("9:30 - 11:00")
    assert "Off-hours from 09:30 to 11:00: Monday, Tuesday, Wednesday, Thursday, Friday." in ines.last.text
    await ines.taps("Yes, declare")
    assert ines.last.key == "oncall/off_done"
    with world.work() as work:
        assert duty.off_hours_now(work)  # it is Tuesday, 10:00
    await ines.says("/oncall")
    assert "These are off-hours." in ines.last.text
    await ines.taps("Off-hours")
    assert "1. 09:30 to 11:00: Monday" in ines.last.text
    await ines.taps("Remove 1")
    with world.work() as work:
        assert not duty.off_hours_now(work)
        assert work.session.exec(select(OffHours)).one().removed_at is not None
    assert "changed" in await ines.forges("oncall.off_remove:1")


async def test_only_supervisors_plan(world: World) -> None:
    await world.primary.says("/oncall")
    assert "Put on call" not in world.primary.last.labels
    for data in ("oncall.plan", "oncall.off_hours", "oncall.off_declare", "oncall.off_remove:1"):
        assert await world.primary.forges(data) == "That button is not for you."
    with world.work() as work:
        assert {shift.staff_id for shift in work.session.exec(select(Shift))} == {staff_id(world.primary), staff_id(world.backup)}


async def test_a_supervisor_sees_what_repeats_and_how_it_is_changed(world: World) -> None:
    ines, kim = await world.hire("Ines Wolf", Role.SUPERVISOR), await world.hire("Kim Lee")
    await ines.says("/oncall")
    await ines.taps("What repeats")
    assert ines.last.text.startswith("Nothing repeats yet.")
    with world.work() as work:
        staff = [people.by_chat(work.session, phone.user.id) for phone in (world.primary, world.backup, kim)]
        dana, luis, third = (one for one in staff if one is not None)
        planning.add_rotation(work, "primary", [dana, luis], every=7, at="08:00", from_date=date(2026, 3, 2))
        planning.add_fixed(work, "backup", third, planning.Weekly([0, 1], "08:00", "16:00"))
    await ines.taps("On call")
    await ines.taps("What repeats")
    assert "1. First: Dana, Luis. Turns of 7 days, from 08:00." in ines.last.text
    assert "2. Backup: Kim. Monday, Tuesday: 08:00 to 16:00." in ines.last.text
    assert "waymark oncall" in ines.last.text
    assert await kim.forges("oncall.repeating") == "That button is not for you."
