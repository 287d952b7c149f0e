"""A counselor gives a lesson: it is open whatever the week, comes first, and can be taken back."""

from __future__ import annotations

from bot.models import Patient, Role
from tests.world import Phone, World


async def ours(world: World, ana: Phone) -> None:
    with world.work() as work:
        patient = work.session.get(Patient, ana.person_id)
        assert patient is not None
        patient.owner_id = world.primary.person_id


async def give(world: World, ana: Phone) -> None:
    await ours(world, ana)
    await world.primary.says("/assign Ana")
    await world.primary.taps("Lessons")
    await world.primary.taps("Skills for hard moments")
    await world.primary.taps("2")


async def test_a_lesson_that_was_given_comes_first_and_is_open_before_its_week(world: World) -> None:
    ana = await world.enrol("Ana")
    assert (await ana.forges("learn.open:m4.2") or "").startswith("This one opens on")
    await give(world, ana)
    assert "★ 2." in world.primary.last.text
    await ana.says("/learn")
    assert "From your team:" in ana.replies[0].text
    await ana.taps("Start")
    assert "Next" in ana.last.labels


async def test_a_second_tap_takes_it_back(world: World) -> None:
    ana = await world.enrol("Ana")
    await give(world, ana)
    await world.primary.taps("2")
    assert "○ 2." in world.primary.last.text
    await ana.says("/learn")
    assert "From your team:" not in ana.replies[0].text


async def test_only_who_looks_after_a_patient_gives_them_lessons(world: World) -> None:
    ana = await world.enrol("Ana")
    await ours(world, ana)
    with world.work() as work:
        number = work.session.get_one(type(ana.person), ana.person_id).number
    other = await world.hire("Otto", Role.COUNSELOR)
    for data in (f"assign.modules:{number}", f"assign.module:{number}:m4", f"assign.toggle:{number}:m4.2"):
        await other.forges(data)
        await ana.forges(data)
    await ana.says("/learn")
    assert "From your team:" not in ana.replies[0].text
    await world.primary.forges(f"assign.toggle:{number}:m99")
    await world.primary.forges(f"assign.module:{number}:m99")
    assert "assign/module" not in world.primary.keys
