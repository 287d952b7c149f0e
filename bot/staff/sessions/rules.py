"""What staff type about sessions, read kindly: lengths, places, hours of a plan. Pure."""

from __future__ import annotations

import re

from bot.programme.rules import LEAST_HOURS, LONGEST, MOST_HOURS, SHORTEST

ROOM_LENGTH, LINK_LENGTH, TITLE_LENGTH, REASON_LENGTH = 60, 300, 40, 200
_LINK = re.compile(r"https?://[^\s<>\"]+\.[^\s<>\"]+", re.IGNORECASE)
_SCHEME = re.compile(r"\b[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_HOURS = re.compile(
    r"(?P<whole>\d{1,2})(?:[.,](?P<part>\d))?\s*(?:h|hs|hrs?|hours?|horas?)\s*(?:(?P<rest>\d{1,2})\s*(?:m|min|minutes?|minutos?)?)?"
)
_MINUTES = re.compile(r"(?P<minutes>\d{1,3})\s*(?:m|min|mins|minutes?|minutos?)?")


def length(text: str) -> int | None:
    """Minutes of a session: `90`, `90 min`, `1.5 h`, `1h30`, `2 horas`. None when it is none, or no length that a session has."""
    plain = text.strip().casefold()
    found = _HOURS.fullmatch(plain)
    if found is not None:
        minutes = int(found["whole"]) * 60 + (int(found["part"]) * 6 if found["part"] else 0) + int(found["rest"] or 0)
    else:
        found = _MINUTES.fullmatch(plain)
        if found is None:
            return None
        minutes = int(found["minutes"])
    return minutes if SHORTEST <= minutes <= LONGEST else None


def place(text: str) -> tuple[str, str] | None:
    """A room, a video link, or both in one line. None when it is too long, or the link is none for the web."""
    plain = " ".join(text.split())
    link = _LINK.search(plain)
    room = " ".join((plain[: link.start()] + plain[link.end() :]).split()) if link is not None else plain
    address = link[0] if link is not None else ""
    if _SCHEME.search(room) or len(room) > ROOM_LENGTH or len(address) > LINK_LENGTH or not (room or address):
        return None
    return room, address


def plan_hours(text: str) -> int | None:
    """Hours a week of a plan; None when it is no number that makes sense."""
    found = re.fullmatch(r"(\d{1,2})\s*(?:h|hs|hours?|horas?)?", text.strip().casefold())
    if found is None or not LEAST_HOURS <= int(found[1]) <= MOST_HOURS:
        return None
    return int(found[1])


def short_text(text: str, longest: int) -> str | None:
    """One line of words; None when it is too long."""
    plain = " ".join(text.split())
    return plain if 1 <= len(plain) <= longest else None
