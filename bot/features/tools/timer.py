"""Live timers as rows: started, painted, paused, ended. The frames themselves go out by `bot.frames`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from bot import due, outbox
from bot.content.render import safe
from bot.content.tools import Script, Tool
from bot.escalation import engine
from bot.features.tools import rules
from bot.ids import short, unshort
from bot.models import Case, CaseState, Lane, Outbox, Person, Timer
from bot.outbox import Button, Post, Rows
from bot.ports import Outgoing
from bot.work import Work

END = "tools.end"


def running(work: Work, person: Person) -> Timer | None:
    """The person's timer that has not ended, paused or not."""
    statement = select(Timer).where(col(Timer.person_id) == person.id, col(Timer.ended_at).is_(None))
    return work.session.exec(statement.with_for_update()).first()


def mine(work: Work, person: Person, code: str) -> Timer | None:
    """The person's timer with this id as it stands in a button; None when it is another's or forged."""
    try:
        found = work.session.exec(select(Timer).where(col(Timer.id) == unshort(code)).with_for_update()).first()
    except ValueError:
        return None
    return found if found is not None and found.person_id == person.id else None


def by_id(work: Work, timer_id: UUID) -> Timer | None:
    """The timer with this id, locked."""
    return work.session.exec(select(Timer).where(col(Timer.id) == timer_id).with_for_update()).first()


def start(work: Work, person: Person, tool: Tool, script: Script, before: int | None) -> Timer | None:
    """Start a timer: its message goes out through the outbox, its end is a due item.

    Returns:
        None when the person cannot be written to.
    """
    row = outbox.say(work, person, "tools/timer", **_words(script, safe(script.start.of(person.language)), 0.0))
    if row is None:
        return None
    work.session.flush()
    timer = Timer(
        person_id=person.id,
        chat_id=row.chat_id,
        script=tool.id,
        outbox_id=row.id,
        started_at=work.now,
        next_at=work.now + rules.GAP,
        before=before,
    )
    work.session.add(timer)
    message = outbox.opened(work, row)
    assert message is not None
    # Its buttons name the timer, which exists only now.
    outbox.edit(work, person, row, replace(message, kind="markup", keys=outbox.render_rows(work, running_rows(timer), person.language)))
    plan_end(work, person, timer, script)
    return timer


def plan_end(work: Work, person: Person, timer: Timer, script: Script) -> None:
    """Put in, or move, the due item at which the time is up; while it is paused, at which the pause is too long."""
    at = work.now + rules.PAUSE_AT_MOST if timer.paused_at is not None else rules.instant_of(timer, script.total)
    due.put(work, END, f"timer:{timer.id}", at, person=person, useful_for=rules.END_USEFUL_FOR, timer=str(timer.id))


def pause(work: Work, person: Person, timer: Timer, script: Script) -> None:
    """Let the clock stand still."""
    timer.paused_at, timer.next_at = work.now, None
    plan_end(work, person, timer, script)


def go_on(work: Work, person: Person, timer: Timer, script: Script) -> None:
    """Let it run again from where it stood."""
    assert timer.paused_at is not None
    timer.paused_s += (work.now - timer.paused_at).total_seconds()
    timer.paused_at = None
    place = rules.frame_now(script, rules.elapsed_s(timer, work.now))
    timer.frame = max(timer.frame, 0 if place is None else place + 1)  # the message is edited to it by the press itself
    timer.next_at = rules.next_frame_at(timer, script, work.now)
    plan_end(work, person, timer, script)


def end(work: Work, timer: Timer, how: str) -> None:
    """End it; no frame goes out any more.

    Args:
        how: finished, stopped, case, gone.
    """
    timer.ended_at, timer.end, timer.next_at, timer.paused_at = work.now, how, None, None
    if how != "finished":
        due.drop(work, f"timer:{timer.id}")


def running_rows(timer: Timer) -> Rows:
    """The buttons while it runs."""
    return [[Button("tools/pause", "tools.pause", (short(timer.id),)), Button("tools/stop", "tools.stop", (short(timer.id),))]]


def paused_rows(timer: Timer) -> Rows:
    """The buttons during a pause."""
    return [[Button("tools/go_on", "tools.continue", (short(timer.id),)), Button("tools/stop", "tools.stop", (short(timer.id),))]]


def paint(work: Work, person: Person, timer: Timer, script: Script) -> Outgoing:
    """The timer's message as it reads now, in the person's present language."""
    return outbox.compose(work, person, "tools/timer", running_rows(timer), **words_now(work, person, timer, script))


def words_now(work: Work, person: Person, timer: Timer, script: Script) -> dict[str, Any]:
    """What the timer's template needs for the present second."""
    elapsed = rules.elapsed_s(timer, work.now)
    place = rules.frame_now(script, elapsed)
    frame = script.frames[-1 if place is None else place]
    return _words(script, safe(frame.text.of(person.language)), elapsed)


def _words(script: Script, text: str, elapsed: float) -> dict[str, Any]:
    return {"text": text, "bar": rules.bar(elapsed, script.total), "left": rules.left(elapsed, script.total)}


def strip(work: Work, person: Person, timer: Timer) -> None:
    """Take the buttons off the timer's message; what it says stays."""
    row = work.session.get(Outbox, timer.outbox_id)
    if row is not None:
        outbox.edit(work, person, row, Outgoing(timer.chat_id, kind="markup"), lane=Lane.REPLY)


def over(work: Work, person: Person, timer: Timer) -> None:
    """Say on the timer's message that the time is up: an edit, which shows on no locked phone."""
    row = work.session.get(Outbox, timer.outbox_id)
    if row is not None:
        message = outbox.compose(work, person, "tools/timer_over", post=Post(lane=Lane.REPLY))
        outbox.edit(work, person, row, message, lane=Lane.REPLY)


def stop_in_cases(work: Work) -> int:
    """End the timers of everyone who has an open case, without a word of the tool's. After two quiet hours what the person starts runs.

    Returns:
        How many.
    """
    statement = select(Timer, Case).join(Case, col(Case.person_id) == col(Timer.person_id))
    running = work.session.exec(statement.where(col(Timer.ended_at).is_(None), col(Case.state) == CaseState.OPEN)).all()
    found = [timer for timer, case in running if not engine.is_quiet(case, work.now)]
    for timer in found:
        person = work.session.get(Person, timer.person_id)
        end(work, timer, "case")
        if person is not None:
            strip(work, person, timer)
    return len(found)
