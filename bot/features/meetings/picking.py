"""Reminders in the chat: once or weekly, when before, the opened reminder with the way there, and what a new list changed."""

from __future__ import annotations

import html
from typing import Any
from urllib.parse import quote

from bot import due
from bot.errors import NotUnderstood
from bot.features.meetings import reminders, rules, store, views
from bot.features.meetings.occurrences import Occurrence
from bot.features.meetings.rules import Change
from bot.models import Meeting, MeetingPick
from bot.outbox import Button
from bot.turn import Turn

FORM = "meetings_ride"
STEP = f"{FORM}.words"
RIDE_LENGTH = 120
_OPENED = ("name", "elsewhere", "attendance", "approximate", "location", "address", "check", "phone", "online_notes")


def once(turn: Turn) -> None:
    """Remind me once."""
    _pick(turn, "once")


def weekly(turn: Turn) -> None:
    """Remind me each week."""
    _pick(turn, "weekly")


def _pick(turn: Turn, mode: str) -> None:
    meeting, _feed, weekday = views.wanted(turn)
    row = store.to_row(meeting)
    occurrence = next(rules.following(row, turn.now, weekday), None) if row.scheduled and row.active else None
    if occurrence is None:
        raise NotUnderstood("meetings/by_appointment")
    leads = list(store.last_leads(turn.session, turn.person.id))
    if mode == "once":
        leads = rules.fitting(leads, occurrence.start_utc, turn.now, turn.person.zone)
        if not leads:
            turn.say(
                "meetings/starts_soon", [[Button("meetings/going", "meetings.going", (meeting.id or 0, weekday))]], at=occurrence.start_utc
            )
            return
    chosen = store.pick(turn.work, turn.person, meeting, weekday, mode, occurrence.local_date.isoformat(), leads)
    if mode == "once":
        chosen.leads = leads
    reminders.plan(turn.work, turn.person, chosen, meeting)
    _say_picked(turn, chosen)


def _say_picked(turn: Turn, chosen: MeetingPick, *, edit: bool = False) -> None:
    say = turn.edit if edit else turn.say
    number = (chosen.id or 0,)
    rows = [
        [Button("meetings/leads", "meetings.leads", number), Button("meetings/undo", "meetings.undo", number)],
        [Button("meetings/mine", "meetings.mine")],
    ]
    turn.session.flush()
    waiting = reminders.waiting(turn.work, chosen)
    values: dict[str, Any] = {"leads": chosen.leads, "at": waiting[0].due_at if waiting else None, "weekly": chosen.mode == "weekly"}
    quiet = any(due.is_quiet(turn.person, item.due_at) for item in waiting)
    say("meetings/picked", rows, quiet=quiet, off=reminders.OFF in turn.person.reminders_off, **values)


def leads(turn: Turn) -> None:
    """When before?"""
    _leads(turn, _own(turn))


def lead(turn: Turn) -> None:
    """One lead time on or off; the last one stays."""
    chosen, found = _own(turn), _lead(turn.args[1])
    try:
        chosen.leads = rules.toggled(chosen.leads, found)
    except ValueError as error:
        raise NotUnderstood("meetings/not_listed") from error
    present = store.of_pick(turn.session, chosen)
    if present is None:
        raise NotUnderstood("meetings/not_listed")
    reminders.plan(turn.work, turn.person, chosen, present[0])
    _leads(turn, chosen)


def _lead(text: str) -> int:
    return rules.EVENING if text == "evening" else views.number(text) or 0


def _leads(turn: Turn, chosen: MeetingPick) -> None:
    number = chosen.id or 0
    buttons = [_lead_button(number, one, chosen=one in chosen.leads) for one in rules.LEADS]
    rows = [buttons[:2], buttons[2:4], buttons[4:], [Button("meetings/done", "meetings.leads_done", (number,))]]
    turn.edit("meetings/leads", rows, name=chosen.name)


def _lead_button(number: int, lead: int, *, chosen: bool) -> Button:
    arg = "evening" if lead == rules.EVENING else lead
    return Button("meetings/lead", "meetings.lead", (number, arg), {"lead": lead, "chosen": chosen})


def leads_done(turn: Turn) -> None:
    """That is when."""
    _say_picked(turn, _own(turn), edit=True)


def undo(turn: Turn) -> None:
    """No more reminders of this one."""
    chosen = store.own_pick(turn.session, turn.person.id, views.number(turn.arg))
    if chosen is None:
        raise NotUnderstood("meetings/not_listed")
    chosen.gone_at = None  # should its list bring it back, it stays taken back
    if chosen.cancelled_at is None:
        reminders.cancel(turn.work, chosen)
    turn.edit("meetings/undone", [[Button("meetings/mine", "meetings.mine")]])


def _own(turn: Turn) -> MeetingPick:
    """The pick that a button names, still holding.

    Raises:
        NotUnderstood: it does not, or is somebody else's.
    """
    chosen = store.own_pick(turn.session, turn.person.id, views.number(turn.arg))
    if chosen is None or chosen.cancelled_at is not None:
        raise NotUnderstood("meetings/not_picked")
    return chosen


