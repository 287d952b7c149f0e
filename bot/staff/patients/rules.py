"""Which choices there are for the last day of a status. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

# What a button carries -> after how many days; the first is for somebody whose return nobody knows.
SPANS: Mapping[str, timedelta | None] = {
    "open": None,
    "3d": timedelta(days=3),
    "1w": timedelta(weeks=1),
    "2w": timedelta(weeks=2),
    "4w": timedelta(weeks=4),
}


def last_day(span: str, today: date) -> date | None:
    """The last day of a span that begins today; None when it has none.

    Raises:
        KeyError: there is no such span.
    """
    length = SPANS[span]
    return today + length if length is not None else None
