"""Ids that are known before the insert: UUIDv7, strictly increasing within the process, so that they order rows too."""

from __future__ import annotations

import base64
import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """A new UUIDv7 (RFC 9562): 48 bits of milliseconds, then a counter, then random bits.

    It reads the machine's time for uniqueness alone and never runs backwards, whatever the product's clock does.
    """
    global _last
    with _lock:
        # 60 bits: milliseconds and a 12-bit counter that the next millisecond overtakes.
        _last = max(_last + 1, (time.time_ns() // 1_000_000) << 12)
        stamp = _last
    tail = int.from_bytes(os.urandom(8)) & ((1 << 62) - 1)
    return UUID(int=(stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << 62 | tail)


def short(value: UUID) -> str:
    """An id as 22 characters for a button (its data may have 64 bytes)."""
    return base64.urlsafe_b64encode(value.bytes).rstrip(b"=").decode()


def unshort(text: str) -> UUID:
    """Back from `short`.

    Raises:
        ValueError: that is no such id.
    """
    if len(text) != 22:
        raise ValueError("not a short id")
    return UUID(bytes=base64.b64decode(text + "==", altchars=b"-_", validate=True))
