"""The check-in's reminder, and what silence leads to: a soft nudge, one-tap answers, an item for the counselor."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from bot import due, rhythm
from bot.escalation import tasks
from bot.features.checkin import flow, questions, rules, store
from bot.features.checkin.rules import Nudge
from bot.models import Due, DueState, Lane
from bot.safety.levels import Category
from bot.turn import Button, Turn

_START = [Button("checkin/start", "checkin.start")]


def remind(turn: Turn, item: Due) -> None:
    """It is the person's time: offer the check-in, worded by how long nothing was heard. The next day's is planned first."""
    work, person = turn.work, turn.person
    rhythm.plan_checkin(work, person)
    if not rhythm.checkin_on(person) or _is_left_alone(turn):
        _not_offered(item)
        return
    today = store.today(work, person)
    row = store.of_day(work, person, today)
    if row is not None and row.counted_at is not None:
        return
    missed = store.days_missed(work, person)
    if missed >= rules.TELL_COUNSELOR and not store.silence_told(work, person):
        tasks.add(work, person, "silence")
    if not rules.may_remind(work.now.astimezone(ZoneInfo(person.zone)).time()):
        _not_offered(item)  # the process came back too late
        return
    if not due.may_start(work, person, "checkin"):
        return
    nudge = rules.nudge_for(missed)
    rows = [_START]
    if nudge is Nudge.ASK:
        rows = [[Button("checkin/im_ok", "checkin.ok"), Button("checkin/need_help", "checkin.help")], _START]
    night = due.instant_of(today, rules.REMIND_UNTIL, person.zone)
    turn.say(
        f"checkin/{nudge}",
        rows,
        lane=Lane.BULK,
        dedup_key=rhythm.key_of(person, today.isoformat()),
        expires_at=min(item.due_at + rhythm.USEFUL_FOR, night),
    )


def plan_next(turn: Turn, item: Due) -> None:
    """Too late, or a case is open: only the next one is planned."""
    rhythm.plan_checkin(turn.work, turn.person)
    _not_offered(item)


def _is_left_alone(turn: Turn) -> bool:
    """Paused, in silent mode, or not to be reached: nothing is offered, so that silence says nothing."""
    person = turn.person
    paused = person.paused_until is not None and person.paused_until > turn.now
    return paused or person.silent_since is not None or person.blocked_at is not None


def _not_offered(item: Due) -> None:
    """A day on which nothing was asked is no day of silence (`store.days_missed` counts what was done)."""
    item.state = DueState.DROPPED


def im_ok(turn: Turn) -> None:
    """[I'm OK]: a sign of life; the count of silent days begins anew."""
    store.heard(turn.work, turn.person)
    turn.edit("checkin/ok_thanks", [_START])


def need_help(turn: Turn) -> None:
    """[I need help]: a person, today."""
    turn.edit("checkin/asked_person")
    flow.page_today(turn, Category.SUICIDE, "checkin.help")


def go_on(turn: Turn, _item: Due) -> None:
    """The relapse question had its time: offer to go on with the check-in."""
    if questions.sitting(turn) and turn.data.get("held"):
        expires = turn.now + timedelta(hours=1)
        turn.say("checkin/go_on", [[Button("common/continue", "checkin.go_on")]], lane=Lane.REPLY, expires_at=expires)
