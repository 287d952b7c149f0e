"""News of the programme: who is touched by a change, the neutral push, and the words behind [Open].

A change is told a minute after it was made, so that what was a slip of the finger can be undone without anybody hearing of it; a change
of what begins soon is told at once. People are told in short transactions, one after the other, however large a group is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from bot import due, outbox, people
from bot.escalation import store as cases
from bot.ids import short, unshort
from bot.models import LEFT_ALONE, Due, Lane, Person, SessionNews, SessionNotice, SessionRequest, SessionSeries
from bot.outbox import Button, Post
from bot.programme import reminders, store, tracks
from bot.programme.store import Book
from bot.turn import Turn
from bot.work import Budget, Work

KIND = "session.tell"
UNDO_FOR = timedelta(minutes=1)
SOON = timedelta(hours=3)
PUSH_AGAIN = timedelta(minutes=30)
SHOWN = 6


class What(StrEnum):
    ADDED = "added"
    TAKEN_BACK = "taken_back"  # a series put in by mistake
    CHANGED = "changed"  # one date
    CANCELLED = "cancelled"
    RESTORED = "restored"
    CHANGED_FROM = "changed_from"  # from a date on
    ENDED = "ended"
    REOPENED = "reopened"
    HOLIDAY = "holiday"
    HOLIDAY_OFF = "holiday_off"
    JOINED = "joined"  # one person alone, from here on
    LEFT = "left"
    TRACK = "track"
    MISSED = "missed"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"


ONE_DATE = frozenset({What.CHANGED, What.CANCELLED, What.RESTORED})


def announce(
    work: Work,
    what: What,
    *,
    by: Person | None,
    series: SessionSeries | None = None,
    day: date | None = None,
    person: Person | None = None,
    holiday_id: UUID | None = None,
    start: datetime | None = None,
    back: dict[str, Any] | None = None,
    at_once: bool = False,
    **details: Any,
) -> SessionNews:
    """Write a change down and have it told.

    Args:
        day: the date by the plan, or the first from which on it counts.
        person: when it touches one patient alone.
        start: when what it is about begins now, UTC.
        back: what stood there before, for Undo.
        details: ids, instants and numbers.
    """
    kept = {name: value for name, value in details.items() if value is not None}
    if start is not None:
        kept["start"] = start.isoformat()
    row = SessionNews(
        kind=what.value,
        series_id=series.id if series is not None else None,
        holiday_id=holiday_id,
        local_date=day,
        person_id=person.id if person is not None else None,
        details=kept,
        at=work.now,
        by_id=by.id if by is not None else None,
    )
    if back is not None:
        row.back = work.vault.seal_json(back, f"session_news|back|{row.id}")
    work.session.add(row)
    work.session.flush()
    first = min((datetime.fromisoformat(kept[name]) for name in ("start", "before") if name in kept), default=None)
    soon = at_once or (first is not None and first - work.now <= SOON)
    due.put(work, KIND, f"tell:{row.id}:0", work.now if soon else work.now + UNDO_FOR, news=short(row.id), after=0)
    return row


def back_of(work: Work, news: SessionNews) -> dict[str, Any]:
    """What stood there before a change."""
    found: dict[str, Any] = work.vault.open_json(news.back, f"session_news|back|{news.id}") if news.back is not None else {}
    return found


def tell(turn: Turn, item: Due) -> None:
    """Tell the next of those whom a change touches, as many as a short transaction has time for; reminders follow the change."""
    work, after = turn.work, int(item.args["after"])
    news = work.session.get(SessionNews, unshort(str(item.args["news"])))
    if news is None or (news.undone_at is not None and news.told_at is None and after == 0):
        return
    book = Book(work)
    left = [person for person in touched(work, news, book) if person.number > after]
    budget = Budget()
    for number, person in enumerate(left):
        if number and budget.spent:  # one at least, or a busy machine would never come to an end
            after = left[number - 1].number
            due.put(work, KIND, f"tell:{news.id}:{after}", work.now, news=short(news.id), after=after)
            return
        _one(work, news, person, book)
    news.told_at = work.now
    _tell_leaders(work, news, book)


def _one(work: Work, news: SessionNews, person: Person, book: Book) -> None:
    locked = people.by_id_locked(work.session, person.id)
    if locked is None:
        return
    notice(work, locked, news)
    reminders.plan(work, locked, book)


def _tell_leaders(work: Work, news: SessionNews, book: Book) -> None:
    """Who leads the session hears of it too, unless they made the change; so does who led it before."""
    if news.series_id is None or news.local_date is None or news.person_id is not None:
        return
    occasion = book.occasion(news.series_id, news.local_date)
    series = work.session.get(SessionSeries, news.series_id)
    leaders = {
        one for one in (series.leader_id if series is not None else None, occasion.leader_id if occasion is not None else None) if one
    }
    before = work.session.get(SessionSeries, series.continues_id) if series is not None and series.continues_id is not None else None
    if before is not None:
        leaders.add(before.leader_id)
    for leader_id in leaders - {news.by_id}:
        leader = work.session.get(Person, leader_id)
        if leader is None or not store.is_clinical(leader) or not people.reachable(leader):
            continue
        button = Button("sessions/open", "sessions.week", ("0", "own"))
        if occasion is not None:
            button = Button("sessions/open", "sessions.show", (short(news.series_id), news.local_date.isoformat()))
        post = Post(lane=Lane.REPLY, dedup_key=f"sessions/yours_changed:{news.id}:{leader.number}")
        outbox.say(work, leader, "sessions/yours_changed", [[button]], post=post)


def touched(work: Work, news: SessionNews, book: Book) -> list[Person]:
    """Whom a change touches, by number."""
    if news.person_id is not None:
        person = work.session.get(Person, news.person_id)
        return [person] if person is not None and person.removed_at is None else []
    what = What(news.kind)
    if what in (What.HOLIDAY, What.HOLIDAY_OFF):
        return _by_holiday(work, news, book)
    row = work.session.get(SessionSeries, news.series_id)
    if row is None or news.local_date is None:
        return []
    if what in ONE_DATE:
        occasion = book.occasion(row.id, news.local_date)
        return book.people_of(occasion) if occasion is not None else []
    track = tracks.patients(work, row.track) if row.track is not None else []
    found = {one.id: one for one in (*track, *store.members_on(work, row, news.local_date))}
    return sorted(found.values(), key=lambda one: one.number)


def _by_holiday(work: Work, news: SessionNews, book: Book) -> list[Person]:
    zone = work.settings.timezone
    first = date.fromisoformat(str(news.details["first"]))
    last = date.fromisoformat(str(news.details["last"])) + timedelta(days=1)
    start, end = due.instant_of(first, time(), zone), due.instant_of(last, time(), zone)
    occasions = [one for one in book.occasions(max(start, work.now), end, cancelled=True) if one.change is None and one.row.keeps_holidays]
    found = {person.id: person for one in occasions for person in book.people_of(one)}
    return sorted(found.values(), key=lambda one: one.number)


def notice(work: Work, person: Person, news: SessionNews) -> SessionNotice | None:
    """Have a person read a piece of news: a neutral push now, or in the morning when it is their night and it can wait.

    Nothing is pushed to somebody who is left alone, nor again while an earlier push was not opened yet.
    """
    known = select(SessionNotice).where(col(SessionNotice.person_id) == person.id, col(SessionNotice.news_id) == news.id)
    if person.status in LEFT_ALONE or work.session.exec(known).first() is not None:
        return None
    row = SessionNotice(person_id=person.id, news_id=news.id, told_at=work.now)
    case = cases.open_case(work.session, person.id)
    recent = select(SessionNotice.id).where(
        col(SessionNotice.person_id) == person.id,
        col(SessionNotice.opened_at).is_(None),
        col(SessionNotice.pushed_at) > work.now - PUSH_AGAIN,
    )
    if work.session.exec(recent).first() is not None:
        row.pushed_at = work.now  # the push that is there leads to this one as well
    elif case is None or case.muted_at is None:
        at = _push_at(work, person, news)
        post = Post(lane=Lane.BULK, dedup_key=f"schedule/notice:{row.id}", due_at=at if at > work.now else None)
        sent = outbox.say(work, person, "schedule/notice", [[Button("schedule/open", "schedule.news")]], post=post)
        row.pushed_at = at if sent is not None else None
    work.session.add(row)
    return row


def _push_at(work: Work, person: Person, news: SessionNews) -> datetime:
    if not due.is_quiet(person, work.now):
        return work.now
    morning = due.next_instant(work.now, person.quiet_until, person.zone)
    instants = [datetime.fromisoformat(str(news.details[name])) for name in ("start", "before") if name in news.details]
    pressing = any(work.now < one < morning + timedelta(hours=1) for one in instants)
    return work.now if pressing else morning


def unread(work: Work, person: Person) -> Sequence[SessionNotice]:
    """What a person has not opened yet, oldest first."""
    statement = select(SessionNotice).where(col(SessionNotice.person_id) == person.id, col(SessionNotice.opened_at).is_(None))
    return work.session.exec(statement.order_by(col(SessionNotice.id))).all()


def read(work: Work, person: Person) -> tuple[list[dict[str, Any]], int]:
    """Open what a person has not read: the words, and how many more there are than are shown.

    Returns:
        For a template, oldest first: `what`, `session`, `start`, `before`, `minutes`, `weekly`, `room`, `reason`, `name`, `day`,
        `last`, `track`.
    """
    rows, book = list(unread(work, person)), Book(work)
    found = [line for row in rows if (line := _line(work, person, row, book)) is not None]
    for row in rows:
        row.opened_at = work.now
    return found[-SHOWN:], max(len(found) - SHOWN, 0)


def _line(work: Work, person: Person, row: SessionNotice, book: Book) -> dict[str, Any] | None:
    news = work.session.get(SessionNews, row.news_id)
    if news is None:
        return None
    series = work.session.get(SessionSeries, news.series_id) if news.series_id is not None else None
    occasion = book.occasion(series.id, news.local_date) if series is not None and news.local_date is not None else None
    start, before = (_instant(news, name) for name in ("start", "before"))
    by = work.session.get(Person, news.by_id) if news.by_id is not None else None
    reason = store.reason_of(work, occasion) if occasion is not None and What(news.kind) in ONE_DATE else ""
    request = work.session.get(SessionRequest, UUID(str(news.details["request"]))) if "request" in news.details else None
    if request is not None:
        reason = store.opened(work, "session_request", "answer", request.id, request.answer)
    return {
        "what": news.kind,
        "session": store.name_of(work, series, person.language) if series is not None else "",
        "start": start or (occasion.slot.start if occasion is not None else None),
        "before": before,
        "moved": before is not None and start is not None and before != start,
        "minutes": occasion.minutes if occasion is not None else 0,
        "weekly": series is not None and bool(series.weekdays),
        "room": store.place_of(work, occasion)[0] if occasion is not None else "",
        "leader": store.leader_name(work, occasion) if occasion is not None and news.details.get("leader") else "",
        "reason": reason,
        "name": people.name_of(work, by).partition(" ")[0] if by is not None else "",
        "day": news.local_date,
        "last": date.fromisoformat(str(news.details["last"])) if "last" in news.details else news.local_date,
        "track": tracks.shown(work, str(news.details.get("track", "")), person.language),
        "request": request.kind if request is not None else "",
    }


def _instant(news: SessionNews, name: str) -> datetime | None:
    return datetime.fromisoformat(str(news.details[name])) if name in news.details else None
