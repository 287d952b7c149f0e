"""`/schedule`: what is next, this week, hours against the plan, I'll be there, news, and one's track."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from bot import due, menu
from bot.errors import NotAllowed
from bot.features.schedule import views
from bot.ids import unshort
from bot.models import Due, Lane
from bot.outbox import Button
from bot.programme import hours, membership, news, reminders, replies, requests, rules, store, tracks
from bot.programme.rules import week_of
from bot.programme.store import Book, Occasion
from bot.turn import Turn

LOOK_BACK = timedelta(days=14)  # how long a missed session can be made up
ASK_TRACK = reminders.ASK_TRACK


def start(turn: Turn) -> None:
    """`/schedule`."""
    reminders.plan(turn.work, turn.person)  # whatever happened before, from now on the next reminder is there
    _home(turn, edit=False)


def home(turn: Turn) -> None:
    """Back to the overview."""
    _home(turn, edit=True)


def _home(turn: Turn, *, edit: bool) -> None:
    put = turn.edit if edit else turn.say
    work, book = turn.work, Book(turn.work)
    begun = [one for one in book.of(turn.person, turn.now - timedelta(hours=8), turn.now) if one.slot.end > turn.now]
    ahead = [*begun, *book.next_of(turn.person, turn.now)]
    week = hours.week(work, turn.person, 0, book)
    lost = _missed(turn, book)
    if not ahead and not week.done and not lost and not _this_week(turn, book):
        _empty(turn, edit=edit)
        return
    following = ahead[0] if ahead else None
    rows: list[list[Button]] = []
    if news.unread(work, turn.person):
        rows.append([Button("schedule/whats_new", "schedule.news")])
    if following is not None:
        rows.append([Button("schedule/details", "schedule.show", views.key(following)), Button("schedule/week", "schedule.week", ("0",))])
        rows.append([one for row in views.rows(turn, following) for one in row if one.route in ("schedule.coming", "schedule.cannot")])
    else:
        rows.append([Button("schedule/week", "schedule.week", ("0",))])
    if lost:
        rows.append([Button("schedule/make_up", "schedule.missed")])
    put(
        "schedule/home",
        [row for row in rows if row],
        next=views.line(turn, following) if following is not None else None,
        day_today=due.local_date(turn.now, turn.person.zone),
        next_day=due.local_date(following.slot.start, turn.person.zone) if following is not None else None,
        done=rules.hours(week.done),
        plan=week.plan,
        ahead=rules.hours(week.ahead),
        open=rules.hours(week.open),
    )


def _this_week(turn: Turn, book: Book) -> list[Occasion]:
    start_, end = week_of(turn.now, turn.work.settings.timezone)
    return book.of(turn.person, start_, end, cancelled=True)


def _empty(turn: Turn, *, edit: bool) -> None:
    """Nothing is planned. Whoever has no track yet is asked for it."""
    put = turn.edit if edit else turn.say
    patient_track = membership.track_of(turn.work, turn.person)
    names = tracks.with_sessions(turn.work) if patient_track is None else []
    if names:
        put("schedule/ask_track", _track_rows(turn, names))
        return
    put("schedule/empty", [[menu.to("message")]])


def _track_rows(turn: Turn, names: list[str]) -> list[list[Button]]:
    found = [
        Button("schedule/track", "schedule.track", (str(at),), {"name": tracks.shown(turn.work, one, turn.lang)[:24]})
        for at, one in enumerate(names)
    ]
    rows = [found[start_ : start_ + 2] for start_ in range(0, len(found), 2)]
    return [*rows, [Button("schedule/not_sure", "schedule.track", ("none",))]]


def track(turn: Turn) -> None:
    """The patient's own choice of a track; their counselor sees it and can change it."""
    names = tracks.with_sessions(turn.work)
    if turn.arg == "none":
        turn.edit("schedule/track_later", [[menu.to("message")]])
        return
    if not (turn.arg.isascii() and turn.arg.isdecimal() and len(turn.arg) <= 2):
        raise NotAllowed
    if int(turn.arg) >= len(names) or membership.track_of(turn.work, turn.person) is not None:
        turn.answer("common/old_button")
        return
    membership.set_track(turn.work, turn.person, names[int(turn.arg)], turn.person)
    replies.tell_team(turn.work, turn.person)
    reminders.plan(turn.work, turn.person)
    turn.edit(
        "schedule/track_set",
        [[Button("schedule/home", "schedule.home")]],
        track=tracks.shown(turn.work, names[int(turn.arg)], turn.lang),
    )


def ask_track(turn: Turn, _item: Due) -> None:
    """In the first week, gently and once: which hours are theirs. Within the day's cap."""
    names = tracks.with_sessions(turn.work)
    if not names or membership.track_of(turn.work, turn.person) is not None or not due.may_start(turn.work, turn.person, "track"):
        return
    turn.say("schedule/notice", [[Button("schedule/open", "schedule.home")]], lane=Lane.BULK)


