"""A meeting list to checked rows: recognise the format by its keys, never by the fellowship, and refuse what is not known, saying why."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from bot.errors import SetupError
from bot.features.meetings import bmlt, bmlt_formats, documents, fields, meeting_guide, zones
from bot.features.meetings.bmlt_formats import Side
from bot.features.meetings.codes import TypeBook
from bot.features.meetings.documents import Document
from bot.features.meetings.listing import Collector, Context, Counts, Finding, Format, MeetingRow, ParsedFeed, Reason, RowReport
from bot.features.meetings.refusal import FeedRefused, Refusal

PATIENCE_S = 900.0  # for all rows; 60,000 take half a minute

__all__ = ["FeedRefused", "Reading", "Refusal", "held_back", "parse", "read", "side_of"]

TABLE = "table"


@dataclass
class Reading:
    """A recognised list whose rows are read one after the other. `counts` and `report` are complete when all rows have been taken.

    Args:
        format: meeting_guide, table or bmlt.
    """

    format: str
    context: Context
    _document: Document
    _rules: Format
    _collector: Collector = field(default_factory=Collector)

    @property
    def counts(self) -> Counts:
        """The figures so far."""
        return self._collector.counts

    @property
    def report(self) -> tuple[RowReport, ...]:
        """Rows so far that are not simply ok, in file order."""
        return tuple(self._collector.report)

    def rows(self) -> Iterator[MeetingRow]:
        """The rows to import, in file order.

        Raises:
            FeedRefused: there was no row at all, or none that can be imported.
        """
        self._collector = Collector()
        seen: dict[str, bytes] = {}
        imported, ends = 0, time.monotonic() + PATIENCE_S
        for number, item in self._document.rows():
            if time.monotonic() > ends:
                raise FeedRefused(Refusal.TOO_LONG)
            row = self._take(number, item, seen)
            if row is not None:
                imported += 1
                yield row
        if not self.counts.rows:
            raise FeedRefused(Refusal.EMPTY)
        if not imported:
            first = self._collector.report[0]
            raise FeedRefused(Refusal.NOTHING_LEFT, f"the first: {first.text}")

    def _take(self, number: int, item: object, seen: dict[str, bytes]) -> MeetingRow | None:
        found: list[Finding] = []
        row = None
        key: str | None = None
        if not isinstance(item, Mapping):
            found.append(Finding(Reason.NOT_AN_OBJECT))
        else:
            key, alt_id = self._rules.keys(item)
            out = self._rules.left_out(item)
            if key is None:
                found.append(Finding(Reason.NO_KEY))
            elif out is not None:
                found.append(Finding(out))
            else:
                print_ = hashlib.blake2b(repr(item).encode("utf-8", "surrogatepass"), digest_size=8).digest()
                before = seen.setdefault(key, print_)
                if before is not print_:
                    found.append(Finding(Reason.REPEATED if before == print_ else Reason.KEY_TAKEN))
                else:
                    row = self._rules.row(item, key, alt_id, found, self.context)
        self._collector.add(number, key or "", found, row)
        return row


def read(file: BinaryIO, *, types: TypeBook, fellowship: str, default_zone: str | None, side: Side | None = None) -> Reading:
    """Recognise a meeting list.

    Args:
        file: as it came; it can be moved about in.
        fellowship: ``aa``, ``na`` or another label: codes depend on it. The format does not.
        default_zone: the feed's IANA zone for rows without one of their own; None when the operator gave none.
        side: a BMLT server's formats and service bodies, where the answer does not bring its own.

    Raises:
        FeedRefused: it is no list of meetings in a known form.
        SetupError: `default_zone` is no IANA name.
    """
    zone = zones.canonical(default_zone) if default_zone else None
    if default_zone and zone is None:
        raise SetupError(f"{fields.quoted(default_zone)!r} is no IANA time zone; a right one looks like America/New_York.")
    document = documents.recognise(file)
    rules = _rules(document, side)
    return Reading(TABLE if document.is_table else rules.name, Context(types, fellowship, zone), document, rules)


def _rules(document: Document, side: Side | None) -> Format:
    if document.is_table:
        return meeting_guide.MeetingGuide()
    if bmlt.has_meetings(document.keys):
        own = bmlt_formats.side(document.formats)
        given = side or Side()
        return bmlt.Bmlt(Side({**given.formats, **own.formats}, given.bodies))
    if bmlt.is_bmlt(document.keys):
        raise FeedRefused(Refusal.BMLT)
    if not meeting_guide.is_meeting_guide(document.keys):
        raise FeedRefused(Refusal.NO_MEETINGS)
    return meeting_guide.MeetingGuide()


def side_of(*files: BinaryIO) -> Side:
    """Formats and service bodies (answers of GetFormats and GetServiceBodies, in any order).

    Raises:
        FeedRefused: one of them is neither.
    """
    return bmlt_formats.side(row for file in files for row in side_rows(file))


def side_rows(file: BinaryIO) -> list[object]:
    """The rows of one answer of GetFormats or GetServiceBodies, for `bmlt_formats.side`.

    Raises:
        FeedRefused: it is neither.
    """
    document = documents.recognise(file)
    if document.formats:
        return list(document.formats)
    if not (bmlt_formats.is_formats(document.keys) or bmlt_formats.is_bodies(document.keys)):
        raise FeedRefused(Refusal.NO_LIST, "formats or service bodies of a BMLT server were expected")
    return [item for _number, item in islice(document.rows(), documents.SIDE_LIMIT)]


def parse(data: bytes, *, types: TypeBook, fellowship: str, default_zone: str | None, side: Side | None = None) -> ParsedFeed:
    """A whole list at once, for small ones. Arguments and errors are those of `read`."""
    reading = read(io.BytesIO(data), types=types, fellowship=fellowship, default_zone=default_zone, side=side)
    rows = tuple(reading.rows())
    return ParsedFeed(reading.format, rows, reading.report, reading.counts)


def held_back(rows: int, last_good: int | None) -> bool:
    """Whether an import waits for the operator's word: fewer than half of the rows of the last good one.

    Args:
        rows: rows to import now (`Counts.imported`).
        last_good: the same figure of the last import that went live, None for the first.
    """
    return last_good is not None and rows * 2 < last_good
