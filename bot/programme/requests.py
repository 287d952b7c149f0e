"""A patient asks for another time, or to make a session up; the team accepts, offers another time, puts them in a group or declines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlmodel import col, select

from bot import audit, due, outbox, people
from bot.errors import Conflict, NotAllowed
from bot.escalation import statuses, tasks
from bot.ids import short
from bot.models import Lane, Person, SessionRequest, Task
from bot.outbox import Button, Post
from bot.programme import editing, membership, news, reminders, replies, rules, store
from bot.programme.editing import Draft, Edit
from bot.programme.news import What
from bot.programme.store import Book, Occasion
from bot.work import Work

MOVE, MAKE_UP = "move", "make_up"
OPEN = ("asked", "offered", "refused")  # the team still has something to do, or the patient


def ask(work: Work, person: Person, occasion: Occasion, *, wish: tuple[date, str] | None = None, note: str = "") -> SessionRequest:
    """Ask for another time. What is ahead and not a group is moved, everything else is made up.

    Args:
        wish: a day and a time, when they named one; in the series' zone.
        note: their words.

    Raises:
        Conflict: they asked about this one already.
    """
    if any(one.series_id == occasion.row.id and one.local_date == occasion.slot.day for one in open_of(work, person)):
        raise Conflict("schedule/asked_already")
    row = SessionRequest(
        person_id=person.id,
        series_id=occasion.row.id,
        local_date=occasion.slot.day,
        kind=kind_for(work, occasion),
        wish_date=wish[0] if wish is not None else None,
        wish_wall=wish[1] if wish is not None else None,
        asked_at=work.now,
    )
    row.note = store.sealed(work, "session_request", "note", row.id, note)
    work.session.add(row)
    work.session.flush()
    audit.record(work, "session.asked", actor=person, person_id=person.id, kind=row.kind, day=row.local_date.isoformat())
    replies.tell_team(work, person)
    return row


def kind_for(work: Work, occasion: Occasion) -> str:
    """Whether asking about an occurrence means to move it or to make it up."""
    ahead = occasion.slot.start > work.now and not occasion.slot.cancelled
    return MOVE if ahead and occasion.row.kind != rules.Kind.GROUP.value else MAKE_UP


def open_of(work: Work, person: Person) -> Sequence[SessionRequest]:
    """A patient's requests that are not settled, oldest first."""
    statement = select(SessionRequest).where(col(SessionRequest.person_id) == person.id, col(SessionRequest.state).in_(OPEN))
    return work.session.exec(statement.order_by(col(SessionRequest.id))).all()


def of_patient(work: Work, request_id: UUID, person: Person) -> SessionRequest:
    """A request of the patient's own.

    Raises:
        NotAllowed: there is no such request of theirs.
    """
    row = _locked(work, request_id)
    if row is None or row.person_id != person.id:
        raise NotAllowed
    return row


def of_staff(work: Work, request_id: UUID, staff: Person) -> tuple[SessionRequest, Person]:
    """A request that is this member of staff's to answer, and whose it is.

    Raises:
        NotAllowed: it is not.
    """
    row = _locked(work, request_id)
    person = work.session.get(Person, row.person_id) if row is not None else None
    if row is None or person is None or not statuses.may_change(work, person, staff):
        raise NotAllowed
    return row, person


def _locked(work: Work, request_id: UUID) -> SessionRequest | None:
    statement = select(SessionRequest).where(col(SessionRequest.id) == request_id).with_for_update(key_share=True)
    return work.session.exec(statement, execution_options={"populate_existing": True}).first()


def occasion_of(work: Work, row: SessionRequest) -> Occasion | None:
    """What it is about; None when the session is in no plan any more."""
    return Book(work).occasion(row.series_id, row.local_date)


def accept(work: Work, row: SessionRequest, person: Person, staff: Person) -> datetime:
    """As they wished.

    Returns:
        When it is now, UTC.

    Raises:
        Conflict: it was answered, no time was named, or that time is over.
    """
    _must_be(row, "asked", "refused")
    if row.wish_date is None or row.wish_wall is None:
        raise Conflict("sessions/no_wish")
    start = _settle(work, row, person, staff, row.wish_date, row.wish_wall)
    _tell(work, row, person, staff, What.ACCEPTED, start)
    return start


def offer(work: Work, row: SessionRequest, person: Person, staff: Person, day: date, wall: str) -> datetime:
    """Another time; it counts once the patient takes it.

    Raises:
        Conflict: it was answered, or that time is over.
    """
    _must_be(row, *OPEN)
    start = due.instant_of(day, due.parse_wall(wall), work.settings.timezone)
    if start <= work.now:
        raise Conflict("sessions/past")
    row.state, row.offer_date, row.offer_wall, row.answered_at, row.answered_by = "offered", day, wall, work.now, staff.id
    _close_items(work, person, staff, unless_asked=True)
    _tell(work, row, person, staff, What.OFFERED, start)
    return start


def take(work: Work, row: SessionRequest, person: Person) -> datetime:
    """The patient takes the time that was offered.

    Raises:
        Conflict: there is no offer any more, or its time is over.
    """
    _must_be(row, "offered")
    staff = work.session.get(Person, row.answered_by) if row.answered_by is not None else None
    if staff is None or row.offer_date is None or row.offer_wall is None or not statuses.may_change(work, person, staff):
        raise Conflict("schedule/offer_over")
    start = _settle(work, row, person, staff, row.offer_date, row.offer_wall)
    reminders.plan(work, person)
    _answered(work, row, person, staff)
    return start


def refuse(work: Work, row: SessionRequest, person: Person) -> None:
    """The time does not suit the patient: the team has it again.

    Raises:
        Conflict: there is no offer any more.
    """
    _must_be(row, "offered")
    row.state = "refused"
    audit.record(work, "session.offer_refused", actor=person, person_id=person.id, day=row.local_date.isoformat())
    replies.tell_team(work, person)


