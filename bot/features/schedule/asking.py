"""The few questions of `/schedule`: why somebody cannot come, what time would suit them, who comes along."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from bot import due, menu, typed
from bot.errors import NotAllowed, NotUnderstood
from bot.features.schedule import views
from bot.outbox import Button, Rows
from bot.programme import replies, requests, rules
from bot.programme.store import Occasion
from bot.turn import Turn

FORM = "schedule"
WHY, DAY, TIME, GUESTS = "why", "day", "time", "guests"
STEPS = (WHY, DAY, TIME, GUESTS)
TIMES = ("09:00", "11:00", "13:00", "15:00", "17:00", "19:00")
DAYS = 6
NOTE, GUEST_NOTE = 500, 200  # letters
ANY = "any"

_FOOT: Rows = ((Button("common/back", "form.back"), Button("common/later", "form.leave")),)
_LATER: Rows = ((Button("common/later", "form.leave"),),)


def cannot(turn: Turn) -> None:
    """[I can't come]: why?"""
    _begin(turn, WHY, views.occasion(turn))


def ask(turn: Turn) -> None:
    """[Ask to move], [Make one up]: which day would suit?"""
    one = views.occasion(turn)
    if views.request_for(turn, one) is not None:
        turn.answer("schedule/asked_already", alert=True)
        return
    _begin(turn, DAY, one)


def guests(turn: Turn) -> None:
    """[Who comes]."""
    one = views.occasion(turn)
    if one.row.kind != rules.Kind.FAMILY.value:
        raise NotAllowed
    _begin(turn, GUESTS, one)


def _begin(turn: Turn, step: str, one: Occasion) -> None:
    turn.drop_form(FORM)
    turn.proceed(f"{FORM}.{step}", what=list(views.key(one)))


def put(turn: Turn) -> None:
    """Put the present step's question (again)."""
    one = _occasion(turn)
    step = _step(turn)
    if step == WHY:
        buttons = [Button(f"schedule/why_{why}", "schedule.why", (why,)) for why in replies.REASONS]
        turn.ask("schedule/ask_why", [buttons[:2], buttons[2:4], buttons[4:], *_LATER], **views.line(turn, one))
    elif step == DAY:
        today = due.local_date(turn.now, turn.person.zone)
        days = [today + timedelta(days=number) for number in range(1, DAYS + 1)]
        buttons = [Button("schedule/day", "schedule.wish_day", (one_day.isoformat(),), {"day": one_day}) for one_day in days]
        key = "schedule/ask_move" if requests.kind_for(turn.work, one) == requests.MOVE else "schedule/ask_make_up"
        turn.ask(key, [buttons[:3], buttons[3:], *_LATER], **views.line(turn, one))
    elif step == TIME:
        times = [Button("common/words", "schedule.wish_time", (wall.replace(":", ""),), {"words": wall}) for wall in TIMES]
        any_time = [Button("schedule/any_time", "schedule.wish_time", (ANY,))]
        turn.ask("schedule/ask_time", [times[:3], times[3:], any_time, *_FOOT], day=date.fromisoformat(turn.data["day"]))
    else:
        turn.ask("schedule/ask_guests", _LATER)


def typed_(turn: Turn) -> None:
    """Words in answer to a question. They were screened like any other; what is no date or time is kept as it was said."""
    step, text = _step(turn), turn.text
    if step == WHY:
        _cannot(turn, "", text[:NOTE])
    elif step == DAY:
        today = due.local_date(turn.now, turn.person.zone)
        found = typed.day(text, today)
        if found is None:
            _ask(turn, None, text[:NOTE])
        elif not today <= found <= today + timedelta(days=90):
            raise NotUnderstood("schedule/day_again")
        else:
            turn.proceed(f"{FORM}.{TIME}", day=found.isoformat())
    elif step == TIME:
        wall = typed.wall(text)
        if wall is None:
            _ask(turn, None, f"{turn.data['day']}: {text[:NOTE]}")
        else:
            _wish(turn, wall)
    else:
        _guests(turn, text)


def why(turn: Turn) -> None:
    """A reason's button."""
    if _step(turn) != WHY or turn.arg not in replies.REASONS:
        turn.answer("common/old_button")
        return
    _cannot(turn, turn.arg, "")


def wish_day(turn: Turn) -> None:
    """A day's button."""
    if _step(turn) != DAY:
        turn.answer("common/old_button")
        return
    try:
        chosen = date.fromisoformat(turn.arg)
    except ValueError as error:
        raise NotAllowed from error
    turn.proceed(f"{FORM}.{TIME}", day=chosen.isoformat())


def wish_time(turn: Turn) -> None:
    """A time's button."""
    if _step(turn) != TIME:
        turn.answer("common/old_button")
        return
    if turn.arg == ANY:
        _ask(turn, None, str(turn.data["day"]))
        return
    wall = f"{turn.arg[:2]}:{turn.arg[2:]}"
    if wall not in TIMES:
        raise NotAllowed
    _wish(turn, wall)


def _wish(turn: Turn, wall: str) -> None:
    """The wish is in the person's own zone; it is kept in the clinic's."""
    at = due.instant_of(date.fromisoformat(turn.data["day"]), due.parse_wall(wall), turn.person.zone)
    if at <= turn.now:
        raise NotUnderstood("schedule/time_past")
    there = at.astimezone(ZoneInfo(turn.work.settings.timezone))
    _ask(turn, (there.date(), there.strftime("%H:%M")), "")


def _cannot(turn: Turn, reason: str, note: str) -> None:
    one = _occasion(turn)
    turn.finish()
    replies.cannot(turn.work, turn.person, one, reason, note)
    label = "schedule/ask_move" if requests.kind_for(turn.work, one) == requests.MOVE else "schedule/make_up"
    ways = [] if views.request_for(turn, one) is not None else [[Button(label, "schedule.ask", views.key(one))]]
    turn.say("schedule/cannot_noted", [*ways, [Button("schedule/home", "schedule.home")]], ways=bool(ways))


def _ask(turn: Turn, wish: tuple[date, str] | None, note: str) -> None:
    one = _occasion(turn)
    turn.finish()
    requests.ask(turn.work, turn.person, one, wish=wish, note=note)
    turn.say("schedule/asked", [[Button("schedule/home", "schedule.home")]], hours=menu.clinic(turn)["hours"])


def _guests(turn: Turn, text: str) -> None:
    if len(text) > GUEST_NOTE:
        raise NotUnderstood("schedule/guests_long")
    one = _occasion(turn)
    turn.finish()
    replies.set_guests(turn.work, turn.person, one, text)
    turn.say("schedule/guests_noted", [[Button("schedule/letter", "schedule.letter", views.key(one))]])


def _occasion(turn: Turn) -> Occasion:
    """What the form is about. When it is in the plan no more, the form ends.

    Raises:
        NotUnderstood: it is gone.
    """
    first, second = (str(one) for one in turn.data["what"])
    try:
        return views.occasion(turn, (first, second))
    except NotUnderstood:
        turn.finish()
        raise


def _step(turn: Turn) -> str:
    return (turn.state or "").partition(".")[2]
