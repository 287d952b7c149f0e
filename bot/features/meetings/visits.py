"""I'm going, I went, and how it was: asked once, neutrally, after the end. The rows stay for the progress."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot import due, menu
from bot.errors import NotUnderstood
from bot.features.meetings import rules, store, views
from bot.features.meetings.occurrences import Occurrence
from bot.models import Due, Meeting, MeetingVisit
from bot.outbox import Button
from bot.turn import Turn

KIND = "meeting.after"
HOW = ("good", "okay", "hard")
_USEFUL_FOR = timedelta(hours=20)


def mean_to_go(turn: Turn, meeting: Meeting, occurrence: Occurrence) -> MeetingVisit:
    """Note that the person means to go, and ask afterwards."""
    found = store.visit(turn.work, turn.person, meeting, occurrence)
    if found.going_at is None:
        found.going_at, found.not_at = turn.now, None
        at = max(occurrence.end_utc, turn.now) + rules.ASK_AFTER
        due.put(turn.work, KIND, f"visit:{found.id}", at, person=turn.person, useful_for=_USEFUL_FOR, visit=found.id)
    return found


def ask(turn: Turn, item: Due) -> None:
    """After the end, once: a neutral line with a button. In quiet hours it waits for the morning."""
    found = store.own_visit(turn.session, turn.person.id, int(item.args["visit"]))
    if found is None or found.asked_at is not None or found.went_at is not None or found.not_at is not None:
        return
    if due.is_quiet(turn.person, turn.now) and "again" not in item.args:
        at = due.next_instant(turn.now, turn.person.quiet_until, turn.person.zone) + timedelta(minutes=30)
        due.put(turn.work, KIND, f"visit:{found.id}:again", at, person=turn.person, useful_for=_USEFUL_FOR, visit=found.id, again=True)
        return
    if not due.may_start(turn.work, turn.person, KIND):
        return
    found.asked_at = turn.now
    turn.say("meetings/after", [[Button("meetings/open", "meetings.after", (found.id or 0,))]], dedup_key=f"visit:{found.id}")


def after(turn: Turn) -> None:
    """Did you make it?"""
    found = _own(turn)
    ids = (found.id or 0,)
    rows = [[Button("meetings/went", "meetings.did_go", ids), Button("meetings/not_this_time", "meetings.did_not", ids)]]
    turn.say("meetings/did_you", rows, name=_name(turn, found), at=found.start_at)


def did_go(turn: Turn) -> None:
    """I went."""
    say_went(turn, _own(turn))


def did_not(turn: Turn) -> None:
    """Not this time, which is fine."""
    found = _own(turn)
    found.not_at, found.went_at, found.how = turn.now, None, None
    turn.edit("meetings/not_noted", [[Button("meetings/find", "meetings.start"), Button("meetings/mine", "meetings.mine")]])


def say_went(turn: Turn, found: MeetingVisit) -> None:
    """Note a visit and ask how it was."""
    first = found.went_at is None
    found.went_at, found.not_at = found.went_at or turn.now, None
    due.drop(turn.work, f"visit:{found.id}")
    turn.session.flush()
    rows = [[Button(f"meetings/how_{how}", "meetings.how", (found.id or 0, how)) for how in HOW]]
    today = due.local_date(turn.now, turn.person.zone) == due.local_date(found.start_at, turn.person.zone)
    values: dict[str, Any] = {"first": first, "total": store.went(turn.session, turn.person.id), "at": found.start_at, "today": today}
    turn.say("meetings/went_noted", rows, **values)


def how(turn: Turn) -> None:
    """How was it?"""
    found = _own(turn)
    if turn.args[1] not in HOW or found.went_at is None:
        raise NotUnderstood("meetings/not_listed")
    found.how = turn.args[1]
    more = [[Button("menu/tools", "tools.home"), menu.to("message")]] if found.how == "hard" else []
    turn.edit("meetings/how_noted", [*more, [Button("meetings/mine", "meetings.mine")]], how=found.how)


def _own(turn: Turn) -> MeetingVisit:
    found = store.own_visit(turn.session, turn.person.id, views.number(turn.arg))
    if found is None:
        raise NotUnderstood("meetings/not_listed")
    return found


def _name(turn: Turn, found: MeetingVisit) -> str:
    present = store.present(turn.session, found.feed_id, found.key, None)
    return present[0].name if present is not None else ""