def withdraw(work: Work, row: SessionRequest, person: Person) -> None:
    """The patient takes the question back.

    Raises:
        Conflict: it was settled.
    """
    _must_be(row, *OPEN)
    row.state = "withdrawn"
    audit.record(work, "session.request_withdrawn", actor=person, person_id=person.id, day=row.local_date.isoformat())
    _close_items(work, person, None, unless_asked=True)


def decline(work: Work, row: SessionRequest, person: Person, staff: Person, words: str) -> None:
    """Not possible, with words that the patient reads.

    Raises:
        Conflict: it was settled.
    """
    _must_be(row, *OPEN)
    row.state, row.answered_at, row.answered_by = "declined", work.now, staff.id
    row.answer = store.sealed(work, "session_request", "answer", row.id, words)
    _close_items(work, person, staff, unless_asked=True)
    _tell(work, row, person, staff, What.DECLINED, None)


def put_in(work: Work, row: SessionRequest, person: Person, staff: Person, occasion: Occasion) -> None:
    """The patient makes it up in another session, as a guest on its date.

    Raises:
        Conflict: it was settled, is no question of making up, or that session has begun or is theirs anyway.
    """
    _must_be(row, *OPEN)
    if row.kind != MAKE_UP or occasion.slot.cancelled or occasion.slot.start <= work.now:
        raise Conflict("sessions/past")
    if any(one.id == person.id for one in Book(work).people_of(occasion)):
        raise Conflict("sessions/theirs_already")
    membership.add_member(work, occasion.row, person, staff, day=occasion.slot.day, only=True)
    _settled(work, row, staff, occasion.row.id)
    _close_items(work, person, staff, unless_asked=True)


def _settle(work: Work, row: SessionRequest, person: Person, staff: Person, day: date, wall: str) -> datetime:
    """The session is at this time now: moved, or a new one."""
    start = due.instant_of(day, due.parse_wall(wall), work.settings.timezone)
    if start <= work.now:
        raise Conflict("sessions/past")
    occasion = occasion_of(work, row)
    if row.kind == MOVE and occasion is not None and kind_for(work, occasion) == MOVE:
        others = [one for one in Book(work).people_of(occasion) if one.id != person.id]
        editing.change_one(work, occasion, staff, Edit(day=day, wall=wall), quiet=not others)
        seat = store.seat_of(work, person, occasion.row.id, occasion.slot.day)
        if seat is not None:
            seat.reply, seat.start_at = None, start
        _settled(work, row, staff, occasion.row.id)
    else:
        made = _made_up(work, person, staff, occasion, day, wall)
        _settled(work, row, staff, made)
    _close_items(work, person, staff, unless_asked=True)
    return start


def _made_up(work: Work, person: Person, staff: Person, occasion: Occasion | None, day: date, wall: str) -> UUID:
    kind = occasion.row.kind if occasion is not None and occasion.row.kind != rules.Kind.GROUP.value else rules.Kind.INDIVIDUAL.value
    room, link = store.place_of(work, occasion) if occasion is not None and occasion.row.kind == kind else ("", "")
    minutes = occasion.minutes if occasion is not None else 60
    draft = Draft(kind, None, (person,), (), day, wall, minutes, room, link)
    made, _news = editing.create(work, draft, staff, quiet=True)
    return made.id


def _settled(work: Work, row: SessionRequest, staff: Person, series_id: UUID) -> None:
    row.state, row.answered_at, row.answered_by, row.outcome_id = "accepted", work.now, staff.id, series_id


def _tell(work: Work, row: SessionRequest, person: Person, staff: Person, what: What, start: datetime | None) -> None:
    audit.record(work, f"session.request_{what.value}", actor=staff, person_id=person.id, kind=row.kind, day=row.local_date.isoformat())
    series, day = Book(work).series.get(row.outcome_id or row.series_id), row.local_date
    if series is not None and series.id != row.series_id:
        day = series.from_date  # they make it up in a session of its own
    news.announce(work, what, by=staff, series=series, day=day, person=person, start=start, at_once=True, request=str(row.id))


def _answered(work: Work, row: SessionRequest, person: Person, staff: Person) -> None:
    """Who offered the time hears that it was taken."""
    audit.record(work, "session.offer_taken", actor=person, person_id=person.id, day=row.local_date.isoformat())
    if people.reachable(staff):
        rows = [[Button("sessions/open", "sessions.patient", (person.number,))]]
        post = Post(lane=Lane.REPLY, dedup_key=f"sessions/taken:{short(row.id)}")
        outbox.say(work, staff, "sessions/taken", rows, post=post)


def _close_items(work: Work, person: Person, staff: Person | None, *, unless_asked: bool) -> None:
    """The item is done when nothing waits for the team any more."""
    waiting = [one for one in open_of(work, person) if one.state in ("asked", "refused")]
    if unless_asked and waiting:
        return
    statement = select(Task).where(col(Task.person_id) == person.id, col(Task.kind) == replies.TASK, col(Task.state) == "open")
    for task in work.session.exec(statement).all():
        tasks.finish(work, task, staff or person)


def _must_be(row: SessionRequest, *wanted: str) -> None:
    if row.state not in wanted:
        raise Conflict("sessions/request_settled")


def asked_about(work: Work, person: Person) -> set[tuple[UUID, date]]:
    """The occurrences that a patient asked about, settled or not; a question that was taken back does not count."""
    statement = select(SessionRequest).where(col(SessionRequest.person_id) == person.id, col(SessionRequest.state) != "withdrawn")
    return {(one.series_id, one.local_date) for one in work.session.exec(statement)}
