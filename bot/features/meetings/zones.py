"""Time zones of meetings: which names count, whether two show the same wall clock, and which one holds at a place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo, available_timezones

from bot.features.meetings import fields
from bot.features.meetings.fields import Found, Place
from bot.features.meetings.listing import Finding, Reason

_NO_PLACE = {"Factory", "localtime", "posixrules"}  # in the database, but no zone that anyone lives in
_SAMPLES = tuple(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=5 * step) for step in range(147))  # two years: rules, not history


@cache
def _known() -> Mapping[str, str]:
    return MappingProxyType({name.casefold(): name for name in available_timezones() if name not in _NO_PLACE})


def canonical(name: str) -> str | None:
    """The IANA spelling of a zone's name; aliases such as US/Eastern count, case does not. None when it is no IANA name."""
    return _known().get(name.strip().casefold())


@lru_cache(maxsize=4096)
def same_clock(one: str, other: str) -> bool:
    """Whether two IANA zones show the same wall time all year round, by today's rules (America/Detroit and America/New_York do)."""
    if one == other:
        return True
    here, there = ZoneInfo(one), ZoneInfo(other)
    return all(moment.astimezone(here).utcoffset() == moment.astimezone(there).utcoffset() for moment in _SAMPLES)


def zone_at(latitude: float, longitude: float) -> str | None:
    """The IANA zone at a place on land, degrees; None at sea. Only for people who are there: never for an online meeting."""
    import tzfpy  # its map takes 37 MB, which only imports need

    name = tzfpy.get_tz(longitude, latitude)  # longitude first
    return None if name.startswith("Etc/") else canonical(name)


def of_row(own: object, default_zone: str | None, there: Place | None, found: Found) -> str | None:
    """The zone of a row: its own, else the feed's, else the one at the place.

    Args:
        default_zone: the feed's IANA zone, checked.
        there: the exact place of an in-person row; None for every other row, whose place says nothing about its clock.

    Source: MEETINGS.md D2-D4.
    """
    zone = canonical(own) if isinstance(own, str) else None
    if zone is None and not fields.empty(own):
        found.append(Finding(Reason.ZONE_UNKNOWN, fields.quoted(own)))
    zone = zone or default_zone
    local = zone_at(there.latitude, there.longitude) if there else None
    if zone is None and local is None:
        found.append(Finding(Reason.ZONE_MISSING))
    elif zone and local and not same_clock(zone, local):
        found.append(Finding(Reason.ZONE_ELSEWHERE, f"{zone}, the place {local}"))
    return zone or local
