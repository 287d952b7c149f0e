"""Why a whole list is refused: said in words that tell the operator what to do. The old list stays in every case."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from bot.errors import SetupError


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
    NOTHING_LEFT = "nothing_left"
    TOO_LARGE = "too_large"
    TOO_LONG = "too_long"


_WHY: Mapping[Refusal, str] = MappingProxyType(
    {
        Refusal.EMPTY: "it holds no meetings (a BMLT aggregator answers so when the address names no service body or place)",
        Refusal.NO_JSON: "it is neither JSON nor a table with a header; Meeting Guide JSON, a table or a BMLT answer is expected",
        Refusal.WEB_PAGE: "it is a web page, not a feed; the address of a plugin feed ends in /wp-admin/admin-ajax.php?action=meetings",
        Refusal.ERROR_ANSWER: "the site answered with an error instead of a list; a closed feed needs its key in the address",
        Refusal.NO_LIST: "it is JSON, but no list of meetings",
        Refusal.TABLE: "it is a table, but its header lacks what a list of meetings needs",
        Refusal.BMLT: "it comes from a BMLT server, but holds no meetings; GetSearchResults does, formats and service bodies go to --also",
        Refusal.NO_MEETINGS: "its rows have none of the keys of a meeting (slug, name, day, time, types)",
        Refusal.NOTHING_LEFT: "not one of its rows can be imported",
        Refusal.TOO_LARGE: "it has more rows than any fellowship has meetings, or one row that is larger than any meeting",
        Refusal.TOO_LONG: "it takes too long to read",
    }
)


class FeedRefused(SetupError):
    """The whole list cannot be imported; nothing was changed."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(f"The list was refused: {_WHY[refusal]}{f' ({detail})' if detail else ''}. The old list stays.")
        self.refusal = refusal
