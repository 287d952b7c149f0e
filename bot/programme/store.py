"""The programme's rows: what takes place when, and who is expected. `Book` reads it once for a unit of work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from uuid import UUID

from sqlmodel import col, delete, or_, select

from bot import due, leave, people
from bot.errors import NotAllowed
from bot.escalation import statuses
from bot.models import (
    CLINICAL,
    Holiday,
    Patient,
    Person,
    Role,
    SessionChange,
    SessionMember,
    SessionNews,
    SessionNotice,
    SessionRequest,
    SessionRoll,
    SessionSeat,
    SessionSeries,
    sealed_at,
)
from bot.programme import rules, tracks
from bot.programme.rules import Differs, Plan, Slot
from bot.work import Work

LOOK_BACK = timedelta(days=42)  # how far a book reaches back unless told otherwise
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Occasion:
    """One time that a session takes place, with its rows."""

    row: SessionSeries
    slot: Slot
    change: SessionChange | None

    @property
    def minutes(self) -> int:
        return int((self.slot.end - self.slot.start) / timedelta(minutes=1))

    @property
    def leader_id(self) -> UUID:
        return self.change.leader_id if self.change is not None and self.change.leader_id is not None else self.row.leader_id


class Book:
    """The programme as it stands: series, what differs on single dates, holidays.

    Args:
        since: the first local date that it has to know.
    """

    def __init__(self, work: Work, since: date | None = None) -> None:
        self._work = work
        self._since = since = since or (work.now - LOOK_BACK).date()
        live = (
            col(SessionSeries.removed_at).is_(None),
            or_(col(SessionSeries.until_date).is_(None), col(SessionSeries.until_date) >= since),
        )
        rows = work.session.exec(select(SessionSeries).where(*live).order_by(col(SessionSeries.id))).all()
        self.series: dict[UUID, SessionSeries] = {row.id: row for row in rows}
        changes = select(SessionChange).where(col(SessionChange.local_date) >= since - timedelta(days=60))
        self._changes: dict[UUID, dict[date, SessionChange]] = {}
        for one in work.session.exec(changes):
            if one.series_id in self.series:
                self._changes.setdefault(one.series_id, {})[one.local_date] = one
        self.closed = closed_days(work, since)
        self._seats: dict[date, dict[tuple[UUID, date], dict[UUID, SessionSeat]]] = {}

    def plan(self, row: SessionSeries) -> Plan:
        """A series for the rules."""
        return Plan(
            row.id,
            frozenset(row.weekdays),
            row.from_date,
            row.until_date,
            due.parse_wall(row.wall),
            row.minutes,
            row.zone,
            row.keeps_holidays,
        )

    def occasions(
        self, start: datetime, end: datetime, *, only: Iterable[SessionSeries] | None = None, cancelled: bool = False
    ) -> list[Occasion]:
        """What takes place with ``start <= slot.start < end``, the first first."""
        found: list[Occasion] = []
        for row in self.series.values() if only is None else only:
            changes = self._changes.get(row.id, {})
            differs = {day: _differs(one) for day, one in changes.items()}
            slots = rules.slots(self.plan(row), differs, self.closed, start, end, cancelled=cancelled)
            found.extend(Occasion(row, slot, changes.get(slot.day)) for slot in slots)
        return sorted(found, key=lambda one: (one.slot.start, one.row.id.bytes))

    def occasion(self, series_id: UUID, day: date) -> Occasion | None:
        """The occurrence of a planned date, cancelled ones too; None when there is none."""
        row = self.series.get(series_id)
        if row is None:
            return None
        change = self._changes.get(series_id, {}).get(day)
        slot = rules.slot_of(self.plan(row), _differs(change) if change is not None else None, self.closed, day)
        return Occasion(row, slot, change) if slot is not None else None

    def of(self, person: Person, start: datetime, end: datetime, *, cancelled: bool = False) -> list[Occasion]:
        """What a patient is expected at, the first first; nothing for somebody whom the clinic has let go."""
        if not tracks.is_here(person):
            return []
        patient, own = people.patient_of(self._work.session, person.id), _memberships(self._work, person)
        mine = {one.series_id for one in own}
        track = tracks.key(patient.track) if patient is not None else ""
        rows = [row for row in self.series.values() if row.id in mine or (track and tracks.key(row.track) == track)]
        found = self.occasions(start, end, only=rows, cancelled=cancelled)
        return [one for one in found if expects(one, person, patient, own)]

    def next_of(self, person: Person, after: datetime) -> list[Occasion]:
        """What a patient is expected at in the two weeks after an instant; where that is nothing, what comes first after them."""
        return next((found for end in horizons(after) if (found := self.of(person, after, end))), [])

    def ahead(self, row: SessionSeries, after: datetime) -> list[Occasion]:
        """The same for a series."""
        return next((found for end in horizons(after) if (found := self.occasions(after, end, only=[row]))), [])

    def people_of(self, occasion: Occasion) -> list[Person]:
        """Who is expected at an occurrence, by number."""
        members = self._members.get(occasion.row.id, [])
        named, track = {one.person_id for one in members}, tracks.key(occasion.row.track)
        near = [
            (person, patient) for person, patient in self._crowd if person.id in named or (track and tracks.key(patient.track) == track)
        ]
        return [person for person, patient in near if expects(occasion, person, patient, members)]

    def expects(self, person: Person, occasion: Occasion) -> bool:
        """Whether this patient is expected at an occurrence."""
        patient, own = people.patient_of(self._work.session, person.id), _memberships(self._work, person)
        return tracks.is_here(person) and expects(occasion, person, patient, own)

    def said(self, occasion: Occasion) -> dict[UUID, SessionSeat]:
        """What is known of everybody at an occurrence, by person."""
        day = occasion.slot.day
        monday = day - timedelta(days=day.weekday())
        if monday not in self._seats:  # a week at once: whoever asks for one session of a list asks for the others too
            known = self._seats.setdefault(monday, {})
            week = (col(SessionSeat.local_date) >= monday, col(SessionSeat.local_date) < monday + timedelta(days=7))
            for one in self._work.session.exec(select(SessionSeat).where(*week)):
                known.setdefault((one.series_id, one.local_date), {})[one.person_id] = one
        return self._seats[monday].get((occasion.row.id, day), {})

    def roll(self, occasion: Occasion) -> SessionRoll | None:
        """The attendance list of an occurrence, or None."""
        return self._rolls.get((occasion.row.id, occasion.slot.day))

    # What follows is read at once when it is first asked for: a list of sessions asks for each of its lines.

    @cached_property
    def _crowd(self) -> list[tuple[Person, Patient]]:
        statement = select(Person, Patient).join(Patient, col(Patient.person_id) == col(Person.id)).where(col(Person.fictitious).is_(False))
        rows = self._work.session.exec(statement.where(col(Person.role) == Role.PATIENT).order_by(col(Person.number))).all()
        return [(person, patient) for person, patient in rows if tracks.is_here(person)]

    @cached_property
    def _members(self) -> dict[UUID, list[SessionMember]]:
        found: dict[UUID, list[SessionMember]] = {}
        statement = select(SessionMember).where(or_(col(SessionMember.until_date).is_(None), col(SessionMember.until_date) >= self._since))
        for one in self._work.session.exec(statement):
            found.setdefault(one.series_id, []).append(one)
        return found

    @cached_property
    def _rolls(self) -> dict[tuple[UUID, date], SessionRoll]:
        rows = self._work.session.exec(select(SessionRoll).where(col(SessionRoll.local_date) >= self._since))
        return {(one.series_id, one.local_date): one for one in rows}


def horizons(after: datetime) -> list[datetime]:
    """Ends of ever longer spans: long holidays, a first date months ahead."""
    return [after + timedelta(days=days) for days in (15, 60, 400)]


def _differs(change: SessionChange) -> Differs:
    return Differs(
        change.cancelled_at is not None,
        change.moved_date,
        due.parse_wall(change.moved_wall) if change.moved_wall is not None else None,
        change.minutes,
    )


def expects(occasion: Occasion, person: Person, patient: Patient | None, members: Iterable[SessionMember]) -> bool:
    """Whether somebody is expected at an occurrence: by their track since they have it, or by name."""
    row, slot = occasion.row, occasion.slot
    since = (patient.track_at if patient is not None else None) or person.enrolled_at
    by_track = row.track is not None and patient is not None and tracks.key(patient.track) == tracks.key(row.track)
    if by_track and since is not None and slot.start >= since:
        return True
    return any(
        one.person_id == person.id and one.series_id == row.id and one.from_date <= slot.day <= (one.until_date or slot.day)
        for one in members
    )


def _memberships(work: Work, person: Person) -> Sequence[SessionMember]:
    return work.session.exec(select(SessionMember).where(col(SessionMember.person_id) == person.id)).all()


def members_on(work: Work, row: SessionSeries, day: date) -> list[Person]:
    """The named people of a series on a day, by number."""
    rows = work.session.exec(select(SessionMember).where(col(SessionMember.series_id) == row.id, col(SessionMember.from_date) <= day))
    found = {one.person_id for one in rows if one.until_date is None or one.until_date >= day}
    here = [person for one in found if (person := work.session.get(Person, one)) is not None and tracks.is_here(person)]
    return sorted(here, key=lambda one: one.number)


def holidays(work: Work, since: date) -> Sequence[Holiday]:
    """The clinic's holidays that are not over on a day, the first first."""
    statement = select(Holiday).where(col(Holiday.removed_at).is_(None), col(Holiday.until_date) >= since)
    return work.session.exec(statement.order_by(col(Holiday.from_date), col(Holiday.id))).all()


