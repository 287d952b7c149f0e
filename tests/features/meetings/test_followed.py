"""What a new list does to those who picked one of its meetings: renames, moves, online, gone, back. They are told once each, neutrally."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from bot.features.meetings import feed_state, store
from bot.models import Meeting, MeetingPick
from tests.features.meetings.imported import load
from tests.features.meetings.test_reminders import picked, pushes
from tests.world import Phone, World

PLACE = {"formatted_address": "12 Harbor Lane, New York, NY 10004, USA", "latitude": 40.71, "longitude": -74.0, "location": "Lantern House"}
LANTERN: dict[str, Any] = {
    "id": 7,
    "slug": "lantern",
    "name": "Lantern Group",
    "day": 2,
    "time": "18:00",
    "attendance_option": "in_person",
    **PLACE,
}
OTHERS: list[dict[str, Any]] = [
    {"id": 8, "slug": "boats", "name": "Paper Boats", "day": 3, "time": "07:00", "attendance_option": "in_person", **PLACE},
    {"id": 9, "slug": "pier", "name": "Pier Group", "day": 4, "time": "07:00", "attendance_option": "in_person", **PLACE},
]
LIST = [LANTERN, *OTHERS]


async def weekly(world: World, **about: Any) -> Phone:
    return await picked(world, "Every week", rows=LIST, **about)


async def told(world: World, phone: Phone, rows: list[dict[str, Any]]) -> list[str]:
    """The keys of what the phone got after an import, which is done twice."""
    phone.look()
    load(world, rows)
    assert load(world, rows).changed_picks == 0
    await world.settle()
    assert not any("Lantern" in reply.text or "meeting" in reply.text.casefold() for reply in phone.replies)
    return phone.keys


async def news(phone: Phone) -> str:
    await phone.taps("Open")
    return phone.last.text


async def test_a_renamed_slug_is_followed_in_silence(world: World) -> None:
    ana = await weekly(world)
    assert await told(world, ana, [{**LANTERN, "slug": "lantern-group-of-harbor"}, *OTHERS]) == []
    await world.passes(days=8)
    assert pushes(ana) == ["03-03 22:00 Reminder 18:00", "03-10 21:00 Reminder 18:00"]


async def test_what_does_not_matter_is_not_told(world: World) -> None:
    ana = await weekly(world)
    assert await told(world, ana, [{**LANTERN, "notes": "Bring a cup.", "updated": "2026-03-01 12:00:00"}, *OTHERS]) == []


@pytest.mark.parametrize(
    ("changes", "says", "reminder"),
    [
        ({"time": "19:30"}, "New time: Tuesday 19:30", "03-03 23:30 Reminder 19:30"),
        ({"day": 3}, "New time: Wednesday 18:00", "03-04 22:00 Reminder 18:00"),
        ({"timezone": "America/Chicago"}, "New time: Tuesday 18:00 there. For you: Tuesday 19:00.", "03-03 23:00 Reminder 19:00"),
        ({"formatted_address": "9 Kettle Row, New York, NY 10004, USA"}, "new place", "03-03 22:00 Reminder 18:00"),
        ({"attendance_option": "online", "conference_url": "https://meet.example.org/1"}, "online only", "03-03 22:00 Reminder 18:00"),
    ],
)
async def test_a_move_is_told_once_and_the_reminder_follows(world: World, changes: dict[str, Any], says: str, reminder: str) -> None:
    ana = await weekly(world)
    assert await told(world, ana, [{**LANTERN, **changes}, *OTHERS]) == ["meetings/changed"]
    assert says in await news(ana)
    await world.passes(days=2)
    assert pushes(ana) == [reminder]


async def test_renamed_and_moved_at_once(world: World) -> None:
    ana = await weekly(world)
    assert await told(world, ana, [{**LANTERN, "slug": "other", "time": "19:30"}, *OTHERS]) == ["meetings/changed"]
    await world.passes(days=1)
    assert pushes(ana) == ["03-03 23:30 Reminder 19:30"]


@pytest.mark.parametrize(
    "rows",
    [
        OTHERS,
        [{**LANTERN, "attendance_option": "inactive"}, *OTHERS],
        [{**LANTERN, "day": [4, 5]}, *OTHERS],
        [{**LANTERN, "time": ""}, *OTHERS],
    ],
)
async def test_gone_is_told_once_and_so_is_back(world: World, rows: list[dict[str, Any]]) -> None:
    ana = await weekly(world)
    assert await told(world, ana, rows) == ["meetings/changed"]
    assert "no longer listed" in await news(ana)
    await world.passes(days=8)
    assert pushes(ana) == []
    assert await told(world, ana, rows) == []
    assert await told(world, ana, [{**LANTERN, "time": "19:00"}, *OTHERS]) == ["meetings/changed"]
    said = await news(ana)
    assert "back on the list" in said
    assert "19:00" in said
    await world.passes(days=8)
    assert pushes(ana) == ["03-17 22:00 Reminder 19:00"]


async def test_back_in_spanish(world: World) -> None:
    ana = await picked(world, "Every week", rows=LIST)
    with world.work() as work:
        pick = work.session.exec(select(MeetingPick)).one()
        assert pick.gone_at is None
    await told(world, ana, OTHERS)
    await told(world, ana, LIST)
    with world.work() as work:
        pick = work.session.exec(select(MeetingPick)).one()
        assert (pick.gone_at, pick.cancelled_at, pick.changes) == (None, None, ["back"])
        text = work.content.texts.render(
            "meetings/news", "es", {"zone": "UTC", "entries": [{"name": "A", "weekday": 2, "wall": "18:00", "changes": ["back"]}]}
        )
    assert "Ha vuelto a la lista" in text


async def test_who_stopped_the_reminders_is_told_nothing(world: World) -> None:
    ana = await weekly(world)
    with world.work() as work:
        pick = work.session.exec(select(MeetingPick)).one()
        pick.cancelled_at = work.now
    assert await told(world, ana, OTHERS) == []
    assert await told(world, ana, LIST) == []


async def test_one_reminder_whose_day_is_over_does_not_come_back(world: World) -> None:
    ana = await picked(world, "Remind me once", rows=LIST)
    assert await told(world, ana, OTHERS) == ["meetings/changed"]
    await world.passes(days=8)
    assert await told(world, ana, LIST) == []


async def test_a_removed_feed_ends_its_reminders(world: World) -> None:
    ana = await weekly(world)

    def step(unit: Any) -> None:
        with world.work() as work:
            unit(work)

    from bot.features.meetings import importing

    unit = importing.Unit(step)
    feed_id = load(world, LIST).feed_id
    unit(feed_state.remove, feed_id)
    assert importing.follow(unit, feed_id) == 1
    await world.settle()
    assert ana.keys == ["meetings/changed"]
    await world.passes(days=8)
    assert pushes(ana) == []


async def test_everyone_who_picked_it_is_told(world: World) -> None:
    phones = [await weekly(world), await world.enrol("Ben"), await world.enrol("Cleo")]
    with world.work() as work:
        first = work.session.exec(select(MeetingPick)).one()
        for phone in phones[1:]:
            assert phone.person_id is not None
            values = first.model_dump(exclude={"id", "person_id"})
            work.session.add(MeetingPick(**values, person_id=phone.person_id))
    assert load(world, OTHERS).changed_picks == 3


async def test_a_list_that_changes_as_a_whole_is_followed_too_and_old_buttons_lead_on(world: World) -> None:
    fillers = [{"slug": f"f{number}", "name": f"Filler {number}", "day": 5, "time": "07:00", **PLACE} for number in range(150)]
    ana = await picked(world, "Every week", rows=[*LIST, *fillers])
    with world.work() as work:
        before = work.session.exec(select(Meeting).where(Meeting.key == "lantern")).one().id
    moved = [{**row, "time": "19:30"} for row in [*LIST, *fillers]]
    ana.look()
    assert load(world, moved).changed_picks == 1
    await world.settle()
    assert ana.keys == ["meetings/changed"]
    with world.work() as work:
        found = store.shown(work.session, before or 0)
        assert found is not None
        assert (found[0].id != before, found[0].time) == (True, "19:30")
    await world.passes(days=1)
    assert pushes(ana) == ["03-03 23:30 Reminder 19:30"]
