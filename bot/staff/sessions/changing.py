"""Changing a session: its time, place, length or leader, or cancelling it; one date or from there on. Whom it touches is told."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot import people, typed
from bot.errors import Conflict, NotAllowed, NotUnderstood
from bot.escalation import ack, relay
from bot.ids import short
from bot.models import CLINICAL, Person, SessionNews
from bot.outbox import Button, Rows
from bot.programme import editing, store
from bot.programme import news as programme_news
from bot.programme.editing import Edit
from bot.programme.store import Book, Occasion
from bot.staff.sessions import rules, views
from bot.turn import Turn

FORM = "sessions_edit"
WHAT, DAY, TIME, PLACE, LENGTH, LEADER, REASON, SCOPE = "what", "day", "time", "place", "length", "leader", "reason", "scope"
STEPS = (WHAT, DAY, TIME, PLACE, LENGTH, LEADER, REASON, SCOPE)
FIRST = {"time": DAY, "place": PLACE, "length": LENGTH, "leader": LEADER}
REASONS = ("ill", "weather", "closed", "no_reason")
ONE, ON = "one", "on"
FARTHEST = timedelta(days=180)
LEADERS = 10
_FOOT: Rows = ((Button("common/back", "form.back"), Button("common/later", "form.leave")),)
_LATER: Rows = ((Button("common/later", "form.leave"),),)


def change(turn: Turn) -> None:
    """[Change]: what?"""
    _begin(turn, WHAT)


def cancel(turn: Turn) -> None:
    """[Cancel it]: why?"""
    _begin(turn, REASON)


def _begin(turn: Turn, step: str) -> None:
    one = views.led(turn)
    if one.slot.cancelled or one.slot.end <= turn.now:
        raise Conflict("sessions/past" if one.slot.end <= turn.now else "sessions/cancelled_already")
    turn.drop_form(FORM)
    turn.proceed(f"{FORM}.{step}", what=list(views.key(one)))


def restore(turn: Turn) -> None:
    """[As planned]: the date is as the series has it."""
    news = editing.restore(turn.work, views.led(turn), turn.person)
    _saved(turn, news, edit=True)


def ask(turn: Turn) -> None:
    """Put the present step's question (again)."""
    relay.stop_writing(turn)
    one, step = _occasion(turn), _step(turn)
    values = views.line(turn, one)
    if step == WHAT:
        buttons = [_pick(f"sessions/change_{one_of}", one_of) for one_of in FIRST]
        turn.ask("sessions/ask_what", [buttons[:2], buttons[2:], *_LATER], **values)
    elif step == DAY:
        same = [_pick("sessions/same_day", _day(one).isoformat())]
        turn.ask("sessions/ask_day", [same, *views.day_buttons(turn, "sessions.edit"), *_FOOT], **values)
    elif step == TIME:
        turn.ask("sessions/ask_time", [*views.time_buttons("sessions.edit"), *_FOOT], zone_name=one.row.zone)
    elif step == PLACE:
        turn.ask("sessions/ask_place", [[_pick("sessions/no_place", "none")], *_FOOT])
    elif step == LENGTH:
        turn.ask("sessions/ask_length", [[_pick("sessions/minutes", str(number), minutes=number) for number in views.LENGTHS], *_FOOT])
    elif step == LEADER:
        found = [other for other in people.staff(turn.session, CLINICAL) if other.id != one.leader_id][:LEADERS]
        buttons = [_pick("sessions/person", str(other.number), name=views.called(turn, other)) for other in found]
        turn.ask("sessions/ask_leader", [*(buttons[at : at + 2] for at in range(0, len(buttons), 2)), *_FOOT], nobody=not found)
    elif step == REASON:
        buttons = [_pick(f"sessions/reason_{reason}", reason) for reason in REASONS]
        turn.ask("sessions/ask_reason", [buttons[:2], buttons[2:], *_LATER], **values)
    else:
        _ask_scope(turn, one, values)


def _pick(label: str, value: str, **values: Any) -> Button:
    return Button(label, "sessions.edit", (value,), values)


def _ask_scope(turn: Turn, one: Occasion, values: dict[str, Any]) -> None:
    data = turn.data
    if one.row.weekdays:
        ways = [[_pick("sessions/only_this", ONE)], [_pick("sessions/from_here", ON)]]
    else:
        ways = [[_pick("sessions/yes_cancel" if "reason" in data else "sessions/save", ONE)]]
    leader = people.by_number(turn.session, int(data["leader"])) if "leader" in data else None
    turn.ask(
        "sessions/ask_scope",
        [*ways, *_FOOT],
        **values,
        cancels="reason" in data,
        day=date.fromisoformat(data["day"]) if "day" in data else None,
        wall=data.get("time", ""),
        length=data.get("minutes", 0),
        room=data.get("room"),
        video=bool(data.get("link")),
        leader=people.name_of(turn.work, leader).partition(" ")[0] if leader is not None else "",
    )


