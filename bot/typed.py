"""What people type in answer to a question, read kindly: names, times of day, choices that also stand on a button."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
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
_NUMBER = re.compile(r"(\d{1,4})(?:st|nd|rd|th|º|o)?")
_MONTHS = {
    name: number
    for names in (
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
    )
    for number, name in enumerate(names, 1)
}


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


def day(text: str, today: date) -> date | None:
    """A date: 2026-03-31, "31 March", "March 31", "31 de marzo 2026"; without a year the next one that comes. None when it is none."""
    words = [word for word in plain(text, keep="-").split() if word not in ("de", "del", "of", "the", "el", "on")]
    if len(words) == 1:
        try:
            return date.fromisoformat(words[0])
        except ValueError:
            return None
    month = next((number for word in words if (number := _MONTHS.get(word[:3])) is not None and word.isalpha()), None)
    numbers = [int(found.group(1)) for word in words if (found := _NUMBER.fullmatch(word)) is not None]
    if month is None or not 1 <= len(numbers) <= 2 or len(words) != len(numbers) + 1:
        return None
    try:
        found_day = date(numbers[1] if len(numbers) == 2 else today.year, month, numbers[0])
        return found_day.replace(year=today.year + 1) if len(numbers) == 1 and found_day < today else found_day
    except ValueError:
        return None


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
