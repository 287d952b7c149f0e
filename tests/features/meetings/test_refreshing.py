"""The running bot reads its feeds again: when they are due, by one replica, conditionally, with patience; nothing waits for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from bot.features.meetings import feed_state, importing, refreshing
from bot.features.meetings.fetching import Limits
from bot.features.meetings.refreshing import Refresher
from bot.models import Feed
from tests.features.meetings.lists import Lists, Request, sends, sends_json, serving, versioned
from tests.world import World

SMALL = Limits(total_s=2.0, idle_s=0.5, size=5_000_000)


def rows(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [
        {
            "slug": f"g{number}",
            "name": f"Group {number}",
            "day": number % 7,
            "time": "18:00",
            "formatted_address": "1 Pier St, A, NY 1, USA",
        }
        | changes
        for number in range(count)
    ]


@pytest.fixture
async def lists() -> AsyncIterator[Lists]:
    async with serving(versioned(rows(5), '"v1"')) as made:
        yield made


@pytest.fixture
def private(world: World) -> World:
    settings = world.app.services.settings
    object.__setattr__(settings, "feed_allow_private", True)
    return world


def refresher(world: World) -> Refresher:
    return Refresher(world.app.services, limits=SMALL, jitter=lambda: 0.5)


def add(world: World, source: str, document: Any = None) -> int:
    """A feed as `waymark meetings import ADDRESS` leaves it, due a day later."""

    def step(unit: Any) -> None:
        with world.work() as work:
            unit(work)

    data = json.dumps(document if document is not None else rows(5)).encode()
    unit = importing.Unit(step)
    done = importing.run(unit, world.app.services.content, data, fellowship="aa", source=source, zone="America/New_York")
    unit(feed_state.set_every, done.feed_id, 24)
    return done.feed_id


def feed(world: World) -> Feed:
    with world.work() as work:
        found: Feed = work.session.exec(select(Feed)).one()
        return found


async def test_nothing_is_read_before_it_is_due(private: World, lists: Lists) -> None:
    add(private, lists.url())
    assert not await refresher(private).once()
    await private.passes(hours=23)
    assert not await refresher(private).once()
    assert lists.asked == []


async def test_a_feed_is_read_daily_and_conditionally(private: World, lists: Lists) -> None:
    add(private, lists.url())
    reading = refresher(private)
    for _ in range(3):
        await private.passes(hours=24, minutes=1)
        assert await reading.once()
        assert not await reading.once()
    assert [request.headers.get("if-none-match") for request in lists.asked] == [None, '"v1"', '"v1"']
    found = feed(private)
    assert (found.state, found.failures) == ("ok", 0)
    assert found.checked_at == private.clock.now()


async def test_with_other_content_the_same_list_is_read_again(private: World, lists: Lists) -> None:
    add(private, lists.url())
    reading = refresher(private)
    await private.passes(hours=25)
    await reading.once()
    with private.work() as work:
        work.session.exec(select(Feed)).one().read_with = "another"
    await private.passes(hours=25)
    await reading.once()
    await private.passes(hours=25)
    await reading.once()
    assert [request.headers.get("if-none-match") for request in lists.asked] == [None, None, '"v1"']


async def test_what_changed_is_shown_and_its_people_are_told_once(private: World, lists: Lists) -> None:
    add(private, lists.url())
    lists.answer = versioned(rows(6, time="19:00"), '"v2"')
    await private.passes(hours=25)
    await refresher(private).once()
    with private.work() as work:
        (found, row), *_ = feed_state.listed(work.session)
        assert row is not None
        assert (row.rows, found.etag) == (6, '"v2"')


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (sends(b"<html>maintenance</html>"), "web page"),
        (sends(b"", "503 Busy"), "503"),
        (sends_json({"error": "closed"}), "error"),
        (sends(b"x" * 6_000_000), "larger"),
        (sends(b"", "302 Found", Location="ftp://example.org/PLANTED"), "scheme"),
    ],
)
async def test_a_failure_is_kept_with_the_feed_and_tried_again_later(private: World, lists: Lists, answer: Any, word: str) -> None:
    add(private, lists.url("/x?key=PLANTED"))
    lists.answer = answer
    await private.passes(hours=25)
    assert await refresher(private).once()
    found = feed(private)
    assert (found.state, found.failures, found.lease_until) == ("failing", 1, None)
    assert word in (found.error or "")
    assert "PLANTED" not in (found.error or "")
    assert found.next_at == private.clock.now() + timedelta(minutes=15)
    assert not await refresher(private).once()
    lists.answer = versioned(rows(5), '"v1"')
    await private.passes(minutes=16)
    assert await refresher(private).once()
    assert (feed(private).state, feed(private).error) == ("ok", None)


async def test_a_feed_that_is_gone_by_half_is_held_back(private: World, lists: Lists) -> None:
    add(private, lists.url())
    lists.answer = versioned(rows(2), '"v2"')
    await private.passes(hours=25)
    await refresher(private).once()
    found = feed(private)
    assert (found.state, found.etag) == ("held", None)
    with private.work() as work:
        assert work.session.get_one(Feed, found.id).current_import_id == found.current_import_id
    assert found.next_at is not None
    assert found.next_at > private.clock.now()


async def test_of_two_replicas_one_reads(private: World, lists: Lists) -> None:
    add(private, lists.url())
    await private.passes(hours=25)
    done = await asyncio.gather(refresher(private).once(), refresher(private).once())
    assert sorted(done) == [False, True]
    assert len(lists.asked) == 1


async def test_a_replica_that_stops_in_the_middle_gives_the_feed_back(private: World, lists: Lists) -> None:
    begun = asyncio.Event()

    async def hangs(_request: Request, _writer: asyncio.StreamWriter) -> None:
        begun.set()
        await asyncio.Event().wait()

    add(private, lists.url())
    lists.answer = hangs
    await private.passes(hours=25)
    task = asyncio.create_task(refresher(private).once())
    await begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    lists.answer = versioned(rows(5), '"v1"')
    assert await refresher(private).once()
    assert feed(private).state == "ok"


async def test_a_feed_that_is_read_by_hand_only_or_removed_is_left_alone(private: World, lists: Lists) -> None:
    feed_id = add(private, lists.url())
    await private.passes(hours=25)
    with private.work() as work:
        feed_state.set_every(work, feed_id, 0)
    assert not await refresher(private).once()
    with private.work() as work:
        feed_state.set_every(work, feed_id, 1)
    await private.passes(hours=2)
    with private.work() as work:
        feed_state.remove(work, feed_id)
    assert not await refresher(private).once()


async def test_private_addresses_stay_refused_unless_that_is_meant(world: World, lists: Lists) -> None:
    add(world, lists.url())
    await world.passes(hours=25)
    await refresher(world).once()
    assert "private network" in (feed(world).error or "")
    assert lists.asked == []


async def test_a_bmlt_server_is_asked_for_its_formats_too(private: World, lists: Lists) -> None:
    meeting = {
        "id_bigint": "7",
        "weekday_tinyint": "2",
        "start_time": "18:00:00",
        "meeting_name": "Boats",
        "formats": "Q1",
        "published": "1",
    }
    formats = [{"key_string": "Q1", "name_string": "Wheels", "id": "1", "world_id": "WCHR", "lang": "en"}]

    async def server(request: Request, writer: asyncio.StreamWriter) -> None:
        known = {"GetSearchResults": [meeting], "GetFormats": formats}
        wanted = next((document for name, document in known.items() if name in request.path), None)
        await (sends_json(wanted) if wanted is not None else sends(b"", "404 No"))(request, writer)

    source = lists.url("/main/client_interface/json/?switcher=GetSearchResults&services=1")
    add(private, source, [meeting])
    lists.answer = server
    await private.passes(hours=25)
    await refresher(private).once()
    with private.work() as work:
        from bot.features.meetings.present import present_rows

        ((_fellowship, row),) = present_rows(work.session)
    assert row.types == ("X",)
    assert [request.path.partition("switcher=")[2] for request in lists.asked] == [
        "GetSearchResults&services=1",
        "GetFormats",
        "GetServiceBodies",
    ]


async def test_the_event_loop_goes_on_while_a_long_list_is_read(private: World, lists: Lists) -> None:
    add(private, lists.url())
    lists.answer = sends_json(rows(1500))
    await private.passes(hours=25)
    turns = 0
    task = asyncio.create_task(refresher(private).once())
    while not task.done():
        await asyncio.sleep(0.002)
        turns += 1
    assert await task
    assert turns > 50  # it came to its turn all the while
    with private.work() as work:
        assert [row.rows for _feed, row in feed_state.listed(work.session) if row is not None] == [1500]


def test_a_stopped_reading_is_an_error_of_its_own() -> None:
    assert issubclass(refreshing.Stopped, Exception)
