"""One target: what is accepted, refused, redirected, slow or no target at all (issue 3, bad input)."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels import answers, targets
from bot.channels.targets import Target
from bot.config import Settings
from bot.config_values import PAGE_SCHEMES
from bot.errors import RetryLater, SetupError, Undeliverable
from bot.escalation.kinds import KINDS, TELEGRAM, WEBHOOK, rings
from tests.channels.server import Service

WORDS = "Waymark: case 17 needs you. Open Telegram."


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten seconds are too long for a test."""
    monkeypatch.setattr(answers, "TIMEOUT_S", 0.2)


async def test_the_fixed_words_arrive_and_nothing_else(service: Service) -> None:
    await Target(service.target("dana")).send(WORDS)
    topic, body, _headers = service.got[0]
    assert (topic, body["message"]) == ("dana", WORDS)
    assert set(body) == {"topic", "message", "raw"}


@pytest.mark.parametrize("behaviour", ["refuse", "gone"])
async def test_a_no_is_final(service: Service, behaviour: str) -> None:
    service.behave["dana"] = behaviour
    with pytest.raises(Undeliverable, match="refused"):
        await Target(service.target("dana")).send(WORDS)
    assert len(service.got) == 1


@pytest.mark.parametrize("query", ["", "?redirect=yes"])
async def test_a_redirect_is_not_followed_whatever_the_address_asks_for(service: Service, query: str) -> None:
    service.behave["dana"] = "redirect"
    with pytest.raises(Undeliverable, match="redirected"):
        await Target(service.target("dana") + query).send(WORDS)
    assert [topic for topic, _body, _headers in service.got] == ["dana"]


@pytest.mark.parametrize("behaviour", ["trouble", "busy"])
async def test_trouble_of_the_service_passes(service: Service, behaviour: str) -> None:
    service.behave["dana"] = behaviour
    with pytest.raises(RetryLater):
        await Target(service.target("dana") + "?retry=3&wait=9").send(WORDS)
    assert len(service.got) == 1  # attempts are ours to make


async def test_nobody_listening_passes() -> None:
    with pytest.raises(RetryLater):
        await Target("ntfy://127.0.0.1:9/dana").send(WORDS)


async def test_a_hanging_service_is_left_behind_and_gets_no_more_than_a_few_threads(service: Service, impatient: None) -> None:
    service.behave["dana"] = "hang"
    target = Target(service.target("dana") + "?rto=600&cto=600")
    for _ in range(targets.ABANDONED + 2):
        with pytest.raises(RetryLater):
            await target.send(WORDS)
    assert len(service.got) == targets.ABANDONED
    service.let_go.set()
    service.behave.clear()
    for _ in range(200):  # until one of the threads that were left behind has come home
        await asyncio.sleep(0.01)
        if target._hanging < targets.ABANDONED:
            break
    await target.send(WORDS)


async def test_two_pages_in_a_row_do_not_wait_for_each_other(service: Service) -> None:
    target = Target(service.target("dana"))
    async with asyncio.timeout(3):
        await target.send(WORDS)
        await target.send(WORDS)


def test_a_target_that_its_service_does_not_understand_stops_the_start_with_one_line() -> None:
    settings = Settings.load(page_urls='{"everyone": ["ntfy://127.0.0.1/a"], "12": ["pover://hunter2"]}')
    with pytest.raises(SetupError) as wrong:
        targets.build(settings)
    assert 'WAYMARK_PAGE_URLS is wrong: target 1 of "12" (pover)' in str(wrong.value)
    assert "hunter2" not in str(wrong.value)
    assert len(str(wrong.value).splitlines()) == 1


def test_every_allowed_scheme_is_known_by_name_and_by_whether_it_rings() -> None:
    assert set(KINDS) == PAGE_SCHEMES | {TELEGRAM, WEBHOOK}
    assert all(kind.name and kind.why for kind in KINDS.values())


@pytest.mark.parametrize(
    ("target", "loud"),
    [
        ("pover://user@token", False),
        ("pover://user@token?priority=high", False),
        ("pover://user@token?priority=emergency", True),
        ("pagerduty://key@key", True),
        ("opsgenie://key", True),
        ("twilio://sid:token@+15550100/+15550101", False),
        ("twilio://sid:token@+15550100/+15550101?method=call", True),
        ("bark://key@host?level=critical", True),
        ("ntfys://ntfy.example.org/a?priority=max", False),
        ("mailtos://user:pass@example.org", False),
        ("clicksend://user:key@+15550101", False),
        ("telegram://", False),
    ],
)
def test_only_calls_emergency_pushes_and_pagers_ring(target: str, loud: bool) -> None:
    assert rings(target) is loud
