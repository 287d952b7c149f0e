"""Reminders of picked meetings: tied to (pick, local date, lead time), computed anew from wall time and zone each time.

They are in the meeting's zone; only "the evening before" hangs on the person's own clock, so whoever moves has theirs planned anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from sqlmodel import col, select

from bot import due, outbox, people, rhythm
from bot.features.meetings import rules, store
from bot.features.meetings.occurrences import Occurrence
from bot.features.meetings.rules import Change
from bot.models import LEFT_ALONE, Due, DueState, Lane, Meeting, MeetingPick, Person
from bot.outbox import Button, Post
from bot.turn import Turn
from bot.work import Budget, Work

KIND = "meeting.remind"
ENDED = "meeting.ended"
REPLAN = rhythm.REPLAN
OFF = "meetings"  # the name of these reminders among those that a person can switch off
TOLD_AT_ONCE = timedelta(hours=1)  # several changes of one import are one message
BACK_WITHIN = timedelta(days=90)  # a meeting that comes back later than that is a new one
_BATCH = 20


def plan(work: Work, person: Person, chosen: MeetingPick, meeting: Meeting) -> datetime | None:
    """Put the next reminder of each lead time in, and take back those that no longer fit. The same again changes nothing.

    Returns:
        When the first of them comes, UTC; None when there is none to come.
    """
    due.drop(work, f"meeting:{chosen.id}")
    coming = [at for lead in chosen.leads if (at := _put(work, person, chosen, meeting, lead)) is not None]
    if chosen.mode == "once":
        occurrence = _dates(chosen, meeting, work.now)
        if (last := next(occurrence, None)) is not None:
            due.put(
                work,
                ENDED,
                f"meeting:{chosen.id}:{last.local_date.isoformat()}:end",
                last.start_utc + rules.GRACE,
                person=person,
                pick=chosen.id,
            )
    return min(coming, default=None)


def _dates(chosen: MeetingPick, meeting: Meeting, after: datetime) -> Iterator[Occurrence]:
    """What a pick is for: the coming occurrences of its weekday, or the one that was chosen."""
    row = store.to_row(meeting)
    if chosen.mode == "weekly":
        yield from rules.following(row, after, chosen.weekday)
    elif chosen.local_date is not None:
        one = rules.on_day(row, chosen.local_date, chosen.weekday)
        if one is not None and one.start_utc > after:
            yield one


def _put(work: Work, person: Person, chosen: MeetingPick, meeting: Meeting, lead: int) -> datetime | None:
    for occurrence in _dates(chosen, meeting, work.now):
        at = rules.remind_at(occurrence.start_utc, lead, person.zone)
        if at <= work.now:
            continue
        until = rules.useful_until(occurrence.start_utc, lead, chosen.leads, person.zone)
        row = due.put(
            work,
            KIND,
            f"meeting:{chosen.id}:{occurrence.local_date.isoformat()}:{lead}",
            at,
            person=person,
            useful_for=until - at,
            wall=meeting.time,
            zone=meeting.timezone,
            pick=chosen.id,
            lead=lead,
            start=occurrence.start_utc.isoformat(),
        )
        if row.state is not DueState.DONE:  # that date's was sent: the meeting moved to a later hour of it
            return at
    return None


def cancel(work: Work, chosen: MeetingPick) -> None:
    """Take a pick back, and its reminders."""
    chosen.cancelled_at = work.now
    due.drop(work, f"meeting:{chosen.id}")


def wanted(person: Person, now: datetime) -> bool:
    """Whether this person is to be reminded at present."""
    paused = person.paused_until is not None and person.paused_until > now
    return OFF not in person.reminders_off and not paused and person.status not in LEFT_ALONE


def remind(turn: Turn, item: Due) -> None:
    """Before a meeting: neutral on the lock screen, everything after a tap; without a sound in quiet hours."""
    found = _present(turn, item)
    if found is None:
        return
    chosen, meeting = found
    start = datetime.fromisoformat(str(item.args["start"]))
    if wanted(turn.person, turn.now):
        today = due.local_date(turn.now, turn.person.zone)
        turn.say(
            "meetings/reminder",
            [[Button("meetings/open", "meetings.reminder", (chosen.id or 0,))]],
            at=start,
            tomorrow=due.local_date(start, turn.person.zone) == today + timedelta(days=1),
            expires_at=item.useful_until,
            silent=due.is_quiet(turn.person, turn.now),
            dedup_key=item.key,
        )
    if chosen.mode == "weekly":
        _put(turn.work, turn.person, chosen, meeting, int(item.args["lead"]))


def missed(turn: Turn, item: Due) -> None:
    """Too late to be useful: only the next one is put in."""
    found = _present(turn, item)
    if found is not None and found[0].mode == "weekly":
        _put(turn.work, turn.person, *found, int(item.args["lead"]))


def ended(turn: Turn, item: Due) -> None:
    """A meeting that was picked once has begun: the pick has done its work."""
    chosen = store.own_pick(turn.session, turn.person.id, int(item.args["pick"]))
    if chosen is not None and chosen.cancelled_at is None and chosen.mode == "once":
        cancel(turn.work, chosen)


def replan(turn: Turn, _item: Due) -> None:
    """The person's clock is another one now."""
    for chosen in store.picks_of(turn.session, turn.person.id):
        found = store.of_pick(turn.session, chosen)
        if found is not None:
            plan(turn.work, turn.person, chosen, found[0])


