"""A list's rows in the database: staged in batches under an import and flipped in one short transaction; small changes at once, in place.

A flip gives every meeting a new id, and the rows before it stay for some days, so that buttons that name them still lead somewhere.
What a list drops is kept as listed no more. Nothing here takes long: whoever has much to do calls again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel import col, delete, insert, or_, select, update

from bot.db import affected
from bot.errors import SetupError
from bot.features.meetings import indexing
from bot.features.meetings.listing import MeetingRow
from bot.models import Feed, Meeting, MeetingFavourite, MeetingImport, MeetingPick
from bot.work import Work

BATCH = 100  # rows in one transaction, so that none is long
PAGE = 2000  # rows read at once
KEEP_REPLACED = timedelta(days=3)
KEEP_GONE = timedelta(days=365)  # unless somebody picked it
LEASE = timedelta(minutes=10)
BUSY = "another process is reading this list at this moment: try again in a few minutes"


@dataclass(frozen=True, slots=True)
class Present:
    """What is known of a row that stands in the database."""

    id: int
    digest: str
    alt_id: str | None


def columns(row: MeetingRow) -> dict[str, Any]:
    """A row as the table keeps it, with the digest of it all."""
    found: dict[str, Any] = {
        "key": row.key,
        "alt_id": row.alt_id,
        "name": row.name,
        "days": list(row.days or ()),
        "time": row.time.strftime("%H:%M") if row.time else None,
        "end_time": row.end_time.strftime("%H:%M") if row.end_time else None,
        "timezone": row.timezone,
        "attendance": row.attendance.value,
        "approximate": row.approximate,
        "types": list(row.types),
        "latitude": row.latitude,
        "longitude": row.longitude,
        "address": row.address,
        "city": row.city,
        "region": row.region or row.city,
        "location": row.location,
        "group": row.group,
        "notes": "\n".join(note for note in (row.notes, row.location_notes, row.group_notes) if note) or None,
        "conference_url": row.conference_url,
        "conference_url_notes": "\n".join(note for note in (row.conference_url_notes, row.conference_phone_notes) if note) or None,
        "conference_phone": row.conference_phone,
        "url": row.url,
        "check_note": row.check_note,
        "updated": row.updated.isoformat() if row.updated else None,
        "entity": row.entity,
        "entity_url": row.entity_url,
    }
    found["digest"] = hashlib.blake2b(repr(tuple(found.values())).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return found


def present(work: Work, import_id: int, after: int) -> list[tuple[str, Present]]:
    """Some rows of an import by their keys, in the order of their ids, beginning behind `after`; empty at the end."""
    wanted = select(col(Meeting.id), col(Meeting.key), col(Meeting.digest), col(Meeting.alt_id))
    statement = wanted.where(col(Meeting.import_id) == import_id, col(Meeting.id) > after)
    rows = work.session.exec(statement.order_by(col(Meeting.id)).limit(PAGE))
    return [(key, Present(number or 0, digest, alt_id)) for number, key, digest, alt_id in rows]


def begin(work: Work, feed_id: int) -> int:
    """Start to stage an import.

    Returns:
        Its id; nothing of it shows before `flip`.
    """
    made = MeetingImport(feed_id=feed_id, started_at=work.now)
    work.session.add(made)
    work.session.flush()
    assert made.id is not None
    found = work.session.get_one(Feed, feed_id)
    found.staging_import_id, found.lease_until = made.id, work.now + LEASE
    return made.id


def stage(work: Work, feed_id: int, import_id: int, rows: Sequence[dict[str, Any]]) -> None:
    """Store some rows of an import (as `columns` gives them), and keep the lease.

    Raises:
        SetupError: another process reads this feed now.
    """
    ours = update(Feed).where(col(Feed.id) == feed_id, col(Feed.staging_import_id) == import_id)
    if affected(work.session.execute(ours.values(lease_until=work.now + LEASE))) != 1:
        raise SetupError(BUSY)
    work.session.execute(insert(Meeting), [{**row, "feed_id": feed_id, "import_id": import_id} for row in rows])


def flip(work: Work, feed_id: int, import_id: int) -> None:
    """Make an import the present one.

    Raises:
        SetupError: another process reads this feed now.
    """
    found = work.session.get_one(Feed, feed_id)
    if found.staging_import_id != import_id:
        raise SetupError(BUSY)
    before = found.current_import_id
    found.current_import_id, found.staging_import_id, found.imported_at = import_id, None, work.now
    for number, state in ((before, "old"), (import_id, "current")):
        if number is not None:
            work.session.execute(update(MeetingImport).where(col(MeetingImport.id) == number).values(state=state, ended_at=work.now))


def apply(
    work: Work,
    feed_id: int,
    import_id: int,
    changed: Sequence[tuple[int | None, dict[str, Any]]],
    gone: Collection[int],
    renamed: Collection[int] = (),
) -> None:
    """Write a small change into the present import, all of it or nothing.

    Args:
        changed: (id of the row that it replaces or None, its columns).
        gone: ids of rows that the list has no more.
        renamed: ids among `changed` whose key changes.
    """
    if renamed:  # two rows may have swapped their keys
        work.session.execute(update(Meeting), [{"id": one, "key": f"\x1f{one}"} for one in renamed])
    back = _at_rest(work, feed_id, [row["key"] for number, row in changed if number is None])
    written, new = [], []
    for number, row in changed:
        target = number or back.get(row["key"])
        if target is None:
            new.append({**row, "feed_id": feed_id, "import_id": import_id})
        else:
            written.append({**row, "id": target, "import_id": import_id, "gone_at": None})
    if written:
        work.session.execute(update(Meeting), written)
    made: list[int] = []
    if new:
        work.session.execute(insert(Meeting), new)
        keys = [row["key"] for row in new]
        ids = select(Meeting.id).where(col(Meeting.import_id) == import_id, col(Meeting.key).in_(keys))
        made = [one for one in work.session.exec(ids) if one is not None]
    _bury(work, feed_id, gone)
    found = work.session.get_one(Feed, feed_id)
    found.imported_at = work.now
    indexing.refresh(work, import_id, {*gone, *made, *(row["id"] for row in written)})


def sweep(work: Work, limit: int = BATCH) -> int:
    """Clear away some rows of imports that were replaced days ago or never ended; what their list dropped is kept as listed no more.

    Returns:
        How many rows were done; 0 when nothing is left.
    """
    replaced = (col(MeetingImport.state) == "old") & (col(MeetingImport.ended_at) < work.now - KEEP_REPLACED)
    reading = select(Feed.staging_import_id).where(col(Feed.staging_import_id).is_not(None), col(Feed.lease_until) > work.now)
    broken = (col(MeetingImport.state) == "staged") & col(MeetingImport.id).not_in(reading)
    for dead in work.session.exec(select(MeetingImport).where(or_(replaced, broken)).order_by(col(MeetingImport.id)).limit(3)).all():
        done = _clear(work, dead, limit)
        if done:
            return done
        work.session.delete(dead)
    return _forget(work, limit)


def drop_staged(work: Work, import_id: int, limit: int = 500) -> bool:
    """Take an import that failed away, some rows at a time.

    Returns:
        Whether something is left.
    """
    ids = list(work.session.exec(select(Meeting.id).where(col(Meeting.import_id) == import_id).limit(limit)))
    if ids:
        work.session.execute(delete(Meeting).where(col(Meeting.id).in_(ids)))
        return True
    work.session.execute(delete(MeetingImport).where(col(MeetingImport.id) == import_id, col(MeetingImport.state) == "staged"))
    return False


def _clear(work: Work, dead: MeetingImport, limit: int) -> int:
    rows = work.session.exec(
        select(Meeting.id, Meeting.key).where(col(Meeting.import_id) == dead.id).order_by(col(Meeting.id)).limit(limit)
    )
    by_key = {key: number for number, key in rows if number is not None}
    if not by_key:
        return 0
    if dead.state == "old":
        current = select(Feed.current_import_id).where(col(Feed.id) == dead.feed_id).scalar_subquery()
        listed = set(work.session.exec(select(Meeting.key).where(col(Meeting.import_id) == current, col(Meeting.key).in_(list(by_key)))))
        dropped = {key: number for key, number in by_key.items() if key not in listed}
        _bury(work, dead.feed_id, dropped.values())
        by_key = {key: number for key, number in by_key.items() if key in listed}
        if not by_key:
            return len(dropped)
    work.session.execute(delete(Meeting).where(col(Meeting.id).in_(list(by_key.values()))))
    return limit


def _forget(work: Work, limit: int) -> int:
    """Meetings that went a year ago and that nobody holds on to."""
    held = [
        select(table.id).where(col(table.feed_id) == Meeting.feed_id, col(table.key) == Meeting.key).exists()
        for table in (MeetingPick, MeetingFavourite)
    ]
    statement = select(Meeting.id).where(col(Meeting.gone_at) < work.now - KEEP_GONE, *(~one for one in held)).limit(limit)
    ids = list(work.session.exec(statement))
    if ids:
        work.session.execute(delete(Meeting).where(col(Meeting.id).in_(ids)))
    return len(ids)


def _at_rest(work: Work, feed_id: int, keys: Sequence[str]) -> dict[str, int]:
    """Meetings that the list dropped, by their keys."""
    statement = select(Meeting.key, Meeting.id).join(MeetingImport, col(MeetingImport.id) == col(Meeting.import_id))
    gone = statement.where(col(MeetingImport.feed_id) == feed_id, col(MeetingImport.state) == "gone", col(Meeting.key).in_(keys))
    return {key: number for key, number in work.session.exec(gone) if number is not None}


def _bury(work: Work, feed_id: int, ids: Iterable[int]) -> None:
    """Keep rows as listed no more, in the import that holds those of this list."""
    numbers = list(ids)
    if not numbers:
        return
    keys = list(work.session.exec(select(Meeting.key).where(col(Meeting.id).in_(numbers))))
    earlier = list(_at_rest(work, feed_id, keys).values())
    if earlier:
        work.session.execute(delete(Meeting).where(col(Meeting.id).in_(earlier)))
    statement = select(MeetingImport).where(col(MeetingImport.feed_id) == feed_id, col(MeetingImport.state) == "gone")
    graveyard = work.session.exec(statement).first()
    if graveyard is None:
        graveyard = MeetingImport(feed_id=feed_id, started_at=work.now, state="gone")
        work.session.add(graveyard)
        work.session.flush()
    values = {"import_id": graveyard.id, "gone_at": work.now}
    work.session.execute(update(Meeting).where(col(Meeting.id).in_(numbers)).values(**values))
