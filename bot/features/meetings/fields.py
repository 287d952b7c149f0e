"""Cleaning of single values of a meeting list, the same for every format: a raw value in, our value and the findings out."""

from __future__ import annotations

import hashlib
import html
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from urllib.parse import urlsplit

from babel.dates import get_day_names

from bot.features.meetings.codes import TypeBook
from bot.features.meetings.listing import Finding, Reason

Found = list[Finding]

NAME_LIMIT, NOTES_LIMIT, LINK_LIMIT, KEY_LIMIT, DIAL_LIMIT = 255, 4000, 2000, 200, 100
TYPES_LIMIT = 40  # codes of one row
_RAW_LIMIT = 20_000  # characters of a field that are looked at
_DETAIL_LIMIT = 60
_LANGUAGES = ("en", "es", "fr", "ja", "nl", "pt", "sk", "sv", "th")  # those of the spec's type names

_BREAK = re.compile(r"<br\s*/?>|</?(?:p|div|li|ul|ol|tr|h[1-6])(?:\s[^<>]*)?/?>", re.IGNORECASE)
_HIDDEN = re.compile(r"<(script|style)\b|<!--", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u200b\u202a-\u202e\u2066-\u2069\ufeff]")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n ?(?:\n ?)*")
_CLOCK = re.compile(r"(?:kl\.?\s*)?(\d{1,2})(?:[:.h](\d{2}))?(?::(\d{2}))?\s*(?:(h|hs|hrs|uhr)\.?|([ap])\.?\s*m\.?)?", re.ASCII)
_LINK = re.compile(r"https?://[^\s<>\"\\^`{|}]+", re.IGNORECASE)
_DIAL = re.compile(r"[\d+,*#]+", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,12}(?:[.,]\d{0,40})?", re.ASCII)
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_US_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})\b", re.ASCII)
_NOON = {"noon", "12 noon", "12:00 noon", "midday", "mediodia"}
_MIDNIGHT = {"midnight", "12 midnight", "12:00 midnight", "medianoche"}


def quoted(value: object) -> str:
    """A value for a report: one line, short."""
    line = " ".join(_CONTROL.sub("", str(value)).split())
    return line if len(line) <= _DETAIL_LIMIT else line[: _DETAIL_LIMIT - 1] + "…"


def empty(value: object) -> bool:
    """Whether a feed means "nothing" by it: missing, null, false, "", blanks, []. Zero is a value."""
    return value is None or value is False or value == [] or (isinstance(value, str) and not value.strip())


def without_gaps(value: object) -> object:
    """A list that PHP wrote as an object because some of its numbers were missing: ``{"0": "O", "2": "D"}``."""
    if isinstance(value, dict) and value and all(isinstance(name, str) and name.isdecimal() for name in value):
        return list(value.values())
    return value


def _plain(value: str) -> str:
    """Lower case, without accents and doubled spaces: for comparing words."""
    bare = "".join(letter for letter in unicodedata.normalize("NFD", value) if not unicodedata.combining(letter))
    return " ".join(bare.casefold().split())


def text(value: object, *, lines: bool = False) -> str | None:
    """Plain text: `<br>` and blocks become new lines, other tags go, entities are decoded. Not yet escaped for showing.

    Args:
        value: text or a number; anything else counts as empty.
        lines: keep line breaks (notes) or join everything in one line (names, addresses).

    Returns:
        The text, or None when nothing is left.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    result = str(value)[:_RAW_LIMIT]
    if "<" in result:
        result = _TAG.sub("", _BREAK.sub("\n", _without_hidden(result)))
    if "&" in result:
        result = html.unescape(result)
    result = _CONTROL.sub("", result.replace("\r\n", "\n").replace("\r", "\n"))
    if not lines:
        return " ".join(result.split()) or None
    result = _LINES.sub("\n", _SPACES.sub(" ", result)).strip()
    return result if any(letter.isalnum() for letter in result) else None  # some editors leave a lone comma


def _without_hidden(value: str) -> str:
    """Without scripts, styles and comments. One that does not end stays, and what follows it; its tags go with all others."""
    plain, at, lower = "", 0, value.lower()
    while (found := _HIDDEN.search(value, at)) is not None:
        mark = f"</{found[1].lower()}" if found[1] else "-->"
        start = lower.find(mark, found.end())
        end = lower.find(">", start) if start >= 0 else -1
        if end < 0:
            break
        plain += value[at : found.start()]
        at = end + 1
    return plain + value[at:]


def short_text(value: object, found: Found, field: str, *, lines: bool = False) -> str | None:
    """`text`, cut to a length that a card can show; a cut is reported."""
    result = text(value, lines=lines)
    limit = NOTES_LIMIT if lines else NAME_LIMIT
    if result is None or len(result) <= limit:
        return result
    found.append(Finding(Reason.TEXT_CUT, field))
    return result[: limit - 1].rstrip() + "…"


def joined(*parts: str | None) -> str | None:
    """The parts that are there, a line each."""
    return "\n".join(part for part in parts if part) or None


def address(line: str | None, *parts: str | None) -> str:
    """An address in one line: what of town, state and country does not stand in its first line is added."""
    whole = line or ""
    for part in parts:
        there = [known.strip().casefold() for known in whole.split(",")]
        if part and not any(known == part.casefold() or known.startswith(f"{part.casefold()} ") for known in there[1:] or there):
            whole = f"{whole}, {part}" if whole else part
    return whole


def key(value: object) -> str | None:
    """A slug or an id as text; None when there is none. One that no index could hold is cut, and stays its own."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    result = text(value)
    if result is None or len(result) <= KEY_LIMIT:
        return result
    return f"{result[: KEY_LIMIT - 17]}~{hashlib.blake2b(result.encode(), digest_size=8).hexdigest()}"


