"""A lesson a day, offered at the time that the person chose; off until they choose one."""

from __future__ import annotations

from datetime import timedelta

from bot import audit, due, people
from bot.features.learn import lesson as inside
from bot.features.learn import review, rules, store
from bot.models import Due, DueState, Lane
from bot.turn import Button, Turn

KIND = "learn.offer"
TIMES = ("08:00", "09:30", "11:00", "12:30", "14:00", "16:00", "18:00", "20:00")
_USEFUL_FOR = timedelta(hours=3)
_IN_A_ROW = 4
_TRIES = 3  # today's may be done already


def choose(turn: Turn) -> None:
    """When shall a lesson be offered?"""
    times = [Button("common/words", "learn.set_daily", (wall.replace(":", ""),), {"words": wall}) for wall in TIMES]
    rows = [times[at : at + _IN_A_ROW] for at in range(0, len(times), _IN_A_ROW)]
    rows += [[Button("learn/not_daily", "learn.set_daily", ("off",))], [Button("common/back", "learn.rhythm")]]
    turn.edit("learn/daily", rows, at=store.lesson_at(turn.work, turn.person))


def set_(turn: Turn) -> None:
    """The time, or none."""
    chosen = {wall.replace(":", ""): wall for wall in TIMES} | {"off": None}
    patient = people.patient_of(turn.session, turn.person.id)
    if patient is None or turn.arg not in chosen:
        turn.answer("common/old_button")
        return
    patient.lesson_at = chosen[turn.arg]
    audit.record(turn.work, "settings.changed", actor=turn.person, person_id=turn.person.id, what="lesson_at")
    _plan(turn)
    choose(turn)


def offer(turn: Turn, item: Due) -> None:
    """It is the time: one neutral line, if there is a lesson to read and none was finished today. The next day's is planned first."""
    _plan(turn)
    progress = store.progress(turn.work, turn.person)
    today = due.local_date(turn.now, turn.person.zone)
    read = any(row.done_at is not None and due.local_date(row.done_at, turn.person.zone) == today for row in progress.values())
    found = rules.suggested(list(rules.lessons_of(turn.content)), progress, inside.opened(turn, progress))
    if read or (found is None and review.waiting(turn) is None) or not due.may_start(turn.work, turn.person, "lesson"):
        return
    turn.say(
        "learn/offer",
        [[Button("learn/open", "learn.today")]],
        lane=Lane.BULK,
        dedup_key=_key(turn, today.isoformat()),
        expires_at=item.due_at + _USEFUL_FOR,
    )


def skipped(turn: Turn, _item: Due) -> None:
    """Too late, or a case is open: only the next one is planned."""
    _plan(turn)


def _plan(turn: Turn) -> None:
    work, person = turn.work, turn.person
    patient = people.patient_of(work.session, person.id)
    due.drop(work, _key(turn))
    if patient is None or patient.lesson_at is None or person.removed_at is not None:
        return
    at = work.now
    for _ in range(_TRIES):
        at = due.next_instant(at, patient.lesson_at, person.zone)
        key = _key(turn, due.local_date(at, person.zone).isoformat())
        row = due.put(work, KIND, key, at, person=person, useful_for=_USEFUL_FOR, wall=patient.lesson_at, zone=person.zone)
        if row.state is DueState.WAITING:
            break


def _key(turn: Turn, day: str = "") -> str:
    return f"lesson:{turn.person.id}:{day}" if day else f"lesson:{turn.person.id}"