def week(turn: Turn) -> None:
    """One week, Monday to Sunday, with its hours."""
    weeks = views.week_arg(turn.arg)
    book = Book(turn.work, (turn.now + timedelta(weeks=weeks - 2)).date())
    begins, ends = week_of(turn.now, turn.work.settings.timezone, weeks)
    every = book.of(turn.person, begins, ends, cancelled=True)
    found, sums = every[: views.LISTED], hours.week(turn.work, turn.person, weeks, book)
    ways = []
    if weeks > -views.WEEKS_BACK:
        ways.append(views.week_button("schedule/earlier", weeks - 1))
    if weeks < views.WEEKS_AHEAD:
        ways.append(views.week_button("schedule/later", weeks + 1))
    turn.edit(
        "schedule/week",
        [*views.number_rows(found), ways, [Button("schedule/home", "schedule.home")]],
        first=begins,
        entries=[views.line(turn, one, number) for number, one in enumerate(found, 1)],
        more=len(every) - len(found),
        done=rules.hours(sums.done),
        plan=sums.plan,
        ahead=rules.hours(sums.ahead),
        open=rules.hours(sums.open),
    )


def day(turn: Turn) -> None:
    """[Open] on a reminder: the session of that day, or the list when there are several."""
    try:
        wanted = date.fromisoformat(turn.arg)
    except ValueError as error:
        raise NotAllowed from error
    zone = turn.person.zone
    if abs((wanted - due.local_date(turn.now, zone)).days) > 400:
        raise NotAllowed
    begins = due.instant_of(wanted, due.parse_wall("00:00"), zone)
    ends = due.instant_of(wanted + timedelta(days=1), due.parse_wall("00:00"), zone)
    found = Book(turn.work).of(turn.person, begins, ends, cancelled=True)
    if not found:
        turn.edit("schedule/day_empty", [[Button("schedule/home", "schedule.home")]])
    elif len(found) == 1:
        _show(turn, found[0])
    else:
        rows = [*views.number_rows(found[: views.LISTED]), [Button("schedule/home", "schedule.home")]]
        turn.edit("schedule/day", rows, at=begins, entries=[views.line(turn, one, at) for at, one in enumerate(found[: views.LISTED], 1)])


def show(turn: Turn) -> None:
    """One session: when, where, with whom, and what can be done."""
    _show(turn, views.occasion(turn))


def _show(turn: Turn, one: Occasion) -> None:
    turn.edit("schedule/details", views.rows(turn, one), **views.details(turn, one))


def coming(turn: Turn) -> None:
    """[I'll be there]."""
    one = views.occasion(turn)
    replies.coming(turn.work, turn.person, one)
    _show(turn, one)
    turn.answer("schedule/coming_noted")


def news_(turn: Turn) -> None:
    """[Open] on a neutral line: what changed."""
    lines, more = news.read(turn.work, turn.person)
    offers = [row for row in requests.open_of(turn.work, turn.person) if row.state == "offered"]
    rows = [views.offer_buttons(row) for row in offers[-1:]]
    if any(line["what"] == news.What.MISSED.value for line in lines):
        rows.append([Button("schedule/make_up", "schedule.missed"), menu.to("message")])
    rows.append([Button("schedule/home", "schedule.home"), Button("schedule/week", "schedule.week", ("0",))])
    if lines:
        turn.edit("schedule/news", rows, entries=lines, more=more)
    else:
        turn.edit("schedule/news_none", rows)


def missed(turn: Turn) -> None:
    """What can be made up."""
    found = _missed(turn, Book(turn.work))
    if not found:
        turn.edit("schedule/nothing_missed", [[Button("schedule/home", "schedule.home")]])
        return
    rows = [*views.number_rows(found), [Button("schedule/home", "schedule.home")]]
    turn.edit("schedule/missed", rows, entries=[views.line(turn, one, number) for number, one in enumerate(found, 1)])


def _missed(turn: Turn, book: Book) -> list[Occasion]:
    """Sessions of the last two weeks that the patient did not have, and did not ask about yet."""
    seats = store.seats_of(turn.work, turn.person, turn.now - LOOK_BACK, turn.now + timedelta(days=7))
    asked = requests.asked_about(turn.work, turn.person)
    found = []
    for seat in seats:
        one = book.occasion(seat.series_id, seat.local_date)
        if one is not None and (seat.series_id, seat.local_date) not in asked and views.may_ask(turn, one, seat):
            lost = seat.reply == "cannot" or (seat.counted and seat.attendance in ("absent", "excused"))
            found += [one] if lost else []
    return found[-10:]


def letter(turn: Turn) -> None:
    """[Invite text]: words that the patient can forward to whom they choose."""
    one = views.occasion(turn)
    room, link = store.place_of(turn.work, one)
    turn.say("schedule/letter_how")
    turn.say("schedule/letter", start=one.slot.start, minutes=one.minutes, room=room, video=bool(link), **menu.clinic(turn))


def take(turn: Turn) -> None:
    """[Take it]: the offered time is theirs."""
    row = requests.of_patient(turn.work, _request(turn), turn.person)
    at = requests.take(turn.work, row, turn.person)
    turn.edit("schedule/taken", [[Button("schedule/week", "schedule.week", ("0",)), Button("schedule/home", "schedule.home")]], at=at)


def refuse(turn: Turn) -> None:
    """[Not for me]: the team has it again."""
    requests.refuse(turn.work, requests.of_patient(turn.work, _request(turn), turn.person), turn.person)
    turn.edit("schedule/refused", [[Button("schedule/home", "schedule.home")]])


def withdraw(turn: Turn) -> None:
    """[Never mind]: the question is taken back."""
    requests.withdraw(turn.work, requests.of_patient(turn.work, _request(turn), turn.person), turn.person)
    turn.edit("schedule/withdrawn", [[Button("schedule/home", "schedule.home")]])


def _request(turn: Turn) -> UUID:
    try:
        return unshort(turn.arg)
    except ValueError as error:
        raise NotAllowed from error
