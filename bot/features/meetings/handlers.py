"""`/meetings`: today, near me, online, by a tap; details; reminders. Lists keep the feeds' own order by time or distance."""

from __future__ import annotations

from bot.errors import NotUnderstood
from bot.features.meetings import reminders, rules, store, views
from bot.features.meetings.occurrences import next_reminder, reminder_at
from bot.inbound import Kind
from bot.models import Meeting
from bot.outbox import Button, ReplyButton
from bot.turn import Turn

PAGE = 5
SHARE = ((ReplyButton("meetings/share", "location"),), (ReplyButton("meetings/not_now"),))


def start(turn: Turn) -> None:
    """`/meetings`."""
    if not store.feeds(turn.session):
        turn.say("meetings/none_yet")
        return
    turn.say("meetings/start", views.start_rows())


def today(turn: Turn) -> None:
    """What is on today, from now on; the argument is the page."""
    _show(turn, "today", rules.today(store.listed(turn.session), turn.now, turn.person.zone))


def tomorrow(turn: Turn) -> None:
    """What is on tomorrow."""
    _show(turn, "tomorrow", rules.tomorrow(store.listed(turn.session), turn.now, turn.person.zone))


def online(turn: Turn) -> None:
    """Online meetings of the coming day."""
    _show(turn, "online", rules.online(store.listed(turn.session), turn.now))


def near(turn: Turn) -> None:
    """Ask where the person is; the place is used once and not kept."""
    turn.goto("meetings.near")
    ask_near(turn)


def ask_near(turn: Turn) -> None:
    """Where are you?"""
    turn.ask("meetings/ask_place", keyboard=SHARE)


def on_near(turn: Turn) -> None:
    """A shared place, or "not now"."""
    inbound = turn.inbound
    assert inbound is not None
    if inbound.kind is not Kind.LOCATION or inbound.latitude is None or inbound.longitude is None:
        not_now = [turn.content.texts.label("meetings/not_now", lang) for lang in ("en", "es")]
        if inbound.kind is Kind.TEXT and inbound.text.strip() in not_now:
            turn.finish()
            turn.say("meetings/without_place", keyboard=views.no_keyboard(turn))
            turn.say("meetings/start", views.start_rows())
            return
        raise NotUnderstood("meetings/place_again")
    found = rules.near(store.listed(turn.session), inbound.latitude, inbound.longitude, turn.now)
    turn.finish()
    turn.say("meetings/place_used", keyboard=views.no_keyboard(turn))
    if not found:
        turn.say("meetings/none_near", views.start_rows())
        return
    rows = [views.number_rows([(near.row.key, near.occurrence.weekday if near.occurrence else 0) for near in found[:PAGE]])]
    turn.say("meetings/list_near", [*rows, *views.start_rows()], entries=views.entries(turn, found[:PAGE]))


def _show(turn: Turn, kind: str, found: list[rules.Listed]) -> None:
    page = (_number(turn.args[0]) or 0) if turn.args else 0
    if not found:
        turn.edit("meetings/none_found", views.start_rows())
        return
    page = min(page, (len(found) - 1) // PAGE)
    part = found[page * PAGE : (page + 1) * PAGE]
    rows = [views.number_rows([(one.row.key, one.occurrence.weekday) for one in part])]
    turns = []
    if page > 0:
        turns.append(Button("meetings/earlier", f"meetings.{kind}", (page - 1,)))
    if (page + 1) * PAGE < len(found):
        turns.append(Button("meetings/more", f"meetings.{kind}", (page + 1,)))
    turn.edit(f"meetings/list_{kind}", [*rows, turns, *views.start_rows()], entries=views.entries(turn, part))


def _meeting(turn: Turn) -> tuple[Meeting, str, int]:
    """The meeting and weekday that a button names.

    Raises:
        NotUnderstood: it is listed no more.
    """
    number, weekday = (_number(text) for text in turn.args)
    found = store.shown(turn.session, number) if number is not None else None
    if found is None or weekday is None or weekday > 6:
        raise NotUnderstood("meetings/not_listed")
    return found[0], found[1].fellowship, weekday


def _number(text: str) -> int | None:
    """A number out of a button; None for anything that the bot never put in one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None


def show(turn: Turn) -> None:
    """One meeting: when by its own clock and by the person's, where, how to join, what to check."""
    meeting, fellowship, weekday = _meeting(turn)
    picked = store.present_pick(turn.session, turn.person.id, meeting, weekday)
    values = views.details(turn, meeting, fellowship, weekday)
    turn.say("meetings/details", views.detail_rows(meeting, weekday, picked), **values)


def once(turn: Turn) -> None:
    """Remind me once."""
    _pick(turn, "once")


def weekly(turn: Turn) -> None:
    """Remind me each week."""
    _pick(turn, "weekly")


def _pick(turn: Turn, mode: str) -> None:
    meeting, _fellowship, weekday = _meeting(turn)
    row = store.to_row(meeting)
    if not row.scheduled or weekday not in (row.days or ()):
        raise NotUnderstood("meetings/by_appointment")
    upcoming = next_reminder(row, reminders.LEAD, after=turn.now, weekday=weekday)
    if upcoming is None:
        raise NotUnderstood("meetings/by_appointment")
    chosen = store.pick(turn.work, turn.person, meeting, weekday, mode, upcoming.local_date)
    planned = reminders.plan(turn.work, turn.person, chosen, meeting)
    assert planned is not None
    rows = [[Button("meetings/undo", "meetings.undo", (chosen.id or 0,)), Button("meetings/mine", "meetings.mine")]]
    turn.say(f"meetings/picked_{mode}", rows, at=reminder_at(planned, reminders.LEAD))


def going(turn: Turn) -> None:
    """I'm going: a promise to oneself, and a reminder once."""
    meeting, _fellowship, weekday = _meeting(turn)
    if store.present_pick(turn.session, turn.person.id, meeting, weekday) is None:
        _pick(turn, "once")
    turn.answer("meetings/going_noted")


def went(turn: Turn) -> None:
    """I went."""
    _meeting(turn)
    turn.say("meetings/went_noted")


def mine(turn: Turn) -> None:
    """What I picked."""
    rows, entries = [], []
    for chosen in store.picks_of(turn.session, turn.person.id):
        found = store.by_key(turn.session, chosen.feed_id, chosen.key)
        if found is None:
            continue
        entries.append({"name": found[0].name, "weekday": chosen.weekday, "wall": found[0].time or "", "weekly": chosen.mode == "weekly"})
        numbers = {"number": len(entries)}
        rows.append(
            [
                Button("meetings/number", "meetings.show", (found[0].id or 0, chosen.weekday), numbers),
                Button("meetings/stop_number", "meetings.undo", (chosen.id or 0,), numbers),
            ]
        )
    turn.say("meetings/mine" if entries else "meetings/mine_empty", [*rows, *views.start_rows()], entries=entries)


def undo(turn: Turn) -> None:
    """No more reminders of this one."""
    number = _number(turn.arg)
    chosen = store.pick_by_id(turn.session, number) if number is not None else None
    if chosen is None or chosen.person_id != turn.person.id:
        raise NotUnderstood("meetings/not_listed")
    if chosen.cancelled_at is None:
        reminders.cancel(turn.work, chosen)
    turn.edit("meetings/undone", [[Button("meetings/mine", "meetings.mine")]])
