"""The tap that a shift's start asks for: asked ahead and at the start, lapsed when nobody taps in time, taken back by a late tap."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select

from bot import audit, outbox, people
from bot.errors import Conflict, NotAllowed
from bot.escalation import duty
from bot.escalation.rota import Span
from bot.models import Lane, Person, Role, ShiftCheck
from bot.outbox import Button, Post, Rows
from bot.staff.oncall import store
from bot.work import Work

LOOK_BACK = timedelta(hours=12)  # after a stop: shifts that began longer ago are not asked about any more
_LOOK: Rows = [[Button("oncall/look", "oncall.show")]]


def ask(work: Work, since: datetime) -> None:
    """Ask everyone whose shift starts soon, or has started since the last look, for a tap; each once.

    Args:
        since: the last look. A shift that began before it was asked about then, or nobody was to be asked.
    """
    soon = work.now + timedelta(minutes=work.content.rota.ask_before)
    for span in store.listing(work, since, work.now + duty.AHEAD):
        if span.staff_id is not None and since < span.start <= soon and span.end > work.now:
            _ask(work, span, span.end if span.end < work.now + duty.AHEAD else None)


def _ask(work: Work, span: Span, end: datetime | None) -> None:
    if span.staff_id is None or find(work, span.position, span.staff_id, span.start) is not None:
        return
    staff = people.get(work.session, span.staff_id)
    check = ShiftCheck(position=span.position, staff_id=staff.id, start_at=span.start, end_at=end, asked_at=work.now)
    work.session.add(check)
    work.session.flush()
    duty.forget(work.session)
    audit.record(work, "shift.asked", person_id=staff.id, position=span.position, check=check.id, start=span.start.isoformat())
    if span.start > work.now:
        _say_check(work, check, staff, "oncall/shift_soon", "soon", _on_rows(check))
    else:
        _say_check(work, check, staff, "oncall/shift_now", "start", _on_rows(check))


def find(work: Work, position: str, staff_id: UUID, start: datetime) -> ShiftCheck | None:
    """The tap that was asked for this shift, if any."""
    statement = select(ShiftCheck).where(
        col(ShiftCheck.position) == position, col(ShiftCheck.staff_id) == staff_id, col(ShiftCheck.start_at) == start
    )
    return work.session.exec(statement).first()


def follow(work: Work) -> None:
    """Remind at the start, and give up on a tap that did not come in time; as long as the shift is still that person's."""
    late = []
    for check in waiting(work):
        if check.asked_at > work.now and check.confirmed_at is None:
            work.session.delete(check)  # the clock was set back: that shift lies ahead again, and is asked about anew
            work.session.flush()
            duty.forget(work.session)
        elif check.start_at <= work.now and _still_theirs(work, check, work.now):
            staff = people.get(work.session, check.staff_id)
            check.end_at = _end_of(work, check)  # it may have grown or shrunk since the question
            if check.confirmed_at is not None:
                if check.confirmed_at < check.start_at:
                    _say_check(work, check, staff, "oncall/shift_begun", "start", [[Button("oncall/handover", "oncall.handover")]])
            elif check.lapsed_at is None:
                _say_check(work, check, staff, "oncall/shift_now", "start", _on_rows(check))
                if deadline(work, check) <= work.now:
                    late.append((check, staff))
    _lapse(work, late)


def waiting(work: Work) -> Sequence[ShiftCheck]:
    """The taps of shifts that start soon or started within the last hours, locked (PostgreSQL)."""
    statement = select(ShiftCheck).where(col(ShiftCheck.start_at) > work.now - LOOK_BACK, col(ShiftCheck.start_at) <= work.now + duty.AHEAD)
    return work.session.exec(statement.order_by(col(ShiftCheck.start_at), col(ShiftCheck.id)).with_for_update()).all()


def open_for(work: Work, staff: Person) -> ShiftCheck | None:
    """A person's shift that still waits for their tap, lapsed or not; the newest. For those whom the question never reached."""
    soon = work.now + timedelta(minutes=work.content.rota.ask_before)
    mine = select(ShiftCheck).where(
        col(ShiftCheck.staff_id) == staff.id, col(ShiftCheck.confirmed_at).is_(None), col(ShiftCheck.start_at) <= soon
    )
    found = work.session.exec(mine.order_by(col(ShiftCheck.start_at).desc()).limit(2)).all()
    return next((check for check in found if _still_theirs(work, check, max(work.now, check.start_at))), None)


def deadline(work: Work, check: ShiftCheck) -> datetime:
    """Until when a tap is in time: some minutes from the shift's start, or from the question when that came later."""
    return max(check.start_at, check.asked_at) + timedelta(minutes=work.content.rota.confirm_within)


def _lapse(work: Work, late: Sequence[tuple[ShiftCheck, Person]]) -> None:
    """Nobody tapped in time. All of an instant are noted before anyone is told, since who holds the first place hangs on both."""
    for check, _staff in late:
        check.lapsed_at = work.now
    work.session.flush()
    duty.forget(work.session)
    for check, staff in late:
        holds = duty.on_call(work, "primary", work.now) if check.position == "primary" else None
        held = holds is not None and holds.id != staff.id
        audit.record(work, "shift.lapsed", person_id=staff.id, position=check.position, check=check.id, held=held)
        post = Post(lane=Lane.CRISIS)
        outbox.say(work, staff, "oncall/lapsed", _on_rows(check), post=post, position=check.position, held=held)
        if held and holds is not None:
            outbox.say(work, holds, "oncall/holds_now", _LOOK, post=post, until=check.end_at)
        for one in supervisors(work, but=staff):
            outbox.say(work, one, "oncall/lapsed_told", _LOOK, post=post, position=check.position, held=held)


