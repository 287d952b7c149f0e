"""What a service's answer means, and how long one is waited for."""

from __future__ import annotations

from datetime import timedelta

from bot.errors import DeliveryError, RetryLater, Undeliverable

TIMEOUT_S = 10.0
SOON = timedelta(seconds=5)
_AGAIN = frozenset({408, 425, 429})


def meaning(status: int) -> DeliveryError:
    """What a refusal over HTTP means: the service's no is final, its own trouble is not."""
    if 300 <= status < 400:
        return Undeliverable("redirected")
    if 400 <= status < 500 and status not in _AGAIN:
        return Undeliverable("refused")
    return RetryLater(SOON)
