"""Time zones of meetings: which names count, whether two show the same wall clock, and which one holds at a place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo, available_timezones

import tzfpy

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
    name = tzfpy.get_tz(longitude, latitude)  # longitude first
    return None if name.startswith("Etc/") else canonical(name)
