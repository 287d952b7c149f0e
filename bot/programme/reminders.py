"""Reminders of sessions: a day and an hour before, right in the clinic's and the person's zone, none twice, none too late.

One item waits for each person, the next one. It is put in anew after each reminder and after every change that touches them; before it
speaks it looks whether it is still wanted.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import col, select

from bot import due
from bot.escalation import store as cases
from bot.models import LEFT_ALONE, Due, DueState, Lane, Outbox, Person, SessionNews, SessionNotice, SessionSeat
from bot.outbox import Button
from bot.programme import rules
from bot.programme.rules import Nudge
from bot.programme.store import Book, horizons
from bot.turn import Turn
from bot.work import Work

KIND = "session.remind"
STAY, ONE_DAY = timedelta(hours=12), timedelta(days=1)
OFF = "sessions"  # the name of these reminders among those that a person can switch off
JUST_TOLD = {"hour": timedelta(minutes=30), "day": timedelta(hours=3)}  # a message about the session itself takes a reminder's place


def plan(work: Work, person: Person, book: Book | None = None) -> datetime | None:
    """Put the person's next reminder in and take back those that no longer fit. It is the same however often it is called.

    Returns:
        When it comes, UTC; None when there is none.
    """
    chosen = _next(work, person, book or Book(work))
    for row in _waiting(work, person):
        if chosen is None or row.key != _key(person, chosen):
            row.state, row.done_at = DueState.DROPPED, work.now
    if chosen is None:
        return None
    due.put(work, KIND, _key(person, chosen), chosen.at, person=person, useful_for=chosen.useful_for, zone=chosen.zone)
    return chosen.at


def _next(work: Work, person: Person, book: Book) -> Nudge | None:
    """The first reminder that is still to come, however far ahead: the next session may lie behind long holidays."""
    for end in horizons(work.now):
        for one in wanted(work, person, work.now, end, book):
            if one.at > work.now and not _sent(work, person, one):
                return one
    return None


def wanted(work: Work, person: Person, after: datetime, end: datetime, book: Book) -> list[Nudge]:
    """The person's reminders of sessions between two instants, the first first; none of a session that they cannot come to."""
    # What has just begun is looked at too: what follows it within a short break is the same stay.
    found = book.of(person, after - STAY, end)
    cannot = select(col(SessionSeat.series_id), col(SessionSeat.local_date)).where(
        col(SessionSeat.person_id) == person.id, col(SessionSeat.reply) == "cannot", col(SessionSeat.start_at) >= after - STAY
    )
    away = set(work.session.exec(cannot).all())
    slots = [one.slot for one in found if (one.row.id, one.slot.day) not in away]
    return rules.nudges(slots, person.zone, (due.parse_wall(person.quiet_from), due.parse_wall(person.quiet_until)))


def remind(turn: Turn, item: Due) -> None:
    """A day or an hour before: neutral on the lock screen, everything after a tap."""
    work, person = turn.work, turn.person
    book = Book(work)
    before = item.due_at - timedelta(minutes=1)
    # Somebody who travels has another night: what was planned for another time is put in anew.
    nudge = next((one for one in wanted(work, person, before, before + 2 * ONE_DAY, book) if _key(person, one) == item.key), None)
    if nudge is not None and _may_be_heard(turn) and not _just_told(work, person, nudge):
        day = due.local_date(nudge.start, person.zone)
        days_ahead = (day - due.local_date(work.now, person.zone)).days
        turn.say(
            "schedule/reminder",
            [[Button("schedule/open", "schedule.day", (day.isoformat(),))]],
            lane=Lane.BULK,
            dedup_key=_mark(person, nudge),
            expires_at=min(item.due_at + nudge.useful_for, nudge.start + timedelta(minutes=10)),
            at=nudge.start,
            ahead=days_ahead,
        )
    plan(work, person, book)


def too_late(turn: Turn, _item: Due) -> None:
    """Too late to be useful: only the next one is put in."""
    plan(turn.work, turn.person)


def _may_be_heard(turn: Turn) -> bool:
    person = turn.person
    if OFF in person.reminders_off or person.status in LEFT_ALONE or person.silent_since is not None:
        return False
    if person.paused_until is not None and person.paused_until > turn.now:
        return False
    case = cases.open_case(turn.session, person.id)
    return case is None or case.muted_at is None


def _just_told(work: Work, person: Person, nudge: Nudge) -> bool:
    """Whether a message about this very session went out a moment ago: a second one would only be noise."""
    since = work.now - JUST_TOLD[nudge.lead]
    statement = (
        select(SessionNews.details)
        .join(SessionNotice, col(SessionNotice.news_id) == col(SessionNews.id))
        .where(col(SessionNotice.person_id) == person.id, col(SessionNotice.pushed_at) > since)
    )
    return any(details.get("start") == nudge.start.isoformat() for details in work.session.exec(statement))


def _waiting(work: Work, person: Person) -> list[Due]:
    statement = select(Due).where(col(Due.kind) == KIND, col(Due.person_id) == person.id, col(Due.state) == DueState.WAITING)
    return list(work.session.exec(statement).all())


def _sent(work: Work, person: Person, nudge: Nudge) -> bool:
    return work.session.exec(select(Outbox.id).where(col(Outbox.dedup_key) == _mark(person, nudge))).first() is not None


def _mark(person: Person, nudge: Nudge) -> str:
    return f"session:{person.id}:{nudge.mark}"


def _key(person: Person, nudge: Nudge) -> str:
    return f"{_mark(person, nudge)}:{nudge.at:%Y%m%dT%H%M}"


ASK_TRACK = "session.ask_track"  # the due item that asks for the track, gently, in the first week
ASK_AT, ASK_AFTER, ASK_USEFUL = "11:30", timedelta(days=4), timedelta(hours=8)


def begin(work: Work, person: Person) -> None:
    """Somebody is enrolled: their sessions are reminded of, and whoever has no track yet is asked for it some days later."""
    plan(work, person)
    at = due.next_instant(work.now + ASK_AFTER, ASK_AT, person.zone)
    due.put(work, ASK_TRACK, f"ask_track:{person.id}", at, person=person, useful_for=ASK_USEFUL, wall=ASK_AT, zone=person.zone)
