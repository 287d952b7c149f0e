"""The signed webhook: each page as a POST of JSON to the clinic's own pager.

Signed so that the receiver can be sure: `X-Waymark-Signature: sha256=<hex>` is the HMAC-SHA256, under `WAYMARK_PAGE_WEBHOOK_SECRET`, of the
value of `X-Waymark-Timestamp` (Unix seconds), a full stop and the body's bytes. A receiver refuses an old timestamp and a delivery id that
it has seen.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

from bot.channels import answers
from bot.errors import RetryLater


class Webhook:
    """Posts pages to one address."""

    def __init__(self, address: str, secret: str) -> None:
        self._address = address
        self._secret = secret.encode()
        self._client = httpx.AsyncClient(
            follow_redirects=False, timeout=answers.TIMEOUT_S, headers={"User-Agent": "Waymark"}, trust_env=False
        )

    async def post(self, body: Mapping[str, Any], *, delivery: str, now: datetime) -> None:
        """Post one page; the answer's body is not read.

        Args:
            delivery: the same for each attempt of one delivery.

        Raises:
            RetryLater: time-out, network or the server's own trouble.
            Undeliverable: it was refused or redirected.
        """
        data = json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
        stamp = str(int(now.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Waymark-Delivery": delivery,
            "X-Waymark-Timestamp": stamp,
            "X-Waymark-Signature": f"sha256={sign(self._secret, stamp, data)}",
        }
        try:
            async with asyncio.timeout(answers.TIMEOUT_S), self._client.stream("POST", self._address, content=data, headers=headers) as got:
                status = got.status_code
        except (TimeoutError, httpx.HTTPError) as error:
            raise RetryLater(answers.SOON, uncertain=True) from error
        if not 200 <= status < 300:
            raise answers.meaning(status)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def sign(secret: bytes, stamp: str, data: bytes) -> str:
    """The signature of a post, in hex."""
    return hmac.new(secret, stamp.encode() + b"." + data, hashlib.sha256).hexdigest()
