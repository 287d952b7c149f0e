"""One import of a meeting list, all or nothing: read, compare, stage in batches, flip; or write a small change at once.

Everything that takes time (reading, parsing, comparing) happens outside the transactions, and each of those is short.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Concatenate, ParamSpec, TypeVar

from bot.content.library import Content
from bot.errors import SetupError
from bot.features.meetings import feed, feed_rows, feed_state, indexing, reminders
from bot.features.meetings.bmlt_formats import Side
from bot.features.meetings.codes import load_types
from bot.features.meetings.feed_rows import Present
from bot.features.meetings.feed_state import Claim, Fetched
from bot.features.meetings.listing import Counts, RowReport
from bot.work import Work

P = ParamSpec("P")
T = TypeVar("T")

SMALL = 100  # rows that one transaction may change in place


class Result(StrEnum):
    """What became of an import."""

    IMPORTED = "imported"
    UNCHANGED = "unchanged"
    HELD = "held"  # fewer than half of the rows of the last good one; nothing was changed


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an import.

    Args:
        added, changed, gone: meetings, against the list as it was before.
        changed_picks: of people who picked a meeting that changed.
    """

    result: Result
    feed_id: int
    format: str
    counts: Counts
    report: tuple[RowReport, ...]
    added: int = 0
    changed: int = 0
    gone: int = 0
    changed_picks: int = 0

    @property
    def held(self) -> bool:
        """Whether it waits for the operator's word."""
        return self.result is Result.HELD


