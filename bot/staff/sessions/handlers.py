"""`/session`: the week, one session, and its attendance in three taps: Open, whoever was not there, Done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from bot import audit
from bot.errors import NotAllowed
from bot.escalation import ack, relay
from bot.ids import unshort
from bot.models import Role
from bot.outbox import Button
from bot.programme import rolls, store, undo
from bot.programme.rules import week_of
from bot.programme.store import Book, Occasion
from bot.staff.sessions import views
from bot.turn import Turn

MINE, ALL, OWN = "mine", "all", "own"  # own: what their role begins with
LISTS_BACK = timedelta(days=7)
ROLL_PAGE = 24


def start(turn: Turn) -> None:
    """`/session`: this week."""
    views.present(turn)
    relay.stop_writing(turn)
    _week(turn, 0, _own(turn), edit=False)


def week(turn: Turn) -> None:
    """Another week, or everybody's sessions."""
    views.present(turn)
    weeks, whose = views.week_arg(turn.args[0]), turn.args[1]
    if whose not in (MINE, ALL, OWN):
        raise NotAllowed
    _week(turn, weeks, _own(turn) if whose == OWN else whose, edit=True)


def _own(turn: Turn) -> str:
    return ALL if turn.person.role is Role.SUPERVISOR else MINE


def _week(turn: Turn, weeks: int, whose: str, *, edit: bool) -> None:
    begins, ends = week_of(turn.now, turn.work.settings.timezone, weeks)
    book = Book(turn.work, (min(begins, turn.now) - timedelta(days=14)).date())
    every = views.visible(turn, book, begins, ends, mine=whose == MINE)
    found = every[: views.LISTED]
    ways = [
        Button("sessions/earlier", "sessions.week", (views.week_name(weeks - 1), whose)),
        Button("sessions/later", "sessions.week", (views.week_name(weeks + 1), whose)),
    ]
    other = ALL if whose == MINE else MINE
    rows = [*views.number_rows(found), ways, [Button(f"sessions/show_{other}", "sessions.week", (views.week_name(weeks), other))]]
    lists = _open_lists(turn, book)
    if lists:
        rows.append([Button("sessions/lists", "sessions.lists", (), {"count": len(lists)})])
    rows.append([Button("sessions/new", "sessions.new"), Button("sessions/closed", "sessions.closed")])
    put = turn.edit if edit else turn.say
    put(
        "sessions/week",
        rows,
        first=begins,
        whose=whose,
        entries=[views.line(turn, one, number, book) for number, one in enumerate(found, 1)],
        more=len(every) - len(found),
        lists=len(lists),
    )


def _open_lists(turn: Turn, book: Book) -> list[Occasion]:
    """Sessions of the last week whose attendance is this person's to take and not done."""
    ended = [one for one in book.occasions(turn.now - LISTS_BACK, turn.now) if one.slot.end <= turn.now]
    waiting = [one for one in ended if (roll := book.roll(one)) is None or roll.done_at is None]
    mine = [one for one in waiting if any(taker.id == turn.person.id for taker in rolls.takers(turn.work, one))]
    return [one for one in mine if book.people_of(one)]


def lists(turn: Turn) -> None:
    """Attendance lists that wait."""
    views.present(turn)
    book = Book(turn.work)
    found = _open_lists(turn, book)[: views.LISTED]
    entries = [views.line(turn, one, number, book) for number, one in enumerate(found, 1)]
    turn.edit("sessions/open_lists", [*views.number_rows(found, "sessions.roll"), _back_row()], entries=entries)


def _back_row() -> list[Button]:
    return [Button("sessions/back", "sessions.week", ("0", OWN))]


def show(turn: Turn) -> None:
    """One session: who is expected and what they said; names only for those who may have them."""
    one = views.occasion(turn)
    theirs = store.may_lead(turn.work, one, turn.person)
    room, link = store.place_of(turn.work, one)
    values = {
        **views.line(turn, one),
        "room": room,
        "link": link,
        "leader": store.leader_name(turn.work, one),
        "reason": store.reason_of(turn.work, one),
        "changed": one.slot.changed,
        "names": views.names(turn, one) if theirs else [],
        "theirs": theirs,
    }
    rows = _rows(turn, one) if theirs else []
    audit.record(turn.work, "session.viewed", actor=turn.person, session=str(one.row.id), day=one.slot.day.isoformat(), names=theirs)
    ack.show_protected(turn.work, turn.person, "sessions/card", [*rows, _back_row()], **values)


