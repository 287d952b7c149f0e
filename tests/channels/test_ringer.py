"""The ringer when things go wrong around it: a process that stops, a clock that is set back, a database that does not answer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from bot import pipeline
from bot.channels import queue, ringer
from bot.models import PageDelivery
from bot.pipeline import NotStored
from tests.channels.server import Service
from tests.staff.helpers import CRISIS
from tests.world import World, world_at


@pytest.fixture
async def rung(tmp_path: Path, service: Service) -> AsyncIterator[World]:
    """The first on call has a push of their own; everybody shares another and a webhook."""
    urls = json.dumps({"1": [service.target("dana")], "everyone": [service.target("team")]})
    async with world_at(tmp_path, page_urls=urls, page_webhook_url=service.url("pager"), page_webhook_secret="s") as world:
        yield world


def states(world: World) -> list[str]:
    with world.work() as work:
        return [row.state for row in work.session.exec(select(PageDelivery))]


async def stored(world: World) -> None:
    """A crisis arrives and is committed; nothing goes out yet."""
    ana = await world.enrol()
    ana.user.text(CRISIS)
    await world.polling.once()
    await world.app.pipeline.idle()


async def test_a_call_that_a_stopped_process_had_begun_is_made_again(rung: World, service: Service) -> None:
    await stored(rung)
    known = [*rung.app.ringer.targets, "webhook"]
    with rung.work() as work:
        assert len(queue.claim(work, known, ())) == 3
    await rung.app.ringer.drain()
    assert service.got == []  # somebody else has them
    rung.clock.move_to(rung.clock.now() + queue.LEASE + timedelta(seconds=1))
    await rung.app.ringer.drain()
    assert sorted(topic for topic, _body, _headers in service.got) == ["dana", "pager", "team"]
    assert states(rung) == ["sent"] * 3


async def test_a_result_that_could_not_be_stored_is_stored_later(rung: World, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    await stored(rung)
    settle = queue.settle
    monkeypatch.setattr(queue, "settle", lambda *_args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await rung.app.ringer.drain()
    monkeypatch.setattr(queue, "settle", settle)
    await rung.app.ringer.drain()
    assert len(service.got) == 3
    assert states(rung) == ["sent"] * 3


async def test_a_clock_that_is_set_back_delays_no_retry(rung: World, service: Service) -> None:
    service.behave |= {"dana": "trouble", "team": "trouble", "pager": "trouble"}
    ana = await rung.enrol()
    await rung.tick()
    await ana.says(CRISIS)
    assert len(service.got) == 3
    rung.clock.move_to(rung.clock.now() - timedelta(hours=1))
    await rung.tick()
    await rung.passes(seconds=6)
    assert len(service.got) == 6


async def test_a_target_that_is_set_up_no_more_is_given_up(rung: World, service: Service) -> None:
    await stored(rung)
    with rung.work() as work:
        queue.claim(work, ["webhook"], ())
    assert sorted(states(rung)) == ["failed", "failed", "waiting"]


async def test_with_the_database_away_the_channels_ring_directly(rung: World, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = await rung.enrol()
    await rung.tick()  # the picture that the fallback keeps
    monkeypatch.setattr(pipeline, "store_batch", lambda *_args: 1 / 0)
    monkeypatch.setattr(pipeline, "database_is_away", lambda _error: True)
    ana.user.text(CRISIS)
    with pytest.raises(NotStored):
        await rung.polling.once()
    assert service.heard("dana") == ["Waymark: a new case needs you. Open Telegram."]
    assert service.heard("team") == ["Waymark: a new case needs you. Open Telegram."]
    body = service.bodies("pager")[0]
    assert (body["case"], body["level"], body["kind"]) == (None, "emergency", "page")
    assert [page.key for page in rung.primary.all] == [""]


async def test_direct_rings_are_tried_again_and_a_no_is_final(rung: World, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ringer, "DIRECT_PAUSE_S", 0.0)
    service.behave |= {"dana": "trouble", "team": "refuse"}
    await rung.app.ringer.direct([(1, "en"), (2, "es")], "urgent")
    assert len(service.heard("dana")) == ringer.DIRECT_TRIES
    assert len(service.heard("team")) == 1
