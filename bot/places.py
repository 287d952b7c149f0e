"""Where people are: countries, their time zones, and the names of both in the reader's language."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from zoneinfo import ZoneInfo

import tzfpy
from babel import Locale
from babel.dates import get_timezone_location

LOCALES = {"en": "en_US", "es": "es_US"}

# Zones that people there know by name, best known first; for other countries one zone per wall clock is offered.
_MAIN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "US": (
            "America/New_York",
            "America/Chicago",
            "America/Denver",
            "America/Phoenix",
            "America/Los_Angeles",
            "America/Anchorage",
            "Pacific/Honolulu",
        ),
        "CA": (
            "America/St_Johns",
            "America/Halifax",
            "America/Toronto",
            "America/Winnipeg",
            "America/Regina",
            "America/Edmonton",
            "America/Vancouver",
        ),
        "AU": ("Australia/Sydney", "Australia/Brisbane", "Australia/Adelaide", "Australia/Darwin", "Australia/Perth"),
        "MX": ("America/Mexico_City", "America/Cancun", "America/Mazatlan", "America/Hermosillo", "America/Tijuana"),
        "ES": ("Europe/Madrid", "Atlantic/Canary"),
        "BR": ("America/Sao_Paulo", "America/Manaus", "America/Rio_Branco", "America/Noronha"),
    }
)

# What people call a country beside its full name.
_SHORT = MappingProxyType(
    {
        "usa": "US",
        "us": "US",
        "eeuu": "US",
        "ee uu": "US",
        "america": "US",
        "uk": "GB",
        "england": "GB",
        "inglaterra": "GB",
        "scotland": "GB",
        "escocia": "GB",
        "wales": "GB",
        "gales": "GB",
        "great britain": "GB",
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """A country (two letters) and an IANA zone in it."""

    country: str
    zone: str


@cache
def _zones() -> Mapping[str, tuple[str, ...]]:
    """Country -> its zones, in the zone database's order."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in files("tzdata").joinpath("zoneinfo/zone.tab").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found[country].append(zone)
    return MappingProxyType({country: tuple(zones) for country, zones in found.items()})


@cache
def _countries_by_zone() -> Mapping[str, str]:
    return MappingProxyType({zone: country for country, zones in _zones().items() for zone in zones})


def at(latitude: float, longitude: float) -> Place | None:
    """The place on land at these degrees; None at sea."""
    zone = tzfpy.get_tz(longitude, latitude)  # longitude first
    country = _countries_by_zone().get(zone)
    return Place(country, zone) if country is not None else None


def exists(country: str) -> bool:
    """Whether this is a country with a zone of its own."""
    return country in _zones()


def zones_of(country: str, now: datetime) -> Sequence[str]:
    """The zones to choose from in a country, at most one for each wall clock that is shown there now and in half a year."""
    if country in _MAIN:
        return _MAIN[country]
    seen: dict[tuple[timedelta | None, ...], str] = {}
    for zone in _zones().get(country, ()):
        clock = tuple((now + step).astimezone(ZoneInfo(zone)).utcoffset() for step in (timedelta(0), timedelta(days=182)))
        seen.setdefault(clock, zone)
    return tuple(seen.values())


def city(zone: str, lang: str) -> str:
    """The zone's city in the reader's language: `Nueva York`."""
    return get_timezone_location(zone, locale=LOCALES[lang], return_city=True).rpartition("/")[2]


def country_name(country: str, lang: str) -> str:
    """The country's name in the reader's language."""
    return str(Locale.parse(LOCALES[lang]).territories.get(country, country))


def find(text: str) -> Place | str | None:
    """What someone may have meant: a `Place` for a city, two letters for a country, None for anything else."""
    wanted = _plain(text)
    country = _SHORT.get(wanted) or _named_countries().get(wanted)
    if country is not None:
        return country
    zone = _named_cities().get(wanted)
    return Place(_countries_by_zone()[zone], zone) if zone is not None else None


@cache
def _named_countries() -> Mapping[str, str]:
    return MappingProxyType({_plain(country_name(country, lang)): country for lang in LOCALES for country in _zones()})


@cache
def _named_cities() -> Mapping[str, str]:
    return MappingProxyType({_plain(city(zone, lang)): zone for lang in LOCALES for zone in _countries_by_zone()})


def _plain(text: str) -> str:
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))
    return " ".join("".join(sign if sign.isalnum() else " " for sign in bare if sign not in ".'’").split())
