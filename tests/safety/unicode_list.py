"""Which characters look like which Latin letters, by Unicode's own list (UTS 39)."""

from __future__ import annotations

import unicodedata

from confusable_homoglyphs.confusables import confusables_data

_AS_THEY_ARE = frozenset({"Mn", "Lm", "Sk", "Nd", "Po"})  # marks and digits are read as what they are


def alike(letter: str) -> list[str]:
    """What Unicode says looks like a letter, small or capital: one code point each, outside ASCII."""
    listed = [entry["c"] for of in (letter, letter.upper()) for entry in confusables_data.get(of, [])]
    return [one for one in listed if len(one) == 1 and not one.isascii() and unicodedata.category(one) not in _AS_THEY_ARE]
