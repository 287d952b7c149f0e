"""Filters and links of the finder: what the shipped files hold, and how a broken one is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.content.meetings import load_filters, load_links
from bot.errors import ContentError
from tests.world import content

LINK: dict[str, Any] = {
    "id": "one",
    "name": "One",
    "url": "https://one.example.org/",
    "summary": {"en": "Groups for all.", "es": "Grupos para todos."},
    "verified_on": "2026-11-22",
}


def test_the_links_stand_by_the_alphabet_and_lead_to_https() -> None:
    links = content().meeting_links
    assert [link.name for link in links] == sorted((link.name for link in links), key=str.casefold)
    assert {"Al-Anon", "LifeRing", "Nar-Anon", "Recovery Dharma", "SMART Recovery", "Women for Sobriety"} == {link.name for link in links}
    assert all(url.startswith("https://") for link in links for url in link.urls.values())
    assert all(link.summary["en"] and link.summary["es"] for link in links)


def test_every_filter_has_a_label_in_both_languages() -> None:
    kinds = content().meeting_filters.kinds
    assert {"open", "closed", "beginners", "women", "men", "young", "lgbtq", "wheelchair"} <= set(kinds)
    assert all(narrow.of("en") and narrow.of("es") for narrow in kinds.values())


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://one.example.org/"},
        {"url": "https://one example.org/"},
        {"verified_on": "soon"},
        {"summary": {"en": "Groups for all."}},
        {"summary": {"en": "x" * 121, "es": "y"}},
        {"unknown": 1},
    ],
)
def test_a_broken_link_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ContentError):
        load_links(Path("links.yaml"), {"links": [{**LINK, **change}]})


def test_links_out_of_the_alphabet_are_refused() -> None:
    with pytest.raises(ContentError, match="alphabet"):
        load_links(Path("links.yaml"), {"links": [{**LINK, "name": "Two", "id": "two"}, LINK]})


@pytest.mark.parametrize("codes", [[], ["lower"], [""]])
def test_a_filter_needs_codes(codes: list[str]) -> None:
    with pytest.raises(ContentError):
        load_filters(Path("filters.yaml"), {"kinds": {"open": {"en": "Open", "es": "Abierta", "codes": codes}}, "languages": ["EN"]})