def pick(turn: Turn) -> None:
    """A button of a step."""
    step, value = _step(turn), turn.arg
    if step == WHAT and value in FIRST:
        _go(turn, FIRST[value])
    elif step == DAY:
        _on_day(turn, views.day_of(value))
    elif step == TIME:
        _go(turn, SCOPE, time=views.wall_of(value))
    elif step == PLACE and value == "none":
        _go(turn, SCOPE, room="", link="")
    elif step == LENGTH and value in {str(one) for one in views.LENGTHS}:
        _go(turn, SCOPE, minutes=int(value))
    elif step == LEADER:
        _go(turn, SCOPE, leader=_leader(turn, value).number)
    elif step == REASON and value in REASONS:
        _go(turn, SCOPE, reason=f"={value}")
    elif step == SCOPE and value in (ONE, ON):
        _apply(turn, value)
    else:
        raise NotAllowed


def answer(turn: Turn) -> None:
    """Words: a date, a time, a length, a place, a reason."""
    step = _step(turn)
    if step in (WHAT, LEADER, SCOPE):
        raise NotUnderstood("sessions/tap")
    text = turn.text
    if step == DAY:
        found = typed.day(text, views.today(turn))
        if found is None:
            raise NotUnderstood("sessions/day_again")
        _on_day(turn, found)
    elif step == TIME:
        wall = typed.wall(text)
        if wall is None:
            raise NotUnderstood("sessions/time_again")
        _go(turn, SCOPE, time=wall)
    elif step == LENGTH:
        minutes = rules.length(text)
        if minutes is None:
            raise NotUnderstood("sessions/length_again")
        _go(turn, SCOPE, minutes=minutes)
    elif step == PLACE:
        place = rules.place(text)
        if place is None:
            raise NotUnderstood("sessions/place_again")
        _go(turn, SCOPE, room=place[0], link=place[1])
    else:
        reason = rules.short_text(text, rules.REASON_LENGTH)
        if reason is None:
            raise NotUnderstood("sessions/reason_again")
        _go(turn, SCOPE, reason=reason)


def _go(turn: Turn, step: str, **data: Any) -> None:
    turn.proceed(f"{FORM}.{step}", **data)


def _on_day(turn: Turn, day: date) -> None:
    if not views.today(turn) <= day <= views.today(turn) + FARTHEST:
        raise NotUnderstood("sessions/day_again")
    _go(turn, TIME, day=day.isoformat())


def _leader(turn: Turn, value: str) -> Person:
    number = ack.number_of(value)
    found = next((one for one in people.staff(turn.session, CLINICAL) if one.number == number), None)
    if found is None:
        raise NotAllowed
    return found


def _apply(turn: Turn, scope: str) -> None:
    one, data = _occasion(turn), turn.data
    if scope == ON and not one.row.weekdays:
        raise NotAllowed
    reason, edit = data.get("reason"), _edit(turn)
    turn.finish()
    if reason is not None:
        words = _reason(turn, str(reason))
        if scope == ONE:
            news = editing.cancel_one(turn.work, one, turn.person, words)
        else:
            news = editing.end_from(turn.work, store.managed(turn.work, one.row.id, turn.person, lock=True), one.slot.day, turn.person)
    elif scope == ONE:
        changed = editing.change_one(turn.work, one, turn.person, edit)
        assert changed is not None
        news = changed
    else:
        store.managed(turn.work, one.row.id, turn.person, lock=True)
        news = editing.change_from(turn.work, one, turn.person, edit)
    _saved(turn, news, edit=False)


def _edit(turn: Turn) -> Edit:
    data = turn.data
    return Edit(
        day=date.fromisoformat(data["day"]) if "day" in data else None,
        wall=data.get("time"),
        minutes=data.get("minutes"),
        place=(str(data["room"]), str(data["link"])) if "room" in data else None,
        leader=_leader(turn, str(data["leader"])) if "leader" in data else None,
    )


def _reason(turn: Turn, reason: str) -> str:
    """A tapped reason in the clinic's language; "" when none is given."""
    key = reason.removeprefix("=")
    if not reason.startswith("=") or key not in REASONS:
        return reason
    return "" if key == "no_reason" else turn.content.texts.label(f"sessions/reason_{key}", turn.work.settings.language)


def _saved(turn: Turn, news: SessionNews, *, edit: bool) -> None:
    rows = [[Button("sessions/undo", "sessions.undo", (short(news.id),)), Button("sessions/back", "sessions.week", ("0", "own"))]]
    (turn.edit if edit else turn.say)("sessions/changed", rows, count=_count(turn, news))


def _count(turn: Turn, news: SessionNews) -> int:
    return len(programme_news.touched(turn.work, news, Book(turn.work)))


def _day(one: Occasion) -> date:
    return one.slot.start.astimezone(ZoneInfo(one.row.zone)).date()


def _occasion(turn: Turn) -> Occasion:
    """What the form is about; when it is there no more, the form ends."""
    try:
        return views.led(turn, [str(one) for one in turn.data["what"]])
    except (Conflict, NotAllowed):
        turn.finish()
        raise


def _step(turn: Turn) -> str:
    return (turn.state or "").partition(".")[2]