@cache
def _weekdays() -> dict[str, int]:
    names: dict[str, int] = {}
    for language in _LANGUAGES:
        widths = ("abbreviated", "wide") if language in ("en", "es") else ("wide",)
        for width in widths:
            for monday_based, name in get_day_names(width, locale=language).items():  # type: ignore[arg-type]
                names[_plain(name).rstrip(".")] = (monday_based + 1) % 7
    return names


def weekday(value: object) -> int | None:
    """One weekday, 0 = Sunday: a number, digits, or a name in a known language. None when it cannot be read; never guessed."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str):
        word = _plain(value).rstrip(".")
        if not (word.isascii() and word.isdecimal() and len(word) < 3):
            return _weekdays().get(word)
        value = int(word)
    return value if isinstance(value, int) and 0 <= value <= 6 else None


def days(value: object, found: Found) -> tuple[int, ...] | None:
    """The weekdays of a row, 0 = Sunday, ascending: a single one, a list, or names joined by commas. 0 is Sunday, not empty."""
    value = without_gaps(value)
    given = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]
    parts = [part for part in given if not empty(part)]
    if not parts:
        found.append(Finding(Reason.DAY_MISSING))
        return None
    read = [weekday(part) for part in parts]
    good = tuple(sorted({day for day in read if day is not None}))
    if None in read:
        found.append(Finding(Reason.SOME_DAYS_UNREADABLE if good else Reason.DAY_UNREADABLE, quoted(value)))
    return good or None


def wall_time(value: object, *, end: bool = False) -> time | None:
    """A wall time: 24-hour (18:30, 18.30, 18h30, 18 h), with seconds, 12-hour, noon, midnight (00:00); None when it cannot be read.

    It is never guessed.

    Args:
        end: also take 24:00, which is 00:00 of the next day.
    """
    if not isinstance(value, str):
        return None
    word = _plain(value)
    if word in _NOON:
        return time(12)
    if word in _MIDNIGHT or (end and word in ("24:00", "24:00:00")):
        return time(0)
    match = _CLOCK.fullmatch(word)
    if match is None:
        return None
    hour, minute, second, whole, half = int(match[1]), int(match[2] or 0), int(match[3] or 0), match[4], match[5]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    elif match[2] is None and whole is None:
        return None  # a bare number: morning or evening is anyone's guess
    return time(hour, minute) if hour < 24 and minute < 60 and second < 60 else None


def start_time(value: object, found: Found) -> time | None:
    """The start; missing means by appointment."""
    if empty(value):
        found.append(Finding(Reason.TIME_MISSING))
        return None
    read = wall_time(value)
    if read is None:
        found.append(Finding(Reason.TIME_UNREADABLE, quoted(value)))
    return read


def end_time(value: object, start: time | None, found: Found) -> time | None:
    """The end, when it is given and to be believed.

    Not after the start means the next day. A length over 12 hours is a typing error (am for pm), unless the room is open around the clock
    (00:00 to 23:59 or 24:00): then no end is shown.
    """
    if empty(value):
        return None
    read = wall_time(value, end=True)
    if read is None:
        found.append(Finding(Reason.END_UNREADABLE, quoted(value)))
    if read is None or start is None:
        return None
    begin, finish = start.hour * 60 + start.minute, read.hour * 60 + read.minute
    next_day = finish <= begin
    minutes = finish - begin + (24 * 60 if next_day else 0)
    if start == time(0) and minutes >= 24 * 60 - 1:
        return read
    if minutes > 12 * 60:
        found.append(Finding(Reason.END_HIDDEN, f"{start:%H:%M}-{read:%H:%M}"))
        return None
    if next_day and minutes > 3 * 60:
        found.append(Finding(Reason.LONG, f"{start:%H:%M}-{read:%H:%M}"))
    return read


def type_codes(value: object, types: TypeBook, fellowship: str, found: Found) -> tuple[str, ...]:
    """Type codes in the book's spelling, each once, in their order; unknown ones are kept as they came and reported."""
    codes: dict[str, None] = {}
    for raw in _type_words(value):
        code = types.code(raw, fellowship)
        if code is None:
            found.append(Finding(Reason.TYPE_UNKNOWN, quoted(raw)))
        codes.setdefault(code or quoted(raw))
    return tuple(codes)[:TYPES_LIMIT]


