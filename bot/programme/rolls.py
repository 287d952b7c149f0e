"""Attendance: after a session its leader has a list; what it says counts once it is done.

Who was missed without a word is an item of the `watch` kind for whoever looks after them, and reads a kind line the next morning.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import col, select

from bot import audit, due, leave, outbox, people
from bot.errors import Conflict, NotAllowed
from bot.escalation import store as cases
from bot.escalation import tasks
from bot.ids import short, unshort
from bot.models import LEFT_ALONE, Due, Lane, Person, Role, SessionNews, SessionRoll, SessionSeat, SessionSeries, Task
from bot.outbox import Button, Post
from bot.programme import news, rules, store
from bot.programme.news import What
from bot.programme.rules import Mark
from bot.programme.store import Book, Occasion
from bot.turn import Turn
from bot.work import Work

KIND, AGAIN, MISSED = "session.roll", "session.roll_again", "session.missed"
USEFUL_FOR = timedelta(days=3)
MISSED_AT, MISSED_USEFUL = "09:30", timedelta(hours=8)
CATEGORY = "missed"  # of the item for the owner
EDITABLE = timedelta(days=14)  # how long a list may be taken or corrected


def plan(work: Work, row: SessionSeries, after: datetime | None = None) -> None:
    """Put in when the next attendance list of a series is due; take back what no longer fits. The same however often it is called."""
    after = after or work.now
    due.drop(work, f"roll:{row.id}")
    if row.removed_at is not None:
        return
    book = Book(work, (after - timedelta(days=3)).date())
    begun = book.occasions(after - timedelta(hours=9), after, only=[row] if row.id in book.series else [])
    found = [*begun, *book.ahead(row, after)]
    for one in found:
        at, roll = one.slot.end, store.roll_of(work, one)
        if at > after and (roll is None or roll.asked_at is None):
            key = f"roll:{row.id}:{one.slot.day.isoformat()}:{at:%Y%m%dT%H%M}"
            due.put(work, KIND, key, at, useful_for=USEFUL_FOR, series=short(row.id), day=one.slot.day.isoformat())
            return


def plan_all(work: Work) -> None:
    """The same for every series: a holiday came or went."""
    for row in Book(work, work.now.date() - timedelta(days=3)).series.values():
        plan(work, row)


def ask(turn: Turn, item: Due) -> None:
    """A session is over: whoever leads it has its list, in neutral words. Once more the next working morning."""
    work = turn.work
    occasion = of_item(work, item)
    row = work.session.get(SessionSeries, unshort(str(item.args["series"])))
    if occasion is not None and not occasion.slot.cancelled and Book(work).people_of(occasion):
        roll = _roll(work, occasion)
        if roll.done_at is None:
            roll.asked_at = work.now
            _push(work, occasion, "first")
            key = f"roll_again:{roll.id}"
            due.put(
                work, AGAIN, key, tasks.next_working_morning(work), useful_for=USEFUL_FOR, series=item.args["series"], day=item.args["day"]
            )
    if row is not None:
        plan(work, row)


def skipped(turn: Turn, item: Due) -> None:
    """The process came back days later: only the next list is put in; this one can still be taken in `/session`."""
    row = turn.session.get(SessionSeries, unshort(str(item.args["series"])))
    if row is not None:
        plan(turn.work, row)


def ask_again(turn: Turn, item: Due) -> None:
    """The next working morning, and the list is still open."""
    occasion = of_item(turn.work, item)
    roll = store.roll_of(turn.work, occasion) if occasion is not None else None
    if occasion is not None and not occasion.slot.cancelled and (roll is None or roll.done_at is None):
        _push(turn.work, occasion, "again")


def of_item(work: Work, item: Due) -> Occasion | None:
    """The occurrence of a due item."""
    return Book(work).occasion(unshort(str(item.args["series"])), date.fromisoformat(str(item.args["day"])))


def _push(work: Work, occasion: Occasion, which: str) -> None:
    key = f"sessions/attendance:{occasion.row.id}:{occasion.slot.day.isoformat()}:{which}"
    for staff in takers(work, occasion):
        rows = [[Button("sessions/open", "sessions.roll", (short(occasion.row.id), occasion.slot.day.isoformat()))]]
        outbox.say(
            work, staff, "sessions/attendance", rows, post=Post(lane=Lane.REPLY, dedup_key=f"{key}:{staff.number}"), at=occasion.slot.start
        )


def takers(work: Work, occasion: Occasion) -> list[Person]:
    """Who takes the attendance: the leader (or their cover while they are away), else whoever made the series, else the supervisors."""
    away = leave.away(work)
    covers = [leave.cover_of(work, one) for one in (occasion.leader_id, occasion.row.created_by) if one is not None and one in away]
    there = [one for one in (occasion.leader_id, occasion.row.created_by) if one not in away]
    for person_id in (*covers, *there):
        person = work.session.get(Person, person_id) if person_id is not None else None
        if person is not None and store.is_clinical(person) and people.reachable(person):
            return [person]
    return list(people.staff(work.session, {Role.SUPERVISOR}))


def _roll(work: Work, occasion: Occasion) -> SessionRoll:
    roll = store.roll_of(work, occasion)
    if roll is None:
        roll = SessionRoll(series_id=occasion.row.id, local_date=occasion.slot.day)
        work.session.add(roll)
        work.session.flush()
    return roll


def open_list(work: Work, occasion: Occasion, staff: Person) -> tuple[list[tuple[Person, SessionSeat]], bool]:
    """The list with what it says so far, by number, and whether it is done. Nobody had a mark: all are there but those who said otherwise.

    Raises:
        NotAllowed: not theirs.
        Conflict: the session has not begun, was cancelled, or is long over.
    """
    if not store.may_lead(work, occasion, staff):
        raise NotAllowed
    if occasion.slot.cancelled:
        raise Conflict("sessions/cancelled_already")
    if occasion.slot.start > work.now:
        raise Conflict("sessions/not_begun")
    if work.now - occasion.slot.end > EDITABLE:
        raise Conflict("sessions/long_over")
    roll, seats = _roll(work, occasion), store.seats_at(work, occasion)
    expected = {one.id: one for one in Book(work).people_of(occasion)}
    for person_id, seat in seats.items():
        person = work.session.get(Person, person_id)
        if seat.attendance is not None and person is not None and person.removed_at is None:
            expected.setdefault(person_id, person)
    found = []
    for person in sorted(expected.values(), key=lambda one: one.number):
        seat = store.seat_for(work, person, occasion)
        if seat.attendance is None:
            seat.attendance = rules.first_mark(seat.reply, away=person.status in LEFT_ALONE).value
        found.append((person, seat))
    work.session.flush()
    return found, roll.done_at is not None


def mark(work: Work, occasion: Occasion, staff: Person, number: int) -> None:
    """One tap on a name: the next mark.

    Raises:
        NotAllowed, Conflict: as `open_list`, or nobody of that number is on it.
    """
    found, done = open_list(work, occasion, staff)
    seat = next((one for person, one in found if person.number == number), None)
    if seat is None:
        raise NotAllowed
    if done:
        raise Conflict("sessions/list_done")
    seat.attendance = rules.after_tap(seat.attendance).value
    seat.marked_at, seat.marked_by = work.now, staff.id


def finish(work: Work, occasion: Occasion, staff: Person) -> int:
    """[Done]: the marks count; who was missed without a word is an item for their counselor and is written to the next morning.

    Returns:
        How many were there.
    """
    found, done = open_list(work, occasion, staff)
    if done:
        raise Conflict("sessions/list_done")
    roll = _roll(work, occasion)
    roll.done_at, roll.done_by = work.now, staff.id
    due.drop(work, f"roll_again:{roll.id}")
    for person, seat in found:
        seat.counted, seat.marked_at, seat.marked_by = True, work.now, staff.id
        missed = seat.attendance == Mark.ABSENT.value and seat.reply != "cannot"
        if missed:
            _missed(work, person, seat)
    there = sum(1 for _person, seat in found if seat.attendance in rules.THERE)
    _audit(work, "attendance.taken", staff, occasion, there=there, listed=len(found))
    return there


def reopen(work: Work, occasion: Occasion, staff: Person) -> None:
    """[Correct]: the list is open again; a message about a missed session that has not gone out does not go out."""
    found, done = open_list(work, occasion, staff)
    if not done:
        return
    roll = _roll(work, occasion)
    roll.done_at = None
    for person, seat in found:
        seat.counted = False
        due.drop(work, _missed_key(person, seat))
    _audit(work, "attendance.reopened", staff, occasion)
    for person, _seat in found:
        _close_items(work, person, occasion, staff)


def _close_items(work: Work, person: Person, occasion: Occasion, staff: Person) -> None:
    """The item that this list made, when nothing else stands in it, is taken back with it."""
    statement = select(Task).where(
        col(Task.person_id) == person.id, col(Task.kind) == "watch", col(Task.category) == CATEGORY, col(Task.state) == "open"
    )
    for task in work.session.exec(statement).all():
        if task.count == 1 and task.created_at >= occasion.slot.start:
            tasks.finish(work, task, staff)


def _missed(work: Work, person: Person, seat: SessionSeat) -> None:
    if person.status in LEFT_ALONE:
        return
    tasks.once(work, person, "watch", category=CATEGORY)
    wall = max(MISSED_AT, person.quiet_until) if person.quiet_until < "12:00" else MISSED_AT
    at = due.next_instant(work.now, wall, person.zone)
    due.put(
        work,
        MISSED,
        _missed_key(person, seat),
        at,
        person=person,
        useful_for=MISSED_USEFUL,
        wall=wall,
        zone=person.zone,
        seat=short(seat.id),
    )


def _missed_key(person: Person, seat: SessionSeat) -> str:
    return f"missed:{person.id}:{seat.series_id}:{seat.local_date.isoformat()}"


def missed(turn: Turn, item: Due) -> None:
    """The next morning: a kind line, once a day however many were missed, and only while it is still so."""
    work, person = turn.work, turn.person
    seat = work.session.get(SessionSeat, unshort(str(item.args["seat"])))
    if seat is None or not seat.counted or seat.attendance != Mark.ABSENT.value or person.silent_since is not None:
        return
    if (person.paused_until is not None and person.paused_until > work.now) or person.status in LEFT_ALONE:
        return
    if cases.open_case(work.session, person.id) is not None or _written_today(work, person):
        return
    series = work.session.get(SessionSeries, seat.series_id)
    told = news.announce(work, What.MISSED, by=None, series=series, day=seat.local_date, person=person, before=seat.start_at.isoformat())
    due.drop(work, f"tell:{told.id}")
    news.notice(work, person, told)
    told.told_at = work.now


def _written_today(work: Work, person: Person) -> bool:
    since = work.now - timedelta(hours=12)
    statement = select(SessionNews.id).where(
        col(SessionNews.person_id) == person.id, col(SessionNews.kind) == What.MISSED.value, col(SessionNews.at) > since
    )
    return work.session.exec(statement.limit(1)).first() is not None


def _audit(work: Work, action: str, staff: Person, occasion: Occasion, there: int | None = None, listed: int | None = None) -> None:
    audit.record(work, action, actor=staff, session=str(occasion.row.id), day=occasion.slot.day.isoformat(), there=there, listed=listed)


def is_done(work: Work, series_id: UUID, occasion: Occasion) -> bool:
    """Whether the attendance of an occurrence was taken."""
    roll = store.roll_of(work, occasion)
    return roll is not None and roll.done_at is not None and occasion.row.id == series_id
