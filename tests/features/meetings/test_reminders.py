"""Reminders of meetings as the phone gets them: once, weekly, several lead times, quiet hours, pauses, cases, moves. Tuesday, 10:00."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from bot.features.settings import store as settings
from bot.models import Due, DueState, Meeting, MeetingPick, Outbox
from bot.places import Place
from tests.features.meetings.imported import load
from tests.features.meetings.test_finder import LANTERN, LIST, at_list
from tests.world import Phone, World, world_at

NEW_YORK, MADRID = ZoneInfo("America/New_York"), ZoneInfo("Europe/Madrid")


def pushes(phone: Phone) -> list[str]:
    """When a reminder came, in UTC, and what the lock screen showed."""
    return [f"{one.message.date.astimezone(UTC):%m-%d %H:%M} {one.text}" for one in phone.all if one.key == "meetings/reminder"]


async def picked(world: World, mode: str = "Remind me once", rows: list[dict[str, Any]] | None = None, **about: Any) -> Phone:
    """A patient who is to be reminded of the Lantern Group, today at 18:00."""
    ana = await at_list(world, "Today", "1", mode, rows=rows, **about)
    ana.look()
    return ana


async def test_once_comes_an_hour_before_and_its_push_says_nothing(world: World) -> None:
    ana = await picked(world)
    await world.passes(hours=6, minutes=59)
    assert ana.replies == []
    await world.passes(minutes=2)
    assert [reply.text for reply in ana.replies] == ["Reminder 18:00"]
    await world.passes(days=8)
    assert len(pushes(ana)) == 1


async def test_the_opened_reminder_shows_the_way_there(world: World) -> None:
    ana = await picked(world)
    await world.passes(hours=7, minutes=1)
    await ana.taps("Open")
    assert ana.keys == ["meetings/opened"]
    assert "Lantern Group" in ana.last.text
    assert "12 Harbor Lane" in ana.last.text
    assert "Do you need a ride?" in ana.last.text
    assert {"Map", "I'm going", "My way there", "Ask a friend"} <= set(ana.last.labels)
    link = next(data for row in ana.last.message.buttons for label, data in row if label == "Ask a friend")
    assert link.startswith("https://t.me/share/url?url=https%3A%2F%2F")
    assert "Lantern" not in link  # the friend is asked for a ride, and reads no fellowship


async def test_the_opened_reminder_of_an_online_meeting_has_the_link(world: World) -> None:
    ana = await at_list(world, "Online", "1", "Remind me once")
    await world.passes(hours=9, minutes=31)
    await ana.taps("Open")
    assert "Join online" in ana.last.labels
    assert "Passcode 1234" in ana.last.text
    assert "ride" not in ana.last.text


async def test_the_way_there_is_kept_sealed_and_shown(world: World) -> None:
    ana = await picked(world, "Every week")
    await world.passes(hours=7, minutes=1)
    await ana.taps("Open")
    await ana.taps("My way there")
    await ana.says("bus 12 at 5:20 " * 20)
    assert ana.keys == ["meetings/ride_long"]
    await ana.says("Bus 12 at 5:20")
    assert ana.keys == ["meetings/ride_kept"]
    await ana.taps("Open")
    assert "Your way there: Bus 12 at 5:20" in ana.last.text
    with world.work() as work:
        assert b"Bus" not in (work.session.exec(select(MeetingPick)).one().ride or b"")
    await ana.taps("My way there")
    await ana.taps("Forget it")
    await ana.taps("Open")
    assert "Bus 12" not in ana.last.text


async def test_a_weekly_reminder_keeps_its_wall_time_over_the_clock_change(tmp_path: Path) -> None:
    # On 2026-03-08 New York's clocks go forward; the meeting stays at 18:00 there.
    async with world_at(tmp_path, datetime(2026, 3, 2, 15, 0, tzinfo=UTC)) as world:
        ana = await at_list(world, "Tomorrow", "1")
        assert "Lantern" in ana.last.text
        await ana.taps("Every week")
        await world.passes(days=15)
        assert pushes(ana) == ["03-03 22:00 Reminder 18:00", "03-10 21:00 Reminder 18:00"]


async def test_several_lead_times_and_the_evening_before(world: World) -> None:
    ana = await picked(world, "Every week")
    await ana.taps("Change times")
    assert "✓ 1 hour" in ana.last.labels
    await ana.taps("10 min")
    await ana.taps("Evening before")
    assert [label for label in ana.last.labels if "✓" in label] == ["✓ 10 min", "✓ 1 hour", "✓ Evening before"]
    await ana.taps("Done")
    assert "the evening before, 1 hour before, 10 minutes before" in ana.last.text
    await world.passes(days=8)
    assert pushes(ana) == [
        "03-03 22:00 Reminder 18:00",
        "03-03 22:50 Reminder 18:00",
        "03-09 23:00 Reminder: tomorrow 18:00",
        "03-10 21:00 Reminder 18:00",
        "03-10 21:50 Reminder 18:00",
    ]


async def test_the_next_meeting_begins_with_the_lead_times_chosen_last(world: World) -> None:
    ana = await picked(world)
    await ana.taps("Change times")
    await ana.taps("30 min")
    await ana.taps("✓ 1 hour")
    await ana.taps("2", message=ana.find("Days"))
    await ana.taps("Every week")
    assert "30 minutes before" in ana.last.text
    assert "1 hour" not in ana.last.text


async def test_shortly_before_a_shorter_lead_time_serves_or_it_says_go(tmp_path: Path) -> None:
    async with world_at(tmp_path, datetime(2026, 3, 3, 22, 15, tzinfo=UTC)) as world:  # 17:15
        ana = await picked(world)
        assert "30 minutes before" in ana.last.text
        await world.passes(minutes=16)
        assert pushes(ana) == ["03-03 22:30 Reminder 18:00"]
    async with world_at(tmp_path, datetime(2026, 3, 3, 22, 55, tzinfo=UTC)) as world:
        ana = await picked(world)
        assert ana.last.key == "meetings/starts_soon"


async def test_a_second_reminder_for_the_same_meeting_takes_the_firsts_place(world: World) -> None:
    ana = await picked(world)
    await ana.taps("Every week", message=ana.find("I went"))
    with world.work() as work:
        assert [chosen.mode for chosen in work.session.exec(select(MeetingPick))] == ["weekly"]
    await world.passes(days=1)
    assert len(pushes(ana)) == 1


async def test_two_meetings_at_once_are_two_reminders(world: World) -> None:
    ana = await at_list(world, "Today", "1", "Remind me once", rows=[LANTERN, {**LANTERN, "slug": "bridge", "name": "Bridge"}])
    await ana.taps("2", message=ana.find("Days"))
    await ana.taps("Remind me once")
    await world.passes(days=1)
    assert [push[-5:] for push in pushes(ana)] == ["18:00", "18:00"]


async def test_no_reminder_after_it_was_taken_back(world: World) -> None:
    ana = await picked(world, "Every week")
    await ana.taps("No reminder")
    await world.passes(days=8)
    assert pushes(ana) == []


async def test_in_quiet_hours_it_comes_without_a_sound_and_that_was_said(world: World) -> None:
    ana = await at_list(world, "Tomorrow", "1", "Remind me once")
    assert "Tomorrow Group" in ana.find("I went").text
    assert "quiet hours" in ana.last.text
    await world.passes(days=1)
    reminder = next(one for one in ana.all if one.key == "meetings/reminder")
    assert reminder.message.silent


async def test_a_pause_and_the_switch_in_the_settings_are_obeyed(world: World) -> None:
    ana = await picked(world, "Every week")
    with world.work() as work:
        person = work.session.merge(ana.person)
        person.reminders_off = ["meetings"]
    await world.passes(days=1)
    assert pushes(ana) == []
    with world.work() as work:
        person = work.session.merge(ana.person)
        person.reminders_off, person.paused_until = [], work.now + timedelta(days=8)
    await world.passes(days=7)
    assert pushes(ana) == []
    await world.passes(days=7)
    assert len(pushes(ana)) == 1


async def test_it_goes_on_while_a_case_is_open(world: World) -> None:
    ana = await picked(world)
    await ana.says("I want to kill myself")
    await world.passes(hours=7, minutes=1)
    assert len(pushes(ana)) == 1


async def test_the_daily_cap_does_not_touch_them(world: World) -> None:
    rows = [{**LANTERN, "slug": f"m{number}", "name": f"Group {number}", "time": f"{13 + number}:00"} for number in range(4)]
    ana = await at_list(world, "Today", rows=rows)
    for number in "1234":
        await ana.taps(number, message=ana.find("Days"))
        await ana.taps("Remind me once")
    await world.passes(days=1)
    assert len(pushes(ana)) == 4


async def test_after_an_outage_there_is_no_burst(world: World) -> None:
    ana = await picked(world, "Every week")
    await ana.taps("Change times")
    for label in ("10 min", "30 min", "2 hours"):
        await ana.taps(label)
    world.clock.move_to(world.clock.now() + timedelta(hours=7, minutes=40))  # 17:40: three of four are overdue
    await world.tick()
    assert pushes(ana) == ["03-03 22:40 Reminder 18:00"]
    await world.passes(days=6)
    assert pushes(ana)[1:] == ["03-03 22:50 Reminder 18:00"]
    await world.passes(days=1)
    assert len(pushes(ana)) == 6


async def test_a_long_outage_loses_no_later_reminder(world: World) -> None:
    ana = await picked(world, "Every week")
    world.clock.move_to(world.clock.now() + timedelta(days=16))
    await world.tick()
    assert pushes(ana) == []
    await world.passes(days=7)
    assert pushes(ana) == ["03-24 21:00 Reminder 18:00"]


async def test_the_skipped_and_the_doubled_hour(tmp_path: Path) -> None:
    night = {**LANTERN, "day": 0, "time": "02:30", "slug": "night", "name": "Night"}
    async with world_at(tmp_path, datetime(2026, 3, 7, 15, 0, tzinfo=UTC)) as world:
        ana = await picked_at(world, "Tomorrow", night)
        await world.passes(days=9)
        # 02:30 does not exist on March 8: it is 03:30, 07:30 UTC; the week after 02:30 is 06:30 UTC.
        assert pushes(ana) == ["03-08 06:30 Reminder 03:30", "03-15 05:30 Reminder 02:30"]
    twice = {**LANTERN, "day": 0, "time": "01:30", "slug": "twice", "name": "Twice"}
    async with world_at(tmp_path, datetime(2026, 10, 31, 15, 0, tzinfo=UTC)) as world:
        ana = await picked_at(world, "Tomorrow", twice)
        await world.passes(days=3)
        assert pushes(ana) == ["11-01 04:30 Reminder 01:30"]  # the first of the two


async def picked_at(world: World, day: str, row: dict[str, Any]) -> Phone:
    """A patient with a weekly reminder of this one meeting."""
    return await at_list(world, day, "1", "Every week", rows=[row])


async def test_who_moves_from_new_york_to_madrid_with_ten_weekly_reminders(world: World) -> None:
    rows = [
        {**LANTERN, "slug": f"m{number}", "name": f"Group {number}", "day": number % 7, "time": f"{12 + number}:15"} for number in range(10)
    ]
    load(world, rows)
    ana = await world.enrol()
    await ana.says("/meetings")
    for number in range(10):
        with world.work() as work:
            meeting = work.session.exec(select(Meeting).where(Meeting.key == f"m{number}")).one().id
        await ana.forges(f"meetings.weekly:{meeting}:{number % 7}")
    await ana.taps("Change times")  # of the last one, Tuesday 21:15: the evening before as well
    await ana.taps("Evening before")
    before = waiting(world)
    with world.work() as work:
        settings.move(work, work.session.merge(ana.person), Place("ES", "Europe/Madrid"))
    await world.tick()
    after = waiting(world)
    assert len(before) == len(after) == 11
    # What hangs on the meeting's own clock stays at the same instants; the evening before is 19:00 in Madrid now.
    evening = [key for key in before if key.endswith(":-1")]
    assert {key: at for key, at in before.items() if key not in evening} == {key: at for key, at in after.items() if key[-3:] != ":-1"}
    assert [at.astimezone(NEW_YORK).strftime("%a %H:%M") for key, at in before.items() if key in evening] == ["Mon 19:00"]
    assert [at.astimezone(MADRID).strftime("%a %H:%M") for key, at in after.items() if key.endswith(":-1")] == ["Tue 19:00"]
    ana.look()
    await world.passes(days=7)
    came = pushes(ana)
    assert len(came) == 11
    # The lock screen shows the start by the clock in Madrid: Tuesday 14:15 in New York is 20:15.
    assert any(push.endswith("Reminder 20:15") for push in came)


def waiting(world: World) -> dict[str, datetime]:
    """The reminders to come, by key."""
    with world.work() as work:
        statement = select(Due).where(Due.kind == "meeting.remind", Due.state == DueState.WAITING)
        return {row.key: row.due_at for row in work.session.exec(statement)}


@pytest.mark.parametrize("language", ["en", "es"])
async def test_what_the_bot_starts_is_neutral(world: World, language: str) -> None:
    ana = await world.enrol(language=language)
    load(world, LIST)
    await ana.says("/meetings")
    await ana.taps("Hoy" if language == "es" else "Today")
    await ana.taps("1")
    await ana.taps("Voy a ir" if language == "es" else "I'm going")
    await ana.taps("Recordar una vez" if language == "es" else "Remind me once")
    load(world, [{**LANTERN, "time": "19:00", "end_time": "20:00"}, *LIST[1:]])
    ana.look()
    await world.passes(hours=14)
    started = {reply.key: reply.text for reply in ana.replies}
    assert {"meetings/changed", "meetings/reminder", "meetings/after"} <= set(started)
    for key in ("meetings/changed", "meetings/reminder", "meetings/after"):
        for word in ("Lantern", "AA", "meeting", "reunión", "group", "grupo"):
            assert word.casefold() not in started[key].casefold()


async def test_a_reminder_is_stored_once_however_often_it_is_planned(world: World) -> None:
    ana = await picked(world, "Every week")
    for _ in range(3):
        with world.work() as work:
            settings.move(work, work.session.merge(ana.person), Place("US", "America/New_York"))
        await world.passes(minutes=1)
    assert len(waiting(world)) == 1
    await world.passes(hours=8)
    with world.work() as work:
        assert len([row for row in work.session.exec(select(Outbox)) if row.template == "meetings/reminder"]) == 1
