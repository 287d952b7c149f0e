"""How much work something is, told without seconds: those depend on the machine, and on what else it does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")


def calls(work: Callable[[], T]) -> tuple[int, T]:
    """How many functions are called while `work` is done, those written in C included; and what it returns."""
    count = 0

    def counts(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counts)
    try:
        found = work()
    finally:
        sys.setprofile(before)
    return count, found
