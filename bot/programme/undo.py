"""Taking back what was just changed in the programme."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from bot import due
from bot.errors import Conflict, NotAllowed
from bot.models import Person, SessionNews, SessionNotice, SessionSeries
from bot.programme import editing, holidays, news, rolls, store
from bot.programme.news import What
from bot.programme.store import Book
from bot.work import Work

UNDO_WITHIN = timedelta(hours=24)


def undo(work: Work, news_id: UUID, by: Person) -> SessionNews:
    """Take one's last act back; whoever was told of it is told again.

    Raises:
        NotAllowed: there is no such act, or the series is not theirs.
        Conflict: too late, or something else was changed since.
    """
    row = work.session.get(SessionNews, news_id)
    if row is None or not store.is_clinical(by) or row.person_id is not None:
        raise NotAllowed
    if row.undone_at is not None or work.now - row.at > UNDO_WITHIN or _overtaken(work, row):
        raise Conflict("sessions/undo_late")
    what = What(row.kind)
    if what is What.HOLIDAY and row.holiday_id is not None:
        row.undone_at = work.now
        return _quietly(work, row, holidays.remove(work, row.holiday_id, by))
    if row.series_id is None:
        raise NotAllowed
    series = store.managed(work, row.series_id, by, lock=True)
    row.undone_at = work.now
    if what is What.ADDED:
        return _quietly(work, row, _take_back(work, series, by))
    back = news.back_of(work, row)
    if what is What.ENDED:
        series.until_date = date.fromisoformat(back["until"]) if back.get("until") else None
        return _quietly(work, row, _reopened(work, series, row, by))
    if what is What.CHANGED_FROM:
        before = store.managed(work, UUID(back["series"]), by, lock=True)
        before.until_date = date.fromisoformat(back["until"]) if back.get("until") else None
        series.removed_at = work.now
        due.drop(work, f"roll:{series.id}")
        return _quietly(work, row, _reopened(work, before, row, by))
    if row.local_date is None or what not in news.ONE_DATE:
        raise NotAllowed
    return _quietly(work, row, _put_back(work, series, row.local_date, back, by))


def _put_back(work: Work, series: SessionSeries, day: date, back: dict[str, Any], by: Person) -> SessionNews:
    """The change of one date as it was before the act."""
    occasion = Book(work).occasion(series.id, day)
    if occasion is None:
        raise Conflict("sessions/undo_late")
    before = occasion.slot.start
    change, now_kept = editing.change_of(work, occasion, by)
    if back:
        change.cancelled_at = work.now if back["cancelled"] else None
        change.moved_date = date.fromisoformat(back["moved_date"]) if back["moved_date"] else None
        change.moved_wall, change.minutes, change.place_changed = back["moved_wall"], back["minutes"], back["place_changed"]
        change.leader_id = UUID(back["leader"]) if back["leader"] else None
        for column in ("room", "link", "reason"):
            setattr(change, column, bytes.fromhex(back[column]) if back[column] else None)
    else:
        work.session.delete(change)
    work.session.flush()
    editing.record(work, "session.undone", by, series, day=day)
    rolls.plan(work, series)
    found = Book(work).occasion(series.id, day)
    start = found.slot.start if found is not None else before
    what = What.CANCELLED if found is not None and found.slot.cancelled else What.RESTORED
    return news.announce(work, what, by=by, series=series, day=day, start=start, before=before.isoformat(), back=now_kept)


def _take_back(work: Work, series: SessionSeries, by: Person) -> SessionNews:
    told = news.announce(work, What.TAKEN_BACK, by=by, series=series, day=series.from_date)
    series.removed_at = work.now
    due.drop(work, f"roll:{series.id}")
    editing.record(work, "session.taken_back", by, series)
    return told


def _reopened(work: Work, series: SessionSeries, row: SessionNews, by: Person) -> SessionNews:
    work.session.flush()
    editing.record(work, "session.reopened", by, series, day=row.local_date)
    rolls.plan(work, series)
    return news.announce(work, What.REOPENED, by=by, series=series, day=row.local_date, start=editing.next_start(work, series))


def _quietly(work: Work, undone: SessionNews, told: SessionNews) -> SessionNews:
    """Nobody heard of the act yet: nobody needs to hear that it was undone; reminders follow all the same."""
    if undone.told_at is None and not _partly_told(work, undone):
        due.drop(work, f"tell:{undone.id}")
        told.undone_at = work.now
        due.drop(work, f"tell:{told.id}")
    return told


def _partly_told(work: Work, row: SessionNews) -> bool:
    return work.session.exec(select(SessionNotice.id).where(col(SessionNotice.news_id) == row.id).limit(1)).first() is not None


def _overtaken(work: Work, row: SessionNews) -> bool:
    """Whether the same date or series was changed again since."""
    if row.series_id is None:
        return False
    later = select(SessionNews.id).where(
        col(SessionNews.series_id) == row.series_id, col(SessionNews.person_id).is_(None), col(SessionNews.id) > row.id
    )
    if What(row.kind) in news.ONE_DATE:
        later = later.where((col(SessionNews.local_date) == row.local_date) | col(SessionNews.kind).in_([What.ENDED, What.CHANGED_FROM]))
    return work.session.exec(later.limit(1)).first() is not None
