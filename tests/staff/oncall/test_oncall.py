"""`/oncall`: who is on, taking the first place, gaps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from bot import people
from bot.errors import NotAllowed
from bot.escalation import store as cases
from bot.models import Audit, Role
from bot.staff.oncall import store
from tests.staff.helpers import Watch, danger
from tests.staff.rota import plan
from tests.world import World


async def test_who_is_on_and_the_next_gap(world: World) -> None:
    plan(world, "primary", world.backup, 8, None)
    world.on_call("backup", None)
    await world.backup.says("/oncall")
    text = world.backup.last.text
    assert "First: Dana Reyes until Tuesday 18:00" in text
    assert "Backup: nobody" in text
    assert "Next gap (backup): Tuesday, March 3, 10:00." in text
    assert world.backup.last.labels == ["Take it now", "Give a shift", "Handover"]
    assert "Next\nFirst: Luis, Tuesday 18:00" in text
    assert "Your shifts\nFirst: Tuesday 18:00 to" in text


async def test_without_a_gap_it_says_so_and_whoever_is_on_has_nothing_to_take(world: World) -> None:
    await world.primary.says("/oncall")
    assert "No gap in the next 14 days." in world.primary.last.text
    assert "Take it now" not in world.primary.last.labels


async def test_taking_it_lasts_to_the_end_of_the_present_shift_and_the_other_is_told(world: World) -> None:
    kim = await world.hire("Kim Lee")
    plan(world, "primary", world.backup, 8, None)
    await kim.says("/oncall")
    world.primary.look()
    await kim.taps("Take it now")
    assert kim.last.text.startswith("You are first on call until Tuesday 18:00. Dana is told.")
    assert world.primary.keys == ["oncall/taken_from"]
    assert "Kim" not in world.primary.last.text
    ana = await world.enrol()
    watch = Watch(world, kim=kim, dana=world.primary)
    await danger(world, ana)
    assert await watch.minutes(0) == [(0, "kim")]
    with world.work() as work:
        later = cases.on_call(work, "primary", work.now + timedelta(hours=8))
        assert later is not None
        assert later.id == world.backup.person_id
        assert "oncall.set" in [row.action for row in work.session.exec(select(Audit))]


async def test_open_cases_stay_with_their_holder(world: World) -> None:
    kim = await world.hire("Kim Lee")
    ana = await world.enrol()
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    await kim.says("/oncall")
    await kim.taps("Take it now")
    case = ana.case
    assert case is not None
    assert case.holder_id == world.primary.person_id


async def test_a_backup_who_takes_it_changes_places_so_that_two_people_stay_on_call(world: World) -> None:
    await world.backup.says("/oncall")
    world.primary.look()
    await world.backup.taps("Take it now")
    assert "Dana is told and becomes the backup." in world.backup.last.text
    assert world.primary.keys == ["oncall/taken_from"]
    assert "You are the backup." in world.primary.last.text
    await world.primary.says("/oncall")
    assert "First: Luis Ortega" in world.primary.last.text
    assert "Backup: Dana Reyes" in world.primary.last.text
    assert "both places" not in world.primary.last.text


async def test_one_person_in_both_places_is_said(world: World) -> None:
    plan(world, "primary", world.backup, 0, None)
    await world.primary.says("/oncall")
    assert "One person holds both places." in world.primary.last.text


async def test_a_button_that_is_out_of_date_or_pressed_twice_does_nothing(world: World) -> None:
    kim = await world.hire("Kim Lee")
    for phone in (kim, world.backup):
        await phone.says("/oncall")
    data, overview = kim.last.message.buttons[0][0][1], kim.last.message
    await kim.taps("Take it now")
    assert await kim.forges(data, message=overview) == "You are first on call already."
    assert "changed" in await world.backup.taps("Take it now")
    with world.work() as work:
        now = cases.on_call(work, "primary", work.now)
        assert now is not None
        assert now.id == kim.person_id


async def test_an_operator_may_look_and_not_take(world: World) -> None:
    olga = await world.hire("Olga Ruiz", Role.OPERATOR)
    await olga.says("/oncall")
    assert olga.last.labels == []
    assert await olga.forges("oncall.take:0:0") == "That button is not for you."


async def test_only_counselors_and_supervisors_can_be_planned(world: World) -> None:
    peer = await world.hire("Pat", Role.PEER)
    with pytest.raises(NotAllowed):
        plan(world, "primary", peer, 0, 8)
    with pytest.raises(ValueError, match="position"):
        plan(world, "third", world.primary, 0, 8)
    with pytest.raises(ValueError, match="ends after"):
        plan(world, "primary", world.primary, 0, -1)


async def test_whoever_is_staff_no_more_leaves_a_gap(world: World) -> None:
    with world.work() as work:
        assert world.primary.person_id is not None
        people.get(work.session, world.primary.person_id).removed_at = work.now
    with world.work() as work:
        found = store.gaps(work, work.now, work.now + timedelta(days=1))
        assert [(gap.position, gap.start, gap.end) for gap in found] == [("primary", work.now, work.now + timedelta(days=1))]
