"""A list as it came, read piece by piece: its encoding, JSON with or without a call around it, tables. It is never whole in memory.

The file is gone through twice: once to recognise what it is and to be sure that it is whole, once for its rows. So whatever is wrong
with the file itself is known before anything is written.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO

from bot.features.meetings import table
from bot.features.meetings.refusal import FeedRefused, Refusal

_CHUNK = 1 << 18
ELEMENT_LIMIT = 1 << 22  # characters of one row; a real one has a few thousand
ROWS_LIMIT = 250_000  # four times all of the largest fellowship's meetings
KEYS_LIMIT = 5_000  # different ones
SIDE_LIMIT = 20_000  # formats beside the meetings
_CALL = re.compile(r"(?:/\*.*?\*/)?\s*[A-Za-z_$][\w.$]*\s*\(", re.ASCII | re.DOTALL)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_TOP, _BY_NUMBER = "", "0"


@dataclass(frozen=True)
class Document:
    """A recognised file.

    Args:
        keys: all keys of the rows, since a feed leaves out what is empty; of a table the names that its columns stand for.
        is_table: whether it has a header; its rows then come under the names of Meeting Guide JSON.
        formats: what a BMLT server sent beside the meetings.
    """

    file: BinaryIO
    encoding: str
    keys: frozenset[str]
    is_table: bool = False
    formats: tuple[Mapping[str, object], ...] = ()
    where: str = _TOP
    delimiter: str = ""

    def rows(self) -> Iterator[tuple[int, object]]:
        """The rows with their numbers: the first of a JSON list is 1, the header of a table is 1. Empty rows of a table are left out."""
        if not self.is_table:
            yield from enumerate((item for where, item in _walk(self.file, self.encoding) if where == self.where), start=1)
            return
        lines = _lines(self.file, self.encoding, self.delimiter) if self.delimiter else _values(self.file, self.encoding)
        columns: Mapping[int, str] | None = None
        for number, line in enumerate(lines, start=1):
            if not isinstance(line, Sequence) or isinstance(line, str):
                yield number, line
            elif columns is None:
                columns = table.columns(line) if any(map(_filled, line)) else None
            elif any(map(_filled, line)):
                yield number, table.item(columns, line)


def recognise(file: BinaryIO) -> Document:
    """What a file is, by its keys.

    Args:
        file: can be moved about in; it is read from its start.

    Raises:
        FeedRefused: it is nothing that can be imported, or not whole.
    """
    try:
        encoding, start, blank = _start(file)
        if not start:
            raise FeedRefused(Refusal.EMPTY if blank else Refusal.NO_JSON)
        if start.startswith("<"):
            raise FeedRefused(Refusal.WEB_PAGE)
        if start[0] in "[{" or _CALL.match(start):
            return _json(file, encoding)
        return _table(file, encoding, start)
    except (ValueError, RecursionError, csv.Error) as error:  # ValueError: no JSON, bytes of another encoding, absurd numbers
        raise FeedRefused(Refusal.NO_JSON) from error


def _start(file: BinaryIO) -> tuple[str, str, bool]:
    """The encoding, the first characters after marks and blanks, and whether nothing but blanks is there."""
    file.seek(0)
    head = file.read(8192)
    mark, encoding = next((found for found in _MARKS if head.startswith(found[0])), (b"", "utf-8"))
    head = head[len(mark) :]
    return encoding, head.decode(encoding, errors="ignore").lstrip("\ufeff \t\r\n"), not head.strip(b" \t\r\n")


# JSON


@dataclass
class _Shape:
    where: str | None = None
    keys: set[str] = field(default_factory=set)
    top: set[str] = field(default_factory=set)
    formats: list[Mapping[str, object]] = field(default_factory=list)
    header: Sequence[object] | None = None
    rows: int = 0


def _json(file: BinaryIO, encoding: str) -> Document:
    shape = _Shape()
    for number, (where, item) in enumerate(_walk(file, encoding)):
        if number >= ROWS_LIMIT:
            raise FeedRefused(Refusal.TOO_LARGE)
        _note(shape, where, item)
    if shape.header is not None:
        columns = table.checked(shape.header)
        return Document(file, encoding, frozenset(columns.values()), is_table=True)
    if "error" in shape.top and not shape.rows:
        raise FeedRefused(Refusal.ERROR_ANSWER)
    if shape.where is None:
        raise FeedRefused(Refusal.NO_LIST if shape.top and not shape.top & {"meetings", "values"} else Refusal.EMPTY)
    return Document(file, encoding, frozenset(shape.keys), formats=tuple(shape.formats), where=shape.where)


def _note(shape: _Shape, where: str, item: object) -> None:
    if where == "values":
        if shape.header is None and isinstance(item, list) and any(map(_filled, item)):
            shape.header = item
    elif where in (_TOP, _BY_NUMBER, "meetings"):
        shape.where, shape.rows = where, shape.rows + 1
        if isinstance(item, Mapping) and len(shape.keys) < KEYS_LIMIT:
            shape.keys.update(item)
    elif where == "formats" and isinstance(item, Mapping):
        if len(shape.formats) < SIDE_LIMIT:
            shape.formats.append(item)
    elif where.startswith("."):
        shape.top.add(where[1:])


def _walk(file: BinaryIO, encoding: str) -> Iterator[tuple[str, Any]]:
    """Every element of the arrays of a JSON document: with "" for the outermost, else with the key that it stands under.

    Other values of an outermost object, and the keys of its arrays, come as (``.key``, value).

    Raises:
        ValueError: it is no JSON, or not whole.
    """
    text = _Text(file, encoding)
    called = text.skip(_CALL)
    sign = text.peek()
    if sign == "[":
        for item in text.elements():
            yield _TOP, item
    elif sign == "{":
        yield from _members(text)
    else:
        raise ValueError("neither an array nor an object")
    if called:
        text.take(")")
        if text.peek() == ";":
            text.take(";")
    if text.peek():
        raise ValueError("more after the end")


def _members(text: _Text) -> Iterator[tuple[str, Any]]:
    text.take("{")
    while text.peek() != "}":
        key = text.value()
        if not isinstance(key, str):
            raise ValueError("a key that is no text")
        text.take(":")
        if text.peek() == "[":
            yield f".{key}", None
            for item in text.elements():
                yield key, item
        else:
            value = text.value()
            # PHP writes a list with gaps as an object: {"0": {...}, "2": {...}}.
            yield (_BY_NUMBER, value) if key.isdecimal() and isinstance(value, dict) else (f".{key}", value)
        if text.peek() == ",":
            text.take(",")
            if text.peek() != '"':
                raise ValueError("a comma without a key")
        elif text.peek() != "}":
            raise ValueError("a member that does not end")
    text.take("}")


class _Text:
    """The characters of a file, some at a time."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        file.seek(0)
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._scan = json.JSONDecoder().raw_decode
        self._text, self._at, self._ended = "", 0, False
        if self.peek() == "\ufeff":
            self._at += 1

    def _more(self, size: int = _CHUNK) -> None:
        data = self._file.read(size)
        self._ended = not data
        self._text = self._text[self._at :] + self._decoder.decode(data, self._ended)
        self._at = 0

    def peek(self) -> str:
        """The next character that is no blank; "" at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in " \t\r\n":
                    return self._text[self._at]
                self._at += 1
            if self._ended:
                return ""
            self._more()

    def take(self, sign: str) -> None:
        """Go past this character.

        Raises:
            ValueError: another one is next.
        """
        if self.peek() != sign:
            raise ValueError("another sign was expected")
        self._at += 1

    def skip(self, pattern: re.Pattern[str]) -> bool:
        """Go past what a pattern matches here.

        Returns:
            Whether it did.
        """
        self.peek()
        found = pattern.match(self._text, self._at)
        if found is not None:
            self._at = found.end()
        return found is not None

    def value(self) -> Any:
        """The next value.

        Raises:
            ValueError: there is none.
            FeedRefused: it is larger than any row.
        """
        self.peek()
        size = _CHUNK
        while True:
            try:
                value, end = self._scan(self._text, self._at)
            except ValueError:
                if self._ended:
                    raise
            else:
                if end < len(self._text) or self._ended:
                    self._at = end
                    return value
            # It may go on in the next piece.
            if len(self._text) - self._at > ELEMENT_LIMIT:
                raise FeedRefused(Refusal.TOO_LARGE)
            self._more(size)
            size *= 2

    def elements(self) -> Iterator[Any]:
        """The elements of the array that comes next.

        Raises:
            ValueError: it is no array, or does not end.
        """
        self.take("[")
        if self.peek() == "]":
            self.take("]")
            return
        while True:
            yield self.value()
            if self.peek() == "]":
                break
            self.take(",")
        self.take("]")


# Tables


def _table(file: BinaryIO, encoding: str, start: str) -> Document:
    if encoding == "utf-8" and not _is_utf8(file):
        encoding = "cp1252"  # what older spreadsheets write
    best: tuple[int, str, list[str]] = (0, "", [])
    for delimiter in (",", ";", "\t", "|"):
        header = next((line for line in _lines(file, encoding, delimiter) if any(map(_filled, line))), [])
        known = len(table.columns(header))
        if known > best[0]:
            best = known, delimiter, header
    known, delimiter, header = best
    if known < 2 or not delimiter:
        raise FeedRefused(Refusal.NO_LIST if _is_json(start) else Refusal.NO_JSON)
    columns = table.checked(header)
    # To its end, so that a broken row is known now.
    if sum(1 for _line in islice(_lines(file, encoding, delimiter), ROWS_LIMIT + 1)) > ROWS_LIMIT:
        raise FeedRefused(Refusal.TOO_LARGE)
    return Document(file, encoding, frozenset(columns.values()), is_table=True, delimiter=delimiter)


def _is_utf8(file: BinaryIO) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while data := file.read(_CHUNK):
            decoder.decode(data)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_json(start: str) -> bool:
    try:
        json.JSONDecoder().raw_decode(start)
    except (ValueError, RecursionError):
        return False
    return True


def _lines(file: BinaryIO, encoding: str, delimiter: str) -> Iterator[list[str]]:
    file.seek(0)
    wrapped = io.TextIOWrapper(file, encoding, newline="")
    try:
        if wrapped.read(1) != "\ufeff":
            wrapped.seek(0)
        yield from csv.reader(wrapped, delimiter=delimiter)
    finally:
        wrapped.detach()


def _values(file: BinaryIO, encoding: str) -> Iterator[Any]:
    return (item for where, item in _walk(file, encoding) if where == "values")


def _filled(cell: object) -> bool:
    return cell is not None and str(cell).strip() != ""
