"""What counts as an answer in the forms about a case."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot import typed
from bot.errors import NotUnderstood

LINE = 120  # characters of a name, an office, a hospital
SHOWN = 600  # characters of an answer or entry in a message
REASON = 150  # characters of a note in an item's history
LATE_SHOWN = 3  # entries in a message; the chart has all of them
SLACK = timedelta(minutes=2)  # a phone's clock and ours differ a little


def recent(text: str, now: datetime, zone: str) -> datetime:
    """The last time that it was this wall time: `21:30` typed at 21:40 is today's, at 21:20 yesterday's.

    Raises:
        NotUnderstood: it is no time of day.
    """
    wall = typed.wall(text)
    if wall is None:
        raise NotUnderstood("resolve/time_again")
    local = now.astimezone(ZoneInfo(zone))
    found = datetime.combine(local.date(), time.fromisoformat(wall), tzinfo=ZoneInfo(zone))
    if found.astimezone(UTC) > now + SLACK:
        found = datetime.combine(local.date() - timedelta(days=1), time.fromisoformat(wall), tzinfo=ZoneInfo(zone))
    return min(found.astimezone(UTC), now)


def someone(text: str) -> str:
    """Who it was, in a line: a name, an office.

    Raises:
        NotUnderstood: it is too long or no word at all.
    """
    line = " ".join(text.split())
    if not 1 <= len(line) <= LINE or not any(sign.isalnum() for sign in line):
        raise NotUnderstood("resolve/name_again")
    return line


def cut(text: str, limit: int = SHOWN) -> str:
    """As much of it as a message has room for."""
    return text if len(text) <= limit else text[:limit] + "…"
