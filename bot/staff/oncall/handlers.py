"""`/oncall`: who is on now, the next gap, and taking the first place."""

from __future__ import annotations

from bot import outbox, people
from bot.errors import Conflict, NotAllowed
from bot.escalation import answers, duty
from bot.escalation.rota import POSITIONS
from bot.models import CLINICAL, Lane, Person
from bot.outbox import Button
from bot.outbox import Post as Way
from bot.staff.oncall import store
from bot.staff.oncall.store import Post
from bot.turn import Turn


def show(turn: Turn) -> None:
    """Who is on call, until when, and where nobody is."""
    _present(turn)
    posts = [store.post(turn.work, position, turn.now) for position in POSITIONS]
    missing = store.gaps(turn.work, turn.now, turn.now + duty.AHEAD)
    gap = {"position": missing[0].position, "start": missing[0].start} if missing else None
    first = posts[0]
    takes = turn.person.role in CLINICAL and (first.staff is None or first.staff.id != turn.person.id)
    rows = [[Button("oncall/take", "oncall.take")]] if takes else []
    lines = [{"position": post.position, "name": _name(turn, post.staff), "until": post.until} for post in posts]
    turn.say("oncall/now", rows, posts=lines, gap=gap, alone=first.staff is not None and first.staff == posts[1].staff)


def take(turn: Turn) -> None:
    """[I take it]: until when, and who hears of it; asked once more."""
    first = _first(turn)
    name = _name(turn, first.staff)
    rows = [[Button("oncall/take_yes", "oncall.take_yes", _mark(first)), Button("oncall/take_no", "oncall.take_no")]]
    turn.say("oncall/take_question", rows, until=first.until, name=answers.first_name(name), swap=_backup_of(turn, first) is not None)


def take_yes(turn: Turn) -> None:
    """First on call from now to the end of the present shift; whoever was, hears it. Open cases stay with their holders.

    When the backup takes it, the two change places: one person in both places would leave nobody behind them.
    """
    first = _first(turn)
    if turn.args != tuple(map(str, _mark(first))):
        raise Conflict("oncall/changed")
    backup = _backup_of(turn, first)
    store.set_shift(turn.work, "primary", turn.person, turn.now, first.until, turn.person)
    if backup is not None and first.staff is not None:
        until = min((end for end in (first.until, backup.until) if end is not None), default=None)
        store.set_shift(turn.work, "backup", first.staff, turn.now, until, turn.person)
    turn.edit("oncall/taken", until=first.until)
    if first.staff is not None:
        name, swap = answers.first_name(people.name_of(turn.work, turn.person)), backup is not None
        outbox.say(turn.work, first.staff, "oncall/taken_from", post=Way(lane=Lane.REPLY), name=name, until=first.until, swap=swap)


def take_no(turn: Turn) -> None:
    """[No]: all stays as it is."""
    turn.edit("oncall/kept")


def _first(turn: Turn) -> Post:
    _present(turn)
    first = store.post(turn.work, "primary", turn.now)
    if first.staff is not None and first.staff.id == turn.person.id:
        raise Conflict("oncall/already_you")
    return first


def _backup_of(turn: Turn, first: Post) -> Post | None:
    """The backup's place when this person holds it now and somebody else is first; else None."""
    backup = store.post(turn.work, "backup", turn.now)
    return backup if first.staff is not None and backup.staff is not None and backup.staff.id == turn.person.id else None


def _mark(first: Post) -> tuple[int, int]:
    """What a question was about: whose place, and until when. A list that changed since then is looked at again."""
    return (first.staff.number if first.staff is not None else 0, int(first.until.timestamp()) if first.until is not None else 0)


def _name(turn: Turn, staff: Person | None) -> str:
    return people.name_of(turn.work, staff) if staff is not None else ""


def _present(turn: Turn) -> None:
    if turn.person.removed_at is not None:
        raise NotAllowed
