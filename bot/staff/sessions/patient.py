"""One patient's sessions: track, plan, hours, what they said and asked; and the people of a series with named patients."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from bot import audit, people
from bot.errors import NotAllowed, NotUnderstood
from bot.escalation import ack, relay, statuses
from bot.ids import short, unshort
from bot.models import Person, SessionSeries
from bot.outbox import Button, Rows
from bot.programme import hours, membership, requests, store, tracks
from bot.programme import rules as programme
from bot.programme.store import Book
from bot.staff.sessions import rules, views
from bot.turn import Turn

FORM = "sessions_plan"
TRACK, HOURS = "track", "hours"
STEPS = (TRACK, HOURS)
NEXT, SAID = 4, 4
_LATER: Rows = ((Button("common/later", "form.leave"),),)


def show(turn: Turn) -> None:
    """[Sessions] below a patient: the look is logged."""
    found = _patient(turn)
    work, book = turn.work, Book(turn.work)
    row = people.patient_of(turn.session, found.id)
    this, last = hours.week(work, found, 0, book), hours.week(work, found, -1, book)
    ahead = book.next_of(found, turn.now)[:NEXT]
    asked = list(requests.open_of(work, found))
    audit.record(work, "sessions.viewed", actor=turn.person, person_id=found.id)
    ack.show_protected(
        work,
        turn.person,
        "sessions/patient",
        _rows(found, [short(one.id) for one in asked]),
        name=people.name_of(work, found),
        number=found.number,
        track=tracks.shown(work, row.track if row is not None else None, turn.lang),
        plan=this.plan,
        done=programme.hours(this.done),
        ahead=programme.hours(this.ahead),
        open=programme.hours(this.open),
        last=programme.hours(last.done),
        missed=_missed(turn, found),
        next=[views.line(turn, one, 0, book) for one in ahead],
        said=_said(turn, found, book),
        asked=len(asked),
    )


def _rows(patient: Person, asked: list[str]) -> list[list[Button]]:
    number = patient.number
    rows = [[Button("sessions/request", "sessions.request", (one,), {"number": at})] for at, one in enumerate(asked[:6], 1)]
    return [
        *rows,
        [Button("sessions/set_track", "sessions.track", (number,)), Button("sessions/set_hours", "sessions.hours", (number,))],
        [Button("sessions/new", "sessions.new_for", (number,)), Button("sessions/the_patient", "caseload.person", (number,))],
    ]


def _missed(turn: Turn, patient: Person) -> int:
    seats = store.seats_of(turn.work, patient, turn.now - timedelta(days=28), turn.now)
    return sum(1 for one in seats if one.counted and one.attendance == programme.Mark.ABSENT.value)


def _said(turn: Turn, patient: Person, book: Book) -> list[dict[str, Any]]:
    """What they cannot come to, and why, from three days ago on."""
    found = []
    for seat in store.seats_of(turn.work, patient, turn.now - timedelta(days=3), turn.now + timedelta(days=60)):
        one = book.occasion(seat.series_id, seat.local_date)
        if one is not None and seat.reply == "cannot":
            why = turn.content.texts.label(f"schedule/why_{seat.why}", turn.lang) if seat.why else ""
            note = store.opened(turn.work, "session_seat", "note", seat.id, seat.note)
            name = store.name_of(turn.work, one.row, turn.lang)
            found.append({"start": one.slot.start, "name": name, "why": why or views.cut(note, 300)})
    return found[:SAID]


def track(turn: Turn) -> None:
    """[Track]: which one?"""
    _begin(turn, TRACK)


def plan_hours(turn: Turn) -> None:
    """[Plan hours]: how many a week?"""
    _begin(turn, HOURS)


def _begin(turn: Turn, step: str) -> None:
    found = _patient(turn)
    turn.drop_form(FORM)
    turn.proceed(f"{FORM}.{step}", patient=found.number)


def ask(turn: Turn) -> None:
    """Put the present step's question (again)."""
    relay.stop_writing(turn)
    if _step(turn) == TRACK:
        names = tracks.known(turn.work)[:8]
        buttons = [_pick("sessions/track", str(at), name=tracks.shown(turn.work, one, turn.lang)[:24]) for at, one in enumerate(names)]
        rows = [buttons[at : at + 3] for at in range(0, len(buttons), 3)]
        turn.ask("sessions/ask_track", [*rows, [_pick("sessions/no_track", "none")], *_LATER], number=turn.data["patient"])
    else:
        buttons = [_pick("sessions/plan", str(one), count=one) for one in programme.IOP_HOURS]
        turn.ask("sessions/ask_hours", [buttons, [_pick("sessions/no_plan", "none")], *_LATER], number=turn.data["patient"])


