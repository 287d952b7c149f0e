"""One import of a meeting list, all or nothing: read, parse, stage in batches, flip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from bot.content.library import Content
from bot.errors import SetupError
from bot.features.meetings import feed as feeds
from bot.features.meetings import reminders, store
from bot.features.meetings.codes import load_types
from bot.features.meetings.listing import ParsedFeed
from bot.work import Work

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an import. `held`: fewer than half of the rows of the last good one; nothing was changed."""

    parsed: ParsedFeed
    feed_id: int
    held: bool = False
    changed_picks: int = 0


class Unit:
    """Runs a unit of work in a transaction of its own."""

    def __init__(self, run: Callable[[Callable[[Work], None]], None]) -> None:
        self._run = run

    def __call__(self, work_function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        results: list[T] = []
        self._run(lambda work: results.append(work_function(work, *args, **kwargs)))
        return results[0]


def run(unit: Unit, content: Content, data: bytes, *, fellowship: str, source: str, zone: str, anyway: bool = False) -> Imported:
    """Import a list.

    Args:
        unit: runs each step in a transaction of its own, so that no write is long.
        source: names the feed: a path or an address. The same source again replaces its rows.
        zone: the feed's default zone.
        anyway: take it even if it holds fewer than half of the last good import's rows.

    Raises:
        SetupError: the whole list is refused (the old one stays), or the zone is unknown.
    """
    parsed = feeds.parse(data, types=load_types(types_file(content)), fellowship=fellowship, default_zone=zone)
    feed_id = unit(_feed_id, fellowship, source, zone, parsed.format)
    if feeds.held_back(parsed.counts.imported, unit(store.last_good, feed_id)) and not anyway:
        return Imported(parsed, feed_id, held=True)
    import_id = unit(store.begin, feed_id, parsed.counts.imported, parsed.counts.as_dict())
    for start in range(0, len(parsed.rows), store.BATCH):
        unit(store.stage, feed_id, import_id, parsed.rows[start : start + store.BATCH])
    unit(store.flip, feed_id, import_id)
    changed = unit(reminders.after_import, feed_id)
    while unit(store.sweep, feed_id):
        pass
    return Imported(parsed, feed_id, changed_picks=changed)


def _feed_id(work: Work, fellowship: str, source: str, zone: str, format_: str) -> int:
    found = store.feed(work, fellowship, source, zone, format_).id
    assert found is not None
    return found


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
