"""`/meetings`: the way in, the card of one meeting, favourites, going and having gone, other fellowships' own pages."""

from __future__ import annotations

from bot.errors import NotUnderstood
from bot.features.meetings import browse, rules, search, store, views, visits
from bot.outbox import Button
from bot.turn import Turn


def start(turn: Turn) -> None:
    """`/meetings`."""
    if not search.any_listed(turn.session):
        turn.say("meetings/none_yet", [[Button("meetings/others", "meetings.links")]])
        return
    browse.begin(turn)
    turn.say("meetings/start", views.start_rows())


def again(turn: Turn) -> None:
    """The way in, in the place of another message."""
    browse.begin(turn)
    turn.edit("meetings/start", views.start_rows())


def show(turn: Turn) -> None:
    """One meeting: when by its own clock and by the person's, where, how to join, what to check."""
    meeting, feed, weekday = views.wanted(turn)
    picked = store.present_pick(turn.session, turn.person.id, meeting, weekday)
    turn.say("meetings/details", views.card_rows(turn, meeting, weekday, picked), **views.details(turn, meeting, feed, weekday))


def _again(turn: Turn) -> None:
    """The card as it is now, in the place of the old one."""
    meeting, feed, weekday = views.wanted(turn)
    picked = store.present_pick(turn.session, turn.person.id, meeting, weekday)
    turn.edit("meetings/details", views.card_rows(turn, meeting, weekday, picked), **views.details(turn, meeting, feed, weekday))


def pin(turn: Turn) -> None:
    """The place as a pin in the chat, which any map opens."""
    meeting, _feed, _weekday = views.wanted(turn)
    if meeting.latitude is None or meeting.longitude is None or meeting.approximate:
        raise NotUnderstood("meetings/not_listed")
    name = meeting.location or meeting.address or meeting.name
    turn.venue(meeting.latitude, meeting.longitude, title=name, address=meeting.address or meeting.region or name)


def keep(turn: Turn) -> None:
    """A favourite, or no longer one."""
    meeting, _feed, _weekday = views.wanted(turn)
    found = store.favourite(turn.session, turn.person.id, meeting)
    if found is None:
        store.keep(turn.work, turn.person, meeting)
    else:
        turn.session.delete(found)
    turn.session.flush()
    _again(turn)
    turn.answer("meetings/kept" if found is None else "meetings/unkept")


def home(turn: Turn) -> None:
    """The home group, or no longer it."""
    meeting, _feed, _weekday = views.wanted(turn)
    found = store.favourite(turn.session, turn.person.id, meeting)
    if found is not None and found.home:
        found.home = False
    else:
        store.keep(turn.work, turn.person, meeting, home=True)
    turn.session.flush()
    _again(turn)
    turn.answer("meetings/saved")


def going(turn: Turn) -> None:
    """I'm going: a promise to oneself; afterwards one question."""
    meeting, _feed, weekday = views.wanted(turn)
    occurrence = rules.at_or_soon(store.to_row(meeting), turn.now, weekday)
    if occurrence is None:
        raise NotUnderstood("meetings/by_appointment")
    visits.mean_to_go(turn, meeting, occurrence)
    picked = store.present_pick(turn.session, turn.person.id, meeting, weekday)
    ids = (meeting.id or 0, weekday)
    soon = not rules.fitting(rules.LEADS, occurrence.start_utc, turn.now, turn.person.zone)
    rows = [] if picked is not None or soon else [[Button("meetings/remind_once", "meetings.once", ids)]]
    turn.say("meetings/going_noted", rows, at=occurrence.start_utc, reminded=picked is not None)


def went(turn: Turn) -> None:
    """I went: to the newest one that has begun."""
    meeting, _feed, weekday = views.wanted(turn)
    occurrence = rules.last_before(store.to_row(meeting), turn.now, weekday)
    if occurrence is None:
        turn.answer("meetings/not_begun", alert=True)
        return
    visits.say_went(turn, store.visit(turn.work, turn.person, meeting, occurrence))


def links(turn: Turn) -> None:
    """Other fellowships' own pages, by the alphabet."""
    found = turn.content.meeting_links
    rows = [[Button("meetings/link", url=link.urls[turn.lang], values={"name": link.name})] for link in found]
    entries = [{"name": link.name, "summary": link.summary[turn.lang]} for link in found]
    turn.say("meetings/links", rows, entries=entries)
