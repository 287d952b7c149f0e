"""What people type, and where they are."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import places, typed
from bot.places import Place

NOW = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("18:30", "18:30"),
        ("18.30", "18:30"),
        ("1830", "18:30"),
        ("6:30 pm", "18:30"),
        ("6 P.M.", "18:00"),
        ("12am", "00:00"),
        ("12 pm", "12:00"),
        ("18h", "18:00"),
        ("8", "08:00"),
        ("a las 7 de la tarde", "19:00"),
        ("7:30 de la mañana", "07:30"),
        ("at 8:15 in the evening", "20:15"),
        ("25:00", None),
        ("18:61", None),
        ("13 pm", None),
        ("noon", None),
        ("", None),
    ],
)
def test_times_of_day(text: str, wall: str | None) -> None:
    assert typed.wall(text) == wall


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("  Ana\n María ", "Ana María"),
        ("José", "José"),
        ("李明", "李明"),
        ("Ana 🌊", "Ana 🌊"),
        ("🌊", None),
        ("\u202eanA", "anA"),
        ("7", None),
        ("", None),
        ("x" * 40, "x" * 40),
        ("x" * 41, None),
    ],
)
def test_names(text: str, name: str | None) -> None:
    assert typed.name(text) == name


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_or_refused_and_never_breaks(text: str) -> None:
    wall = typed.wall(text)
    assert wall is None or datetime.strptime(wall, "%H:%M")  # noqa: DTZ007
    name = typed.name(text)
    assert name is None or 1 <= len(name) <= 40
    places.find(text)


def test_a_label_is_understood_without_accents_and_signs() -> None:
    assert typed.pick("  SÍ! ", {"yes": ["Yes", "Sí"], "no": ["No"]}) == "yes"
    assert typed.pick("¿?", {"yes": ["Yes"]}) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("USA", "US"),
        ("EE. UU.", "US"),
        ("Reino unido", "GB"),
        ("méxico", "MX"),
        ("mexico city", Place("MX", "America/Mexico_City")),
        ("Nueva York", Place("US", "America/New_York")),
        ("Buenos Aires", Place("AR", "America/Argentina/Buenos_Aires")),
        ("nowhere", None),
    ],
)
def test_cities_and_countries_by_name(text: str, found: Place | str | None) -> None:
    assert places.find(text) == found


def test_places_on_land_and_at_sea() -> None:
    assert places.at(33.45, -112.07) == Place("US", "America/Phoenix")
    assert places.at(30.0, -40.0) is None


@pytest.mark.parametrize("country", ["US", "ES", "RU", "CO", "NZ"])
def test_the_zones_of_a_country_show_different_clocks(country: str) -> None:
    zones = places.zones_of(country, NOW)
    july = datetime(2026, 7, 1, tzinfo=UTC)
    clocks = [tuple(at.astimezone(ZoneInfo(zone)).utcoffset() for at in (NOW, july)) for zone in zones]
    assert len(set(clocks)) == len(clocks) >= 1


def test_every_zone_has_a_city_that_fits_a_button_in_both_languages() -> None:
    for country in ("US", "CA", "GB", "IE", "AU", "MX", "ES", "RU", "BR"):
        for zone in places.zones_of(country, NOW):
            for lang in places.LOCALES:
                assert 1 <= len(places.city(zone, lang)) <= 24, zone
