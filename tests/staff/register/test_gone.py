"""Somebody who is needed is suddenly not there: each message of the next minutes is one that is expected, and no other comes."""

from __future__ import annotations

from datetime import timedelta

from bot import leave, people
from bot.models import Patient, Role
from bot.staff.register import store
from tests.staff.helpers import Watch, danger
from tests.world import Phone, World


async def remove(world: World, phone: Phone) -> None:
    with world.work() as work:
        assert phone.person_id is not None
        store.remove(work, people.get(work.session, phone.person_id))
    await world.settle()


def keys(phone: Phone) -> list[str]:
    """What came since the last look, taken-back messages left out."""
    return [seen.key for seen in phone.replies if not seen.message.deleted]


async def case_with_dana(world: World) -> tuple[Phone, Phone]:
    """An emergency that Dana has and has answered; a supervisor beside."""
    ines, ana = await world.hire("Ines", Role.SUPERVISOR), await world.enrol("Ana")
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Write")
    await world.primary.says("I am here with you")
    for phone in (ines, ana, world.primary, world.backup):
        phone.look()
    return ines, ana


async def test_a_holder_who_is_removed(world: World) -> None:
    ines, ana = await case_with_dana(world)
    watch = Watch(world, backup=world.backup, supervisor=ines)
    await remove(world, world.primary)
    assert await watch.minutes(2) == [(0, "backup")]
    assert keys(ana) == []
    await world.backup.taps("Acknowledge")
    assert ana.case is not None
    assert ana.case.holder_id == world.backup.person_id
    assert keys(ana) == ["crisis/seen"]
    assert keys(world.primary) == []


async def test_a_holder_who_is_removed_and_the_backup_sleeps(world: World) -> None:
    ines, _ana = await case_with_dana(world)
    watch = Watch(world, backup=world.backup, supervisor=ines)
    await remove(world, world.primary)
    assert await watch.minutes(5) == [(0, "backup"), (3, "backup"), (3, "supervisor")]  # the policy's next step: everyone


async def test_the_primary_is_removed_and_then_somebody_is_in_danger(world: World) -> None:
    ana = await world.enrol("Ana")
    await remove(world, world.primary)
    watch = Watch(world, primary=world.primary, backup=world.backup)
    world.primary.look()
    await danger(world, ana)
    assert (await watch.minutes(1))[0] == (0, "backup")
    assert keys(world.primary) == []
    await world.backup.taps("Acknowledge")
    assert ana.case is not None
    assert ana.case.holder_id == world.backup.person_id


async def test_the_primary_is_removed_while_their_page_rings(world: World) -> None:
    ana = await world.enrol("Ana")
    await danger(world, ana)
    watch = Watch(world, backup=world.backup)
    await remove(world, world.primary)
    assert (await watch.minutes(1))[0] == (0, "backup")
    assert [page for page in world.primary.pages if not page.message.deleted] == []


async def test_a_holder_who_blocks_the_bot(world: World) -> None:
    ines, ana = await case_with_dana(world)
    watch = Watch(world, backup=world.backup, supervisor=ines)
    world.primary.user.block()
    await world.settle()
    await world.tick()  # a second later
    assert await watch.minutes(2) == [(0, "backup")]
    await world.backup.taps("Acknowledge")
    assert ana.case is not None
    assert ana.case.holder_id == world.backup.person_id
    assert keys(ana) == ["crisis/seen"]


async def test_a_holder_who_goes_on_leave_keeps_the_case_and_the_promise(world: World) -> None:
    ines, ana = await case_with_dana(world)
    with world.work() as work:
        patient = work.session.get(Patient, ana.person_id)
        assert patient is not None
        patient.owner_id = world.primary.person_id
    dana, luis = world.primary.person, world.backup.person
    with world.work() as work:
        today = leave.today(work)
        leave.plan(work, dana, today, today + timedelta(days=3), luis)
    await world.settle()
    assert keys(world.backup) == ["leave/you_will_cover"]
    world.backup.look()
    watch = Watch(world, backup=world.backup, supervisor=ines)
    assert await watch.minutes(5) == []
    await ana.says("are you still there")
    assert world.primary.last.key == "relay/to_staff"
    assert ana.case is not None
    assert ana.case.holder_id == world.primary.person_id
    timeline = await watch.minutes(20)
    assert timeline, "no answer: the promise is broken, and the page comes to whoever is there"
    assert timeline[0][1] == "backup"
