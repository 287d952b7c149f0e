"""What staff change in the programme. Each act writes an audit row, has the people told whom it touches, and can be undone for a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from bot import audit, due, people
from bot.errors import Conflict, NotAllowed
from bot.escalation import statuses
from bot.models import (
    CLINICAL,
    Person,
    SessionChange,
    SessionMember,
    SessionNews,
    SessionSeries,
)
from bot.programme import news, rolls, rules, store
from bot.programme.news import What
from bot.programme.store import Book, Occasion
from bot.work import Work

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Draft:
    """A session as somebody put it together. `weekdays` empty: once, on `first`; `people` only without a track."""

    kind: str
    track: str | None
    people: tuple[Person, ...]
    weekdays: tuple[int, ...]
    first: date
    wall: str
    minutes: int
    room: str = ""
    link: str = ""
    title: str = ""
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """What shall be different; None leaves it. `room` and `link` go together: "" for both means no place."""

    day: date | None = None
    wall: str | None = None
    minutes: int | None = None
    place: tuple[str, str] | None = None  # room, link
    leader: Person | None = None


def create(
    work: Work, draft: Draft, by: Person, *, leader: Person | None = None, quiet: bool = False
) -> tuple[SessionSeries, SessionNews | None]:
    """Put a session into the programme; whom it is for is told, `quiet` aside.

    Raises:
        NotAllowed: somebody's patient is not theirs.
        Conflict: it lies in the past, or for nobody.
    """
    if not store.is_clinical(by) or any(not statuses.may_change(work, one, by) for one in draft.people):
        raise NotAllowed
    if draft.track is None and not draft.people:
        raise Conflict("sessions/nobody")
    zone = work.settings.timezone
    row = SessionSeries(
        kind=rules.Kind(draft.kind).value,
        track=draft.track,
        leader_id=(leader or by).id,
        weekdays=sorted(set(draft.weekdays)),
        from_date=draft.first,
        until_date=draft.last if draft.weekdays else draft.first,
        wall=draft.wall,
        minutes=draft.minutes,
        zone=zone,
        created_at=work.now,
        created_by=by.id,
    )
    row.title = store.sealed(work, "session_series", "title", row.id, draft.title)
    row.room = store.sealed(work, "session_series", "room", row.id, draft.room)
    row.link = store.sealed(work, "session_series", "link", row.id, draft.link)
    if not draft.weekdays and draft.first in store.closed_days(work, draft.first):
        row.keeps_holidays = False  # whoever puts a single session on a holiday means it
    if not draft.weekdays and due.instant_of(draft.first, due.parse_wall(draft.wall), zone) <= work.now:
        raise Conflict("sessions/past")
    work.session.add(row)
    work.session.flush()
    for person in draft.people:
        work.session.add(SessionMember(series_id=row.id, person_id=person.id, from_date=draft.first, added_at=work.now, added_by=by.id))
    work.session.flush()
    record(work, "session.added", by, row, day=draft.first, count=len(draft.people))
    rolls.plan(work, row)
    if quiet:
        return row, None
    told = news.announce(work, What.ADDED, by=by, series=row, day=draft.first, start=next_start(work, row))
    return row, told


def next_start(work: Work, row: SessionSeries) -> datetime | None:
    found = Book(work).occasions(work.now, max(work.now, _midnight(row)) + timedelta(days=10), only=[row])
    return found[0].slot.start if found else None


def _midnight(row: SessionSeries) -> datetime:
    return due.instant_of(row.from_date, due.parse_wall("00:00"), row.zone)


def cancel_one(work: Work, occasion: Occasion, by: Person, reason: str) -> SessionNews:
    """One date does not take place.

    Raises:
        Conflict: it is over, or cancelled already.
    """
    _may_still_change(work, occasion)
    change, back = change_of(work, occasion, by)
    change.cancelled_at = work.now
    change.reason = store.sealed(work, "session_change", "reason", change.id, reason)
    work.session.flush()
    record(work, "session.cancelled", by, occasion.row, day=occasion.slot.day)
    rolls.plan(work, occasion.row)
    start = occasion.slot.start
    return news.announce(
        work, What.CANCELLED, by=by, series=occasion.row, day=occasion.slot.day, start=start, before=start.isoformat(), back=back
    )


def change_one(work: Work, occasion: Occasion, by: Person, edit: Edit, *, quiet: bool = False) -> SessionNews | None:
    """One date is different; whom it touches is told, `quiet` aside.

    Raises:
        Conflict: it is over or cancelled, would lie in the past, or on a date of the series' own.
    """
    _may_still_change(work, occasion)
    row, before = occasion.row, occasion.slot.start
    local = before.astimezone(ZoneInfo(row.zone))
    day, wall = edit.day or local.date(), edit.wall or local.strftime("%H:%M")
    start = due.instant_of(day, due.parse_wall(wall), row.zone)
    if start <= work.now:
        raise Conflict("sessions/past")
    change, back = change_of(work, occasion, by)
    if edit.day is not None or edit.wall is not None:
        change.moved_date, change.moved_wall = day, wall
    if edit.minutes is not None:
        change.minutes = edit.minutes
    if edit.place is not None:
        _place(work, change, edit.place)
    if edit.leader is not None:
        change.leader_id = edit.leader.id
    work.session.flush()
    record(work, "session.changed", by, row, day=occasion.slot.day)
    rolls.plan(work, row)
    _replies_anew(work, occasion, start)
    if quiet:
        return None
    return news.announce(
        work,
        What.CHANGED,
        by=by,
        series=row,
        day=occasion.slot.day,
        start=start,
        before=before.isoformat(),
        leader=edit.leader is not None or None,
        back=back,
    )


def _place(work: Work, change: SessionChange, place: tuple[str, str]) -> None:
    room, link = place
    change.place_changed = True
    change.room = store.sealed(work, "session_change", "room", change.id, room)
    change.link = store.sealed(work, "session_change", "link", change.id, link)


def _replies_anew(work: Work, occasion: Occasion, start: datetime) -> None:
    """Who said that they come, or cannot, said it of another time."""
    for seat in store.seats_at(work, occasion).values():
        if seat.start_at != start:
            seat.start_at = start
            seat.reply = seat.replied_at = seat.why = seat.note = None


def restore(work: Work, occasion: Occasion, by: Person) -> SessionNews:
    """One date is as planned again.

    Raises:
        Conflict: nothing differs, or it would lie in the past.
    """
    change = occasion.change
    planned = rules.slot_of(Book(work).plan(occasion.row), None, frozenset(), occasion.slot.day)
    if change is None or planned is None:
        raise Conflict("sessions/as_planned")
    if planned.start <= work.now:
        raise Conflict("sessions/past")
    back, before = kept(change), occasion.slot.start
    work.session.delete(change)
    work.session.flush()
    record(work, "session.restored", by, occasion.row, day=occasion.slot.day)
    rolls.plan(work, occasion.row)
    return news.announce(
        work,
        What.RESTORED,
        by=by,
        series=occasion.row,
        day=occasion.slot.day,
        start=planned.start,
        before=before.isoformat(),
        back=back,
    )


def end_from(work: Work, row: SessionSeries, day: date, by: Person) -> SessionNews:
    """A series takes place no more from a date on."""
    back = {"until": row.until_date.isoformat() if row.until_date is not None else None}
    row.until_date = max(day, row.from_date) - _ONE_DAY
    work.session.flush()
    record(work, "session.ended", by, row, day=day)
    rolls.plan(work, row)
    return news.announce(work, What.ENDED, by=by, series=row, day=day, back=back, last=day.isoformat())


def change_from(work: Work, occasion: Occasion, by: Person, edit: Edit) -> SessionNews:
    """A series is different from a date on: it ends, and one that takes over from it begins; what was stays as it was.

    Raises:
        Conflict: the date is over.
    """
    row, day = occasion.row, occasion.slot.day
    _may_still_change(work, occasion)
    first, weekdays = day, list(row.weekdays)
    if edit.day is not None and edit.day.weekday() != day.weekday():
        weekdays = rules.shifted(weekdays, day.weekday(), edit.day.weekday())
        first = min(edit.day, day)
    room, link = (
        edit.place
        if edit.place is not None
        else (
            store.opened(work, "session_series", "room", row.id, row.room),
            store.opened(work, "session_series", "link", row.id, row.link),
        )
    )
    after = SessionSeries(
        kind=row.kind,
        track=row.track,
        leader_id=edit.leader.id if edit.leader is not None else row.leader_id,
        weekdays=weekdays,
        from_date=first,
        until_date=row.until_date,
        wall=edit.wall or row.wall,
        minutes=edit.minutes or row.minutes,
        zone=row.zone,
        keeps_holidays=row.keeps_holidays,
        continues_id=row.id,
        created_at=work.now,
        created_by=by.id,
    )
    after.title = store.sealed(work, "session_series", "title", after.id, store.title_of(work, row))
    after.room = store.sealed(work, "session_series", "room", after.id, room)
    after.link = store.sealed(work, "session_series", "link", after.id, link)
    work.session.add(after)
    work.session.flush()
    for one in work.session.exec(select(SessionMember).where(col(SessionMember.series_id) == row.id)).all():
        if one.until_date is None or one.until_date >= first:
            since = max(one.from_date, first)
            copy = SessionMember(
                series_id=after.id, person_id=one.person_id, from_date=since, until_date=one.until_date, added_at=one.added_at
            )
            copy.added_by = one.added_by
            work.session.add(copy)
    back = {"until": row.until_date.isoformat() if row.until_date is not None else None, "series": str(row.id)}
    row.until_date = day - _ONE_DAY
    work.session.flush()
    record(work, "session.changed_from", by, after, day=day, before=str(row.id))
    rolls.plan(work, row)
    rolls.plan(work, after)
    return news.announce(
        work,
        What.CHANGED_FROM,
        by=by,
        series=after,
        day=first,
        start=next_start(work, after),
        back=back,
        leader=edit.leader is not None or None,
        last=first.isoformat(),
    )


def _may_still_change(work: Work, occasion: Occasion) -> None:
    if occasion.slot.cancelled:
        raise Conflict("sessions/cancelled_already")
    if occasion.slot.end <= work.now:
        raise Conflict("sessions/past")


def change_of(work: Work, occasion: Occasion, by: Person) -> tuple[SessionChange, dict[str, Any]]:
    """The row of what differs on a date, made when there is none; and what it said before."""
    change = occasion.change
    if change is None:
        change = SessionChange(series_id=occasion.row.id, local_date=occasion.slot.day, changed_at=work.now)
        work.session.add(change)
        back: dict[str, Any] = {}
    else:
        back = kept(change)
    change.changed_at, change.changed_by = work.now, by.id
    return change, back


def kept(change: SessionChange) -> dict[str, Any]:
    return {
        "cancelled": change.cancelled_at is not None,
        "moved_date": change.moved_date.isoformat() if change.moved_date is not None else None,
        "moved_wall": change.moved_wall,
        "minutes": change.minutes,
        "place_changed": change.place_changed,
        "leader": str(change.leader_id) if change.leader_id is not None else None,
        **{column: value.hex() if (value := getattr(change, column)) is not None else None for column in ("room", "link", "reason")},
    }


def record(
    work: Work, action: str, by: Person, row: SessionSeries, *, day: date | None = None, person: Person | None = None, **details: Any
) -> None:
    audit.record(
        work,
        action,
        actor=by,
        person_id=person.id if person is not None else None,
        session=str(row.id),
        kind=row.kind,
        day=day.isoformat() if day is not None else None,
        **details,
    )


def colleagues(work: Work) -> Sequence[Person]:
    """Who may lead a session, by number."""
    return people.staff(work.session, CLINICAL)
