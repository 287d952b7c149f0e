"""Gaps of the rota: the supervisors hear of each some days ahead, and each morning while one is there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from bot import audit, due, outbox
from bot.escalation import duty
from bot.escalation.rota import Span
from bot.models import GapNotice
from bot.outbox import Button
from bot.staff.oncall import checks, store
from bot.work import Work

SHOWN = 5
BACK = timedelta(days=1)  # a gap that began longer ago is there, whenever it began


def announce(work: Work) -> None:
    """Tell of the gaps that are near enough and were not told of at this distance.

    A gap that is there is told of at any hour and again each morning; one that lies ahead between `tell_at` and `tell_until`.
    """
    told = checks.supervisors(work)
    if not told:
        return
    fresh = [gap for gap in _near(work) if _first_time(work, gap)]
    if not fresh:
        return
    known_until = horizon(work)
    shown = [
        {
            "position": gap.position,
            "start": gap.start,
            "end": gap.end if gap.end < known_until else None,
            "now": gap.start <= work.now,
        }
        for gap in fresh[:SHOWN]
    ]
    audit.record(work, "rota.gaps_told", count=len(fresh), staff=len(told))
    for one in told:
        outbox.say(work, one, "oncall/gaps", [[Button("oncall/look", "oncall.show")]], gaps=shown, more=len(fresh) - len(shown))


def _near(work: Work) -> Sequence[Span]:
    by_day = _is_day(work)
    found = store.gaps(work, work.now - BACK, horizon(work))
    return [gap for gap in found if gap.end > work.now and (gap.start <= work.now or by_day)]


def horizon(work: Work) -> datetime:
    """How far is looked: past the furthest distance, so that a gap's end is known as a rule."""
    return work.now + timedelta(days=max(work.content.rota.gaps_ahead_days, default=0)) + duty.AHEAD


def _is_day(work: Work) -> bool:
    wall = work.now.astimezone(ZoneInfo(work.settings.timezone)).strftime("%H:%M")
    return work.content.rota.tell_at <= wall < work.content.rota.tell_until


def _first_time(work: Work, gap: Span) -> bool:
    """Note what is told of now; whether any of it is new."""
    if gap.start > work.now:
        zone = work.settings.timezone
        ahead = (due.local_date(gap.start, zone) - due.local_date(work.now, zone)).days
        distance = min((days for days in work.content.rota.gaps_ahead_days if ahead <= days), default=None)
        return distance is not None and _note(work, gap.position, gap.start, distance)
    morning = last_morning(work)
    marks = [gap.start] if gap.start > work.now - BACK else []
    if gap.start < morning:
        marks.append(morning)
    new = [mark for mark in marks if _note(work, gap.position, mark, 0)]
    return bool(new)


def _note(work: Work, position: str, start: datetime, days: int) -> bool:
    known = select(GapNotice.id).where(col(GapNotice.position) == position, col(GapNotice.start_at) == start, col(GapNotice.days) == days)
    if work.session.exec(known).first() is not None:
        return False
    work.session.add(GapNotice(position=position, start_at=start, days=days, told_at=work.now))
    work.session.flush()
    return True


def last_morning(work: Work) -> datetime:
    """The newest instant at which it was `tell_at` in the clinic."""
    zone, wall = work.settings.timezone, due.parse_wall(work.content.rota.tell_at)
    today = due.local_date(work.now, zone)
    at = due.instant_of(today, wall, zone)
    return at if at <= work.now else due.instant_of(today - BACK, wall, zone)


def next_at(work: Work) -> list[datetime]:
    """When a gap is to be told of next: the next morning, or when one begins."""
    morning = due.next_instant(work.now, work.content.rota.tell_at, work.settings.timezone)
    return [morning, *(gap.start for gap in store.gaps(work, work.now, work.now + BACK))]