def _present(turn: Turn, item: Due) -> tuple[MeetingPick, Meeting] | None:
    chosen = store.own_pick(turn.session, turn.person.id, int(item.args["pick"]))
    if chosen is None or chosen.cancelled_at is not None:
        return None
    found = store.of_pick(turn.session, chosen)
    if found is None:
        _gone(turn.work, turn.person, chosen)
        return None
    return chosen, found[0]


def after_import(work: Work, feed_id: int) -> int:
    """Look after some of those who picked a meeting that a new list shows otherwise: reminders move, and they are told once, neutrally.

    Returns:
        How many picks changed in a way that matters; 0 when there are none left to look at.
    """
    budget, changed = Budget(), 0
    while picks := store.unlike_listing(work.session, feed_id, _BATCH):
        for chosen in picks:
            changed += _follow(work, chosen)
        work.session.flush()
        if changed and budget.spent:
            return changed
    for chosen in store.back_again(work.session, feed_id, work.now - BACK_WITHIN):
        changed += _back(work, chosen)
        if changed and budget.spent:
            break
    return changed


def _follow(work: Work, chosen: MeetingPick) -> bool:
    """Bring one pick in step with its listing; whether that mattered."""
    person = people.get(work.session, chosen.person_id)
    found = store.of_pick(work.session, chosen)
    meeting = found[0] if found is not None else None
    weekday = rules.new_weekday(chosen.weekday, chosen.days or [chosen.weekday], meeting.days) if meeting is not None else None
    if meeting is None or weekday is None or not store.to_row(meeting).scheduled:
        _gone(work, person, chosen)
        return True
    if _doubled(work, chosen, meeting, weekday):
        cancel(work, chosen)
        return False
    what = rules.changes(store.known(chosen), store.listing_of(meeting))
    if weekday != chosen.weekday:
        what.insert(0, Change.DAY)
    store.remember(chosen, meeting)
    if chosen.mode == "once" and weekday != chosen.weekday:
        later = next(rules.following(store.to_row(meeting), work.now, weekday), None)
        chosen.local_date = later.local_date.isoformat() if later is not None else None
    chosen.weekday = weekday
    if not what:
        return False
    plan(work, person, chosen, meeting)
    _tell(work, person, chosen, what)
    return True


def _doubled(work: Work, chosen: MeetingPick, meeting: Meeting, weekday: int) -> bool:
    """Whether another pick of the same person is for the same already, after two meetings became one."""
    other = store.present_pick(work.session, chosen.person_id, meeting, weekday)
    return other is not None and other.id != chosen.id


def _gone(work: Work, person: Person, chosen: MeetingPick) -> None:
    cancel(work, chosen)
    chosen.gone_at = work.now
    _tell(work, person, chosen, [Change.GONE])


def _back(work: Work, chosen: MeetingPick) -> bool:
    """Take up a pick whose meeting is listed again; whether it was."""
    found = store.of_pick(work.session, chosen)
    if found is None or chosen.weekday not in found[0].days or not store.to_row(found[0]).scheduled:
        return False
    meeting = found[0]
    chosen.gone_at = None
    later = next(_dates(chosen, meeting, work.now), None)
    if later is None or store.present_pick(work.session, chosen.person_id, meeting, chosen.weekday) is not None:
        return False  # its day is over, or they picked it anew themselves
    person = people.get(work.session, chosen.person_id)
    what = [Change.BACK, *rules.changes(store.known(chosen), store.listing_of(meeting))]
    chosen.cancelled_at, chosen.changes = None, []
    store.remember(chosen, meeting)
    work.session.flush()
    plan(work, person, chosen, meeting)
    _tell(work, person, chosen, what)
    return True


def _tell(work: Work, person: Person, chosen: MeetingPick, what: Iterable[Change]) -> None:
    """One neutral message for all that an import changed for a person; in quiet hours it waits for the morning."""
    recent = [other for other in store.changed_picks(work.session, person.id) if other.id != chosen.id]
    told = any(other.told_at is not None and work.now - other.told_at < TOLD_AT_ONCE for other in recent)
    chosen.changes = list(dict.fromkeys([*chosen.changes, *(str(one.value) for one in what)]))
    chosen.told_at = work.now
    if told or not wanted(person, work.now):
        return
    later = due.next_instant(work.now, person.quiet_until, person.zone) if due.is_quiet(person, work.now) else None
    rows = [[Button("meetings/open", "meetings.news")]]
    outbox.say(work, person, "meetings/changed", rows, post=Post(lane=Lane.BULK, due_at=later))


def waiting(work: Work, chosen: MeetingPick) -> list[Due]:
    """The reminders of a pick that are to come, the next one first."""
    prefix = f"meeting:{chosen.id}:"
    statement = select(Due).where(
        col(Due.key).startswith(prefix, autoescape=True), col(Due.kind) == KIND, col(Due.state) == DueState.WAITING
    )
    return list(islice(work.session.exec(statement.order_by(col(Due.due_at))), len(rules.LEADS)))
