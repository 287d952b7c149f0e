"""What can be chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

TIMES: Sequence[str] = ("08:00", "10:00", "12:00", "15:00", "17:00", "18:30", "19:30", "20:30")
# None reaches into the hours of the check-in (08:00 to 20:45): its time was chosen too.
QUIET: Sequence[tuple[str, str]] = (("21:00", "08:00"), ("22:00", "08:00"), ("22:00", "07:00"), ("23:00", "07:00"))
REMINDERS: Sequence[str] = ("checkin", "meetings", "sessions")
UNTIL_I_SAY = datetime(2999, 1, 1, tzinfo=UTC)  # "until I start again"
_PAUSES: Mapping[str, timedelta] = {"day": timedelta(days=1), "week": timedelta(weeks=1)}
STAFF_HEAR = frozenset({"week", "open"})  # a long silence that was announced: a person may want to ask why


def paused_until(choice: str, now: datetime) -> datetime | None:
    """When a pause ends; None for no pause.

    Args:
        choice: day, week, open (until the person starts again) or none.

    Raises:
        ValueError: there is no such choice.
    """
    if choice == "none":
        return None
    if choice == "open":
        return UNTIL_I_SAY
    if choice not in _PAUSES:
        raise ValueError("no such pause")
    return now + _PAUSES[choice]


def toggled(off: Sequence[str], kind: str) -> list[str]:
    """The kinds that are off, after a tap on one.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in REMINDERS:
        raise ValueError("no such reminder")
    return [one for one in off if one != kind] if kind in off else [*off, kind]