class Unit:
    """Runs a unit of work in a transaction of its own."""

    def __init__(self, run: Callable[[Callable[[Work], None]], None]) -> None:
        self._run = run

    def __call__(self, work_function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        results: list[T] = []
        self._run(lambda work: results.append(work_function(work, *args, **kwargs)))
        return results[0]


@dataclass
class _Difference:
    """What a list changes in the present import. Of a large one only the size is known, and the rows are read again."""

    added: int = 0
    changed: int = 0
    rows: list[tuple[int | None, dict[str, Any]]] = field(default_factory=list)
    gone: dict[str, Present] = field(default_factory=dict)
    renamed: list[int] = field(default_factory=list)

    @property
    def size(self) -> int:
        return self.added + self.changed + len(self.gone)


def run(
    unit: Unit,
    content: Content,
    data: bytes | BinaryIO,
    *,
    fellowship: str,
    source: str,
    zone: str,
    anyway: bool = False,
    side: Side | None = None,
    fetched: Fetched | None = None,
    claimed: Claim | None = None,
    jitter: float = 0.5,
    version: str | None = None,
) -> Imported:
    """Import a list.

    Args:
        unit: runs each step in a transaction of its own, so that no write is long.
        data: the list, or a file with it that can be moved about in.
        source: names the feed: a path or an address. The same source again replaces its rows.
        zone: the feed's default zone.
        anyway: take it even if it holds fewer than half of the last good import's rows.
        side: formats and service bodies of a BMLT server.
        claimed: the feed, when this process has taken it already; it is given back here in every case.
        jitter: 0 to 1, by which the next reading is moved.
        version: of the content, when that is known.

    Raises:
        SetupError: the whole list is refused (the old one stays), the zone is unknown, or another process reads it.
    """
    held: Claim | None = claimed
    try:
        file = io.BytesIO(data) if isinstance(data, bytes) else data
        reading = feed.read(file, types=load_types(types_file(content)), fellowship=fellowship, default_zone=zone, side=side)
        if held is None:
            held = unit(feed_state.claim, fellowship, source, zone)
        done = _put_in(unit, held, reading, anyway=anyway)
        told = feed_state.Reading(reading.format, zone, done.counts.as_dict(), done.report, fetched or Fetched(), jitter, version)
        unit(feed_state.held if done.held else feed_state.settled, held.feed_id, told)
        held_by_us, held = held, None
    finally:
        if held is not None:
            unit(feed_state.release, held.feed_id, made=held.made)
    picks = 0 if done.held else follow(unit, held_by_us.feed_id)
    return Imported(
        done.result, done.feed_id, done.format, done.counts, done.report, done.added, done.changed, done.gone, changed_picks=picks
    )


def follow(unit: Unit, feed_id: int) -> int:
    """Look after everyone who picked a meeting of this feed, a few at a time.

    Returns:
        How many picks changed.
    """
    changed = 0
    while some := unit(reminders.after_import, feed_id):
        changed += some
    return changed


def _put_in(unit: Unit, claim: Claim, reading: feed.Reading, *, anyway: bool) -> Imported:
    def end(result: Result, **figures: int) -> Imported:
        return Imported(result, claim.feed_id, reading.format, reading.counts, reading.report, **figures)

    if claim.current is None:
        _stage(unit, claim.feed_id, reading)
        return end(Result.IMPORTED, added=reading.counts.imported)
    found = _compare(_present(unit, claim.current), reading)
    figures = {"added": found.added, "changed": found.changed, "gone": len(found.gone)}
    if feed.held_back(reading.counts.imported, claim.rows) and not anyway:
        return end(Result.HELD, **figures)
    if not found.size:
        return end(Result.UNCHANGED)
    if found.size <= SMALL:
        gone = [one.id for one in found.gone.values()]
        unit(feed_rows.apply, claim.feed_id, claim.current, found.rows, gone, found.renamed)
    else:
        _stage(unit, claim.feed_id, reading)
    return end(Result.IMPORTED, **figures)


def _present(unit: Unit, import_id: int) -> dict[str, Present]:
    found: dict[str, Present] = {}
    last = 0
    while part := unit(feed_rows.present, import_id, last):
        found.update(part)
        last = part[-1][1].id
    return found


def _compare(present: dict[str, Present], reading: feed.Reading) -> _Difference:
    found = _Difference()
    new: dict[int, dict[str, Any]] = {}
    for row in reading.rows():
        known = present.pop(row.key, None)
        columns = feed_rows.columns(row)
        if known is not None and known.digest == columns["digest"]:
            continue
        if known is None:
            found.added += 1
        else:
            found.changed += 1
        if found.added + found.changed <= SMALL:
            if known is None:
                new[len(found.rows)] = columns
            found.rows.append((known.id if known else None, columns))
    found.gone = present
    _renames(found, new)
    return found


def _renames(found: _Difference, new: dict[int, dict[str, Any]]) -> None:
    """A new key with the second handle of one that is gone is the same meeting."""
    handles: dict[str, list[str]] = {}
    for key, one in found.gone.items():
        if one.alt_id is not None:
            handles.setdefault(one.alt_id, []).append(key)
    for position, columns in new.items():
        keys = handles.get(columns["alt_id"] or "", [])
        if len(keys) == 1:
            before = found.gone.pop(keys[0])
            found.rows[position] = (before.id, columns)
            found.renamed.append(before.id)
            found.added, found.changed = found.added - 1, found.changed + 1
            keys.clear()


def _stage(unit: Unit, feed_id: int, reading: feed.Reading) -> None:
    import_id = unit(feed_rows.begin, feed_id)
    try:
        for batch in _batches(reading):
            unit(feed_rows.stage, feed_id, import_id, batch)
        indexing.build(unit, import_id)
        unit(feed_rows.flip, feed_id, import_id)
    except BaseException:
        # What cannot be cleared away now goes with the next sweep.
        with contextlib.suppress(Exception):
            while unit(feed_rows.drop_staged, import_id):
                pass
        raise


def _batches(reading: feed.Reading) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in reading.rows():
        batch.append(feed_rows.columns(row))
        if len(batch) == feed_rows.BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def sweep(unit: Unit) -> None:
    """Clear away what older imports left, a few rows at a time."""
    while unit(feed_rows.sweep):
        pass


def types_file(content: Content) -> Path:
    """The file of type codes: the clinic's own when it has one.

    Raises:
        SetupError: there is none.
    """
    for folder in reversed(content.folders):
        path = folder / "meetings" / "types.yaml"
        if path.is_file():
            return path
    raise SetupError("content/meetings/types.yaml is missing: restore it from this version's package")
