"""The signed webhook."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator

import pytest

from bot.channels import answers
from bot.channels.webhook import Webhook
from bot.errors import RetryLater, Undeliverable
from tests.channels.server import Service
from tests.world import START

SECRET = "between us"
BODY = {"kind": "page", "case": 17}


@pytest.fixture
async def webhook(service: Service) -> AsyncIterator[Webhook]:
    made = Webhook(service.url("pager"), SECRET)
    yield made
    await made.close()


async def post(webhook: Webhook) -> None:
    await webhook.post(BODY, delivery="7", now=START)


async def test_the_receiver_can_check_the_signature(service: Service, webhook: Webhook) -> None:
    await post(webhook)
    _path, body, headers = service.got[0]
    stamp = headers["X-Waymark-Timestamp"]
    expected = hmac.new(SECRET.encode(), stamp.encode() + b"." + body["raw"], hashlib.sha256).hexdigest()
    assert headers["X-Waymark-Signature"] == f"sha256={expected}"
    assert headers["X-Waymark-Delivery"] == "7"
    assert int(stamp) == int(START.timestamp())


async def test_a_redirect_is_not_followed(service: Service, webhook: Webhook) -> None:
    service.behave["pager"] = "redirect"
    with pytest.raises(Undeliverable, match="redirected"):
        await post(webhook)
    assert len(service.got) == 1


async def test_a_no_is_final_and_trouble_passes(service: Service, webhook: Webhook) -> None:
    service.behave["pager"] = "refuse"
    with pytest.raises(Undeliverable, match="refused"):
        await post(webhook)
    service.behave["pager"] = "trouble"
    with pytest.raises(RetryLater):
        await post(webhook)


async def test_a_hanging_receiver_is_left_behind(service: Service, webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "TIMEOUT_S", 0.2)
    service.behave["pager"] = "hang"
    with pytest.raises(RetryLater):
        await post(webhook)
