"""Which patients a search means, and who has been quiet for long. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeVar

QUIET_AFTER = timedelta(days=3)  # without a sign: not a check-in, a tap or a word

T = TypeVar("T")


def plain(text: str) -> str:
    """Letters without case and accents, so that "jose" finds José."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(sign for sign in apart if not unicodedata.combining(sign)).split())


def matching(wanted: str, people: Iterable[tuple[int, str, T]]) -> list[T]:
    """Who is meant by a number or a fragment of a name.

    Args:
        wanted: as typed; a number, with or without "#", means that number alone.
        people: number, name, and what is given back.
    """
    number = wanted.strip().removeprefix("#")
    if number.isascii() and number.isdecimal():
        return [what for known, _name, what in people if str(known) == number.lstrip("0")]
    fragment = plain(wanted)
    return [what for _number, name, what in people if fragment and fragment in plain(name)]


def quiet_days(last_sign: datetime, now: datetime) -> int | None:
    """Whole days without a sign, or None when it is not long yet."""
    return (now - last_sign).days if now - last_sign >= QUIET_AFTER else None
