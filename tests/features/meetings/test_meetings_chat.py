"""Meetings in the chat: lists, details, reminders, and what a new import does to them. It is Tuesday, 10:00 in New York."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.features.meetings import importing
from bot.work import Work
from tests.world import World, world_at

LIST: list[dict[str, Any]] = [
    {
        "name": "Lantern Group",
        "slug": "lantern",
        "day": 2,
        "time": "18:00",
        "end_time": "19:00",
        "types": ["O"],
        "formatted_address": "12 Harbor Lane, New York, NY",
        "location": "Lantern House",
        "latitude": 40.71,
        "longitude": -74.0,
        "attendance_option": "in_person",
        "notes": "Side door <b>please</b>",
    },
    {
        "name": "Early Online",
        "slug": "early",
        "day": [1, 2, 3, 4, 5],
        "time": "20:30",
        "types": ["O", "ONL"],
        "conference_url": "https://meet.example.org/early",
        "attendance_option": "online",
    },
    {"name": "By arrangement", "slug": "arranged", "formatted_address": "3 Pier Street, New York, NY", "attendance_option": "in_person"},
    {
        "name": "Tomorrow Group",
        "slug": "tomorrow",
        "day": 3,
        "time": "07:00",
        "formatted_address": "40 Hill Road, Boston, MA",
        "latitude": 42.36,
        "longitude": -71.06,
        "attendance_option": "in_person",
    },
]


def load(world: World, rows: list[dict[str, Any]], *, anyway: bool = False) -> importing.Imported:
    def step(unit: Callable[[Work], None]) -> None:
        with world.work() as work:
            unit(work)

    content = world.app.services.content
    data = json.dumps(rows).encode()
    return importing.run(importing.Unit(step), content, data, fellowship="aa", source="list.json", zone="America/New_York", anyway=anyway)


async def test_today_shows_what_is_still_to_come(world: World) -> None:
    load(world, LIST)
    ana = await world.enrol()
    await ana.says("/meetings")
    await ana.taps("Today")
    assert "Lantern Group" in ana.last.text
    assert "18:00" in ana.last.text
    assert "Tomorrow Group" not in ana.last.text


async def test_near_me_asks_for_the_place_and_sorts_by_distance(world: World) -> None:
    load(world, LIST)
    ana = await world.enrol()
    await ana.says("/meetings")
    await ana.taps("Near me")
    assert ana.last.key == "meetings/ask_place"
    await ana.shares_location(40.72, -74.0)
    assert "Lantern Group" in ana.last.text
    assert "Lantern House · AA · 0.7 mi" in ana.last.text
    assert "Tomorrow Group" not in ana.last.text


async def test_ways_are_told_in_kilometres_where_people_use_them(world: World) -> None:
    load(world, LIST)
    ana = await world.enrol(country="MX", language="es")
    await ana.says("/meetings")
    await ana.taps("Cerca de mí")
    await ana.shares_location(40.72, -74.0)
    assert "AA · 1.1 km" in ana.last.text


async def test_near_me_can_be_declined_and_other_words_are_answered_kindly(world: World) -> None:
    load(world, LIST)
    ana = await world.enrol()
    await ana.says("/meetings")
    await ana.taps("Near me")
    await ana.says("here")
    assert ana.keys == ["meetings/place_again"]
    await ana.taps_keyboard("Not now")
    assert ana.last.key == "meetings/start"


async def test_the_details_escape_what_the_feed_sends_and_offer_map_and_reminders(world: World) -> None:
    load(world, LIST)
    ana = await world.enrol()
    await ana.says("/meetings")
    await ana.taps("Today")
    await ana.taps("1")
    assert ana.last.key == "meetings/details"
    assert "12 Harbor Lane" in ana.last.text
    assert {"Map", "Remind me once", "Every week"} <= set(ana.last.labels)


async def test_a_reminder_comes_an_hour_before_and_its_push_says_nothing(world: World) -> None:
    load(world, LIST)
    ana = await world.enrol()
    await ana.says("/meetings")
    await ana.taps("Today")
    await ana.taps("1")
    await ana.taps("Remind me once")
    assert "17:00" in ana.last.text
    ana.look()
    await world.passes(hours=6, minutes=59)
    assert ana.replies == []
    await world.passes(minutes=2)
    assert [reply.text for reply in ana.replies] == ["Reminder 18:00"]
    await ana.taps("Open")
    assert "Lantern Group" in ana.last.text
    await world.passes(days=8)
    assert sum(reply.key == "meetings/reminder" for reply in ana.all) == 1


async def test_a_weekly_reminder_keeps_its_wall_time_over_the_clock_change(tmp_path: Path) -> None:
    # On 2026-03-08 New York's clocks go forward; the meeting stays at 18:00 there.
    async with world_at(tmp_path, datetime(2026, 3, 2, 15, 0, tzinfo=UTC)) as world:
        load(world, LIST)
        ana = await world.enrol()
        await ana.says("/meetings")
        await ana.taps("Tomorrow")
        await ana.taps("1")
        await ana.taps("Every week")
        await world.passes(days=15)
        reminders = [reply.message.date for reply in ana.all if reply.key == "meetings/reminder"]
        assert [at.astimezone(UTC).strftime("%m-%d %H:%M") for at in reminders] == ["03-03 22:00", "03-10 21:00"]


async def test_a_reminder_goes_on_while_a_case_is_open(world: World) -> None:
    load(world, LIST)
    ana = await world.enrol()
    await ana.says("/meetings")
    await ana.taps("Today")
    await ana.taps("1")
    await ana.taps("Remind me once")
    await ana.says("I want to kill myself")
    await world.passes(hours=7, minutes=1)
    assert sum(reply.key == "meetings/reminder" for reply in ana.all) == 1


async def test_an_import_that_moves_a_meeting_moves_its_reminder_and_says_so_once(world: World) -> None:
    load(world, LIST)
    ana = await world.enrol()
    await ana.says("/meetings")
    await ana.taps("Today")
    await ana.taps("1")
    await ana.taps("Every week")
    ana.look()
    moved = [{**LIST[0], "time": "19:30", "end_time": "20:30"}, *LIST[1:]]
    assert load(world, moved).changed_picks == 1
    await world.settle()
    assert ana.keys == ["meetings/changed"]
    assert "Lantern" not in ana.last.text
    assert load(world, moved).changed_picks == 0
    ana.look()
    await world.passes(hours=8, minutes=31)
    assert [reply.text for reply in ana.replies] == ["Reminder 19:30"]


async def test_a_meeting_that_is_gone_ends_its_reminders_and_its_button_says_so(world: World) -> None:
    load(world, LIST)
    ana = await world.enrol()
    await ana.says("/meetings")
    await ana.taps("Today")
    await ana.taps("1")
    await ana.taps("Every week")
    load(world, LIST[1:])
    await world.settle()
    assert ana.last.key == "meetings/changed"
    await ana.taps("1")
    assert ana.last.key == "meetings/not_listed"
    await world.passes(days=8)
    assert not any(reply.key == "meetings/reminder" for reply in ana.all)


async def test_a_list_with_fewer_than_half_of_the_rows_is_held_back(world: World) -> None:
    load(world, LIST)
    assert load(world, LIST[:1]).held
    ana = await world.enrol()
    await ana.says("/meetings")
    await ana.taps("Online")
    assert "Early Online" in ana.last.text
    assert not load(world, LIST[:1], anyway=True).held


@pytest.mark.parametrize("data", ["meetings.show:999:2", "meetings.show:x:y", "meetings.once:1:9", "meetings.undo:77", "meetings.show:1"])
async def test_forged_buttons_change_nothing(world: World, data: str) -> None:
    load(world, LIST)
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    await ana.says("/meetings")
    await ana.taps("Today")
    await ana.taps("1")
    await ana.taps("Every week")
    await ben.says("/meetings")
    await ben.forges(data)
    await ben.forges("meetings.undo:1")
    await ana.taps("My picks")
    assert "Lantern Group" in ana.last.text


async def test_in_spanish(world: World) -> None:
    load(world, LIST)
    ana = await world.enrol(language="es")
    await ana.says("/meetings")
    await ana.taps("Hoy")
    await ana.taps("1")
    await ana.taps("Recordar una vez")
    assert "Se lo recordaré el martes 3 de marzo a las 17:00" in ana.last.text