def confirm(work: Work, check_id: int, staff: Person) -> ShiftCheck:
    """[I am on]: the shift is confirmed; a late tap takes it back from the backup.

    It counts with and without a channel that rings; without one the supervisors hear of it, once a shift (SAFETY.md 3).

    Returns:
        The tap; its `rings` says whether a channel is proven.

    Raises:
        NotAllowed: it is somebody else's shift.
        Conflict: it is confirmed already, over, or no longer theirs.
    """
    check = work.session.exec(select(ShiftCheck).where(col(ShiftCheck.id) == check_id).with_for_update()).first()
    if check is None or check.staff_id != staff.id or staff.removed_at is not None:
        raise NotAllowed
    if check.confirmed_at is not None:
        raise Conflict("oncall/already_on")
    if not _still_theirs(work, check, max(work.now, check.start_at)):
        raise Conflict("oncall/shift_over")
    before = duty.on_call(work, "primary", work.now)
    _settle(work, check, staff)
    if check.lapsed_at is not None:
        if check.position == "primary" and before is not None and before.id != staff.id:
            outbox.say(work, before, "oncall/taken_back", _LOOK)
        for one in supervisors(work, but=staff):
            outbox.say(work, one, "oncall/confirmed_late", _LOOK, position=check.position)
    return check


def on_by_own_act(work: Work, position: str, staff: Person, start: datetime, end: datetime | None) -> ShiftCheck:
    """Someone put themselves on call from now: that is their tap."""
    check = find(work, position, staff.id, start) or ShiftCheck(
        position=position, staff_id=staff.id, start_at=start, end_at=end, asked_at=work.now
    )
    work.session.add(check)
    work.session.flush()
    _settle(work, check, staff)
    return check


def carry_over(work: Work, staff: Person, start: datetime, end: datetime | None) -> None:
    """Whoever was first on call becomes the backup without a tap of their own: they need not say once more that they are there.

    When they did not confirm the first place they are asked anew, as for any shift.
    """
    present = [check for check in duty.checks(work, work.now) if check.position == "primary" and check.staff_id == staff.id]
    if present and present[-1].confirmed_at is None:
        return
    known = find(work, "backup", staff.id, start) or ShiftCheck(
        position="backup", staff_id=staff.id, start_at=start, end_at=end, asked_at=work.now
    )
    known.confirmed_at, known.rings = work.now, bool(present) and present[-1].rings
    work.session.add(known)
    work.session.flush()
    duty.forget(work.session)
    audit.record(work, "shift.carried_over", person_id=staff.id, position="backup", check=known.id)


def _settle(work: Work, check: ShiftCheck, staff: Person) -> None:
    check.confirmed_at, check.rings = work.now, duty.rings(work, staff.id)
    work.session.flush()
    duty.forget(work.session)
    audit.record(
        work,
        "shift.confirmed",
        actor=staff,
        person_id=staff.id,
        position=check.position,
        check=check.id,
        rings=check.rings,
        late=check.lapsed_at is not None,
    )
    if not check.rings:
        for one in supervisors(work, but=staff):
            _say_check(work, check, one, "oncall/not_ringing", f"rings:{one.number}", _LOOK)


def supervisors(work: Work, *, but: Person | None = None) -> list[Person]:
    """Who hears of the rota's troubles: the supervisors, else the operators; not the one whom it is about."""
    found = people.staff(work.session, {Role.SUPERVISOR}) or people.staff(work.session, {Role.OPERATOR})
    return [one for one in found if people.reachable(one) and (but is None or one.id != but.id)]


def next_at(work: Work) -> list[datetime]:
    """When something about a shift's tap is to be done next."""
    ahead = timedelta(minutes=work.content.rota.ask_before)
    found = [
        at
        for span in store.listing(work, work.now, work.now + timedelta(days=2))
        if span.staff_id is not None
        for at in (span.start - ahead, span.start)
    ]
    found += [deadline(work, check) for check in waiting(work) if check.confirmed_at is None and check.lapsed_at is None]
    return found


def _still_theirs(work: Work, check: ShiftCheck, at: datetime) -> bool:
    """Whether the stretch that began with this shift's start is still that person's at an instant, by the rota of now."""
    span = _span_of(work, check)
    return span.staff_id == check.staff_id and span.end > at


def _end_of(work: Work, check: ShiftCheck) -> datetime | None:
    end = _span_of(work, check).end
    return end if end < work.now + duty.AHEAD else None


def _span_of(work: Work, check: ShiftCheck) -> Span:
    return duty.spans(work, check.position, check.start_at, max(check.start_at, work.now) + duty.AHEAD)[0]


def _on_rows(check: ShiftCheck) -> Rows:
    return [[Button("oncall/i_am_on", "oncall.on", (check.id or 0,))]]


def _say_check(work: Work, check: ShiftCheck, to: Person, key: str, what: str, rows: Rows) -> None:
    mark = f"shift:{check.id}:{check.asked_at.isoformat(timespec='seconds')}:{what}"
    expires = max(check.start_at, work.now) + LOOK_BACK
    post = Post(lane=Lane.CRISIS, dedup_key=mark, expires_at=expires)
    outbox.say(work, to, key, rows, post=post, position=check.position, start=check.start_at)
