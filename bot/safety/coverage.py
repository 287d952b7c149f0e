"""Which entries of the lexicons a set of texts puts to the test."""

from __future__ import annotations

from collections.abc import Iterable

from .screen import Screener


def touched(screener: Screener, texts: Iterable[str]) -> frozenset[str]:
    """The ids of the entries found in at least one text, whatever came of them there.

    What is harmless, or says something about the rest, is looked for only where something of a crisis stands, as in screening.
    """
    found: set[str] = set()
    for text in texts:
        reading = screener.read(text)
        found.update(hit.entry.id for hit in screener.hits(reading, sparing=False))
        if whole := screener.whole.entry(text, reading):
            found.add(whole.id)
    return frozenset(found)
