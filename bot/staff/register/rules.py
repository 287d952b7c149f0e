"""What the register decides by itself: which people a search means."""

from __future__ import annotations

import unicodedata


def matches(search: str, number: int, name: str, track: str) -> bool:
    """Whether a search means this person: every word of it begins a word of their name, is their ID or their track; accents and case do
    not matter."""
    known = [*_fold(name).split(), str(number), _fold(track)]
    return all(any(word == own or (not word.isdecimal() and own.startswith(word)) for own in known) for word in _fold(search).split())


def _fold(text: str) -> str:
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return plain.casefold().strip()
