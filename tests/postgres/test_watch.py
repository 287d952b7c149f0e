"""Watchdog, drill and channels on PostgreSQL: the tests are the same, only the world is another; and two replicas that ring."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Iterator
from types import ModuleType

import pytest
from sqlmodel import select

from bot.app import build
from bot.models import PageDelivery
from tests.channels.server import Service, serving
from tests.escalation import test_drill, test_watchdog
from tests.staff.helpers import CRISIS
from tests.world import World, content, world_on

pytestmark = pytest.mark.postgres

MODULES: tuple[ModuleType, ...] = (test_drill, test_watchdog)


def _collect() -> None:
    """Those that need a world and nothing else."""
    for module in MODULES:
        for name, test in inspect.getmembers(module, inspect.isfunction):
            needs = set(inspect.signature(test).parameters)
            if name.startswith("test_") and needs and needs <= {"world", "clinic", "monkeypatch"}:
                globals()[f"{name}__{module.__name__.rpartition('.')[2]}"] = test


_collect()


@pytest.fixture
async def clinic(migrated_url: str) -> AsyncIterator[World]:
    """A clinic with a chat for drills."""
    async with world_on(migrated_url, drill_chat=test_drill.ROOM) as world:
        test_drill.room(world)
        yield world


@pytest.fixture
def service() -> Iterator[Service]:
    """A server that plays the services."""
    with serving() as running:
        yield running


async def test_two_replicas_ring_a_page_once(migrated_url: str, service: Service) -> None:
    urls = json.dumps({"everyone": [service.target("team")], "1": [service.target("dana")]})
    async with world_on(migrated_url, page_urls=urls) as world:
        services = world.app.services
        other = build(services.settings, services.clock, services.transport, loaded=content())
        try:
            ana = await world.enrol()
            ana.user.text(CRISIS)
            await world.polling.once()
            await world.app.pipeline.idle()
            await asyncio.gather(world.app.ringer.drain(), other.ringer.drain())
            assert (service.heard("team"), service.heard("dana")) == (["Waymark: case 1 needs you. Open Telegram."],) * 2
            with world.work() as work:
                assert [row.state for row in work.session.exec(select(PageDelivery))] == ["sent", "sent"]
        finally:
            await other.ringer.close()
            other.services.database.close()
