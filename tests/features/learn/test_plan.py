"""The plan that grows out of exercises: entries come with answers, are added and taken out by hand, and go with the person."""

from __future__ import annotations

from sqlmodel import select

from bot import people, plan_items
from bot.content.exercise import Kind, PlanField
from bot.features.learn import rules, store
from bot.features.privacy import export
from bot.features.privacy import store as privacy
from bot.models import PlanItem
from tests.world import Phone, World


def plan(world: World, phone: Phone) -> dict[str, list[str]]:
    """What stands in the plan, by kind."""
    assert phone.person_id is not None
    with world.work() as work:
        found: dict[str, list[str]] = {}
        for row, text in plan_items.entries(work, people.get(work.session, phone.person_id)):
            found.setdefault(row.kind, []).append(text)
        return found


def planned(world: World, kind: Kind) -> tuple[str, str, int]:
    """A lesson of the shipped curriculum with a planned step of this kind: its id, the step's kind of entry, the step's place."""
    with world.work() as work:
        for lesson in rules.lessons_of(work.content):
            for place, step in enumerate(lesson.texts["en"].exercise.steps):
                if step.kind is kind and step.plan is not None:
                    return lesson.id, step.plan.value, place
    raise AssertionError("no lesson writes into the plan")


async def at_step(world: World, ana: Phone, lesson: str, place: int) -> None:
    with world.work() as work:
        found = rules.find_lesson(work.content, lesson)
        assert found is not None
        assert ana.person_id is not None
        person = people.get(work.session, ana.person_id)
        store.move(work, store.progress_in(work, person, found), rules.Stage.EXERCISE, place + 1)
    await ana.forges(f"learn.open:{lesson}")


async def test_words_of_an_exercise_become_an_entry_and_a_new_answer_takes_its_place(world: World) -> None:
    ana = await world.enrol("Ana")
    lesson, kind, place = planned(world, Kind.TEXT)
    await at_step(world, ana, lesson, place)
    await ana.says("The old station")
    assert plan(world, ana) == {kind: ["The old station"]}
    await at_step(world, ana, lesson, place)
    await ana.says("The market")
    assert plan(world, ana) == {kind: ["The market"]}
    with world.work() as work:
        rows = work.session.exec(select(PlanItem)).all()
        assert sorted(row.removed_at is None for row in rows) == [False, True]
        assert all(b"market" not in row.text and row.lesson_id == lesson for row in rows)


async def test_every_option_that_was_ticked_becomes_an_entry(world: World) -> None:
    ana = await world.enrol("Ana", language="es")
    lesson, kind, place = planned(world, Kind.MULTI)
    await at_step(world, ana, lesson, place)
    first, second = [label for label in ana.last.labels if label not in ("Listo", "Atrás", "Omitir")][:2]
    await ana.taps(first)
    await ana.taps(second)
    await ana.taps("Listo")
    assert plan(world, ana) == {kind: [first, second]}


async def test_an_entry_is_added_read_and_taken_out(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/learn")
    await ana.taps("My plan")
    assert "What helps me: none yet" in ana.last.text
    await ana.taps("What helps me")
    assert "Nothing is here yet" in ana.last.text
    await ana.taps("Add one")
    await ana.says("x" * 301)
    assert ana.keys == ["learn/plan_too_long"]
    await ana.says("A walk <to> the park")
    assert ana.keys == ["learn/plan_entries"]
    assert "1. A walk <to> the park" in ana.replies[0].text
    await ana.taps("Take one out")
    await ana.taps("1")
    assert plan(world, ana) == {}
    assert "Nothing is here yet" in ana.last.text


async def test_nobody_takes_anothers_entry_out(world: World) -> None:
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    assert ana.person_id is not None
    with world.work() as work:
        mine = plan_items.add(work, people.get(work.session, ana.person_id), PlanField.REASON, "My son").id
    for data in (f"plan.remove:{mine.hex}", "plan.remove:none", "plan.kind:secret", "plan.add:secret", "plan.removing:reason"):
        assert await ben.forges(data) == "That button is from an earlier step."
    assert plan(world, ana) == {"reason": ["My son"]}


async def test_what_is_written_into_the_plan_is_screened_like_any_text(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.forges("plan.add:reason")
    await ana.says("I want to kill myself tonight")
    assert len(world.primary.pages) == 1


async def test_the_plan_is_in_the_persons_copy_and_goes_with_them(world: World) -> None:
    ana = await world.enrol("Ana")
    assert ana.person_id is not None
    with world.work() as work:
        person = people.get(work.session, ana.person_id)
        plan_items.add(work, person, PlanField.CONTACT, "Uncle Ray")
        work.session.flush()
        assert [entry["text"] for entry in export.collect(work, person)["plan"]] == ["Uncle Ray"]
        privacy.erase_person(work, person)
        assert work.session.exec(select(PlanItem)).all() == []
