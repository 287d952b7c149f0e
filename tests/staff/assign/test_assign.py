"""A counselor gives a lesson: it is open whatever the week, comes first, and can be taken back."""

from __future__ import annotations

from bot import people
from bot.escalation import ack
from bot.escalation import store as cases
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


async def test_the_patient_hears_of_it_once_in_neutral_words_and_reads_behind_the_button(world: World) -> None:
    ana = await world.enrol("Ana")
    await give(world, ana)
    await world.primary.taps("3")
    await world.passes(minutes=4)
    assert ana.keys == []
    await world.passes(minutes=10)
    assert [(seen.text, seen.labels) for seen in ana.replies] == [("You have a message", ["Open"])]
    await ana.taps("Open")
    assert "Your team picked these lessons for you:" in ana.last.text
    assert "Grounding 5-4-3-2-1" in ana.last.text
    await ana.taps("Start")
    assert "Next" in ana.last.labels
    await world.passes(days=1)
    assert ana.keys.count("learn/offer") == 0


async def test_a_lesson_that_was_taken_back_is_not_announced(world: World) -> None:
    ana = await world.enrol("Ana")
    await give(world, ana)
    await world.primary.taps("2")
    await world.passes(hours=1)
    assert ana.keys == []


async def test_at_night_what_was_given_is_told_in_the_morning(world: World) -> None:
    ana = await world.enrol("Ana")
    await world.passes(hours=13)  # 23:00
    ana.look()
    await give(world, ana)
    await world.passes(hours=8)
    assert "learn/offer" not in ana.keys
    await world.passes(hours=2)
    assert "learn/offer" in ana.keys


async def test_what_is_given_during_a_case_is_told_afterwards(world: World) -> None:
    ana = await world.enrol("Ana")
    await ours(world, ana)
    await ana.says("I want to kill myself")
    number = ana.person.number
    await world.primary.forges(f"assign.toggle:{number}:m4.2")
    ana.look()
    await world.passes(hours=3)
    assert "learn/offer" not in ana.keys
    assert ana.person_id is not None
    assert world.primary.person_id is not None
    with world.work() as work:
        staff = people.get(work.session, world.primary.person_id)
        found = cases.open_case(work.session, ana.person_id)
        assert found is not None
        ack.take(work, found, staff)
        ack.resolve(work, found.id, staff, "safe_plan", {})
    await world.passes(hours=3)
    assert ana.keys.count("learn/offer") == 1


async def test_a_module_can_come_first_and_a_lesson_before_it(world: World) -> None:
    ana = await world.enrol("Ana")
    await give(world, ana)
    number = ana.person.number
    await world.primary.forges(f"assign.module:{number}:m7")
    await world.primary.taps("This module first")
    assert "★ 1. " in world.primary.last.text
    await ana.says("/learn")
    assert "From your team: Guilt and shame" in ana.replies[0].text or "From your team: Guilt" in ana.replies[0].text
    await world.primary.forges(f"assign.modules:{number}")
    await world.primary.taps("Change order")
    assert "6. Grounding 5-4-3-2-1" in world.primary.last.text
    await world.primary.taps("6")
    assert "1. Grounding 5-4-3-2-1" in world.primary.last.text
    await ana.says("/learn")
    assert "From your team: Grounding 5-4-3-2-1" in ana.replies[0].text


async def test_the_pace_is_set_for_a_patient_who_hears_of_it_and_may_change_it(world: World) -> None:
    ana = await world.enrol("Ana")
    await ours(world, ana)
    await world.primary.says("/assign Ana")
    await world.primary.taps("Lessons")
    await world.primary.taps("Pace")
    assert "Now it is 12" in world.primary.last.text
    await world.primary.taps("16")
    assert "Now it is 16" in world.primary.last.text
    await world.passes(minutes=6)
    await ana.taps("Open")
    assert "New lessons now open over 16 weeks" in ana.last.text
    await ana.taps("Pace")
    await ana.taps("9")
    assert "over 9 weeks" in ana.last.text
    await world.passes(hours=1)
    assert ana.keys == []  # nobody is told of what they chose themselves