def _rows(turn: Turn, one: Occasion) -> list[list[Button]]:
    args, rows = views.key(one), []
    if one.slot.start <= turn.now and not one.slot.cancelled:
        rows.append([Button("sessions/attendance", "sessions.roll", args)])
    if one.slot.end > turn.now and not one.slot.cancelled:
        rows.append([Button("sessions/change", "sessions.change", args), Button("sessions/cancel", "sessions.cancel", args)])
    if one.change is not None and one.slot.end > turn.now - timedelta(days=14):
        rows.append([Button("sessions/as_planned", "sessions.restore", args)])
    if one.row.track is None and one.slot.end > turn.now:
        rows.append([Button("sessions/people", "sessions.members", args)])
    return rows


def roll(turn: Turn) -> None:
    """[Open] on "Attendance": the list, everybody there but who said otherwise."""
    one = views.led(turn)
    found, done = rolls.open_list(turn.work, one, turn.person)
    audit.record(turn.work, "attendance.viewed", actor=turn.person, session=str(one.row.id), day=one.slot.day.isoformat())
    values, rows = _list(turn, one), _list_rows(turn, one, done=done, count=len(found))
    ack.show_protected(turn.work, turn.person, "sessions/roll", rows, **values)


def mark(turn: Turn) -> None:
    """A name: the next mark, in the same message."""
    one = views.led(turn)
    rolls.mark(turn.work, one, turn.person, ack.number_of(turn.args[2]))
    _edit_list(turn, one, done=False)


def done(turn: Turn) -> None:
    """[Done]: it counts."""
    one = views.led(turn)
    rolls.finish(turn.work, one, turn.person)
    _edit_list(turn, one, done=True)
    turn.answer("sessions/roll_done")


def correct(turn: Turn) -> None:
    """[Correct]: the list is open again."""
    one = views.led(turn)
    rolls.reopen(turn.work, one, turn.person)
    _edit_list(turn, one, done=False)


def _edit_list(turn: Turn, one: Occasion, *, done: bool) -> None:
    values = _list(turn, one)
    turn.edit("sessions/roll", _list_rows(turn, one, done=done, count=len(values["marks"])), **values)


def _list(turn: Turn, one: Occasion) -> dict[str, Any]:
    found, done = rolls.open_list(turn.work, one, turn.person)
    counts = {mark: sum(1 for _person, seat in found if seat.attendance == mark) for mark in ("present", "late", "absent", "excused")}
    return {
        **views.line(turn, one),
        "marks": [{"name": views.called(turn, person), "mark": seat.attendance} for person, seat in found],
        "counts": counts,
        "done": done,
    }


def _list_rows(turn: Turn, one: Occasion, *, done: bool, count: int) -> list[list[Button]]:
    args = views.key(one)
    if done:
        return [[Button("sessions/correct", "sessions.correct", args)], _back_row()]
    found, _ = rolls.open_list(turn.work, one, turn.person)
    buttons = [
        Button(f"sessions/mark_{seat.attendance}", "sessions.mark", (*args, person.number), {"name": views.called(turn, person)})
        for person, seat in found
    ]
    rows = [buttons[at : at + 2] for at in range(0, len(buttons), 2)]
    return [*rows[:45], [Button("sessions/done", "sessions.done", args)]] if count else [_back_row()]


def undo_(turn: Turn) -> None:
    """[Undo]: the last act is taken back."""
    views.present(turn)
    undo.undo(turn.work, _id(turn), turn.person)
    turn.edit("sessions/undone", [_back_row()])


def _id(turn: Turn) -> UUID:
    try:
        return unshort(turn.arg)
    except ValueError as error:
        raise NotAllowed from error
