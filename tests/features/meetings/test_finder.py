"""The finder in the chat: the list that changes in place, places, towns, filters, the card. It is Tuesday, 10:00 in New York."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from bot.models import MeetingBrowse, Outbox
from tests.features.meetings.imported import load
from tests.world import Phone, World, world_at

LANTERN: dict[str, Any] = {
    "name": "Lantern Group",
    "slug": "lantern",
    "day": 2,
    "time": "18:00",
    "end_time": "19:00",
    "types": ["O", "W"],
    "formatted_address": "12 Harbor Lane, New York, NY 10001, USA",
    "location": "Lantern House",
    "latitude": 40.71,
    "longitude": -74.0,
    "attendance_option": "in_person",
    "notes": "Side door <b>please</b>",
    "updated": "2026-01-31 10:00:00",
    "url": "https://meetings.example.org/lantern",
}
EARLY: dict[str, Any] = {
    "name": "Early Online",
    "slug": "early",
    "day": [1, 2, 3, 4, 5],
    "time": "20:30",
    "types": ["O", "ONL", "S"],
    "conference_url": "https://meet.example.org/early?pwd=secret",
    "conference_url_notes": "Passcode 1234",
    "conference_phone": "+12125550100",
    "attendance_option": "online",
}
ARRANGED: dict[str, Any] = {
    "name": "By arrangement",
    "slug": "arranged",
    "formatted_address": "3 Pier Street, New York, NY 10001, USA",
    "latitude": 40.712,
    "longitude": -74.0,
    "attendance_option": "in_person",
}
TOMORROW: dict[str, Any] = {
    "name": "Tomorrow Group",
    "slug": "tomorrow",
    "day": 3,
    "time": "07:00",
    "types": ["C", "M"],
    "formatted_address": "40 Hill Road, Boston, MA 02101, USA",
    "latitude": 42.36,
    "longitude": -71.06,
    "attendance_option": "in_person",
}
LIST = [LANTERN, EARLY, ARRANGED, TOMORROW]


async def at_list(world: World, *taps: str, rows: list[dict[str, Any]] | None = None, **about: Any) -> Phone:
    """A patient who has opened the finder and tapped these."""
    load(world, LIST if rows is None else rows)
    ana = await world.enrol(**about)
    await ana.says("/meetings")
    for label in taps:
        await ana.taps(label)
    return ana


async def looks_near(ana: Phone, town: str) -> None:
    """Type a town."""
    await ana.taps("Near me")
    await ana.says(town)


async def test_without_any_list_there_are_still_other_groups(world: World) -> None:
    ana = await world.enrol()
    await ana.says("/meetings")
    assert ana.keys == ["meetings/none_yet"]
    await ana.taps("Other groups")
    assert ana.last.key == "meetings/links"
    urls = [url for row in ana.last.message.buttons for _, url in row]
    assert len(urls) == 6
    assert all(url.startswith("https://") for url in urls)


async def test_today_shows_what_is_still_to_come_and_changes_in_place(world: World) -> None:
    ana = await at_list(world)
    before = len(ana.all)
    await ana.taps("Today")
    assert "Lantern Group" in ana.last.text
    assert "18:00" in ana.last.text
    assert "Tomorrow Group" not in ana.last.text
    await ana.taps("Days")
    await ana.taps("Tomorrow")
    assert "Tomorrow Group" in ana.last.text
    assert "Lantern Group" not in ana.last.text
    assert len(ana.all) == before


async def test_now_means_what_has_just_begun_and_the_next_three_hours(tmp_path: Path) -> None:
    async with world_at(tmp_path, datetime(2026, 3, 3, 23, 10, tzinfo=UTC)) as world:  # 18:10
        ana = await at_list(world, "Now")
        assert "Lantern Group" in ana.last.text
        assert "(has begun)" in ana.last.text
        assert "Early Online" in ana.last.text
        await world.passes(minutes=25)
        await ana.taps("Days")
        await ana.taps("Now")
        assert "Lantern Group" not in ana.last.text


async def test_pages_turn_by_one_edit_each(world: World) -> None:
    times = [(f"Group {number:02}", f"{12 + number // 4}:{number % 4 * 15:02}") for number in range(12)]
    ana = await at_list(world, "Today", rows=[{**LANTERN, "slug": name, "name": name, "time": at} for name, at in times])
    messages = len(ana.all)
    assert [label for label in ana.last.labels if label.isdecimal()] == ["1", "2", "3", "4", "5"]
    assert "Group 00" in ana.last.text
    await ana.taps("More ›")
    assert "Group 05" in ana.last.text
    assert "Group 00" not in ana.last.text
    await ana.taps("More ›")
    assert [label for label in ana.last.labels if label.isdecimal()] == ["1", "2"]
    assert "More ›" not in ana.last.labels
    await ana.taps("‹ Earlier")
    assert "Group 05" in ana.last.text
    await ana.taps("1")
    assert "Group 05" in ana.last.text
    assert len(ana.all) == messages + 1
    with world.work() as work:
        edits = work.session.exec(select(Outbox).where(Outbox.kind == "edit")).all()
    assert len(edits) == 4  # Today, and three turns


async def test_near_me_asks_for_the_place_and_sorts_by_distance(world: World) -> None:
    bridge = {**LANTERN, "slug": "bridge", "name": "Bridge", "latitude": 40.719, "time": "21:00"}
    ana = await at_list(world, "Near me", rows=[*LIST, bridge])
    assert ana.last.key == "meetings/ask_place"
    await ana.shares_location(40.72, -74.0)
    assert ana.keys == ["meetings/place_used", "meetings/list"]
    assert "Lantern House · AA · 0.7 mi" in ana.last.text
    assert ana.last.text.index("Bridge") < ana.last.text.index("Lantern Group") < ana.last.text.index("by appointment")
    assert "Tomorrow Group" not in ana.last.text
    assert "Early Online" not in ana.last.text


async def test_ways_are_told_in_kilometres_where_people_use_them(world: World) -> None:
    ana = await at_list(world, "Cerca de mí", country="MX", language="es")
    await ana.shares_location(40.72, -74.0)
    assert "AA · 1.1 km" in ana.last.text


@pytest.mark.parametrize("typed", ["Boston", "boston ma", "bosten"])
async def test_a_town_can_be_typed(world: World, typed: str) -> None:
    ana = await at_list(world)
    await looks_near(ana, typed)
    assert "near Boston" in ana.last.text
    assert "Tomorrow Group" in ana.last.text
    assert "Lantern" not in ana.last.text


async def test_a_name_in_two_regions_asks_which(world: World) -> None:
    east, west = ("1 Elm St, Springfield, MA 01101, USA", 42.1, -72.6), ("3 Elm St, Springfield, IL 62701, USA", 39.8, -89.6)
    rows = [
        {**LANTERN, "slug": name, "name": name, "formatted_address": address, "latitude": latitude, "longitude": longitude}
        for name, (address, latitude, longitude) in (("East", east), ("West", west))
    ]
    ana = await at_list(world, rows=rows)
    await looks_near(ana, "Springfield")
    assert ana.keys == ["meetings/which_town"]
    assert ana.last.labels == ["Springfield, IL", "Springfield, MA"]
    await ana.taps("Springfield, IL")
    assert "West" in ana.last.text
    assert "East" not in ana.last.text


async def test_near_me_can_be_declined_and_other_words_are_answered_kindly(world: World) -> None:
    ana = await at_list(world, "Near me")
    await ana.says("Atlantis")
    assert ana.keys == ["meetings/town_unknown"]
    await ana.taps_keyboard("Not now")
    assert ana.last.key == "meetings/start"
    await ana.taps("Today")
    assert "Lantern Group" in ana.last.text


@pytest.mark.parametrize(("latitude", "longitude"), [(38.0, -45.0), (90.0, 0.0), (-89.9, 120.0), (0.0, 180.0), (0.1, -179.99)])
async def test_from_the_sea_a_pole_or_the_date_line_the_nearest_place_is_offered(world: World, latitude: float, longitude: float) -> None:
    ana = await at_list(world, "Near me")
    await ana.shares_location(latitude, longitude)
    assert ana.last.key == "meetings/none_found"
    assert "The nearest place with one is" in ana.last.text
    assert "Online" in ana.last.labels
    town = next(label for label in ana.last.labels if label in ("Boston", "New York"))
    await ana.taps(town)
    assert f"near {town}" in ana.last.text
    assert "1." in ana.last.text


async def test_filters_combine_and_stay_while_browsing(world: World) -> None:
    load(world, [{**LANTERN, "name": "Bridge", "types": ["W", "C"]}], fellowship="na", source="na.json")
    ana = await at_list(world, "Today", "Filters", "Type", "Women")
    assert "✓ Women" in ana.last.labels
    assert "Sign language" not in ana.last.labels  # no list has it
    await ana.taps("Show list")
    assert "Only: Women" in ana.last.text
    assert "Bridge" in ana.last.text
    assert "Lantern" in ana.last.text
    assert "Early" not in ana.last.text
    await ana.taps("Filters")
    await ana.taps("Group")
    assert [label for label in ana.last.labels if label in ("AA", "NA")] == ["AA", "NA"]
    await ana.taps("NA")
    await ana.taps("Show list")
    assert "Only: NA, Women" in ana.last.text
    assert "Lantern Group" not in ana.last.text
    await ana.taps("Days")
    await ana.taps("Tomorrow")
    assert "Only: NA, Women" in ana.last.text
    assert "I found nothing for this" in ana.last.text
    await ana.taps("Clear filters")
    assert "Tomorrow Group" in ana.last.text


async def test_open_leaves_out_closed_ones_and_takes_the_place_of_closed(world: World) -> None:
    ana = await at_list(world, "Tomorrow", "Filters", "Type", "Closed", "Open")
    assert "✓ Open" in ana.last.labels
    assert "Closed" in ana.last.labels
    await ana.taps("Show list")
    assert "Tomorrow Group" not in ana.last.text


async def test_a_language_can_be_chosen(world: World) -> None:
    ana = await at_list(world, "Today", "Filters", "Language", "Spanish")
    assert "Now only: Spanish" in ana.last.text
    await ana.taps("Show list")
    assert "Early Online" in ana.last.text
    assert "Lantern" not in ana.last.text


async def test_any_label_of_a_list_is_a_group_of_its_own(world: World) -> None:
    load(world, [{**LANTERN, "name": "Dharma Evening", "slug": "d"}], fellowship="Recovery Dharma", source="rd.json")
    ana = await at_list(world, "Today", "Filters", "Group", "Recovery Dharma", "Show list")
    assert "Dharma Evening" in ana.last.text
    assert "Lantern Group" not in ana.last.text


async def test_online_shows_what_can_be_joined_from_anywhere(world: World) -> None:
    ana = await at_list(world, "Online")
    assert "Early Online" in ana.last.text
    assert "Lantern" not in ana.last.text
    await ana.taps("Place")
    await ana.taps("Everywhere")
    assert "Lantern" in ana.last.text


async def test_the_card_escapes_what_the_feed_sends_and_says_how_old_it_is(world: World) -> None:
    ana = await at_list(world, "Today", "1")
    assert ana.last.key == "meetings/details"
    assert "12 Harbor Lane" in ana.last.text
    assert "Side door please" in ana.last.text
    assert "Listing updated Jan 31, 2026" in ana.last.text
    assert "check before you go" in ana.last.text
    assert {"Map", "Its page", "Remind me once", "Every week", "I'm going", "I went", "☆ Favorite", "Calendar file"} <= set(ana.last.labels)
    await ana.taps("Map")
    venue = ana.user.received[-1].venue
    assert venue is not None
    assert venue["title"] == "Lantern House"


async def test_an_online_card_has_the_link_the_number_and_both_clocks(world: World) -> None:
    ana = await at_list(world, "Online", zone="Europe/Madrid")
    await ana.taps("1")
    assert "20:30 there. For you: Wednesday 02:30" in ana.last.text
    assert "Passcode 1234" in ana.last.text
    assert "+12125550100" in ana.last.text
    assert "Join online" in ana.last.labels
    assert "Map" not in ana.last.labels


async def test_one_by_appointment_is_shown_but_cannot_be_picked(world: World) -> None:
    ana = await at_list(world)
    await looks_near(ana, "New York")
    number = "1" if ana.last.text.index("By arrangement") < ana.last.text.index("Lantern") else "2"
    await ana.taps(number)
    assert "By appointment" in ana.last.text
    assert "Remind me once" not in ana.last.labels
    await ana.forges(f"meetings.once:{ana.last.message.buttons[-1][0][1].split(':')[1]}:2")
    assert ana.last.key == "meetings/by_appointment"


async def test_inactive_ones_are_not_offered(world: World) -> None:
    ana = await at_list(world, "Today", rows=[{**LANTERN, "attendance_option": "inactive"}, EARLY])
    assert "Lantern" not in ana.last.text


async def test_a_home_group_and_favourites_are_found_again(world: World) -> None:
    ana = await at_list(world, "Today", "1")
    await ana.taps("★ Home group")
    assert "Your home group" in ana.last.text
    await ana.taps("2", message=ana.find("Days"))
    await ana.taps("☆ Favorite")
    await ana.says("/meetings")
    await ana.taps("My meetings")
    assert "★ Home group: Lantern Group" in ana.last.text
    assert "☆ Early Online" in ana.last.text
    await ana.taps("★ Lantern Group")
    assert "12 Harbor Lane" in ana.last.text
    await ana.taps("Remove favorite")
    await ana.taps("My meetings")
    assert "Lantern" not in ana.last.text


async def test_only_one_is_the_home_group(world: World) -> None:
    ana = await at_list(world, "Today", "1", "★ Home group")
    await ana.taps("2", message=ana.find("Days"))
    await ana.taps("★ Home group")
    await ana.says("/meetings")
    await ana.taps("My meetings")
    assert "★ Home group: Early Online" in ana.last.text
    assert "☆ Lantern Group" in ana.last.text


async def test_where_somebody_was_is_forgotten_after_some_hours(world: World) -> None:
    ana = await at_list(world, "Near me")
    await ana.shares_location(40.72, -74.0)
    with world.work() as work:
        row = work.session.exec(select(MeetingBrowse)).one()
        assert b"40.72" not in row.search
    await world.passes(hours=8)
    with world.work() as work:
        assert work.session.exec(select(MeetingBrowse)).first() is None
    await ana.taps("Days")
    await ana.taps("Any day")
    assert "near you" not in ana.last.text


async def test_an_old_list_begins_anew_when_it_is_turned(world: World) -> None:
    rows = [{**LANTERN, "slug": f"m{number}", "name": f"Group {number:02}", "time": f"{11 + number}:00"} for number in range(12)]
    ana = await at_list(world, "Today", rows=rows)
    await world.passes(hours=3)
    await ana.taps("More ›")
    assert "Group 00" not in ana.last.text
    assert "Group 03" in ana.last.text


async def test_other_commands_work_while_the_place_is_asked_for(world: World) -> None:
    ana = await at_list(world, "Near me")
    await ana.says("/help")
    assert "help/patient" in ana.keys
    await ana.says("Boston")
    assert "near Boston" in ana.last.text


@pytest.mark.parametrize(
    "data",
    [
        "meetings.show:999:2",
        "meetings.show:x:y",
        "meetings.show:1:9",
        "meetings.once:1:9",
        "meetings.undo:77",
        "meetings.show:1",
        "meetings.when:never",
        "meetings.page:99999999",
        "meetings.fellowship:99",
        "meetings.kind:nothing",
        "meetings.speak:QQ",
        "meetings.town:0",
        "meetings.lead:1:7",
        "meetings.leads:1",
        "meetings.after:1",
        "meetings.how:1:bad",
        "meetings.reminder:1",
        "meetings.ride:1",
        "meetings.file:0:0:3",
        "meetings.file:9:9:x",
        "meetings.pin:2:2",
        "meetings.nearest",
        "meetings.remove:1",
    ],
)
async def test_forged_buttons_change_nothing_and_are_answered(world: World, data: str) -> None:
    load(world, LIST)
    ana, ben = await world.enrol("Ana"), await world.enrol("Ben")
    await ana.says("/meetings")
    await ana.taps("Today")
    await ana.taps("1")
    await ana.taps("Every week")
    await ben.says("/meetings")
    toast = await ben.forges(data)
    assert toast or ben.replies or ben.last.text
    await ben.forges("meetings.undo:1")
    await ana.taps("My meetings")
    assert "Lantern Group" in ana.last.text
    await ben.says("/meetings")
    await ben.taps("My meetings")
    assert "Lantern Group" not in ben.last.text


async def test_in_spanish(world: World) -> None:
    ana = await at_list(world, "Hoy", language="es")
    assert "Hoy" in ana.last.text
    await ana.taps("1")
    assert "Datos del" in ana.last.text
    await ana.taps("Recordar una vez")
    assert "Se lo recordaré el martes 3 de marzo a las 17:00" in ana.last.text


async def test_a_room_that_is_always_open_is_there_at_any_hour(tmp_path: Path) -> None:
    room = {**EARLY, "slug": "room", "name": "Open Room", "day": [0, 1, 2, 3, 4, 5, 6], "time": "00:00", "end_time": "23:59"}
    long = {**EARLY, "slug": "long", "name": "Long Evening", "day": [2], "time": "20:30", "end_time": "22:30"}
    async with world_at(tmp_path, datetime(2026, 3, 4, 2, 45, tzinfo=UTC)) as world:  # 21:45
        ana = await at_list(world, "Now", rows=[room, long, LANTERN])
        assert "Tuesday 00:00 (has begun) · Open Room" in ana.last.text
        assert "Wednesday 00:00 · Open Room" not in ana.last.text
        assert "Long Evening" not in ana.last.text  # it began more than half an hour ago
        assert "Lantern" not in ana.last.text
        await ana.taps("1")
        assert "(has begun)" in ana.last.text
        await ana.taps("I'm going")
        assert "Tuesday, March 3, 00:00" in ana.last.text


async def test_days_stay_when_the_place_changes_and_begin_anew_with_the_command(world: World) -> None:
    ana = await at_list(world, "Tomorrow", "Place", "Online")
    assert "Tomorrow, online" in ana.last.text
    await ana.says("/meetings")
    await ana.taps("Online")
    assert "Any day, online" in ana.last.text
    await ana.taps("1")
    await ana.taps("☆ Favorite")
    await ana.says("/meetings")
    await ana.taps("My meetings")
    await ana.taps("Find meetings")
    assert "What would you like to see?" in ana.last.text


async def test_my_meetings_tell_both_clocks_when_they_differ(world: World) -> None:
    ana = await at_list(world, "Tomorrow", "1", "Every week", "My meetings", rows=[LANTERN], zone="Europe/Madrid")
    assert "Tuesday 18:00 there (for you Wednesday 00:00) · Lantern Group" in ana.last.text
    bea = await world.enrol("Bea")
    await bea.says("/meetings")
    for label in ("Today", "1", "Every week", "My meetings"):
        await bea.taps(label)
    assert "Tuesday 18:00 · Lantern Group" in bea.last.text
