"""A second crisis goes to a counselor who is free."""

from __future__ import annotations

from bot.safety.levels import Category, Level
from tests.staff.helpers import Watch, danger
from tests.world import World


async def test_who_is_in_an_emergency_is_not_paged_first_for_the_next(world: World) -> None:
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Reached by phone")
    watch = Watch(world, dana=world.primary, luis=world.backup)
    await danger(world, ben)
    assert await watch.minutes(5) == [(0, "luis"), (2, "luis"), (4, "dana")]


async def test_with_both_in_an_emergency_the_order_is_as_ever(world: World) -> None:
    ana, ben, eva = await world.enrol("Ana"), await world.enrol("Ben"), await world.enrol("Eva")
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Reached by phone")
    await danger(world, ben)
    await world.backup.taps("Acknowledge")
    await world.backup.taps("Reached by phone")
    watch = Watch(world, dana=world.primary, luis=world.backup)
    await danger(world, eva)
    assert await watch.minutes(5) == [(0, "dana"), (2, "dana"), (4, "luis")]


async def test_an_urgent_case_in_hand_does_not_count_and_a_closed_one_neither(world: World) -> None:
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    await danger(world, ana, Level.URGENT, Category.CRAVING)
    await world.primary.taps("Acknowledge")
    watch = Watch(world, dana=world.primary, luis=world.backup)
    await danger(world, ben)
    assert await watch.minutes(0) == [(0, "dana")]


async def test_alone_on_call_the_primary_gets_both(world: World) -> None:
    world.on_call("backup", None)
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    await danger(world, ana)
    await world.primary.taps("Acknowledge")
    watch = Watch(world, dana=world.primary)
    await danger(world, ben)
    assert await watch.minutes(0) == [(0, "dana")]


async def test_a_case_of_ones_own_is_no_other_one(world: World) -> None:
    ana = await world.enrol("Ana")
    await danger(world, ana, Level.URGENT, Category.WITHDRAWAL)
    await world.primary.taps("Acknowledge")
    watch = Watch(world, dana=world.primary, luis=world.backup)
    await danger(world, ana)
    assert await watch.minutes(0) == [(0, "dana")]
