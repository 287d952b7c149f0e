"""A meeting list's bytes to checked rows: recognise the format by its keys, and refuse what is not known, saying why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from bot.errors import SetupError
from bot.features.meetings import fields, meeting_guide, zones
from bot.features.meetings.codes import TypeBook
from bot.features.meetings.listing import ParsedFeed


class Refusal(StrEnum):
    """Why a whole list is refused; the old list stays."""

    EMPTY = "empty"
    NO_JSON = "no_json"
    WEB_PAGE = "web_page"
    ERROR_ANSWER = "error_answer"
    NO_LIST = "no_list"
    TABLE = "table"
    BMLT = "bmlt"
    NO_MEETINGS = "no_meetings"


_WHY: Mapping[Refusal, str] = MappingProxyType(
    {
        Refusal.EMPTY: "it is empty",
        Refusal.NO_JSON: "it is not JSON; a Meeting Guide feed is expected (a JSON list of meetings)",
        Refusal.WEB_PAGE: "it is a web page, not a feed; the address of a plugin feed ends in /wp-admin/admin-ajax.php?action=meetings",
        Refusal.ERROR_ANSWER: "the site answered with an error instead of a list; a closed feed needs its key in the address",
        Refusal.NO_LIST: "it is JSON, but no list of meetings",
        Refusal.TABLE: "it is a table; this version reads Meeting Guide JSON, which the same site usually offers too",
        Refusal.BMLT: "it comes from a BMLT server; this version reads Meeting Guide JSON",
        Refusal.NO_MEETINGS: "its rows have none of the keys of a meeting (slug, name, day, time, types)",
    }
)


class FeedRefused(SetupError):
    """The whole list cannot be imported; nothing was changed."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(f"The list was refused: {_WHY[refusal]}{f' ({detail})' if detail else ''}. The old list stays.")
        self.refusal = refusal


def parse(data: bytes, *, types: TypeBook, fellowship: str, default_zone: str | None) -> ParsedFeed:
    """Read a meeting list.

    Args:
        data: the file or the answer as it came.
        fellowship: ``aa``, ``na`` or another label: codes depend on it. The format does not.
        default_zone: the feed's IANA zone for rows without one of their own; None when the operator gave none.

    Raises:
        FeedRefused: it is no list of meetings in a known form.
        SetupError: `default_zone` is no IANA name.
    """
    zone = zones.canonical(default_zone) if default_zone else None
    if default_zone and zone is None:
        raise SetupError(f"{fields.quoted(default_zone)!r} is no IANA time zone; a right one looks like America/New_York.")
    items = _recognise(_load(data))
    return meeting_guide.parse_rows(items, types=types, fellowship=fellowship, default_zone=zone)


def held_back(rows: int, last_good: int | None) -> bool:
    """Whether an import waits for the operator's word: fewer than half of the rows of the last good one.

    Args:
        rows: rows to import now (`Counts.imported`).
        last_good: the same figure of the last import that went live, None for the first.
    """
    return last_good is not None and rows * 2 < last_good


def _load(data: bytes) -> object:
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise FeedRefused(Refusal.EMPTY)
    if start.startswith(b"<"):
        raise FeedRefused(Refusal.WEB_PAGE)
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:  # ValueError: also bytes that are no UTF-8, and numbers of absurd length
        head = start.split(b"\n", 1)[0].lower()
        table = start[:1] not in b"[{" and all(name in head for name in (b"name", b"day", b"time"))
        raise FeedRefused(Refusal.TABLE if table else Refusal.NO_JSON) from error


def _recognise(document: object) -> list[object]:
    """The rows of Meeting Guide JSON; everything else is refused by its name."""
    if isinstance(document, Mapping):
        if "error" in document:
            raise FeedRefused(Refusal.ERROR_ANSWER)
        if "values" in document:
            raise FeedRefused(Refusal.TABLE)
        if "meetings" in document:
            raise FeedRefused(Refusal.BMLT if _is_bmlt(_keys(document["meetings"])) else Refusal.NO_LIST)
        raise FeedRefused(Refusal.NO_LIST)
    if not isinstance(document, list):
        raise FeedRefused(Refusal.NO_LIST)
    if not document:
        raise FeedRefused(Refusal.EMPTY)
    keys = _keys(document)
    if _is_bmlt(keys):
        raise FeedRefused(Refusal.BMLT)
    if not keys & {"slug", "name"}:
        raise FeedRefused(Refusal.NO_MEETINGS)
    return document


def _keys(items: object) -> set[str]:
    """All keys of the rows, since a feed leaves out what is empty."""
    rows = items if isinstance(items, list) else []
    return {key for row in rows if isinstance(row, Mapping) for key in row}


def _is_bmlt(keys: set[str]) -> bool:
    """Meetings, formats, service bodies or server information of a BMLT server."""
    return (
        bool(keys & {"id_bigint", "weekday_tinyint", "meeting_name", "key_string", "available_keys"}) or {"parent_id", "helpline"} <= keys
    )
