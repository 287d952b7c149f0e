"""I'm going, I went, how it was: asked once, neutrally, and counted in words. It is Tuesday, 10:00 in New York."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import select

from bot.models import MeetingVisit
from tests.features.meetings.imported import load
from tests.features.meetings.test_finder import LANTERN, LIST, at_list
from tests.staff.helpers import attend
from tests.world import Phone, World, world_at


async def going(world: World) -> Phone:
    """A patient who means to go to the Lantern Group today at 18:00."""
    ana = await at_list(world, "Today", "1", "I'm going")
    assert ana.last.key == "meetings/going_noted"
    ana.look()
    return ana


def visit(world: World) -> MeetingVisit:
    with world.work() as work:
        return work.session.exec(select(MeetingVisit)).one()


async def test_after_the_end_one_neutral_question_comes_once(world: World) -> None:
    ana = await going(world)
    await world.passes(hours=9)
    assert ana.keys == []
    await world.passes(minutes=16)
    assert [reply.text for reply in ana.replies] == ["One short question for you"]
    await ana.taps("Open")
    assert "Lantern Group" in ana.last.text
    await ana.taps("I went")
    assert ana.last.key == "meetings/went_noted"
    await ana.taps("Good")
    assert "I am glad" in ana.last.text
    assert (visit(world).how, visit(world).local_date) == ("good", "2026-03-03")
    ana.look()
    await world.passes(days=3)
    assert "meetings/after" not in ana.keys


async def test_not_this_time_is_fine(world: World) -> None:
    ana = await going(world)
    await world.passes(hours=10)
    await ana.taps("Open")
    await ana.taps("Not this time")
    assert "Thank you for telling me" in ana.last.text
    assert visit(world).went_at is None
    await ana.taps("My meetings")
    assert "You went" not in ana.last.text


async def test_a_hard_one_gets_a_hand(world: World) -> None:
    ana = await going(world)
    await world.passes(hours=10)
    await ana.taps("Open")
    await ana.taps("I went")
    await ana.taps("Hard")
    assert "that counts" in ana.last.text
    assert len(ana.last.labels) == 3


async def test_who_says_i_went_first_is_not_asked(world: World) -> None:
    ana = await going(world)
    await world.passes(hours=8, minutes=10)
    await ana.taps("I went")
    ana.look()
    await world.passes(days=2)
    assert "meetings/after" not in ana.keys


async def test_i_went_before_it_began_is_kindly_put_off(world: World) -> None:
    ana = await at_list(world, "Today", "1")
    assert "has not begun" in await ana.taps("I went")
    with world.work() as work:
        assert work.session.exec(select(MeetingVisit)).all() == []


async def test_saying_it_twice_counts_once_and_totals_are_told_in_words(world: World) -> None:
    rows = [{**LANTERN, "day": [0, 1, 2, 3, 4, 5, 6]}, *LIST[1:]]
    ana = await at_list(world, "Today", "1", rows=rows)
    card = ana.user.received[-1]
    await world.passes(hours=10)
    for _ in range(2):
        await world.passes(days=7)
        await ana.taps("I went", message=card)
        await ana.taps("I went", message=card)
    assert ana.last.key == "meetings/went_noted"
    await ana.says("/meetings")
    await ana.taps("My meetings")
    assert "You went to 2 meetings so far, 2 of them in the last 30 days." in ana.last.text


async def test_after_a_late_meeting_the_question_waits_for_the_morning(tmp_path: Path) -> None:
    async with world_at(tmp_path, datetime(2026, 3, 3, 15, 0, tzinfo=UTC)) as world:
        load(world, [{**LANTERN, "time": "21:30", "end_time": "22:30"}])
        ana = await world.enrol()
        await ana.says("/meetings")
        for label in ("Today", "1", "I'm going"):
            await ana.taps(label)
        ana.look()
        await world.passes(days=1)
        asked = [reply.message.date.astimezone(UTC) for reply in ana.replies if reply.key == "meetings/after"]
        assert [at.strftime("%d %H:%M") for at in asked] == ["04 13:30"]  # 08:30


async def test_while_a_case_is_open_nobody_asks(world: World) -> None:
    ana = await going(world)
    await ana.says("I want to kill myself")
    await attend(world)
    await world.passes(hours=10)
    assert "meetings/after" not in [reply.key for reply in ana.all]
    await ana.says("/meetings")
    await ana.taps("My meetings")
    assert "How was it?" in ana.last.labels


async def test_going_offers_a_reminder_and_nobody_is_told_where_somebody_goes(world: World) -> None:
    ana = await going(world)
    await ana.taps("Remind me once", message=ana.find("Remind me once"))
    assert "I will remind you" in ana.last.text
    world.look()
    await world.passes(hours=10)
    assert set(world.heard) <= {"Ana"}


async def test_a_meeting_that_has_just_begun_can_still_be_gone_to(tmp_path: Path) -> None:
    async with world_at(tmp_path, datetime(2026, 3, 3, 23, 10, tzinfo=UTC)) as world:  # 18:10
        ana = await at_list(world, "Now", "1", "I'm going")
        assert "Tuesday, March 3, 18:00" in ana.last.text
        assert "Remind me once" not in ana.last.labels
