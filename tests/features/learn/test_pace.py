"""Over how many weeks the lessons open: chosen in the list, told as dates."""

from __future__ import annotations

from datetime import date

from bot import people
from bot.models import Patient
from tests.world import World


async def test_every_module_says_when_it_opens_and_a_faster_pace_opens_it_sooner(world: World) -> None:
    ana = await world.enrol("Ana")
    with world.work() as work:
        started = work.session.get(Patient, ana.person_id)
        assert started is not None
        started.started_on = date(2026, 3, 2)
    await ana.says("/learn")
    assert "· from Mar 9, 2026" in ana.replies[0].text
    assert await ana.forges("learn.open:m3.1") == "This one opens on Mar 16, 2026."
    await ana.taps("Pace")
    assert "Now it is 12" in ana.last.text
    await ana.taps("3")
    await ana.says("/learn")
    assert "· from Mar 4, 2026" in ana.replies[0].text
    assert await ana.forges("learn.open:m3.1") == "This one opens on Mar 6, 2026."
    await world.passes(days=3)
    await ana.forges("learn.open:m3.1")
    assert "External triggers" in ana.last.text


async def test_only_a_pace_that_is_offered_is_taken(world: World) -> None:
    ana = await world.enrol("Ana")
    for weeks in ("0", "2", "17", "-3", "x"):
        assert await ana.forges(f"learn.set_pace:{weeks}") == "That button is from an earlier step."
    with world.work() as work:
        assert ana.person_id is not None
        patient = people.patient_of(work.session, ana.person_id)
        assert patient is not None
        assert patient.pace_weeks == 12


async def test_pace_and_daily_lesson_stand_in_the_settings(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/settings")
    assert "Lessons: over 12 weeks, none offered daily" in ana.last.text
    await ana.taps("Lessons")
    assert "New ones open over 12 weeks" in ana.last.text
    await ana.taps("Pace")
    await ana.taps("5")
    await ana.taps("Lesson a day")
    await ana.taps("18:00")
    await ana.taps("Back")
    assert "New ones open over 5 weeks" in ana.last.text
    assert "each day at 18:00" in ana.last.text
    await ana.taps("All settings")
    assert "Lessons: over 5 weeks, one offered at 18:00" in ana.last.text
