"""Meetings for people: one with its feed, and what a person picked, keeps as a favourite and went to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from uuid import UUID

from sqlmodel import Session, col, func, select

from bot.features.meetings import rules
from bot.features.meetings.listing import Attendance, MeetingRow
from bot.features.meetings.occurrences import Occurrence
from bot.features.meetings.rules import Listing
from bot.models import Feed, Meeting, MeetingFavourite, MeetingPick, MeetingVisit, Person, sealed_at
from bot.work import Work


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


def shown(session: Session, meeting_id: int) -> tuple[Meeting, Feed] | None:
    """A meeting of a present import with its feed; one of an older import is followed to its present row by key or second handle."""
    meeting = session.get(Meeting, meeting_id)
    feed = session.get(Feed, meeting.feed_id) if meeting is not None else None
    if meeting is None or feed is None:
        return None
    return (meeting, feed) if meeting.import_id == feed.current_import_id else present(session, feed.id or 0, meeting.key, meeting.alt_id)


def present(session: Session, feed_id: int, key: str, alt_id: str | None) -> tuple[Meeting, Feed] | None:
    """The present row of a meeting: by its key, else the only one with the same second handle; None when it is listed no more."""
    feed = session.get(Feed, feed_id)
    if feed is None or feed.current_import_id is None:
        return None
    here = select(Meeting).where(col(Meeting.import_id) == feed.current_import_id)
    meeting = session.exec(here.where(col(Meeting.key) == key)).first()
    if meeting is None and alt_id is not None:
        same = session.exec(here.where(col(Meeting.alt_id) == alt_id).limit(2)).all()
        meeting = same[0] if len(same) == 1 else None
    return (meeting, feed) if meeting is not None else None


def of_pick(session: Session, chosen: MeetingPick) -> tuple[Meeting, Feed] | None:
    """The present row of a picked meeting; None when it is listed no more or inactive."""
    found = present(session, chosen.feed_id, chosen.key, chosen.alt_id)
    return None if found is None or found[0].attendance == Attendance.INACTIVE else found


def listing_of(meeting: Meeting) -> Listing:
    """What a pick remembers of a meeting."""
    return Listing(meeting.name, meeting.time, meeting.timezone, meeting.attendance, _place(meeting))


def _place(meeting: Meeting) -> str | None:
    if meeting.address:
        return meeting.address
    return f"{meeting.latitude:.4f},{meeting.longitude:.4f}" if meeting.latitude is not None and meeting.longitude is not None else None


def known(chosen: MeetingPick) -> Listing:
    """What the person last saw of it."""
    return Listing(chosen.name, chosen.wall, chosen.timezone, chosen.attendance, chosen.place)


def remember(chosen: MeetingPick, meeting: Meeting) -> None:
    """The listing is what the person knows from now on."""
    listing = listing_of(meeting)
    chosen.key, chosen.alt_id, chosen.digest, chosen.days = meeting.key, meeting.alt_id, meeting.digest, list(meeting.days)
    chosen.name, chosen.wall, chosen.timezone = listing.name, listing.wall, listing.timezone
    chosen.attendance, chosen.place = listing.attendance, listing.place


def pick(
    work: Work, person: Person, meeting: Meeting, weekday: int, mode: str, local_date: str | None, leads: Sequence[int]
) -> MeetingPick:
    """Remember that a person wants to be reminded; a second pick of the same meeting and weekday takes the first one's place.

    Args:
        mode: once or weekly.
        local_date: of the occurrence, at the meeting's place; for once.
        leads: of `rules.LEADS`; a pick that is there keeps its own.
    """
    found = present_pick(work.session, person.id, meeting, weekday)
    if found is None:
        found = MeetingPick(
            person_id=person.id,
            feed_id=meeting.feed_id,
            key=meeting.key,
            weekday=weekday,
            mode=mode,
            leads=list(leads),
            created_at=work.now,
        )
        work.session.add(found)
    found.mode, found.local_date, found.changes = mode, local_date if mode == "once" else None, []
    remember(found, meeting)
    work.session.flush()
    return found


def present_pick(session: Session, person_id: UUID, meeting: Meeting, weekday: int) -> MeetingPick | None:
    """The pick of this meeting and weekday that still holds."""
    return session.exec(
        select(MeetingPick).where(
            col(MeetingPick.person_id) == person_id,
            col(MeetingPick.feed_id) == meeting.feed_id,
            col(MeetingPick.key) == meeting.key,
            col(MeetingPick.weekday) == weekday,
            col(MeetingPick.cancelled_at).is_(None),
        )
    ).first()


def picks_of(session: Session, person_id: UUID) -> Sequence[MeetingPick]:
    """What a person picked and did not take back, by weekday and time."""
    statement = select(MeetingPick).where(col(MeetingPick.person_id) == person_id, col(MeetingPick.cancelled_at).is_(None))
    return session.exec(statement.order_by(col(MeetingPick.weekday), col(MeetingPick.wall), col(MeetingPick.id))).all()


def changed_picks(session: Session, person_id: UUID) -> list[MeetingPick]:
    """What changed and was not looked at, taken-back ones included."""
    newest = select(MeetingPick).where(col(MeetingPick.person_id) == person_id, col(MeetingPick.told_at).is_not(None))
    return [chosen for chosen in session.exec(newest.order_by(col(MeetingPick.id))) if chosen.changes]


def own_pick(session: Session, person_id: UUID, pick_id: int | None) -> MeetingPick | None:
    """A pick of this person, taken back or not; None for anything else."""
    found = session.get(MeetingPick, pick_id) if pick_id is not None else None
    return found if found is not None and found.person_id == person_id else None


def last_leads(session: Session, person_id: UUID) -> Sequence[int]:
    """The lead times that a person chose last; the usual ones for a first reminder."""
    newest = select(MeetingPick.leads).where(col(MeetingPick.person_id) == person_id).order_by(col(MeetingPick.id).desc())
    return session.exec(newest).first() or rules.DEFAULT_LEADS


def unlike_listing(session: Session, feed_id: int, limit: int) -> Sequence[MeetingPick]:
    """Picks of a feed whose listing is gone or reads otherwise than it did when they were last looked after."""
    statement = (
        select(MeetingPick)
        .join(Feed, col(Feed.id) == col(MeetingPick.feed_id))
        .outerjoin(Meeting, (col(Meeting.import_id) == col(Feed.current_import_id)) & (col(Meeting.key) == col(MeetingPick.key)))
        .where(col(MeetingPick.feed_id) == feed_id, col(MeetingPick.cancelled_at).is_(None))
        .where(col(Meeting.id).is_(None) | (col(Meeting.digest) != col(MeetingPick.digest)))
    )
    return session.exec(statement.order_by(col(MeetingPick.id)).limit(limit)).all()


def back_again(session: Session, feed_id: int, since: datetime) -> Sequence[MeetingPick]:
    """Picks that ended because the list dropped their meeting, after `since`, and whose meeting it has again in some form."""
    same = (col(Meeting.key) == col(MeetingPick.key)) | (col(Meeting.alt_id) == col(MeetingPick.alt_id))
    listed = (
        select(Meeting.id).join(Feed, col(Feed.current_import_id) == col(Meeting.import_id)).where(col(Feed.id) == feed_id, same).exists()
    )
    statement = select(MeetingPick).where(col(MeetingPick.feed_id) == feed_id, col(MeetingPick.gone_at) > since, listed)
    return session.exec(statement.order_by(col(MeetingPick.id))).all()


def set_ride(work: Work, chosen: MeetingPick, words: str) -> None:
    """How the person gets there, in their words; "" forgets it."""
    chosen.ride = work.vault.seal(words, sealed_at("meeting_pick", "ride", chosen.id or 0)) if words else None


def ride_of(work: Work, chosen: MeetingPick) -> str:
    """How the person gets there, or ""."""
    return work.vault.open(chosen.ride, sealed_at("meeting_pick", "ride", chosen.id or 0)) if chosen.ride is not None else ""


def favourite(session: Session, person_id: UUID, meeting: Meeting) -> MeetingFavourite | None:
    """Whether a meeting is one of theirs."""
    statement = select(MeetingFavourite).where(
        col(MeetingFavourite.person_id) == person_id, col(MeetingFavourite.feed_id) == meeting.feed_id
    )
    found = session.exec(statement).all()
    return next((one for one in found if one.key == meeting.key or (one.alt_id is not None and one.alt_id == meeting.alt_id)), None)


def favourites(session: Session, person_id: UUID) -> Sequence[MeetingFavourite]:
    """A person's favourites, the home group first, then as they were chosen."""
    statement = select(MeetingFavourite).where(col(MeetingFavourite.person_id) == person_id)
    return session.exec(statement.order_by(col(MeetingFavourite.home).desc(), col(MeetingFavourite.id))).all()


