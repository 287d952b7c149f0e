"""The finder's search against a plain look at every meeting: each zone, both changes of clock, midnight, the end of the week."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import delete, select

from bot.features.meetings import indexing, search, store, towns, windows
from bot.features.meetings.occurrences import occurrences
from bot.features.meetings.rules import distance_km
from bot.features.meetings.search import Ask, Spot
from bot.models import Feed, Meeting, MeetingFacet, MeetingSlot, MeetingTown
from bot.work import Work
from tests.features.meetings.imported import load
from tests.world import World

ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "Europe/Madrid",
    "Asia/Kolkata",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "America/St_Johns",
    "Africa/Casablanca",
)
MOMENTS = (
    "2026-10-24T22:10",  # Europe's clocks go back in the night
    "2026-11-01T04:40",  # those of the United States
    "2027-03-13T23:30",
    "2027-03-14T06:45",
    "2027-03-14T07:20",  # in the first hour after the gap: what stood in the gap is still to come
    "2027-03-27T23:59",
    "2027-04-03T13:30",  # Sydney
    "2026-10-03T15:10",
    "2026-12-31T22:30",
    "2027-01-02T23:50",  # the end of a week, over midnight
    "2027-02-07T01:15",  # Casablanca's clocks before and after Ramadan
    "2027-03-14T02:30",
)


def _rows() -> list[dict[str, Any]]:
    chance = random.Random(60)
    return [
        {
            "name": f"Group {number:04}",
            "slug": f"g{number:04}",
            "day": chance.sample(range(7), chance.choice((1, 1, 2, 5))),
            "time": f"{chance.choice((0, 1, 1, 2, 2, 2, 3, 7, 12, 19, 23)):02}:{chance.choice((0, 15, 30, 45)):02}",
            "timezone": chance.choice(ZONES),
            "types": chance.sample(["O", "C", "W", "M", "S", "X"], 2),
            "attendance_option": chance.choice(("in_person", "hybrid", "online", "inactive")),
            "conference_url": "https://meet.example.org/a",
            "formatted_address": f"{number} Oak Street, Anytown, NY 10001, USA",
            "latitude": chance.uniform(-60, 60),
            "longitude": chance.choice((chance.uniform(179, 180), chance.uniform(-180, -179), chance.uniform(-10, 10))),
        }
        for number in range(600)
    ]


def _plainly(work: Work, ask: Ask) -> set[tuple[int, datetime]]:
    """Every meeting whose first start in the span was computed from its own wall time and zone."""
    found = set()
    for meeting in work.session.exec(select(Meeting)):
        first = next(occurrences(store.to_row(meeting), ask.start, ask.end), None)
        if first is not None and (not ask.online or meeting.attendance in ("online", "hybrid")):
            found.add((meeting.id or 0, first.start_utc))
    return found


@pytest.mark.parametrize("moment", MOMENTS)
async def test_what_starts_in_a_span_is_found_in_every_zone(world: World, moment: str) -> None:
    load(world, _rows())
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    with world.work() as work:
        for hours in (3, 25, 7 * 24):
            ask = Ask(now, now + timedelta(hours=hours))
            hits = search.find(work.session, ask, limit=5000)
            assert {(hit.meeting.id, hit.start_at) for hit in hits} == _plainly(work, ask)
            assert [hit.start_at for hit in hits] == sorted(hit.start_at for hit in hits if hit.start_at)


async def test_pages_together_are_the_whole_list_in_its_order(world: World) -> None:
    load(world, _rows())
    now = datetime(2027, 3, 13, 23, 30, tzinfo=UTC)
    with world.work() as work:
        for ask in (
            Ask(now, now + timedelta(days=7), unlimited=True, online=True),
            Ask(now, now + timedelta(days=2)),
            Ask(now, now + timedelta(days=7), unlimited=True, around=Spot(0.0, 179.9), within_km=4000),
        ):
            whole = [hit.meeting.id for hit in search.find(work.session, ask, limit=1000)]
            pages = [search.find(work.session, ask, limit=5, offset=start) for start in range(0, len(whole), 5)]
            assert whole and [hit.meeting.id for page in pages for hit in page] == whole


@pytest.mark.parametrize(("latitude", "longitude"), [(0.0, 180.0), (10.0, -179.95), (-45.0, 179.9), (51.0, 0.0), (59.5, 5.0)])
async def test_surroundings_are_right_across_the_date_line(world: World, latitude: float, longitude: float) -> None:
    load(world, _rows())
    now = datetime(2027, 1, 1, tzinfo=UTC)
    with world.work() as work:
        ask = Ask(now, now + timedelta(days=7), unlimited=True, around=Spot(latitude, longitude), within_km=300)
        hits = search.find(work.session, ask, limit=1000)
        inside = {
            row.id
            for row in work.session.exec(select(Meeting))
            if row.attendance in ("in_person", "hybrid") and distance_km(latitude, longitude, row.latitude or 0, row.longitude or 0) <= 297
        }
        found = {hit.meeting.id for hit in hits}
        assert inside <= found
        assert all(hit.km is not None and hit.km <= 303 for hit in hits)


async def test_kinds_narrow_and_open_leaves_out_what_is_closed_too(world: World) -> None:
    load(world, _rows())
    now = datetime(2027, 1, 1, tzinfo=UTC)
    with world.work() as work:
        ask = Ask(now, now + timedelta(days=7), kinds=(("O",), ("W", "M")), without=("C",))
        hits = search.find(work.session, ask, limit=1000)
        assert hits
        assert all("O" in hit.meeting.types and "C" not in hit.meeting.types for hit in hits)
        assert all({"W", "M"} & set(hit.meeting.types) for hit in hits)
        assert search.find(work.session, Ask(now, now + timedelta(days=7), fellowship="na"), limit=10) == []


async def test_a_small_change_is_followed(world: World) -> None:
    load(world, _rows()[:5])
    with world.work() as work:
        feed = work.session.exec(select(Feed)).one()
        row = work.session.exec(select(Meeting).order_by(Meeting.key)).first()
        assert row is not None and row.id is not None and feed.current_import_id is not None
        row.attendance, row.days, row.time, row.timezone, row.types = "online", [3], "10:00", "Asia/Tokyo", ["ZZ"]
        work.session.flush()
        indexing.refresh(work, feed.current_import_id, [row.id])
        start = datetime(2027, 1, 6, 0, 30, tzinfo=UTC)
        hits = search.find(work.session, Ask(start, start + timedelta(hours=1), online=True, kinds=(("ZZ",),)), limit=10)
        assert [(hit.meeting.id, hit.start_at) for hit in hits] == [(row.id, start + timedelta(minutes=30))]
        row.attendance = "inactive"
        work.session.flush()
        indexing.refresh(work, feed.current_import_id, [row.id])
        assert search.find(work.session, Ask(start, start + timedelta(hours=1)), limit=10) == []


def _town_rows(*where: tuple[str, float | None, float | None]) -> list[dict[str, Any]]:
    return [
        {
            "name": f"Group {number}",
            "slug": f"t{number}",
            "day": 2,
            "time": "19:00",
            "formatted_address": address,
            "latitude": latitude,
            "longitude": longitude,
            "attendance_option": "in_person",
        }
        for number, (address, latitude, longitude) in enumerate(where)
    ]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Boston", "Boston"),
        ("boston, ma", "Boston"),
        ("Boston MA", "Boston"),
        ("bosotn", "Boston"),
        ("BOSTN", "Boston"),
        ("saint albert", "St. Albert"),
        ("st albert", "St. Albert"),
        ("malaga", "Málaga"),
        ("Málga", "Málaga"),
        ("san fran", "San Francisco"),
    ],
)
async def test_a_town_is_found_as_people_type_it(world: World, typed: str, name: str) -> None:
    load(
        world,
        _town_rows(
            ("1 Elm St, Boston, MA 02101, USA", 42.36, -71.06),
            ("2 Elm St, St. Albert, Alberta, T8N 5W1, Canada", None, None),
            ("Calle Larga 3, 29001 Málaga, Spain", 36.72, -4.42),
            ("4 Elm St, San Francisco, CA 94101, USA", 37.77, -122.42),
        ),
    )
    with world.work() as work:
        assert [town.name for town in search.towns_named(work.session, typed)] == [name]


@pytest.mark.parametrize("typed", ["", "?", "xy", "Bos Angeles", "Antarctica", "🙂", "x" * 500])
async def test_what_is_no_town_is_none(world: World, typed: str) -> None:
    load(world, _town_rows(("1 Elm St, Boston, MA 02101, USA", 42.36, -71.06)))
    with world.work() as work:
        assert search.towns_named(work.session, typed) == []


async def test_the_same_name_in_two_regions_gives_both(world: World) -> None:
    load(
        world,
        _town_rows(
            ("1 Elm St, Springfield, MA 01101, USA", 42.1, -72.6),
            ("2 Elm St, Springfield, MA 01101, USA", 42.11, -72.58),
            ("3 Elm St, Springfield, IL 62701, USA", 39.8, -89.6),
        ),
    )
    with world.work() as work:
        assert [(town.region, town.meetings) for town in search.towns_named(work.session, "springfeild")] == [("MA", 2), ("IL", 1)]
        assert [town.region for town in search.towns_named(work.session, "Springfield, il")] == ["IL"]


async def test_meetings_without_coordinates_are_found_by_their_town(world: World) -> None:
    load(world, _town_rows(("1 Elm St, Edmonton, Alberta, T6E 4E8, Canada", None, None)))
    now = datetime(2027, 1, 1, tzinfo=UTC)
    with world.work() as work:
        town = search.towns_named(work.session, "edmonton")[0]
        assert town.latitude is None
        hits = search.find(work.session, Ask(now, now + timedelta(days=7), unlimited=True, around=Spot(plain=town.plain)), limit=5)
        assert [hit.meeting.name for hit in hits] == ["Group 0"]


@pytest.mark.parametrize(("latitude", "longitude"), [(90.0, 0.0), (-90.0, 45.0), (0.0, -140.0), (71.0, 180.0)])
async def test_from_far_away_the_nearest_town_is_known(world: World, latitude: float, longitude: float) -> None:
    load(world, _town_rows(("1 Elm St, Boston, MA 02101, USA", 42.36, -71.06)))
    with world.work() as work:
        near = search.nearest_town(work.session, latitude, longitude)
        assert near is not None and near[0].name == "Boston"
        assert near[1] == pytest.approx(distance_km(latitude, longitude, 42.36, -71.06))
        now = datetime(2027, 1, 1, tzinfo=UTC)
        assert search.find(work.session, Ask(now, now + timedelta(days=7), around=Spot(latitude, longitude)), limit=5) == []


@pytest.mark.parametrize("zone", ZONES)
def test_the_persons_days_are_their_own(zone: str) -> None:
    now = datetime(2027, 3, 13, 23, 30, tzinfo=UTC)
    start, end = windows.day(now, zone, 1)
    assert windows.from_now_to_midnight(now, zone)[1] == start
    assert end - start in (timedelta(hours=23), timedelta(hours=24))
    saturday, monday = windows.weekend(now, zone)
    assert monday - saturday <= timedelta(days=2)


def test_towns_of_addresses() -> None:
    named = {
        "3186 Pullman St, Costa Mesa, CA 92626, USA": ("Costa Mesa", "CA"),
        "8318 104 St, Edmonton, Alberta, T6E 4E8, Canada": ("Edmonton", "Alberta"),
        "10 Market Street, London SW1A 2AA, UK": ("London", "UK"),
        "Calle Mayor 5, 28013 Madrid, Spain": ("Madrid", "Spain"),
        "12 Harbor Lane, New York, NY": ("New York", "NY"),
        "12 Harbor Lane": None,
        "United States": None,
        "": None,
    }
    for address, expected in named.items():
        found = towns.of_address(address)
        assert ((found.name, found.region) if found else None) == expected


async def test_a_town_under_its_state_and_under_its_country_is_one(world: World) -> None:
    load(world, _town_rows(("1 Elm St, Edmonton, Alberta, T6E 4E8, Canada", None, None), ("Edmonton, Canada", None, None)))
    with world.work() as work:
        assert [(town.name, town.region, town.meetings) for town in search.towns_named(work.session, "edmonton")] == [
            ("Edmonton", "Alberta", 2)
        ]


async def test_a_list_from_before_the_index_is_indexed_by_itself(world: World) -> None:
    load(world, _rows()[:20])
    with world.work() as work:
        feed = work.session.exec(select(Feed)).one()
        assert feed.current_import_id is not None
        for table in (MeetingSlot, MeetingTown, MeetingFacet):
            work.session.execute(delete(table))
        assert indexing.missing(work) == [feed.current_import_id]

    def unit(work_function: Callable[..., Any], *args: Any) -> Any:
        with world.work() as work:
            return work_function(work, *args)

    indexing.catch_up(unit)
    with world.work() as work:
        now = datetime(2027, 1, 1, tzinfo=UTC)
        assert search.find(work.session, Ask(now, now + timedelta(days=7)), limit=10)
        assert indexing.missing(work) == []