def closed_days(work: Work, since: date) -> frozenset[date]:
    """All days from `since` on that the clinic declared closed."""
    found: set[date] = set()
    for one in holidays(work, since):
        found |= {one.from_date + timedelta(days=number) for number in range((one.until_date - one.from_date).days + 1)}
    return frozenset(found)


def sealed(work: Work, table: str, column: str, row_id: UUID, text: str) -> bytes | None:
    """Words of a row, sealed; None for none."""
    return work.vault.seal(text, sealed_at(table, column, row_id)) if text else None


def opened(work: Work, table: str, column: str, row_id: UUID, value: bytes | None) -> str:
    """Words of a row; "" for none."""
    return work.vault.open(value, sealed_at(table, column, row_id)) if value is not None else ""


def title_of(work: Work, row: SessionSeries) -> str:
    """What a session is called; "" when it has no name of its own."""
    return opened(work, "session_series", "title", row.id, row.title)


def name_of(work: Work, row: SessionSeries, lang: str) -> str:
    """What a session is called for a reader: its kind, and its own name where it has one."""
    kind, title = work.content.texts.label(f"sessions/kind_{row.kind}", lang), title_of(work, row)
    return f"{kind}: {title}" if title else kind


def place_of(work: Work, occasion: Occasion) -> tuple[str, str]:
    """Room and video link of an occurrence; "" for none."""
    change = occasion.change
    if change is not None and change.place_changed:
        return (
            opened(work, "session_change", "room", change.id, change.room),
            opened(work, "session_change", "link", change.id, change.link),
        )
    row = occasion.row
    return opened(work, "session_series", "room", row.id, row.room), opened(work, "session_series", "link", row.id, row.link)


