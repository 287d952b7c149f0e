"""`/oncall` and `/handover`: who is on, who is next, the next gap, one's own shifts; the tap at a shift's start; taking the first place."""

from __future__ import annotations

from bot import audit, outbox, people
from bot.errors import Conflict, NotAllowed
from bot.escalation import ack, duty
from bot.escalation.rota import POSITIONS
from bot.models import CLINICAL, Lane, Person, Role
from bot.outbox import Button
from bot.outbox import Post as Way
from bot.staff.oncall import checks, handover, store, swaps
from bot.staff.oncall.store import Post
from bot.turn import Turn

OWN_SHOWN = 3


def show(turn: Turn) -> None:
    """Who is on call until when, who is next, where nobody is, and what this person can do about it."""
    present(turn)
    work, person = turn.work, turn.person
    posts = [store.post(work, position, turn.now) for position in POSITIONS]
    missing = store.gaps(work, turn.now, turn.now + duty.AHEAD)
    own = swaps.mine(work, person) if person.role in CLINICAL else []
    audit.record(work, "oncall.viewed", actor=person)
    turn.say(
        "oncall/now",
        _rows(turn, posts[0], bool(own)),
        posts=[_line(turn, post) for post in posts],
        following=[line for position in POSITIONS if (line := _next(turn, position))],
        gap={"position": missing[0].position, "start": missing[0].start} if missing else None,
        mine=[{"position": one.position, "start": one.start, "end": one.end, "now": one.start <= turn.now} for one in own[:OWN_SHOWN]],
        alone=posts[0].staff is not None and posts[0].staff == posts[1].staff,
        off=duty.off_hours_now(work),
    )


def _rows(turn: Turn, first: Post, has_shifts: bool) -> list[list[Button]]:
    rows: list[list[Button]] = []
    if turn.person.role not in CLINICAL:
        return rows
    check = checks.open_for(turn.work, turn.person)
    if check is not None:
        rows.append([Button("oncall/i_am_on", "oncall.on", (check.id or 0,))])
    if first.planned is None or first.planned.id != turn.person.id:
        rows.append([Button("oncall/take", "oncall.take", _mark(first))])
    rows.append([*([Button("oncall/swap", "oncall.swaps")] if has_shifts else []), Button("oncall/handover", "oncall.handover")])
    if turn.person.role is Role.SUPERVISOR:
        rows.append([Button("oncall/plan", "oncall.plan"), Button("oncall/off_hours", "oncall.off_hours")])
        rows.append([Button("oncall/repeating", "oncall.repeating")])
    return rows


def _line(turn: Turn, post: Post) -> dict[str, object]:
    """A position as it is now. `planned` names whoever should hold it and did not confirm."""
    other = post.planned is not None and (post.staff is None or post.staff.id != post.planned.id)
    unconfirmed = post.planned is not None and (post.position, post.planned.id) in duty.lapsed(turn.work, turn.now)
    return {
        "position": post.position,
        "name": _name(turn, post.staff),
        "until": post.until,
        "planned": handover.first_name(turn.work, post.planned) if other and unconfirmed and post.planned is not None else "",
        "unconfirmed": unconfirmed and not other,
    }


def _next(turn: Turn, position: str) -> dict[str, object] | None:
    span = store.next_up(turn.work, position, turn.now)
    if span is None or span.staff_id is None:
        return None
    return {
        "position": position,
        "name": handover.first_name(turn.work, people.get(turn.session, span.staff_id)),
        "start": span.start,
    }


def take(turn: Turn) -> None:
    """[Take it now]: first on call from now to the end of the present shift; whoever was, hears it. Open cases stay with their holders.

    When the backup takes it, the two change places: one person in both places would leave nobody behind them.
    """
    present(turn)
    first = store.post(turn.work, "primary", turn.now)
    if first.planned is not None and first.planned.id == turn.person.id:
        raise Conflict("oncall/already_you")
    if turn.args != tuple(map(str, _mark(first))):
        raise Conflict("oncall/changed")
    backup = store.post(turn.work, "backup", turn.now)
    swap = first.planned is not None and backup.planned is not None and backup.planned.id == turn.person.id
    if swap and first.planned is not None:
        until = min((end for end in (first.until, backup.until) if end is not None), default=None)
        checks.carry_over(turn.work, first.planned, turn.now, until)
        store.set_shift(turn.work, "backup", first.planned, turn.now, until, turn.person)
    store.set_shift(turn.work, "primary", turn.person, turn.now, first.until, turn.person)
    check = checks.on_by_own_act(turn.work, "primary", turn.person, turn.now, first.until)
    told = handover.first_name(turn.work, first.planned) if first.planned is not None else ""
    turn.edit("oncall/taken", until=first.until, name=told, swap=swap, rings=check.rings)
    if first.planned is not None:
        rows = [[Button("oncall/look", "oncall.show")]]
        outbox.say(turn.work, first.planned, "oncall/taken_from", rows, post=Way(lane=Lane.REPLY), until=first.until, swap=swap)


def on(turn: Turn) -> None:
    """[I am on]: the shift is confirmed; once it has begun, with the handover."""
    present(turn)
    check = checks.confirm(turn.work, ack.number_of(turn.arg), turn.person)
    begun = check.start_at <= turn.now
    turn.edit("oncall/on", position=check.position, start=check.start_at, until=check.end_at, begun=begun, rings=check.rings)
    if begun:
        hand_over(turn)


def hand_over(turn: Turn) -> None:
    """`/handover`: open cases, what is due, who is away, what changed; the look is logged."""
    present(turn)
    audit.record(turn.work, "handover.viewed", actor=turn.person)
    rows = [[Button("oncall/cases", "alerts.list"), Button("oncall/show", "oncall.show")]]
    turn.say("oncall/handed", rows, **handover.summary(turn.work, turn.person))


def present(turn: Turn) -> None:
    """Rights end the moment somebody is removed.

    Raises:
        NotAllowed: they are staff no more.
    """
    if turn.person.removed_at is not None:
        raise NotAllowed


def _mark(first: Post) -> tuple[int, int]:
    """What a button was about: whose place, and until when. A list that changed since then is looked at again."""
    return (first.planned.number if first.planned is not None else 0, int(first.until.timestamp()) if first.until is not None else 0)


def _name(turn: Turn, staff: Person | None) -> str:
    return people.name_of(turn.work, staff) if staff is not None else ""
