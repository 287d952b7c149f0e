"""`waymark staff test`, and what `waymark doctor` says about channels, drills and the heartbeat."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cli import findings_channels
from bot.cli.findings import Finding
from bot.config import Settings
from bot.escalation import channels, watchdog
from bot.models import Drill
from bot.work import Work
from tests.channels.server import Service, serving
from tests.cli.conftest import Cli
from tests.world import World, world_at


@pytest.fixture
def service() -> Iterator[Service]:
    """A server that plays the services."""
    with serving() as running:
        yield running


def staffed(cli: Cli) -> None:
    cli("staff", "add", "Dana Reyes", "--role", "counselor")


def targets(service: Service, *topics: str) -> str:
    return json.dumps({"1": [service.target(topic) for topic in topics]})


def test_a_test_calls_every_channel_and_keeps_what_the_services_said(clinic: Cli, service: Service) -> None:
    staffed(clinic)
    service.behave["second"] = "refuse"
    told = clinic("staff", "test", 1, page_urls=targets(service, "first", "second"))
    assert told.code == 1
    assert [line.split("\t")[2].split(":")[0] for line in told.out.splitlines()] == ["accepted", "refused"]
    assert "is asked in Telegram whether it rang" in told.err
    assert service.heard("first") == ["Waymark: this is a test. Open Telegram and say if it rang."]
    assert clinic.rows("SELECT accepted_at IS NOT NULL, proven_at, failure FROM channel_proof ORDER BY id") == [
        (1, None, None),
        (0, None, "refused"),
    ]


def test_without_a_channel_there_is_nothing_to_test(clinic: Cli) -> None:
    staffed(clinic)
    told = clinic("staff", "test", 1)
    assert told.code == 2
    assert "has no channel beside Telegram" in told.err
    assert clinic("staff", "test", 7).code == 2


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({}, "pages go by Telegram alone"),
        ({"page_urls": '{"1": ["pover://hunter2"]}'}, 'target 1 of "1" (pover) is none that its service understands'),
        ({"page_urls": '{"1": ["ntfy://push.example.org/dana"]}'}, "unencrypted: write ntfys://"),
        ({"page_webhook_url": "http://pager.example.org/", "page_webhook_secret": "s"}, "unencrypted: write https://"),
    ],
)
def test_what_is_wrong_with_the_targets_is_said(setting: dict[str, str], said: str) -> None:
    lines = [finding.line for finding in findings_channels.channels(Settings.load(**setting))]
    assert any(said in line for line in lines)
    assert "hunter2" not in "".join(lines)


@pytest.mark.parametrize(
    "target", ["ntfy://localhost/a", "ntfy://192.168.1.7/a", "gotify://push/token1234", "ntfys://push.example.org/a", "ntfy://topic"]
)
def test_what_stays_near_or_goes_encrypted_is_well(target: str) -> None:
    found = list(findings_channels._in_the_clear(Settings.load(page_urls=json.dumps({"1": [target]}))))
    assert found == []


def looked_at(work: Work, subject: str) -> list[Finding]:
    return [finding for finding in findings_channels.reach(work) if finding.subject == subject]


async def test_who_is_on_call_is_looked_at(tmp_path: Path, service: Service) -> None:
    urls = json.dumps({"1": [service.target("dana")], "77": [service.target("nobody")]})
    async with world_at(tmp_path, page_urls=urls, page_webhook_url=service.url("pager"), page_webhook_secret="s") as world:
        with world.work() as work:
            found = looked_at(work, "channels")
            assert [finding.state.value for finding in found] == ["mend", "look", "look"]
            assert 'names "77"' in found[0].line
            assert "`waymark staff test 1`" in found[1].line
            assert world.primary.person_id is not None
            way = channels.ways(work.settings, 1)[-1]
            proof = channels.tested(work, world.primary.person_id, way, None)
            proof.proven_at = work.now
            work.session.flush()
            assert "1 has a channel that was proven to ring" in looked_at(work, "channels")[1].line


async def test_the_last_drill_is_looked_at(world: World) -> None:
    with world.work() as work:
        assert "none has run yet" in looked_at(work, "drill")[0].line
        work.session.add(Drill(reason="daily", started_at=work.now, ended_at=work.now, failure="paged"))
        work.session.flush()
        assert looked_at(work, "drill")[0].state.value == "mend"
        work.session.add(Drill(reason="daily", started_at=work.now, ended_at=work.now))
        work.session.flush()
        assert looked_at(work, "drill")[0].state.value == "ok"
    world.clock.move_to(world.clock.now() + timedelta(hours=27))
    with world.work() as work:
        assert "is the bot running?" in looked_at(work, "drill")[0].line


async def test_the_heartbeat_s_silence_is_explained(tmp_path: Path) -> None:
    async with world_at(tmp_path, heartbeat_url="https://hc.example.org/x") as world:
        with world.work() as work:
            assert "none yet" in looked_at(work, "heartbeat")[0].line
            watchdog.note_beat(work, "stuck")
            assert "an open case stood still" in looked_at(work, "heartbeat")[0].line
            watchdog.note_beat(work, "ok")
            assert looked_at(work, "heartbeat")[0].state.value == "ok"
        world.clock.move_to(world.clock.now() + timedelta(minutes=10))
        with world.work() as work:
            assert "is the bot running?" in looked_at(work, "heartbeat")[0].line
