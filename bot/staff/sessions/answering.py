"""A patient's request about a session: accept it, offer another time, put them in a group, or decline with words."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bot import audit, due, people, typed
from bot.errors import Conflict, NotAllowed, NotUnderstood
from bot.escalation import ack, relay
from bot.models import Person, SessionRequest
from bot.outbox import Button, Rows
from bot.programme import requests, store
from bot.programme.store import Book, Occasion
from bot.staff.sessions import patient, rules, views
from bot.turn import Turn

FORM = "sessions_answer"
DAY, TIME, WORDS, GROUP = "day", "time", "words", "group"
STEPS = (DAY, TIME, WORDS, GROUP)
GROUPS_AHEAD = timedelta(days=8)
LISTED = 12
FARTHEST = timedelta(days=90)
_FOOT: Rows = ((Button("common/back", "form.back"), Button("common/later", "form.leave")),)
_LATER: Rows = ((Button("common/later", "form.leave"),),)


def show(turn: Turn) -> None:
    """What they ask for, in their words; the look is logged."""
    row, person = _request(turn, turn.arg)
    one = requests.occasion_of(turn.work, row)
    wish = _wish(turn, row)
    settled = row.state not in requests.OPEN
    audit.record(turn.work, "session.request_viewed", actor=turn.person, person_id=person.id)
    ack.show_protected(
        turn.work,
        turn.person,
        "sessions/request",
        [] if settled else _rows(turn, row, wish),
        name=people.name_of(turn.work, person),
        kind=row.kind,
        session=store.name_of(turn.work, one.row, turn.lang) if one is not None else "",
        start=one.slot.start if one is not None else None,
        wish=wish,
        note=views.cut(store.opened(turn.work, "session_request", "note", row.id, row.note), 500),
        state=row.state,
        offer=due.instant_of(row.offer_date, due.parse_wall(row.offer_wall), turn.work.settings.timezone)
        if row.offer_date is not None and row.offer_wall is not None
        else None,
    )


def _wish(turn: Turn, row: SessionRequest) -> datetime | None:
    if row.wish_date is None or row.wish_wall is None:
        return None
    return due.instant_of(row.wish_date, due.parse_wall(row.wish_wall), turn.work.settings.timezone)


def _rows(turn: Turn, row: SessionRequest, wish: datetime | None) -> list[list[Button]]:
    key = turn.arg
    rows = []
    if wish is not None and wish > turn.now and row.state in ("asked", "refused"):
        rows.append([Button("sessions/accept", "sessions.accept", (key,))])
    ways = [Button("sessions/offer", "sessions.offer", (key,))]
    if row.kind == requests.MAKE_UP:
        ways.append(Button("sessions/into_group", "sessions.into_group", (key,)))
    return [*rows, ways, [Button("sessions/decline", "sessions.decline", (key,))]]


def accept(turn: Turn) -> None:
    """[Accept]: as they wished."""
    row, person = _request(turn, turn.arg)
    at = requests.accept(turn.work, row, person, turn.person)
    turn.edit("sessions/accepted", [_back(person)], at=at)


def offer(turn: Turn) -> None:
    """[Offer a time]: which day?"""
    _begin(turn, DAY)


def into_group(turn: Turn) -> None:
    """[Into a group]: which one?"""
    row, _person = _request(turn, turn.arg)
    if row.kind != requests.MAKE_UP:
        raise NotAllowed
    _begin(turn, GROUP)


def decline(turn: Turn) -> None:
    """[Decline]: with which words?"""
    _begin(turn, WORDS)


def _begin(turn: Turn, step: str) -> None:
    row, _person = _request(turn, turn.arg)
    if row.state not in requests.OPEN:
        raise Conflict("sessions/request_settled")
    turn.drop_form(FORM)
    turn.proceed(f"{FORM}.{step}", request=turn.arg)


def ask(turn: Turn) -> None:
    """Put the present step's question (again)."""
    relay.stop_writing(turn)
    step = _step(turn)
    if step == DAY:
        turn.ask("sessions/offer_day", [*views.day_buttons(turn, "sessions.answer"), *_LATER])
    elif step == TIME:
        turn.ask("sessions/ask_time", [*views.time_buttons("sessions.answer"), *_FOOT], zone_name=turn.work.settings.timezone)
    elif step == WORDS:
        turn.ask("sessions/ask_words", [[Button("sessions/no_words", "sessions.answer", ("none",))], *_LATER])
    else:
        found = _groups(turn)
        entries = [views.line(turn, one, number) for number, one in enumerate(found, 1)]
        turn.ask("sessions/ask_group", [*views.number_rows(found, "sessions.guest"), *_LATER], entries=entries)


