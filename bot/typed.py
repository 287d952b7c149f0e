"""What people type in answer to a question, read kindly: names, times of day, choices that also stand on a button."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import TypeVar

NAME_LENGTH = 40

T = TypeVar("T")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_TIME = re.compile(
    r"(?:at|a|las|la|alas|\s)*\s*(?P<hours>\d{1,2})(?:\s*[:.h]\s*(?P<minutes>\d{2})|(?P<run>[0-5]\d))?\s*(?:hs?|hrs?|horas)?\s*"
    r"(?P<half>a\.?\s?m\.?|p\.?\s?m\.?|de la (?:manana|tarde|noche)|in the (?:morning|afternoon|evening))?\s*",
)
_LATER = ("de la tarde", "de la noche", "in the afternoon", "in the evening")
_NOON = 12


def name(text: str) -> str | None:
    """A name as it shall be used: one line of 1-40 characters with at least one letter; None when it is none."""
    found = " ".join(_INVISIBLE.sub("", text).split())
    found = "".join(sign for sign in found if unicodedata.category(sign) not in ("Cc", "Cs", "Co"))
    if not 1 <= len(found) <= NAME_LENGTH or not any(sign.isalpha() for sign in found):
        return None
    return found


def wall(text: str) -> str | None:
    """A time of day as `HH:MM`: 18:30, 18.30, 1830, 6:30 pm, 6pm, 18h, a las 7 de la tarde. None when it is none."""
    match = _TIME.fullmatch(plain(text, keep=".:"))
    if match is None:
        return None
    hours, minutes = int(match["hours"]), int(match["minutes"] or match["run"] or 0)
    half = match["half"]
    if half:
        if not 1 <= hours <= _NOON:
            return None
        hours = hours % _NOON + (_NOON if half.startswith("p") or half in _LATER else 0)
    if hours > 23 or minutes > 59:
        return None
    return f"{hours:02d}:{minutes:02d}"


def pick(text: str, options: Mapping[T, Iterable[str]]) -> T | None:
    """Which option was typed: its label in any of the languages, case, accents and marks aside.

    Args:
        options: choice -> the labels that mean it.
    """
    wanted = plain(text)
    for choice, labels in options.items():
        if wanted and wanted in {plain(label) for label in labels}:
            return choice
    return None


def plain(text: str, *, keep: str = "") -> str:
    """Lower case, without accents and signs; words apart by one space.

    Args:
        keep: signs that stay.
    """
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))
    return " ".join("".join(sign if sign.isalnum() or sign in keep else " " for sign in bare).split())