async def test_only_who_looks_after_a_patient_changes_pace_and_order(world: World) -> None:
    ana = await world.enrol("Ana")
    await ours(world, ana)
    other = await world.hire("Otto", Role.COUNSELOR)
    number = ana.person.number
    for data in ("pace:{n}", "set_pace:{n}:4", "order:{n}", "put_first:{n}:m4.2", "put_module_first:{n}:m7"):
        await other.forges("assign." + data.format(n=number))
    await world.primary.forges(f"assign.set_pace:{number}:2")
    with world.work() as work:
        patient = work.session.get(Patient, ana.person_id)
        assert patient is not None
        assert patient.pace_weeks == 12
    await ana.says("/learn")
    assert "From your team:" not in ana.replies[0].text


async def leave_out(world: World, ana: Phone, module: str, number: str) -> None:
    await world.primary.forges(f"assign.module:{ana.person.number}:{module}")
    await world.primary.taps("Leave out")
    await world.primary.taps(number)


async def test_a_lesson_that_is_left_out_is_not_offered_and_can_still_be_read(world: World) -> None:
    ana = await world.enrol("Ana")
    await ours(world, ana)
    await ana.says("/learn")
    assert "Welcome to your program" in ana.replies[0].text
    await leave_out(world, ana, "m1", "1")
    assert "– 1." in world.primary.last.text
    await ana.says("/learn")
    assert "Welcome to your program" not in ana.replies[0].text
    assert "0 of 4" in ana.replies[0].text
    await ana.forges("learn.open:m1.1")
    assert "Next" in ana.last.labels
    await ana.taps("Next")
    await world.primary.forges(f"assign.module:{ana.person.number}:m1")
    assert "▸ 1." in world.primary.last.text


async def test_a_lesson_that_is_left_out_comes_in_its_turn_after_another_tap(world: World) -> None:
    ana = await world.enrol("Ana")
    await ours(world, ana)
    await leave_out(world, ana, "m1", "1")
    await world.primary.taps("1")
    assert "○ 1." in world.primary.last.text
    await ana.says("/learn")
    assert "Welcome to your program" in ana.replies[0].text


async def test_a_lesson_of_a_later_week_does_not_open_because_it_is_left_out(world: World) -> None:
    ana = await world.enrol("Ana")
    await give(world, ana)
    await leave_out(world, ana, "m4", "2")
    await ana.says("/learn")
    assert "From your team:" not in ana.replies[0].text
    assert (await ana.forges("learn.open:m4.2") or "").startswith("This one opens on")


async def test_giving_a_lesson_that_was_left_out_brings_it_back_and_a_module_put_first_does_not(world: World) -> None:
    ana = await world.enrol("Ana")
    await ours(world, ana)
    await leave_out(world, ana, "m4", "2")
    await world.primary.taps("Back")
    await world.primary.taps("This module first")
    assert "– 2." in world.primary.last.text
    assert "★ 1." in world.primary.last.text
    await world.primary.taps("2")
    assert "★ 2." in world.primary.last.text


async def test_what_a_patient_has_begun_is_not_left_out(world: World) -> None:
    ana = await world.enrol("Ana")
    await ours(world, ana)
    await ana.forges("learn.open:m1.1")
    await ana.taps("Next")
    await leave_out(world, ana, "m1", "1")
    await world.primary.forges(f"assign.module:{ana.person.number}:m1")
    assert "▸ 1." in world.primary.last.text


async def test_only_who_looks_after_a_patient_leaves_lessons_out(world: World) -> None:
    ana = await world.enrol("Ana")
    await ours(world, ana)
    other = await world.hire("Otto", Role.COUNSELOR)
    for data in (f"assign.leaving:{ana.person.number}:m1", f"assign.leave_out:{ana.person.number}:m1.1"):
        await other.forges(data)
        await ana.forges(data)
    await ana.says("/learn")
    assert "Welcome to your program" in ana.replies[0].text