def _type_words(value: object) -> Iterator[str]:
    value = without_gaps(value)
    for item in value if isinstance(value, list) else [value]:
        for part in re.split(r"[,;|]", text(item) or ""):
            if word := part.strip(" []\"'"):
                yield word


def number(value: object) -> float | None:
    """A finite number from a number or its digits."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value.replace(",", "."))
    try:
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
    except OverflowError:
        return None


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is, degrees; `box` when only an area was given."""

    latitude: float
    longitude: float
    box: bool = False


def place(latitude: object, longitude: object, coordinates: object, found: Found) -> Place | None:
    """Coordinates from two fields, or from one text ``lat,lon`` or ``lat,lon,lat,lon`` (an area: its middle)."""
    pair: list[float | None]
    box = False
    if isinstance(coordinates, str) and coordinates.strip():
        pair = [number(part) for part in coordinates.split(",")]
        if len(pair) == 4 and all(part is not None for part in pair):
            corners = [part for part in pair if part is not None]
            pair, box = [(corners[0] + corners[2]) / 2, (corners[1] + corners[3]) / 2], True
        detail = quoted(coordinates)
    elif empty(latitude) and empty(longitude):
        return None
    else:
        pair = [number(latitude), number(longitude)]
        detail = ", ".join("-" if empty(value) else quoted(value) for value in (latitude, longitude))
    if len(pair) == 2:
        lat, lon = pair
        if lat is not None and lon is not None and abs(lat) <= 90 and abs(lon) <= 180 and (lat or lon):
            return Place(lat, lon, box)
    found.append(Finding(Reason.COORDINATES_DROPPED, detail))
    return None


def link(value: object, found: Found, field: str) -> tuple[str | None, str | None]:
    """A link to http(s), without markup and without a name before the host (``https://known@other``).

    Returns:
        The link or None, and the text that has to go to the notes instead or None.
    """
    if empty(value):
        return None, None
    raw = _CONTROL.sub("", value).strip().replace("&amp;", "&").replace("&#038;", "&") if isinstance(value, str) else ""
    if _LINK.fullmatch(raw) and len(raw) <= LINK_LIMIT:
        try:
            parts = urlsplit(raw)
            if parts.hostname and "@" not in parts.netloc and parts.port != 0:
                return raw, None
        except ValueError:
            pass  # a malformed host or port: treated like any other text that is no link
    found.append(Finding(Reason.LINK_DROPPED, field))
    return None, short_text(value, found, field, lines=True)


def phone(value: object, found: Found) -> tuple[str | None, str | None]:
    """A number to dial, one-tap pauses and passcodes included.

    Returns:
        Digits and + , * # or None, and the text that is shown as a note instead or None.
    """
    raw = text(value)
    if raw is None:
        return None, None
    dial = re.sub(r"[\s().\-\u2010-\u2015]", "", raw)
    if len(dial) <= DIAL_LIMIT and _DIAL.fullmatch(dial) and sum(sign.isdigit() for sign in dial) >= 10:
        return dial, None
    found.append(Finding(Reason.PHONE_AS_NOTE))
    return None, short_text(raw, found, "phone", lines=True)


def updated_on(value: object) -> date | None:
    """The day of the last change, from whatever form the feed uses; None when unreadable, which is never a reason to reject."""
    raw = value if isinstance(value, str) else ""
    try:
        if match := _ISO_DAY.match(raw.strip()):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _US_DAY.match(raw.strip()):
            return date(int(match[3]), int(match[1]), int(match[2]))
    except ValueError:
        return None
    return None