def reminder(turn: Turn) -> None:
    """An opened reminder: what, when, the way there or in, and what to check."""
    chosen = store.own_pick(turn.session, turn.person.id, views.number(turn.arg))
    found = store.of_pick(turn.session, chosen) if chosen is not None else None
    if chosen is None or found is None:
        raise NotUnderstood("meetings/not_listed")
    meeting = found[0]
    occurrence = _about(turn, chosen, meeting)
    card = views.details(turn, meeting, found[1], chosen.weekday)
    values = {key: card[key] for key in _OPENED}
    values |= {"at": occurrence.start_utc if occurrence else None, "ride": store.ride_of(turn.work, chosen)}
    turn.say("meetings/opened", _opened_rows(turn, chosen, meeting, occurrence), **values)


def _about(turn: Turn, chosen: MeetingPick, meeting: Meeting) -> Occurrence | None:
    """The occurrence that a reminder is about: the chosen date, or the next one."""
    row = store.to_row(meeting)
    if chosen.mode == "once" and chosen.local_date is not None:
        return rules.on_day(row, chosen.local_date, chosen.weekday)
    return rules.at_or_soon(row, turn.now, chosen.weekday)


def _opened_rows(turn: Turn, chosen: MeetingPick, meeting: Meeting, occurrence: Occurrence | None) -> list[list[Button]]:
    ids = (meeting.id or 0, chosen.weekday)
    rows = views.way_rows(meeting, chosen.weekday)
    rows.append([Button("meetings/going", "meetings.going", ids), Button("meetings/details", "meetings.show", ids)])
    if meeting.attendance in ("in_person", "hybrid"):
        ride = [Button("meetings/ride", "meetings.ride", (chosen.id or 0,))]
        if occurrence is not None:
            ride.append(Button("meetings/ask_friend", url=_ask_url(turn, meeting, occurrence)))
        rows.append(ride)
    return rows


def _ask_url(turn: Turn, meeting: Meeting, occurrence: Occurrence) -> str:
    """Opens the person's own chats with a line to send: they choose to whom, and whether. No fellowship is named in it."""
    values = {"zone": meeting.timezone or turn.person.zone, "at": occurrence.start_utc, "address": meeting.address or ""}
    words = html.unescape(turn.content.texts.render("meetings/ask_friend", turn.lang, values))
    return f"https://t.me/share/url?url={quote(views.map_url(meeting), safe='')}&text={quote(words, safe='')}"


def ride(turn: Turn) -> None:
    """How will I get there?"""
    turn.proceed(STEP, pick=_own(turn).id)


def ask_ride(turn: Turn) -> None:
    """The question, with what was kept before."""
    chosen = _kept(turn)
    rows = [[Button("meetings/forget_ride", "meetings.ride_none")]] if chosen is not None and chosen.ride is not None else []
    turn.ask("meetings/ask_ride", [*rows, [Button("meetings/leave_it", "meetings.ride_leave")]])


def on_ride(turn: Turn) -> None:
    """In their own words."""
    words = " ".join(turn.text.split())
    if len(words) > RIDE_LENGTH:
        raise NotUnderstood("meetings/ride_long")
    chosen = _kept(turn)
    turn.finish()
    if chosen is None:
        turn.say("meetings/not_picked")
        return
    store.set_ride(turn.work, chosen, words)
    turn.say("meetings/ride_kept", [[Button("meetings/mine", "meetings.mine")]])


def ride_none(turn: Turn) -> None:
    """Forget it."""
    chosen = _kept(turn)
    turn.finish()
    if chosen is not None:
        store.set_ride(turn.work, chosen, "")
    turn.say("meetings/ride_forgotten")


def ride_leave(turn: Turn) -> None:
    """As it was."""
    turn.finish()
    turn.say("meetings/left")


def _kept(turn: Turn) -> MeetingPick | None:
    return store.own_pick(turn.session, turn.person.id, turn.data.get("pick"))


def news(turn: Turn) -> None:
    """What new lists changed about the person's meetings, once."""
    changed = store.changed_picks(turn.session, turn.person.id)
    entries: list[dict[str, Any]] = []
    row: list[Button] = []
    for chosen in changed:
        found = store.present(turn.session, chosen.feed_id, chosen.key, chosen.alt_id)
        gone = Change.GONE in chosen.changes
        times = {
            "weekday": chosen.weekday,
            "wall": chosen.wall or "",
            **views.on_my_clock(turn, found[0] if found else None, chosen.weekday),
        }
        entries.append({"name": chosen.name, "changes": list(chosen.changes), **times})
        if found is not None and found[0].attendance != "inactive":
            row.append(
                Button(
                    "meetings/number",
                    "meetings.show",
                    (found[0].id or 0, chosen.weekday if not gone else _day(found[0])),
                    {"number": len(entries)},
                )
            )
        chosen.changes = []
    last = [Button("meetings/find", "meetings.start"), Button("meetings/mine", "meetings.mine")]
    rows = [*(row[start : start + 5] for start in range(0, len(row), 5)), last]
    turn.say("meetings/news" if entries else "meetings/no_news", rows, entries=entries)


def _day(meeting: Meeting) -> int:
    return meeting.days[0] if meeting.days else 0