def reason_of(work: Work, occasion: Occasion) -> str:
    """Why an occurrence was changed or cancelled; "" when nobody said."""
    change = occasion.change
    return opened(work, "session_change", "reason", change.id, change.reason) if change is not None else ""


def seat_of(work: Work, person: Person, series_id: UUID, day: date) -> SessionSeat | None:
    """What is known of somebody at an occurrence, or None."""
    statement = select(SessionSeat).where(
        col(SessionSeat.person_id) == person.id, col(SessionSeat.series_id) == series_id, col(SessionSeat.local_date) == day
    )
    return work.session.exec(statement).first()


def seat_for(work: Work, person: Person, occasion: Occasion) -> SessionSeat:
    """The row of somebody at an occurrence; made when there is none. Its time and length are as they are now."""
    seat = seat_of(work, person, occasion.row.id, occasion.slot.day)
    if seat is None:
        seat = SessionSeat(
            person_id=person.id,
            series_id=occasion.row.id,
            local_date=occasion.slot.day,
            start_at=occasion.slot.start,
            minutes=occasion.minutes,
            kind=occasion.row.kind,
        )
        work.session.add(seat)
    seat.start_at, seat.minutes = occasion.slot.start, occasion.minutes
    return seat


def seats_at(work: Work, occasion: Occasion) -> dict[UUID, SessionSeat]:
    """What is known of everybody at an occurrence, by person."""
    statement = select(SessionSeat).where(col(SessionSeat.series_id) == occasion.row.id, col(SessionSeat.local_date) == occasion.slot.day)
    return {one.person_id: one for one in work.session.exec(statement)}