def keep(work: Work, person: Person, meeting: Meeting, *, home: bool = False) -> MeetingFavourite:
    """Make a meeting a favourite; with `home` the home group in place of the one before."""
    found = favourite(work.session, person.id, meeting)
    if found is None:
        found = MeetingFavourite(
            person_id=person.id, feed_id=meeting.feed_id, key=meeting.key, alt_id=meeting.alt_id, name=meeting.name, created_at=work.now
        )
        work.session.add(found)
    if home:
        for other in favourites(work.session, person.id):
            other.home = False
        found.home = True
    return found


def visit(work: Work, person: Person, meeting: Meeting, occurrence: Occurrence) -> MeetingVisit:
    """The row of one occurrence in a person's life, made when there is none."""
    day = occurrence.local_date.isoformat()
    found = visit_on(work.session, person.id, meeting, day)
    if found is None:
        found = MeetingVisit(
            person_id=person.id,
            feed_id=meeting.feed_id,
            key=meeting.key,
            weekday=occurrence.weekday,
            local_date=day,
            start_at=occurrence.start_utc,
        )
        work.session.add(found)
        work.session.flush()
    return found


def visit_on(session: Session, person_id: UUID, meeting: Meeting, day: str) -> MeetingVisit | None:
    """The row of a local date (ISO), or None."""
    statement = select(MeetingVisit).where(
        col(MeetingVisit.person_id) == person_id,
        col(MeetingVisit.feed_id) == meeting.feed_id,
        col(MeetingVisit.key) == meeting.key,
        col(MeetingVisit.local_date) == day,
    )
    return session.exec(statement).first()


