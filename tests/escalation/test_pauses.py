"""What rests while a case is open, what goes on, and what comes back after two quiet hours (SAFETY.md 2)."""

from __future__ import annotations

import pytest

from bot import people
from tests.staff.helpers import CRISIS, below
from tests.world import World


@pytest.mark.parametrize("start", ["/checkin", "/learn"])
async def test_what_pauses_says_so_and_what_else_the_person_starts_works(world: World, start: str) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await ana.says(start)
    assert ana.keys == ["crisis/rests"]
    assert ana.last.labels == []
    await ana.says("/tools")
    assert ana.keys == ["tools/list"]


async def test_a_button_of_an_older_reminder_rests_too_and_the_one_for_help_never(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    assert await ana.forges("checkin.start") == (
        "Check-ins and lessons rest while your alert is open. Write here and your team reads it. For help now: /sos."
    ).replace("open. ", "open.\n")
    assert ana.keys == []
    await ana.forges("checkin.help")
    assert ana.keys != []


async def test_a_form_that_was_put_aside_waits_until_the_case_is_closed(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says("/checkin")
    await ana.says(CRISIS)
    assert "rest while your alert is open" in await ana.forges("form.resume")
    assert ana.keys == []


async def test_after_two_quiet_hours_the_menu_and_what_the_person_starts_come_back(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Write")
    await world.primary.says("I am here.")
    ana.look()
    await world.passes(hours=1, minutes=59)
    assert "crisis/menu_back" not in ana.keys
    await ana.says("/checkin")
    assert ana.keys == ["crisis/rests"]
    await world.passes(minutes=2)
    assert ana.keys[-1] == "crisis/menu_back"
    assert "goes to Dana" in ana.last.text
    assert "Check-in" in " ".join(below(ana))
    await ana.says("/checkin")
    assert ana.keys == ["checkin/craving"]
    await ana.says("are you still there?")
    assert "are you still there?" in world.primary.last.text


async def test_reminders_stay_paused_and_there_is_no_backlog(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Reached by phone")
    ana.look()
    await world.passes(hours=30)
    assert ana.keys == ["crisis/menu_back"]


async def test_words_in_a_form_that_was_begun_since_answer_it_and_reach_the_holder(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await world.primary.taps("Acknowledge")
    await ana.says("/settings")
    await ana.taps("settings.name")
    await ana.says("Anita")
    assert world.primary.last.key == "relay/to_staff"
    assert "Anita" in world.primary.last.text
    with world.work() as work:
        person = people.by_chat(work.session, ana.user.id)
        assert person is not None
        assert people.name_of(work, person) == "Anita"


async def test_words_that_a_form_does_not_understand_are_kept_all_the_same_and_that_is_said(world: World) -> None:
    ana = await world.enrol("Ana")
    await ana.says(CRISIS)
    await ana.says("/settings")
    await ana.taps("Check-in time")
    await ana.taps("settings.time")
    await ana.says("please help me")
    assert "crisis/kept_for_team" in ana.keys
    await world.primary.taps("Acknowledge")
    await world.primary.taps("Open")
    assert "please help me" in world.primary.last.text
