"""Giving a shift to a colleague by consent: asked, then agreed, refused, withdrawn or too late. Only an agreement changes the rota."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import col, select

from bot import audit, outbox, people
from bot.errors import Conflict, NotAllowed
from bot.escalation import duty
from bot.escalation.rota import Span
from bot.models import CLINICAL, Person, Swap
from bot.outbox import Button
from bot.staff.oncall import checks, store
from bot.work import Work

RUNNING_FOR = timedelta(hours=2)  # how long a question about a shift that runs already is worth an answer


def mine(work: Work, staff: Person) -> list[Span]:
    """A person's shifts of the next 14 days, the present one from now on."""
    return store.shifts_of(work, staff, work.now, work.now + duty.AHEAD)


def candidates(work: Work, staff: Person, span: Span) -> list[Person]:
    """Who could take a shift: colleagues who can be written to and are not on leave in it."""
    away = {one.staff_id for one in duty.absences(work, span.start, span.end) if one.start < span.end and one.end > span.start}
    found = people.staff(work.session, CLINICAL)
    return [one for one in found if one.id != staff.id and one.id not in away and people.reachable(one)]


def ask(work: Work, staff: Person, span: Span, colleague: Person) -> Swap:
    """Ask a colleague to take a shift; they get a neutral message.

    Raises:
        NotAllowed: nobody who may be on call.
        Conflict: the shift was asked for already, or is no longer this person's.
    """
    if colleague.role not in CLINICAL or colleague.removed_at is not None or colleague.id == staff.id:
        raise NotAllowed
    if not _theirs(work, staff, span.position, span.start, span.end):
        raise Conflict("oncall/changed")
    open_ = select(Swap).where(col(Swap.from_id) == staff.id, col(Swap.position) == span.position, col(Swap.state) == "asked")
    if any(one.start_at < span.end and one.end_at > span.start for one in work.session.exec(open_)):
        raise Conflict("oncall/swap_open")
    swap = Swap(position=span.position, from_id=staff.id, to_id=colleague.id, start_at=span.start, end_at=span.end, asked_at=work.now)
    work.session.add(swap)
    work.session.flush()
    _record(work, swap, "swap.asked", staff)
    outbox.say(work, colleague, "oncall/swap_waits", [[Button("oncall/open", "oncall.swap_open", (swap.id or 0,))]])
    return swap


def of(work: Work, swap_id: int, staff: Person) -> Swap:
    """A question, for the one who asked and the one who was asked; locked.

    Raises:
        NotAllowed: somebody else's.
    """
    swap = work.session.exec(select(Swap).where(col(Swap.id) == swap_id).with_for_update()).first()
    if swap is None or staff.removed_at is not None or staff.id not in (swap.from_id, swap.to_id):
        raise NotAllowed
    return swap


def waiting(work: Work, swap: Swap) -> Swap:
    """The same, still open.

    Raises:
        Conflict: it was answered, withdrawn, or came too late.
    """
    if swap.state == "asked" and ends_at(swap) <= work.now:
        raise Conflict("oncall/swap_too_late")
    if swap.state != "asked":
        raise Conflict(f"oncall/swap_{swap.state}")
    return swap


def agree(work: Work, swap: Swap, staff: Person) -> None:
    """[Agree]: the shift is theirs from its start (or from now); whoever asked hears it.

    Raises:
        NotAllowed, Conflict: as `waiting`; or the rota has changed meanwhile.
    """
    if swap.to_id != staff.id:
        raise NotAllowed
    waiting(work, swap)
    giver = people.get(work.session, swap.from_id)
    start = max(swap.start_at, work.now)
    if not _theirs(work, giver, swap.position, start, swap.end_at):
        raise Conflict("oncall/changed")
    _close(work, swap, "agreed", staff)
    store.set_shift(work, swap.position, staff, start, swap.end_at, staff)
    if start <= work.now:
        checks.on_by_own_act(work, swap.position, staff, start, swap.end_at)
    outbox.say(work, giver, "oncall/swap_done", [[Button("oncall/look", "oncall.show")]], start=start)


def refuse(work: Work, swap: Swap, staff: Person) -> None:
    """[No]: the shift stays where it is; whoever asked hears it."""
    if swap.to_id != staff.id:
        raise NotAllowed
    waiting(work, swap)
    _close(work, swap, "refused", staff)
    outbox.say(
        work, people.get(work.session, swap.from_id), "oncall/swap_not", [[Button("oncall/swap", "oncall.swaps")]], start=swap.start_at
    )


def withdraw(work: Work, swap: Swap, staff: Person) -> None:
    """[Take it back]: the question is gone; whoever was asked hears it."""
    if swap.from_id != staff.id:
        raise NotAllowed
    waiting(work, swap)
    _close(work, swap, "withdrawn", staff)
    outbox.say(work, people.get(work.session, swap.to_id), "oncall/swap_gone", start=swap.start_at)


def expire(work: Work) -> None:
    """Questions that nobody answered before the shift began: the shift stays, and whoever asked hears it."""
    for swap in work.session.exec(select(Swap).where(col(Swap.state) == "asked").order_by(col(Swap.id)).with_for_update()):
        if ends_at(swap) > work.now:
            continue
        _close(work, swap, "too_late", None)
        outbox.say(work, people.get(work.session, swap.from_id), "oncall/swap_late", start=swap.start_at)


def ends_at(swap: Swap) -> datetime:
    """Until when an answer counts: the shift's start, or some hours for one that runs already."""
    return swap.start_at if swap.start_at > swap.asked_at else min(swap.end_at, swap.asked_at + RUNNING_FOR)


def next_at(work: Work) -> list[datetime]:
    """When a question runs out."""
    return [ends_at(swap) for swap in work.session.exec(select(Swap).where(col(Swap.state) == "asked"))]


def _theirs(work: Work, staff: Person, position: str, start: datetime, end: datetime) -> bool:
    found = duty.spans(work, position, start, end)
    return all(span.staff_id == staff.id for span in found)


def _close(work: Work, swap: Swap, state: str, staff: Person | None) -> None:
    swap.state, swap.answered_at = state, work.now
    _record(work, swap, f"swap.{state}", staff)


def _record(work: Work, swap: Swap, action: str, staff: Person | None) -> None:
    audit.record(work, action, actor=staff, person_id=swap.to_id, swap=swap.id, position=swap.position, start=swap.start_at.isoformat())
