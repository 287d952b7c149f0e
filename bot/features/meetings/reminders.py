"""Reminders of picked meetings: tied to (feed, key, local date), computed anew from wall time and zone each time."""

from __future__ import annotations

from datetime import timedelta

from bot import due, outbox, people
from bot.features.meetings import store
from bot.features.meetings.occurrences import Occurrence, next_reminder, reminder_at
from bot.models import LEFT_ALONE, Due, Lane, Meeting, MeetingPick, Person
from bot.outbox import Button, Post
from bot.turn import Turn
from bot.work import Work

LEAD = timedelta(minutes=60)
USEFUL_FOR = timedelta(minutes=75)  # until a quarter of an hour after the start
KIND = "meeting.remind"
OFF = "meetings"  # the name of these reminders among those that a person can switch off


def plan(work: Work, person: Person, chosen: MeetingPick, meeting: Meeting) -> Occurrence | None:
    """Put the next reminder of a pick in.

    Returns:
        The occurrence that it is for; None when the meeting has no schedule any more.
    """
    upcoming = next_reminder(store.to_row(meeting), LEAD, after=work.now, weekday=chosen.weekday)
    if upcoming is None:
        return None
    due.put(
        work,
        KIND,
        f"meeting:{chosen.id}:{upcoming.local_date.isoformat()}",
        reminder_at(upcoming, LEAD),
        person=person,
        useful_for=USEFUL_FOR,
        wall=meeting.time,
        zone=meeting.timezone,
        pick=chosen.id,
    )
    return upcoming


def cancel(work: Work, chosen: MeetingPick) -> None:
    """Take a pick back, and its reminder."""
    chosen.cancelled_at = work.now
    due.drop(work, f"meeting:{chosen.id}")


def remind(turn: Turn, item: Due) -> None:
    """An hour before: neutral on the lock screen, everything after a tap."""
    found = _present(turn, item)
    if found is None:
        return
    chosen, meeting = found
    paused = turn.person.paused_until is not None and turn.person.paused_until > turn.now
    if OFF not in turn.person.reminders_off and not paused and turn.person.status not in LEFT_ALONE:
        rows = [[Button("meetings/open", "meetings.show", (meeting.id or 0, chosen.weekday))]]
        turn.say("meetings/reminder", rows, at=item.due_at + LEAD, expires_at=item.due_at + USEFUL_FOR)
    _go_on(turn, chosen, meeting)


def missed(turn: Turn, item: Due) -> None:
    """Too late to be useful: only the next one is put in."""
    found = _present(turn, item)
    if found is not None:
        _go_on(turn, *found)


def _present(turn: Turn, item: Due) -> tuple[MeetingPick, Meeting] | None:
    chosen = store.pick_by_id(turn.session, int(item.args["pick"]))
    if chosen is None or chosen.cancelled_at is not None:
        return None
    found = store.by_key(turn.session, chosen.feed_id, chosen.key)
    if found is None or found[0].attendance == "inactive":
        chosen.cancelled_at = turn.now
        turn.say("meetings/gone")
        return None
    return chosen, found[0]


def _go_on(turn: Turn, chosen: MeetingPick, meeting: Meeting) -> None:
    if chosen.mode == "weekly":
        plan(turn.work, turn.person, chosen, meeting)
    else:
        chosen.cancelled_at = turn.now


def after_import(work: Work, feed_id: int) -> int:
    """Move the reminders of picked meetings to their new times; whose meeting moved or is gone is told once, neutrally.

    Returns:
        How many picks changed.
    """
    changed = 0
    for chosen in store.picks_of_feed(work.session, feed_id):
        found = store.by_key(work.session, feed_id, chosen.key)
        meeting = found[0] if found is not None and found[0].attendance != "inactive" and chosen.weekday in found[0].days else None
        if meeting is not None and (meeting.time, meeting.timezone) == (chosen.wall, chosen.timezone):
            continue
        person = people.get(work.session, chosen.person_id)
        changed += 1
        due.drop(work, f"meeting:{chosen.id}")
        if meeting is None:
            chosen.cancelled_at = work.now
            outbox.say(work, person, "meetings/changed", [[Button("meetings/open_mine", "meetings.mine")]], post=Post(lane=Lane.BULK))
            continue
        chosen.wall, chosen.timezone = meeting.time, meeting.timezone
        plan(work, person, chosen, meeting)
        rows = [[Button("meetings/open", "meetings.show", (meeting.id or 0, chosen.weekday))]]
        outbox.say(work, person, "meetings/changed", rows, post=Post(lane=Lane.BULK))
    return changed
