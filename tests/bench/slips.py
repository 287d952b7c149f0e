"""What thumbs do to a message: a letter lost, doubled, swapped or of the key beside it; words run together; a word more without meaning."""

from __future__ import annotations

import numpy as np

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BESIDE = {letter: row[max(0, at - 1) : at] + row[at + 1 : at + 2] for row in _ROWS for at, letter in enumerate(row)}
_BEFORE = ("so", "hey", "um", "ok", "hi", "well", "pues", "oye", "bueno", "ay")
_AFTER = ("1", "2", "3", "10", "ok", "lol", "!", "...", "x", "idk", "jaja", "no se")
_LONG = 8  # words from which on there is one slip more
_SHORT = 3  # letters of a word that nobody mistypes


def slipped(text: str, dice: np.random.Generator) -> str:
    """A message with one to three slips."""
    words = text.split(" ")
    for _ in range(1 + (len(words) > _LONG) + (dice.random() < 0.3)):
        _slip(words, dice)
    return " ".join(words)


def _slip(words: list[str], dice: np.random.Generator) -> None:
    kind = dice.random()
    if kind < 0.12:
        words.append(str(dice.choice(_AFTER)))
        return
    if kind < 0.2:
        words.insert(0, str(dice.choice(_BEFORE)))
        return
    which = int(dice.integers(len(words)))
    word = words[which]
    if len(word) < _SHORT:
        return
    at = int(dice.integers(1, len(word)))
    if kind < 0.4:
        words[which] = word[:at] + word[at + 1 :]
    elif kind < 0.55:
        words[which] = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
    elif kind < 0.7:
        words[which] = word[:at] + word[at - 1] + word[at:]
    elif kind < 0.9:
        words[which] = word[:at] + str(dice.choice(list(_BESIDE.get(word[at], "")) or [word[at]])) + word[at + 1 :]
    elif which + 1 < len(words):
        words[which : which + 2] = [word + words[which + 1]]
