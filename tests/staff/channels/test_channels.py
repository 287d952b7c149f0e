"""`/channels`: what a person is told about their ways, the test, and the tap that proves one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from bot.escalation import channels, duty
from bot.models import ChannelProof
from tests.channels.server import Service, serving
from tests.world import World, world_at


@pytest.fixture
def service() -> Iterator[Service]:
    """A server that plays the services."""
    with serving() as running:
        yield running


@pytest.fixture
async def rung(tmp_path: Path, service: Service) -> AsyncIterator[World]:
    """The first on call has a push of their own; a webhook is there for all."""
    urls = json.dumps({"1": [service.target("dana-push")]})
    async with world_at(tmp_path, page_urls=urls, page_webhook_url=service.url("pager"), page_webhook_secret="s") as world:
        yield world


def rings(world: World) -> bool:
    with world.work() as work:
        assert world.primary.person_id is not None
        return duty.rings(work, world.primary.person_id)


async def test_who_has_telegram_alone_is_told_what_to_ask_for(world: World) -> None:
    await world.primary.says("/channels")
    assert "Ask whoever runs Waymark for one that rings. Your ID is 1." in world.primary.last.text
    assert world.primary.last.labels == []


async def test_a_channel_is_proven_by_the_person_s_tap_alone(rung: World, service: Service) -> None:
    dana = rung.primary
    await dana.says("/channels")
    assert "ntfy: not tested yet" in dana.last.text
    assert "Webhook: not tested yet" in dana.last.text
    assert await dana.taps("Test them") == "I am calling each of them now."
    assert service.heard("dana-push") == ["Waymark: this is a test. Open Telegram and say if it rang."]
    assert service.bodies("pager")[0]["kind"] == "test"
    asked = [seen for seen in dana.replies if seen.key == "channels/did_it_ring"]
    assert [seen.text for seen in asked] == ["ntfy took the test. Did it come?", "Webhook took the test. Did it ring?"]
    assert not rings(rung)
    await dana.taps("It rang", message=asked[0].message)
    assert not rings(rung)  # a push that obeys do-not-disturb proves nothing
    await dana.taps("It rang", message=asked[1].message)
    assert rings(rung)
    await dana.says("/channels")
    assert "Webhook: rings, seen" in dana.last.text
    assert "ntfy: works, but obeys do-not-disturb" in dana.last.text
    await rung.passes(days=31)
    assert not rings(rung)
    await dana.says("/channels")
    assert "Webhook: test it again" in dana.last.text


async def test_nothing_came_is_no_proof(rung: World) -> None:
    dana = rung.primary
    await dana.says("/channels")
    await dana.taps("Test them")
    await dana.taps("Nothing came")
    await dana.says("/channels")
    assert "Webhook: nothing came" in dana.last.text
    assert not rings(rung)


async def test_a_refused_test_is_told_and_takes_an_older_proof_back(rung: World, service: Service) -> None:
    dana = rung.primary
    await dana.says("/channels")
    await dana.taps("Test them")
    await dana.taps("It rang")
    service.behave["pager"] = "refuse"
    await rung.passes(minutes=2)
    await dana.says("/channels")
    await dana.taps("Test them")
    assert "Webhook: the test did not get through. The service refused it." in [seen.text.split(" Please")[0] for seen in dana.replies]
    assert not rings(rung)


async def test_an_old_test_can_no_longer_be_confirmed(rung: World) -> None:
    dana = rung.primary
    await dana.says("/channels")
    await dana.taps("Test them")
    await rung.passes(hours=2)
    assert "some time ago" in await dana.taps("It rang")
    assert not rings(rung)


async def test_nobody_proves_somebody_else_s_channel(rung: World) -> None:
    dana = rung.primary
    await dana.says("/channels")
    await dana.taps("Test them")
    with rung.work() as work:
        proof = work.session.exec(select(ChannelProof)).first()
        assert proof is not None
    for data in (f"channels.rang:{proof.id}:yes", f"channels.rang:{proof.id}:maybe", "channels.rang:x:yes", "channels.rang:999:yes"):
        await rung.backup.forges(data)
    assert not rings(rung)


async def test_tests_follow_each_other_a_minute_apart(rung: World, service: Service) -> None:
    dana = rung.primary
    await dana.says("/channels")
    await dana.taps("Test them")
    await dana.taps("Test them")
    assert len(service.heard("dana-push")) == 1


async def test_a_way_that_is_set_up_no_more_counts_no_more(rung: World, tmp_path: Path) -> None:
    dana = rung.primary
    await dana.says("/channels")
    await dana.taps("Test them")
    await dana.taps("It rang")
    assert rings(rung)
    with rung.work() as work:
        bare = type(work)(work.session, work.now, work.content, work.vault, work.settings.model_copy(update={"page_webhook_url": None}))
        channels.forget_gone(bare)
    assert not rings(rung)
