"""Meetings of the present imports, and what people picked of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from uuid import UUID

from sqlmodel import Session, col, select

from bot.features.meetings.listing import Attendance, MeetingRow
from bot.models import Feed, Meeting, MeetingPick, Person
from bot.work import Work

_LISTED = (Attendance.IN_PERSON, Attendance.HYBRID, Attendance.ONLINE)


def to_row(meeting: Meeting) -> MeetingRow:
    """A stored meeting as the rules know it; its key is the database's id, which is what buttons carry."""
    return MeetingRow(
        key=str(meeting.id),
        name=meeting.name,
        attendance=Attendance(meeting.attendance),
        days=tuple(meeting.days) or None,
        time=time.fromisoformat(meeting.time) if meeting.time else None,
        end_time=time.fromisoformat(meeting.end_time) if meeting.end_time else None,
        timezone=meeting.timezone,
        types=tuple(meeting.types),
        approximate=meeting.approximate,
        address=meeting.address,
        latitude=meeting.latitude,
        longitude=meeting.longitude,
        location=meeting.location,
        check_note=meeting.check_note,
    )


def listed(session: Session) -> list[MeetingRow]:
    """All active meetings of the present imports, with what the rules need and no more (thousands of rows)."""
    fields = (Meeting.id, Meeting.name, Meeting.attendance, Meeting.days, Meeting.time, Meeting.end_time, Meeting.timezone)
    places = (Meeting.latitude, Meeting.longitude, Meeting.approximate, Meeting.types, Meeting.location, Meeting.address)
    statement = (
        select(*fields, *places)  # type: ignore[call-overload]
        .join(Feed, col(Feed.current_import_id) == col(Meeting.import_id))
        .where(col(Meeting.attendance).in_(_LISTED), col(Meeting.time).is_not(None))
    )
    return [
        MeetingRow(
            key=str(row.id),
            name=row.name,
            attendance=Attendance(row.attendance),
            days=tuple(row.days) or None,
            time=time.fromisoformat(row.time),
            end_time=time.fromisoformat(row.end_time) if row.end_time else None,
            timezone=row.timezone,
            latitude=row.latitude,
            longitude=row.longitude,
            approximate=row.approximate,
            types=tuple(row.types),
            location=row.location,
            address=row.address,
        )
        for row in session.execute(statement)
    ]


def fellowships(session: Session, keys: Sequence[str]) -> dict[str, str]:
    """Whose meetings these are, by the rows' keys."""
    statement = select(Meeting.id, Feed.fellowship).join(Feed, col(Feed.current_import_id) == col(Meeting.import_id))
    found = session.exec(statement.where(col(Meeting.id).in_([int(key) for key in keys])))
    return {str(number): fellowship for number, fellowship in found}


def shown(session: Session, meeting_id: int) -> tuple[Meeting, Feed] | None:
    """A meeting of a present import with its feed; one of an older import is followed to its present row by key or id."""
    meeting = session.get(Meeting, meeting_id)
    if meeting is None:
        return None
    found = session.get(Feed, meeting.feed_id)
    if found is None:
        return None
    return (meeting, found) if meeting.import_id == found.current_import_id else by_key(session, found.id or 0, meeting.key)


def by_key(session: Session, feed_id: int, key: str) -> tuple[Meeting, Feed] | None:
    """The present row of a picked meeting; None when it is listed no more."""
    found = session.get(Feed, feed_id)
    if found is None:
        return None
    statement = select(Meeting).where(col(Meeting.feed_id) == feed_id, col(Meeting.import_id) == found.current_import_id)
    meeting = session.exec(statement.where(col(Meeting.key) == key)).first()
    return (meeting, found) if meeting is not None else None


def feeds(session: Session) -> Sequence[Feed]:
    """Feeds that were imported, oldest first."""
    return session.exec(select(Feed).where(col(Feed.current_import_id).is_not(None)).order_by(col(Feed.id))).all()


def pick(work: Work, person: Person, meeting: Meeting, weekday: int, mode: str, local_date: date) -> MeetingPick:
    """Remember that a person wants to be reminded; a second pick of the same meeting and weekday takes the first one's place."""
    found = present_pick(work.session, person.id, meeting, weekday)
    if found is None:
        found = MeetingPick(person_id=person.id, feed_id=meeting.feed_id, key=meeting.key, weekday=weekday, mode=mode, created_at=work.now)
        work.session.add(found)
    found.mode, found.local_date = mode, local_date.isoformat() if mode == "once" else None
    found.wall, found.timezone = meeting.time, meeting.timezone
    work.session.flush()
    return found


def present_pick(session: Session, person_id: UUID, meeting: Meeting, weekday: int) -> MeetingPick | None:
    """The pick of this meeting and weekday that still holds."""
    statement = select(MeetingPick).where(
        col(MeetingPick.person_id) == person_id,
        col(MeetingPick.feed_id) == meeting.feed_id,
        col(MeetingPick.key) == meeting.key,
        col(MeetingPick.weekday) == weekday,
        col(MeetingPick.cancelled_at).is_(None),
    )
    return session.exec(statement).first()


def picks_of(session: Session, person_id: UUID) -> Sequence[MeetingPick]:
    """What a person picked and did not take back, oldest first."""
    statement = select(MeetingPick).where(col(MeetingPick.person_id) == person_id, col(MeetingPick.cancelled_at).is_(None))
    return session.exec(statement.order_by(col(MeetingPick.id))).all()


def pick_by_id(session: Session, pick_id: int) -> MeetingPick | None:
    """A pick, or None."""
    return session.get(MeetingPick, pick_id)


def picks_of_feed(session: Session, feed_id: int) -> Sequence[MeetingPick]:
    """All picks of a feed that still hold."""
    return session.exec(select(MeetingPick).where(col(MeetingPick.feed_id) == feed_id, col(MeetingPick.cancelled_at).is_(None))).all()