def _groups(turn: Turn) -> list[Occasion]:
    """Groups of the coming week that the patient is not expected at."""
    _row, person = _request(turn, str(turn.data["request"]))
    book = Book(turn.work)
    own = {(one.row.id, one.slot.day) for one in book.of(person, turn.now, turn.now + GROUPS_AHEAD)}
    ahead = [one for one in book.occasions(turn.now, turn.now + GROUPS_AHEAD) if one.row.kind == "group" and one.slot.start > turn.now]
    return [one for one in ahead if (one.row.id, one.slot.day) not in own and one.row.track is not None][:LISTED]


def pick(turn: Turn) -> None:
    """A day's or a time's button, or [No words]."""
    step, value = _step(turn), turn.arg
    if step == DAY:
        _on_day(turn, views.day_of(value))
    elif step == TIME:
        _offer(turn, views.wall_of(value))
    elif step == WORDS and value == "none":
        _decline(turn, "")
    else:
        raise NotAllowed


def guest(turn: Turn) -> None:
    """A group's button: the patient makes it up there, and is told."""
    if _step(turn) != GROUP:
        turn.answer("common/old_button")
        return
    series_id, day = views.named(turn.args)
    row, person = _request(turn, str(turn.data["request"]))
    one = Book(turn.work).occasion(series_id, day)
    turn.finish()
    if one is None or one.row.track is None:
        raise Conflict("sessions/gone")
    requests.put_in(turn.work, row, person, turn.person, one)
    turn.say("sessions/put_in", [_back(person)], at=one.slot.start, name=store.name_of(turn.work, one.row, turn.lang))


def answer(turn: Turn) -> None:
    """Words: a date, a time, or what the patient shall read."""
    step = _step(turn)
    if step == GROUP:
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
        _offer(turn, wall)
    else:
        words = rules.short_text(text, rules.REASON_LENGTH)
        if words is None:
            raise NotUnderstood("sessions/reason_again")
        _decline(turn, words)


def _on_day(turn: Turn, day: date) -> None:
    if not views.today(turn) <= day <= views.today(turn) + FARTHEST:
        raise NotUnderstood("sessions/day_again")
    turn.proceed(f"{FORM}.{TIME}", day=day.isoformat())


def _offer(turn: Turn, wall: str) -> None:
    day = date.fromisoformat(turn.data["day"])
    if due.instant_of(day, due.parse_wall(wall), turn.work.settings.timezone) <= turn.now:
        raise NotUnderstood("sessions/time_past")
    row, person = _finished(turn)
    at = requests.offer(turn.work, row, person, turn.person, day, wall)
    turn.say("sessions/offered", [_back(person)], at=at)


def _decline(turn: Turn, words: str) -> None:
    row, person = _finished(turn)
    requests.decline(turn.work, row, person, turn.person, words)
    turn.say("sessions/declined", [_back(person)])


def _finished(turn: Turn) -> tuple[SessionRequest, Person]:
    key = str(turn.data["request"])
    turn.finish()
    return _request(turn, key)


def _request(turn: Turn, key: str) -> tuple[SessionRequest, Person]:
    views.present(turn)
    return requests.of_staff(turn.work, patient.request_id(key), turn.person)


def _back(person: Person) -> list[Button]:
    return [Button("sessions/the_sessions", "sessions.patient", (person.number,))]


def _step(turn: Turn) -> str:
    return (turn.state or "").partition(".")[2]
