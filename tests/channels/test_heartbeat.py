"""The heartbeat: called only while every open case, the sender and the last drill are well."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import update

from bot.channels import answers
from bot.escalation import drill, watchdog
from bot.models import Case, Drill
from tests.channels.server import Service
from tests.staff.helpers import CRISIS
from tests.world import World, world_at


@pytest.fixture
async def watched(tmp_path: Path, service: Service) -> AsyncIterator[World]:
    """A clinic with an address that is called."""
    async with world_at(tmp_path, heartbeat_url=service.url("beat")) as world:
        yield world


def beats(service: Service) -> int:
    return len(service.bodies("beat"))


async def test_it_is_called_while_all_is_well(watched: World, service: Service) -> None:
    ana = await watched.enrol()
    await ana.says(CRISIS)
    await watched.tick()
    assert await watched.app.heartbeat.beat() == "ok"
    assert beats(service) == 1
    with watched.work() as work:
        assert watchdog.last_beat(work) == (watched.clock.now(), "ok")


async def test_before_the_first_audit_and_when_the_ticks_stop_it_is_silent(watched: World, service: Service) -> None:
    assert await watched.app.heartbeat.beat() == "no_audit"
    await watched.tick()
    watched.clock.move_to(watched.clock.now() + timedelta(minutes=5))
    assert await watched.app.heartbeat.beat() == "no_audit"
    assert beats(service) == 0


async def test_a_case_that_stands_still_silences_it_until_it_moves(watched: World, service: Service) -> None:
    ana = await watched.enrol()
    await ana.says(CRISIS)
    with watched.work() as work:
        work.session.execute(update(Case).values(next_page_at=None))
    await watched.tick()
    assert await watched.app.heartbeat.beat() == "stuck"
    assert beats(service) == 0
    await watched.passes(minutes=1)
    assert await watched.app.heartbeat.beat() == "ok"


async def test_a_sender_without_progress_silences_it(watched: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await watched.tick()
    monkeypatch.setattr(type(watched.app.sender), "idle_s", 20.0)
    assert await watched.app.heartbeat.beat() == "sender"


async def test_a_failed_or_old_drill_silences_it(watched: World, service: Service) -> None:
    with watched.work() as work:
        work.session.add(Drill(reason="daily", started_at=work.now, ended_at=work.now, failure="paged"))
    await watched.tick()
    assert await watched.app.heartbeat.beat() == "drill_failed"
    with watched.work() as work:
        work.session.add(Drill(reason="command", started_at=work.now, ended_at=work.now))
    assert await watched.app.heartbeat.beat() == "ok"
    watched.clock.move_to(watched.clock.now() + drill.GOOD_FOR + timedelta(minutes=1))
    await watched.tick()
    assert await watched.app.heartbeat.beat() == "drill_old"
    assert beats(service) == 1


@pytest.mark.parametrize("behaviour", ["redirect", "trouble", "hang"])
async def test_an_address_that_does_not_answer_well_is_known(
    watched: World, service: Service, monkeypatch: pytest.MonkeyPatch, behaviour: str
) -> None:
    monkeypatch.setattr(answers, "TIMEOUT_S", 0.2)
    service.behave["beat"] = behaviour
    await watched.tick()
    assert await watched.app.heartbeat.beat() == "no_answer"
    assert service.bodies("elsewhere") == []
