"""What is known of each feed beside its rows: who reads it now, how the last reading went, when the next one is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlmodel import Session, col, or_, select, update

from bot.db import affected
from bot.errors import SetupError
from bot.features.meetings.feed_rows import BUSY, LEASE
from bot.features.meetings.listing import RowReport
from bot.models import Feed, MeetingImport
from bot.work import Work

DAILY = 24  # hours
REPORT_ROWS = 1000  # that are kept; the command line prints all
FIRST_RETRY = timedelta(minutes=15)
NEW, OK, HELD, FAILING, REMOVED = "new", "ok", "held", "failing", "removed"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the server said of the version that it sent."""

    etag: str | None = None
    modified: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A feed that this process may read now.

    Args:
        zone: its default zone.
        current: its present import, with how many rows that has.
        known: what the server said of the version that is known.
        made: it was not there before.
    """

    feed_id: int
    fellowship: str
    source: str
    zone: str
    current: int | None
    rows: int | None
    known: Fetched
    made: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """How a reading went.

    Args:
        jitter: 0 to 1, by which the next one is moved, so that not all feeds are read at once.
        version: of the content that it was read with; None: whoever reads next does not rely on it.
    """

    format: str
    zone: str
    counts: Mapping[str, int]
    report: Sequence[RowReport]
    fetched: Fetched = field(default_factory=Fetched)
    jitter: float = 0.5
    version: str | None = None


def is_address(source: str) -> bool:
    """Whether a source is fetched, not opened."""
    return "://" in source


def shown(source: str) -> str:
    """A source without what may be secret in it: name and password, query, fragment."""
    if not is_address(source):
        return source
    try:
        parts = urlsplit(source)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return source.partition("://")[0] + "://..."
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{port}{parts.path}{'?...' if parts.query else ''}"


def zone_of(session: Session, fellowship: str, source: str) -> str | None:
    """The default zone that the operator gave this feed before; None when it is new."""
    found = _named(session, fellowship, source)
    return found.timezone if found is not None and found.current_import_id is not None else None


def claim(work: Work, fellowship: str, source: str, zone: str) -> Claim:
    """Take a feed for reading, made when there is none.

    Raises:
        SetupError: another process reads it now.
    """
    found = _named(work.session, fellowship, source)
    made = found is None
    if found is None:
        found = Feed(fellowship=fellowship, source=source, timezone=zone, format="", created_at=work.now)
        work.session.add(found)
        work.session.flush()
    assert found.id is not None
    if not _lease(work, found.id):
        raise SetupError(BUSY)
    return _claimed(work.session, found, zone, made=made)


def claim_due(work: Work) -> Claim | None:
    """Take the feed that has been due for longest, for this process alone; None when none is."""
    wanted = (col(Feed.state) != REMOVED) & (col(Feed.every_hours) > 0) & (col(Feed.next_at) <= work.now)
    free = or_(col(Feed.lease_until).is_(None), col(Feed.lease_until) <= work.now)
    found = work.session.exec(select(Feed).where(wanted, free).order_by(col(Feed.next_at)).limit(1)).first()
    if found is None or found.id is None or not _lease(work, found.id):
        return None
    claimed = _claimed(work.session, found, found.timezone)
    return claimed if found.read_with == work.content.version else replace(claimed, known=Fetched())


def extend(work: Work, feed_id: int) -> None:
    """Keep the lease for as long again."""
    work.session.get_one(Feed, feed_id).lease_until = work.now + LEASE


def release(work: Work, feed_id: int, *, made: bool = False) -> None:
    """Give a feed back unread; one that was made for this reading goes again."""
    found = work.session.get_one(Feed, feed_id)
    found.lease_until, found.staging_import_id = None, None
    if made and found.current_import_id is None:
        work.session.flush()
        used = select(MeetingImport.id).where(col(MeetingImport.feed_id) == feed_id).limit(1)
        if work.session.exec(used).first() is None:
            work.session.delete(found)


def settled(work: Work, feed_id: int, reading: Reading) -> None:
    """A reading went well, whether it changed anything or not."""
    found = work.session.get_one(Feed, feed_id)
    found.timezone, found.format = reading.zone, reading.format
    found.etag, found.modified, found.read_with = reading.fetched.etag, reading.fetched.modified, reading.version
    _well(work, found, reading.jitter)
    current = work.session.get(MeetingImport, found.current_import_id) if found.current_import_id else None
    if current is not None:
        _fill(current, reading)


def unchanged(work: Work, feed_id: int, jitter: float) -> None:
    """The server said that nothing is new."""
    _well(work, work.session.get_one(Feed, feed_id), jitter)


def held(work: Work, feed_id: int, reading: Reading) -> None:
    """Too many rows were missing: the old list stays until the operator says otherwise."""
    found = work.session.get_one(Feed, feed_id)
    found.state, found.error = HELD, f"{reading.counts['imported']} meetings, fewer than half of the last good import"
    found.etag = found.modified = None  # so that it comes whole when it is accepted
    found.lease_until, found.staging_import_id = None, None
    found.next_at = _next(work.now, found, reading.jitter)
    earlier = select(MeetingImport).where(col(MeetingImport.feed_id) == feed_id, col(MeetingImport.state) == HELD)
    row = work.session.exec(earlier).first() or MeetingImport(feed_id=feed_id, started_at=work.now, state=HELD)
    row.started_at = row.ended_at = work.now
    _fill(row, reading)
    work.session.add(row)


def failed(work: Work, feed_id: int, why: str, jitter: float, *, wait: timedelta | None = None) -> None:
    """A reading failed: the old list stays, and the next try comes later with each failure.

    Args:
        why: in words of our own; never from the server.
        wait: how long the server asked to be left alone.
    """
    found = work.session.get_one(Feed, feed_id)
    found.state, found.error, found.failures = FAILING, why[:300], found.failures + 1
    found.lease_until, found.staging_import_id = None, None
    longest = timedelta(hours=max(found.every_hours, 1))
    pause = min(FIRST_RETRY * 2 ** min(found.failures - 1, 16), longest) * (0.75 + jitter / 2)
    found.next_at = work.now + max(pause, min(wait, longest) if wait else pause) if found.every_hours else None


def set_every(work: Work, feed_id: int, hours: int, jitter: float = 0.5) -> None:
    """How often an address is read; 0: only by hand."""
    found = work.session.get_one(Feed, feed_id)
    found.every_hours = hours if is_address(found.source) else 0
    found.next_at = _next(work.now, found, jitter)


def remove(work: Work, feed_id: int) -> None:
    """Take a feed out: nothing of it is shown any more, and its people are told by the next look at their picks.

    Its rows go later, a few at a time. A new import of the same source brings it back.
    """
    found = work.session.get_one(Feed, feed_id)
    if not _lease(work, feed_id):
        raise SetupError(BUSY)
    if found.current_import_id is not None:
        row = work.session.get_one(MeetingImport, found.current_import_id)
        row.state, row.ended_at = "old", work.now
    found.current_import_id, found.state, found.error, found.failures = None, REMOVED, None, 0
    found.next_at = found.lease_until = found.etag = found.modified = None
    found.imported_at = work.now


def listed(session: Session) -> Sequence[tuple[Feed, MeetingImport | None]]:
    """Feeds that were not removed with their present import, oldest first."""
    statement = select(Feed, MeetingImport).join(MeetingImport, col(MeetingImport.id) == col(Feed.current_import_id), isouter=True)
    return [(feed, row) for feed, row in session.exec(statement.where(col(Feed.state) != REMOVED).order_by(col(Feed.id)))]


def by_id(session: Session, feed_id: int) -> Feed:
    """A feed that was not removed.

    Raises:
        SetupError: there is none with this ID.
    """
    found = session.get(Feed, feed_id)
    if found is None or found.state == REMOVED:
        raise SetupError(f"{feed_id} is not the ID of a feed: `waymark meetings feeds` prints them")
    return found


def last_report(session: Session, feed_id: int) -> MeetingImport | None:
    """The import whose report is the newest: the one that is held, else the present one."""
    found = by_id(session, feed_id)
    if found.state == HELD:
        held_ = select(MeetingImport).where(col(MeetingImport.feed_id) == feed_id, col(MeetingImport.state) == HELD)
        return session.exec(held_).first()
    return session.get(MeetingImport, found.current_import_id) if found.current_import_id else None


def _named(session: Session, fellowship: str, source: str) -> Feed | None:
    return session.exec(select(Feed).where(col(Feed.fellowship) == fellowship, col(Feed.source) == source)).first()


def _claimed(session: Session, found: Feed, zone: str, *, made: bool = False) -> Claim:
    assert found.id is not None
    row = session.get(MeetingImport, found.current_import_id) if found.current_import_id else None
    known = Fetched(found.etag, found.modified)
    rows = row.rows if row is not None else None
    return Claim(found.id, found.fellowship, found.source, zone, found.current_import_id, rows, known, made)


def _lease(work: Work, feed_id: int) -> bool:
    free = or_(col(Feed.lease_until).is_(None), col(Feed.lease_until) <= work.now)
    taken = update(Feed).where(col(Feed.id) == feed_id, free).values(lease_until=work.now + LEASE, staging_import_id=None)
    return affected(work.session.execute(taken)) == 1


def _well(work: Work, found: Feed, jitter: float) -> None:
    found.state, found.error, found.failures = OK, None, 0
    found.checked_at, found.lease_until, found.staging_import_id = work.now, None, None
    found.next_at = _next(work.now, found, jitter)


def _next(now: datetime, found: Feed, jitter: float) -> datetime | None:
    """Give or take a tenth."""
    return now + timedelta(hours=found.every_hours) * (0.9 + jitter / 5) if found.every_hours else None


def _fill(row: MeetingImport, reading: Reading) -> None:
    row.rows, row.counts = reading.counts["imported"], dict(reading.counts)
    kept: list[Any] = [
        [one.row, one.key, one.outcome.value, [[found.reason.value, found.detail] for found in one.findings]]
        for one in reading.report[:REPORT_ROWS]
    ]
    row.report = kept
