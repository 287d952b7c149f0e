"""What a new list does to picked meetings: moved, renamed, online, gone; whoever picked it is told once. It is Tuesday, 10:00."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from bot.models import MeetingPick
from tests.features.meetings.imported import load
from tests.features.meetings.test_finder import EARLY, LANTERN, LIST, TOMORROW, at_list
from tests.features.meetings.test_reminders import picked, pushes, waiting
from tests.world import Phone, World, world_at


async def list_with(world: World, change: dict[str, Any] | None, *, settle: bool = True) -> int:
    """A new list in which the Lantern Group is changed (None: gone)."""
    rows = [*([{**LANTERN, **change}] if change is not None else []), *LIST[1:]]
    changed = load(world, rows).changed_picks
    if settle:
        await world.settle()
    return changed


def told(ana: Phone) -> list[str]:
    return [reply.text for reply in ana.replies if reply.key == "meetings/changed"]


async def test_a_new_time_moves_the_reminder_and_is_told_once(world: World) -> None:
    ana = await picked(world, "Every week")
    assert await list_with(world, {"time": "19:30", "end_time": "20:30"}) == 1
    assert told(ana) == ["Something in your reminders has changed."]
    assert await list_with(world, {"time": "19:30", "end_time": "20:30"}) == 0
    await ana.taps("Open")
    assert "New time: Tuesday 19:30" in ana.last.text
    await ana.taps("1", message=ana.user.received[-1])
    assert "19:30" in ana.last.text
    await ana.taps("Open", message=ana.find("meetings.news"))
    assert ana.last.key == "meetings/no_news"
    await world.passes(hours=8, minutes=31)
    assert pushes(ana) == ["03-03 23:30 Reminder 19:30"]


async def test_a_new_day_is_followed(world: World) -> None:
    ana = await picked(world, "Every week")
    assert await list_with(world, {"day": 4}) == 1
    await ana.taps("Open")
    assert "New time: Thursday 18:00" in ana.last.text
    await world.passes(days=8)
    assert pushes(ana) == ["03-05 22:00 Reminder 18:00"]


async def test_a_picked_date_moves_with_its_meeting(world: World) -> None:
    ana = await picked(world)
    await list_with(world, {"day": 4})
    await world.passes(days=8)
    assert pushes(ana) == ["03-05 22:00 Reminder 18:00"]


async def test_a_new_place_and_going_online_are_told(world: World) -> None:
    ana = await picked(world, "Every week")
    await list_with(world, {"formatted_address": "9 Bridge Road, New York, NY 10002, USA"})
    await ana.taps("Open")
    assert "It has a new place." in ana.last.text
    await world.passes(hours=2)
    ana.look()
    await list_with(world, {"attendance_option": "online", "conference_url": "https://meet.example.org/l"})
    assert len(told(ana)) == 1
    await ana.taps("Open")
    assert "It is online only now." in ana.last.text
    assert len(waiting(world)) == 1


async def test_a_renamed_meeting_with_a_new_key_is_followed_in_silence(world: World) -> None:
    rows = [{**LANTERN, "id": 77}, *LIST[1:]]
    ana = await at_list(world, "Today", "1", "Every week", rows=rows)
    await ana.taps("★ Home group", message=ana.find("★ Home group"))
    ana.look()
    load(world, [{**LANTERN, "id": 77, "slug": "lantern-new", "name": "New Lantern"}, *LIST[1:]])
    await world.settle()
    assert ana.replies == []
    await world.passes(hours=8)
    assert len(pushes(ana)) == 1
    await ana.taps("Open")
    assert "New Lantern" in ana.last.text
    await ana.says("/meetings")
    await ana.taps("My meetings")
    assert "★ Home group: New Lantern" in ana.last.text


async def test_one_that_vanished_ends_its_reminders_and_its_people_hear_it(world: World) -> None:
    ana = await picked(world, "Every week")
    assert await list_with(world, None) == 1
    assert len(told(ana)) == 1
    await ana.taps("Open")
    assert "Lantern Group" in ana.last.text
    assert "no longer listed" in ana.last.text
    assert waiting(world) == {}
    await ana.taps("1", message=ana.find("Days"))
    assert ana.last.key == "meetings/not_listed"
    await world.passes(days=8)
    assert pushes(ana) == []


@pytest.mark.parametrize("change", [{"attendance_option": "inactive"}, {"day": None, "time": None}])
async def test_one_that_stops_meeting_or_loses_its_time_is_told_too(world: World, change: dict[str, Any]) -> None:
    ana = await picked(world, "Every week")
    assert await list_with(world, change) == 1
    assert len(told(ana)) == 1
    assert waiting(world) == {}


async def test_several_changes_of_one_import_are_one_message(world: World) -> None:
    ana = await picked(world, "Every week")
    await ana.taps("2", message=ana.find("Days"))
    await ana.taps("Every week")
    ana.look()
    assert load(world, [{**LANTERN, "time": "19:00", "end_time": "20:00"}, {**EARLY, "time": "21:00"}, TOMORROW]).changed_picks == 2
    await world.settle()
    assert len(told(ana)) == 1
    await ana.taps("Open")
    assert "Lantern Group" in ana.last.text
    assert "Early Online" in ana.last.text


async def test_what_does_not_matter_is_not_told(world: World) -> None:
    ana = await picked(world, "Every week")
    assert await list_with(world, {"notes": "Bring a chair", "types": ["O"], "updated": "2026-03-02 10:00:00"}) == 0
    assert ana.replies == []
    assert len(waiting(world)) == 1


async def test_at_night_the_news_waits_for_the_morning(tmp_path: Path) -> None:
    async with world_at(tmp_path, datetime(2026, 3, 3, 15, 0, tzinfo=UTC)) as world:
        ana = await picked(world, "Every week")
        await world.passes(hours=17)  # 03:00
        ana.look()
        await list_with(world, {"time": "17:00", "end_time": "18:00"})
        assert told(ana) == []
        await world.passes(hours=6)
        assert len(told(ana)) == 1
        assert ana.replies[-1].message.date.astimezone(UTC).hour == 13  # 08:00 in New York


async def test_who_switched_reminders_off_is_not_told(world: World) -> None:
    ana = await picked(world, "Every week")
    with world.work() as work:
        work.session.merge(ana.person).reminders_off = ["meetings"]
    assert await list_with(world, {"time": "19:30", "end_time": "20:30"}) == 1
    assert ana.replies == []


async def test_many_people_are_followed_in_short_steps(world: World) -> None:
    load(world, LIST)
    phones = [await world.enrol(f"Person {number}") for number in range(25)]
    for phone in phones:
        await phone.says("/meetings")
        await phone.taps("Today")
        await phone.taps("1")
        await phone.taps("Every week")
        phone.look()
    assert await list_with(world, {"time": "19:30", "end_time": "20:30"}) == 25
    assert all(len(told(phone)) == 1 for phone in phones)
    with world.work() as work:
        assert {chosen.wall for chosen in work.session.exec(select(MeetingPick))} == {"19:30"}


async def test_two_meetings_that_become_one_leave_one_reminder(world: World) -> None:
    rows = [{**LANTERN, "id": 1}, {**LANTERN, "slug": "second", "id": 2, "name": "Second"}, *LIST[1:]]
    ana = await at_list(world, "Today", "1", "Every week", rows=rows)
    await ana.taps("2", message=ana.find("Days"))
    await ana.taps("Every week")
    load(world, [{**LANTERN, "id": 1}, *LIST[1:], {**TOMORROW, "slug": "x"}])
    await world.passes(days=1)
    assert len(pushes(ana)) == 1


async def test_one_that_comes_back_has_its_weekly_reminder_again(world: World) -> None:
    ana = await picked(world, "Every week")
    await list_with(world, None)
    await world.passes(days=2)
    assert await list_with(world, None) == 0
    ana.look()
    assert await list_with(world, {}) == 1
    assert len(told(ana)) == 1
    await ana.taps("Open")
    assert "It is back on the list" in ana.last.text
    assert await list_with(world, {}) == 0
    await world.passes(days=6)
    assert pushes(ana) == ["03-10 21:00 Reminder 18:00"]