def own_visit(session: Session, person_id: UUID, visit_id: int | None) -> MeetingVisit | None:
    """A visit of this person; None for anything else."""
    found = session.get(MeetingVisit, visit_id) if visit_id is not None else None
    return found if found is not None and found.person_id == person_id else None


def went(session: Session, person_id: UUID, since: datetime | None = None) -> int:
    """How many meetings a person went to, all in all or since an instant."""
    statement = select(func.count()).select_from(MeetingVisit)
    statement = statement.where(col(MeetingVisit.person_id) == person_id, col(MeetingVisit.went_at).is_not(None))
    return session.exec(statement if since is None else statement.where(col(MeetingVisit.start_at) >= since)).one()


def unanswered(session: Session, person_id: UUID, now: datetime) -> MeetingVisit | None:
    """The newest meeting that a person meant to go to, is over and not told of yet."""
    statement = select(MeetingVisit).where(
        col(MeetingVisit.person_id) == person_id,
        col(MeetingVisit.going_at).is_not(None),
        col(MeetingVisit.went_at).is_(None),
        col(MeetingVisit.not_at).is_(None),
        col(MeetingVisit.start_at) < now,
        col(MeetingVisit.start_at) >= now - rules.RECENT,
    )
    return session.exec(statement.order_by(col(MeetingVisit.start_at).desc()).limit(1)).first()