def seats_of(work: Work, person: Person, start: datetime, end: datetime) -> Sequence[SessionSeat]:
    """What is known of somebody's sessions in a span, the first first."""
    statement = select(SessionSeat).where(
        col(SessionSeat.person_id) == person.id, col(SessionSeat.start_at) >= start, col(SessionSeat.start_at) < end
    )
    return work.session.exec(statement.order_by(col(SessionSeat.start_at))).all()


def roll_of(work: Work, occasion: Occasion) -> SessionRoll | None:
    """The attendance list of an occurrence, or None."""
    statement = select(SessionRoll).where(col(SessionRoll.series_id) == occasion.row.id, col(SessionRoll.local_date) == occasion.slot.day)
    return work.session.exec(statement).first()


def is_clinical(staff: Person) -> bool:
    """Whether somebody works with the programme: a counselor or supervisor who is there."""
    return staff.removed_at is None and staff.role in CLINICAL


def may_manage(work: Work, row: SessionSeries, staff: Person) -> bool:
    """Whether this member of staff may change a series and take its attendance: who leads or made it, supervisors, and for named people
    whoever looks after one of them."""
    if not is_clinical(staff):
        return False
    if staff.role is Role.SUPERVISOR or staff.id in (row.leader_id, row.created_by) or row.leader_id in _stands_for(work, staff):
        return True
    if row.track is not None:
        return False
    day = max(due.local_date(work.now, row.zone), row.from_date)
    return any(
        statuses.may_change(work, one, staff) for one in members_on(work, row, day if row.until_date is None else min(day, row.until_date))
    )


def may_lead(work: Work, occasion: Occasion, staff: Person) -> bool:
    """Like `may_manage`, and whoever leads this one occurrence."""
    return (is_clinical(staff) and occasion.leader_id in _stands_for(work, staff)) or may_manage(work, occasion.row, staff)


def _stands_for(work: Work, staff: Person) -> frozenset[UUID]:
    """Themselves, and whom they cover for today; asked once in a unit of work."""
    known: dict[UUID, frozenset[UUID]] = work.session.info.setdefault("programme_stands_for", {})
    if staff.id not in known:
        known[staff.id] = leave.stands_for(work, staff.id)
    return known[staff.id]


def managed(work: Work, series_id: UUID, staff: Person, *, lock: bool = False) -> SessionSeries:
    """A series that this member of staff may change.

    Raises:
        NotAllowed: there is no such series, or it is not theirs.
    """
    statement = select(SessionSeries).where(col(SessionSeries.id) == series_id, col(SessionSeries.removed_at).is_(None))
    row = work.session.exec(statement.with_for_update(key_share=True) if lock else statement).first()
    if row is None or not may_manage(work, row, staff):
        raise NotAllowed
    return row


def leader_name(work: Work, occasion: Occasion) -> str:
    """The first name of who leads an occurrence; "" when they are staff no more."""
    leader = work.session.get(Person, occasion.leader_id)
    return people.name_of(work, leader).partition(" ")[0] if leader is not None and leader.removed_at is None else ""


def forget(work: Work, person: Person) -> None:
    """Erase what the programme knows of a person; a session that was theirs alone goes with them."""
    session = work.session
    own = set(session.exec(select(SessionMember.series_id).where(col(SessionMember.person_id) == person.id)).all())
    session.execute(delete(SessionRequest).where(col(SessionRequest.person_id) == person.id))
    session.execute(delete(SessionNotice).where(col(SessionNotice.person_id) == person.id))
    about = select(SessionNews.id).where(col(SessionNews.person_id) == person.id)
    session.execute(delete(SessionNotice).where(col(SessionNotice.news_id).in_(about)))
    for table in (SessionNews, SessionSeat, SessionMember):
        session.execute(delete(table).where(col(table.person_id) == person.id))
    others = set(session.exec(select(SessionMember.series_id).where(col(SessionMember.series_id).in_(own))).all())
    for series_id in own - others:
        row = session.get(SessionSeries, series_id)
        if row is None or row.track is not None:
            continue
        row.title = row.room = row.link = None
        row.removed_at = row.removed_at or work.now
        session.execute(delete(SessionChange).where(col(SessionChange.series_id) == series_id))
        due.drop(work, f"roll:{series_id}")
