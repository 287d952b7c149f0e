"""Pages on their other ways: at once where a step rings, when Telegram fails or is silent elsewhere; and what their failures mean."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from bot import people
from bot.channels import answers
from bot.models import Page, PageDelivery, PageState
from bot.safety.levels import Category, Level
from tests.channels.server import Service, serving
from tests.staff.helpers import CRISIS, danger
from tests.world import Phone, World, world_at

DANA, LUIS = "1", "2"  # the IDs of the two on call, as `staff list` prints them


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as running:
        yield running


@asynccontextmanager
async def clinic(folder: Path, service: Service, *, webhook: bool = False, **topics: list[str]) -> AsyncIterator[World]:
    """A world whose staff have these topics as targets: `dana`, `luis`, `everyone`."""
    keys = {"dana": DANA, "luis": LUIS, "everyone": "everyone"}
    settings: dict[str, Any] = {"page_urls": json.dumps({keys[who]: [service.target(one) for one in mine] for who, mine in topics.items()})}
    if webhook:
        settings |= {"page_webhook_url": service.url("pager"), "page_webhook_secret": "between us"}
    async with world_at(folder, **settings) as world:
        yield world


def deliveries(world: World) -> list[tuple[str, str | None]]:
    with world.work() as work:
        return [(row.state, row.failure) for row in work.session.exec(select(PageDelivery).order_by(col(PageDelivery.id)))]


def page_states(world: World) -> list[str]:
    with world.work() as work:
        return [row.state.value for row in work.session.exec(select(Page).order_by(col(Page.id)))]


def blocks(phone: Phone) -> None:
    phone.user.block()


async def test_an_emergency_rings_beside_telegram_with_words_that_tell_nothing(tmp_path: Path, service: Service) -> None:
    async with clinic(tmp_path, service, webhook=True, dana=["dana-push"], everyone=["team"], luis=["luis-push"]) as world:
        ana = await world.enrol("Ana Torres", language="es")
        await ana.says("me voy a matar")
        assert len(world.primary.pages) == 1
        assert service.heard("dana-push") == ["Waymark: case 1 needs you. Open Telegram."]
        assert service.heard("team") == ["Waymark: case 1 needs you. Open Telegram."]
        assert service.heard("luis-push") == []
        posted = {name: value for name, value in service.bodies("pager")[0].items() if name != "raw"}
        assert posted == {
            "kind": "page",
            "case": 1,
            "level": "emergency",
            "minutes": 0,
            "step": 0,
            "staff": 1,
            "at": "2026-03-03T15:00:00+00:00",
        }
        await world.passes(minutes=2)
        assert len(service.heard("dana-push")) == 2
        await world.passes(minutes=2)
        assert len(service.heard("luis-push")) == 1


async def test_who_answers_is_rung_no_more(tmp_path: Path, service: Service) -> None:
    service.behave["dana-push"] = "trouble"
    async with clinic(tmp_path, service, dana=["dana-push"]) as world:
        ana = await world.enrol()
        await ana.says(CRISIS)
        await world.passes(seconds=15)
        assert len(service.heard("dana-push")) == 3  # at once, after 5 and after 10 more seconds
        await world.primary.taps("Acknowledge")
        await world.passes(minutes=2)
        assert len(service.heard("dana-push")) == 3
        assert deliveries(world) == [("late", "answered")]


async def test_when_a_colleague_answers_the_others_are_rung_no_more(tmp_path: Path, service: Service) -> None:
    service.behave["luis-push"] = "trouble"
    async with clinic(tmp_path, service, luis=["luis-push"]) as world:
        ana = await world.enrol()
        await ana.says(CRISIS)
        await world.passes(minutes=4)
        assert len(service.heard("luis-push")) == 1
        await world.primary.taps("Acknowledge")
        await world.passes(minutes=1)
        assert len(service.heard("luis-push")) == 1


async def test_the_words_are_in_the_reader_s_language(tmp_path: Path, service: Service) -> None:
    async with clinic(tmp_path, service, dana=["dana-push"]) as world:
        with world.work() as work:
            person = people.by_chat(work.session, world.primary.user.id)
            assert person is not None
            person.language = "es"
        ana = await world.enrol()
        await ana.says(CRISIS)
        assert service.heard("dana-push") == ["Waymark: el caso 1 le necesita. Abra Telegram."]


async def test_by_day_an_urgent_page_rings_only_when_telegram_is_silent(tmp_path: Path, service: Service) -> None:
    async with clinic(tmp_path, service, dana=["dana-push"]) as world:
        ana = await world.enrol()
        await danger(world, ana, Level.URGENT, Category.WITHDRAWAL)
        await world.passes(minutes=10)
        assert service.heard("dana-push") == []
    (tmp_path / "second").mkdir()
    async with clinic(tmp_path / "second", service, dana=["dana-push"]) as world:
        ana = await world.enrol()
        ana.look()
        world.api.faults.http_500("sendMessage", chat_id=world.primary.user.id, count=None)
        await danger(world, ana, Level.URGENT, Category.WITHDRAWAL)
        await world.passes(minutes=1, seconds=55)
        assert service.heard("dana-push") == []
        assert "crisis/paged" not in ana.keys
        await world.passes(seconds=10)
        assert service.heard("dana-push") == ["Waymark: case 1 needs you. Open Telegram."]
        assert "crisis/paged" in ana.keys  # the first channel that takes the page counts


async def test_a_blocked_bot_hands_an_urgent_page_to_the_other_ways_at_once(tmp_path: Path, service: Service) -> None:
    async with clinic(tmp_path, service, dana=["dana-push"]) as world:
        ana = await world.enrol()
        blocks(world.primary)
        ana.look()
        await danger(world, ana, Level.URGENT, Category.WITHDRAWAL)
        assert service.heard("dana-push") == ["Waymark: case 1 needs you. Open Telegram."]
        # They cannot acknowledge in the chat, so nobody waits for them: the backup hears of it at once.
        assert [page.key for page in world.backup.pages] == ["alerts/page"]
        assert ana.keys.count("crisis/paged") == 1


async def test_who_blocked_the_bot_long_ago_is_still_rung_at_every_step_that_names_them(tmp_path: Path, service: Service) -> None:
    async with clinic(tmp_path, service, dana=["dana-push"]) as world:
        ana = await world.enrol()
        blocks(world.primary)
        await world.settle()
        await danger(world, ana)
        assert service.heard("dana-push") == ["Waymark: case 1 needs you. Open Telegram."]
        assert [page.key for page in world.backup.pages] == ["alerts/page"]
        assert "crisis/nobody_on_duty" not in ana.keys
        world.look()
        await world.passes(minutes=4)
        # The chain ran ahead, so that the next step is the one with everyone: them too, once.
        assert service.heard("dana-push") == ["Waymark: case 1 needs you. Open Telegram."] * 2
        await world.backup.taps("Acknowledge")
        await world.passes(minutes=4)
        assert len(service.heard("dana-push")) == 2


async def test_with_nobody_to_be_written_to_everyones_other_channels_ring_once_a_round(tmp_path: Path, service: Service) -> None:
    async with clinic(tmp_path, service, dana=["dana-push"], luis=["luis-push"]) as world:
        ana = await world.enrol()
        blocks(world.primary)
        blocks(world.backup)
        await world.settle()
        await ana.says(CRISIS)
        assert len(service.heard("dana-push")) == len(service.heard("luis-push")) == 1
        # First that nobody is there in the chat, then that an alert went out all the same.
        assert [key for key in ana.keys if key in ("crisis/nobody_on_duty", "crisis/paged")] == ["crisis/nobody_on_duty", "crisis/paged"]
        await world.passes(minutes=5)
        assert len(service.heard("dana-push")) == len(service.heard("luis-push")) == 2


async def test_when_every_way_says_no_the_next_is_paged_at_once(tmp_path: Path, service: Service) -> None:
    service.behave["dana-push"] = "refuse"
    async with clinic(tmp_path, service, dana=["dana-push"]) as world:
        ana = await world.enrol()
        blocks(world.primary)
        await ana.says(CRISIS)
        await world.passes(seconds=2)
        assert page_states(world)[0] == PageState.FAILED.value
        assert len(world.backup.pages) == 1


async def test_telegram_alone_is_enough_when_the_other_ways_fail(tmp_path: Path, service: Service) -> None:
    service.behave["dana-push"] = "redirect"
    async with clinic(tmp_path, service, dana=["dana-push"]) as world:
        ana = await world.enrol()
        await ana.says(CRISIS)
        assert deliveries(world) == [("failed", "redirected")]
        assert page_states(world) == [PageState.SENT.value]
        assert world.backup.pages == []


async def test_trouble_is_tried_again_inside_the_step_s_wait_and_no_longer(tmp_path: Path, service: Service) -> None:
    service.behave["dana-push"] = "trouble"
    async with clinic(tmp_path, service, dana=["dana-push"]) as world:
        ana = await world.enrol()
        await ana.says(CRISIS)
        await world.passes(minutes=1, seconds=50)
        assert len(service.heard("dana-push")) == 5  # 0, 5, 15, 35 and 75 seconds
        assert deliveries(world)[0] == ("late", "later")


async def test_a_hanging_target_holds_up_nobody_else(tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "TIMEOUT_S", 0.3)
    service.behave["dana-push"] = "hang"
    async with clinic(tmp_path, service, dana=["dana-push", "dana-second"]) as world:
        ana = await world.enrol()
        await ana.says(CRISIS)
        assert len(service.heard("dana-second")) == 1
        assert len(world.primary.pages) == 1
        assert deliveries(world) == [("waiting", "uncertain"), ("sent", None)]


async def test_a_burst_is_one_ring_and_none_is_dropped(tmp_path: Path, service: Service) -> None:
    async with clinic(tmp_path, service, dana=["dana-push"]) as world:
        patients = [await world.enrol(f"Patient {number}") for number in range(5)]
        for patient in patients:
            patient.user.text(CRISIS)
        await world.settle()
        assert len(service.heard("dana-push")) < 5
        assert service.heard("dana-push")[-1].endswith("cases need you. Open Telegram.")
        assert deliveries(world) == [("sent", None)] * 5


async def test_a_page_that_somebody_asked_for_rings_nowhere(tmp_path: Path, service: Service) -> None:
    async with clinic(tmp_path, service, dana=["dana-push"]) as world:
        ana = await world.enrol()
        await ana.says(CRISIS)
        await world.primary.taps("Acknowledge")
        before = len(service.got)
        await world.primary.says("/alerts")
        await world.primary.taps("Case 1")
        assert len(service.got) == before
