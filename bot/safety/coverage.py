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
        reading = screener._reader.read(screener.fold(text))
        order = reading.order()
        for number, matcher in enumerate(screener._matchers):
            codes = reading.codes(number, order)
            ends = matcher.ends(codes, matcher.roused(codes))
            found.update(hit.entry.id for hit in matcher.hits(ends, codes, list(map(abs, order))))
    return frozenset(found)