def _pick(label: str, value: str, **values: Any) -> Button:
    return Button(label, "sessions.plan_pick", (value,), values)


def pick(turn: Turn) -> None:
    """A button of a step."""
    value, step = turn.arg, _step(turn)
    names = tracks.known(turn.work)[:8]
    if step == TRACK and value == "none":
        _set_track(turn, None)
    elif step == TRACK and value.isascii() and value.isdecimal() and int(value) < len(names):
        _set_track(turn, names[int(value)])
    elif step == HOURS and value == "none":
        _set_hours(turn, None)
    elif step == HOURS and value in {str(one) for one in programme.IOP_HOURS}:
        _set_hours(turn, int(value))
    else:
        raise NotAllowed


def answer(turn: Turn) -> None:
    """Words: a track of the clinic's own, a number of hours."""
    text = turn.text
    if _step(turn) == TRACK:
        name = tracks.read(turn.work, text)
        if name is None:
            raise NotUnderstood("sessions/track_again")
        _set_track(turn, name)
    else:
        number = rules.plan_hours(text)
        if number is None:
            raise NotUnderstood("sessions/hours_again")
        _set_hours(turn, number)


def _set_track(turn: Turn, name: str | None) -> None:
    found = _of_form(turn)
    membership.set_track(turn.work, found, name, turn.person)
    turn.say(
        "sessions/track_set",
        [[Button("sessions/open", "sessions.patient", (found.number,))]],
        number=found.number,
        track=tracks.shown(turn.work, name, turn.lang),
    )


def _set_hours(turn: Turn, number: int | None) -> None:
    found = _of_form(turn)
    membership.set_plan_hours(turn.work, found, number, turn.person)
    turn.say("sessions/hours_set", [[Button("sessions/open", "sessions.patient", (found.number,))]], number=found.number, hours=number)


def _of_form(turn: Turn) -> Person:
    found = people.by_number(turn.session, int(turn.data["patient"]))
    turn.finish()
    if found is None or not statuses.may_change(turn.work, found, turn.person):
        raise NotAllowed
    return found


def members(turn: Turn) -> None:
    """[People] of a session with named patients: a tap puts one's own patient in or takes them out."""
    one = views.led(turn)
    if one.row.track is not None:
        raise NotAllowed
    rows, values = _members(turn, one.row, one.slot.day.isoformat())
    turn.edit("sessions/members", rows, **values)


def member(turn: Turn) -> None:
    """A name in [People]."""
    one = views.led(turn)
    found = people.by_number(turn.session, ack.number_of(turn.args[2]))
    if found is None or one.row.track is not None or not statuses.may_change(turn.work, found, turn.person):
        raise NotAllowed
    day = max(views.today(turn), one.row.from_date)
    if any(other.id == found.id for other in store.members_on(turn.work, one.row, day)):
        membership.remove_member(turn.work, one.row, found, turn.person)
    else:
        membership.add_member(turn.work, one.row, found, turn.person, day=day)
    rows, values = _members(turn, one.row, one.slot.day.isoformat())
    turn.edit("sessions/members", rows, **values)


def _members(turn: Turn, row: SessionSeries, day: str) -> tuple[list[list[Button]], dict[str, Any]]:
    present = {one.id for one in store.members_on(turn.work, row, max(views.today(turn), row.from_date))}
    own = sorted(membership.looked_after(turn.work, turn.person), key=lambda one: (one.id not in present, one.number))[:30]
    buttons = [
        Button(
            "sessions/person",
            "sessions.member",
            (short(row.id), day, one.number),
            {"name": views.called(turn, one, mark="✓" if one.id in present else "")},
        )
        for one in own
    ]
    rows = [buttons[at : at + 2] for at in range(0, len(buttons), 2)]
    back = [Button("sessions/back", "sessions.week", ("0", "own"))]
    return [*rows, back], {"name": store.name_of(turn.work, row, turn.lang), "count": len(present)}


def _patient(turn: Turn) -> Person:
    found = people.by_number(turn.session, ack.number_of(turn.arg))
    if found is None or not store.is_clinical(turn.person) or not statuses.may_change(turn.work, found, turn.person):
        raise NotAllowed
    return found


def request_id(text: str) -> UUID:
    """A request out of a button.

    Raises:
        NotAllowed: the bot never gave out such a button.
    """
    try:
        return unshort(text)
    except ValueError as error:
        raise NotAllowed from error


def _step(turn: Turn) -> str:
    return (turn.state or "").partition(".")[2]
