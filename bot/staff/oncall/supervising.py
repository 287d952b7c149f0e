"""What a supervisor plans in the chat: somebody on call over what was planned, and the hours in which nobody watches."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot import outbox, people
from bot.errors import Conflict, NotAllowed, NotUnderstood
from bot.escalation import ack, duty, relay
from bot.escalation.rota import POSITIONS
from bot.models import CLINICAL, OffHours, Person, Role
from bot.outbox import Button
from bot.staff.oncall import checks, handover, planning, rules, store
from bot.staff.oncall.handlers import present
from bot.staff.oncall.planning import Weekly
from bot.turn import Turn

FORM, OFF_FORM = "rota", "off_hours"
STEPS, OFF_STEPS = ("position", "person", "start", "end", "sure"), ("days", "hours", "sure")
LISTED = 12
LENGTHS = (8, 12, 24, 168)  # hours to tap
MORNING = "08:00"
_DAYS = {"all": range(7), "weekdays": range(5), "weekend": (5, 6)}
_HOURS = (("22:00", "08:00"), ("17:00", "09:00"))
_LEAVE = [Button("common/back", "form.back"), Button("common/later", "form.leave")]


def plan(turn: Turn) -> None:
    """[Put on call]: which place?"""
    _supervisor(turn)
    turn.drop_form(FORM)
    turn.goto(f"{FORM}.position")
    ask(turn)


def ask(turn: Turn) -> None:
    """The question of the present step."""
    relay.stop_writing(turn)
    step = (turn.state or "").partition(".")[2]
    if step == "position":
        rows = [[Button(f"oncall/{one}", "oncall.plan_pick", (one,)) for one in POSITIONS], [_LEAVE[1]]]
        turn.ask("oncall/plan_position", rows)
    elif step == "person":
        found = [one for one in people.staff(turn.session, CLINICAL) if people.reachable(one)][:LISTED]
        buttons = [
            Button("oncall/words", "oncall.plan_pick", (one.number,), {"words": handover.first_name(turn.work, one)[:24]}) for one in found
        ]
        turn.ask("oncall/plan_person", [*_pairs(buttons), _LEAVE], position=turn.data["position"])
    elif step == "start":
        _ask_start(turn)
    elif step == "end":
        buttons = [Button("oncall/hours", "oncall.plan_pick", (hours,), {"hours": hours}) for hours in LENGTHS]
        turn.ask("oncall/plan_end", [*_pairs(buttons), _LEAVE], start=_start(turn))
    else:
        start, end = _start(turn), rules.from_iso(turn.data["end"])
        rows = [[Button("oncall/plan_yes", "oncall.plan_pick", ("yes",))], _LEAVE]
        name = handover.first_name(turn.work, _colleague(turn))
        turn.ask("oncall/plan_sure", rows, position=turn.data["position"], name=name, start=start, end=end, away=_away(turn, start, end))


def _ask_start(turn: Turn) -> None:
    buttons = [Button("oncall/now", "oncall.plan_pick", ("now",)), Button("oncall/next_morning", "oncall.plan_pick", ("morning",))]
    gap = _gap(turn)
    if gap is not None:
        buttons.append(Button("oncall/fill_gap", "oncall.plan_pick", ("gap",)))
    turn.ask("oncall/plan_start", [*_pairs(buttons), _LEAVE], gap=gap[0] if gap is not None else None)


def _gap(turn: Turn) -> tuple[datetime, datetime] | None:
    """The next gap of the chosen place."""
    found = store.gaps(turn.work, turn.now, turn.now + duty.AHEAD)
    return next(((one.start, one.end) for one in found if one.position == turn.data["position"]), None)


def pick(turn: Turn) -> None:
    """A button of a step."""
    _supervisor(turn)
    step, value = (turn.state or "").partition(".")[2], turn.arg
    if step == "position" and value in POSITIONS:
        turn.proceed(f"{FORM}.person", position=value)
    elif step == "person":
        colleague = people.by_number(turn.session, ack.number_of(value))
        if colleague is None or colleague.role not in CLINICAL or colleague.removed_at is not None:
            raise NotAllowed
        turn.proceed(f"{FORM}.start", person=colleague.number)
    elif step == "start":
        _pick_start(turn, value)
    elif step == "end" and value in map(str, LENGTHS):
        turn.proceed(f"{FORM}.sure", end=(_start(turn) + timedelta(hours=int(value))).isoformat())
    elif step == "sure" and value == "yes":
        _set(turn)
    else:
        turn.answer("common/old_button")


def _pick_start(turn: Turn, value: str) -> None:
    gap = _gap(turn)
    if value == "gap" and gap is not None:
        turn.proceed(f"{FORM}.sure", start=gap[0].isoformat(), end=gap[1].isoformat())
    elif value == "morning":
        at = rules.parse_moment(MORNING, turn.now, turn.work.settings.timezone)
        turn.proceed(f"{FORM}.end", start=at.isoformat() if at is not None else "")
    elif value == "now":
        turn.proceed(f"{FORM}.end", start="")
    else:
        raise Conflict("oncall/changed")


def typed(turn: Turn) -> None:
    """A moment that was typed: from when, or until when."""
    _supervisor(turn)
    step = (turn.state or "").partition(".")[2]
    at = rules.parse_moment(turn.text, turn.now, turn.work.settings.timezone)
    if step == "start" and at is not None:
        turn.proceed(f"{FORM}.end", start=at.isoformat())
    elif step == "end" and at is not None and at > _start(turn):
        turn.proceed(f"{FORM}.sure", end=at.isoformat())
    else:
        raise NotUnderstood("oncall/when_again" if step in ("start", "end") else "oncall/use_buttons")


def _set(turn: Turn) -> None:
    """[Yes]: the rota changes, and whoever was put on call hears it."""
    colleague, position = _colleague(turn), turn.data["position"]
    start, end = _start(turn), rules.from_iso(turn.data["end"])
    if end is None or end <= turn.now:
        turn.finish()
        raise Conflict("oncall/changed")
    store.set_shift(turn.work, position, colleague, start, end, turn.person)
    own = colleague.id == turn.person.id
    if own and start <= turn.now:
        checks.on_by_own_act(turn.work, position, colleague, start, end)
    if not own:
        rows = [[Button("oncall/look", "oncall.show")]]
        outbox.say(turn.work, colleague, "oncall/planned", rows, position=position, start=start, end=end)
    turn.finish()
    turn.say("oncall/plan_done", name=handover.first_name(turn.work, colleague), position=position, start=start, end=end)


def _start(turn: Turn) -> datetime:
    return max(rules.from_iso(turn.data.get("start")) or turn.now, turn.now)


def _colleague(turn: Turn) -> Person:
    found = people.by_number(turn.session, turn.data["person"])
    if found is None:
        raise NotAllowed
    return found


def _away(turn: Turn, start: datetime, end: datetime | None) -> bool:
    colleague = _colleague(turn)
    found = duty.absences(turn.work, start, end or start)
    return any(one.staff_id == colleague.id and one.start < (end or start) and one.end > start for one in found)


def off_hours(turn: Turn) -> None:
    """[Off-hours]: what is declared, to take back or to add to."""
    _supervisor(turn)
    rows = planning.off_in_force(turn.work)
    buttons = [Button("oncall/remove", "oncall.off_remove", (row.id or 0,), {"number": number}) for number, row in enumerate(rows, start=1)]
    turn.say(
        "oncall/off_list", [*_pairs(buttons), [Button("oncall/declare", "oncall.off_declare")]], hours=[_off_line(row) for row in rows]
    )


def _off_line(row: OffHours) -> dict[str, object]:
    # Templates count weekdays from Sunday.
    return {"days": [(day + 1) % 7 for day in row.weekdays], "start": row.start_wall, "end": row.end_wall}


def off_remove(turn: Turn) -> None:
    """[Remove]: somebody is to be on call again in these hours."""
    _supervisor(turn)
    if not planning.remove_off(turn.work, ack.number_of(turn.arg), by=turn.person):
        raise Conflict("oncall/changed")
    turn.edit("oncall/off_removed")


def off_declare(turn: Turn) -> None:
    """[Declare]: on which days?"""
    _supervisor(turn)
    turn.drop_form(OFF_FORM)
    turn.goto(f"{OFF_FORM}.days")
    off_ask(turn)


def off_ask(turn: Turn) -> None:
    """The question of the present step."""
    relay.stop_writing(turn)
    step = (turn.state or "").partition(".")[2]
    if step == "days":
        turn.ask("oncall/off_days", [[Button(f"oncall/days_{one}", "oncall.off_pick", (one,))] for one in _DAYS] + [[_LEAVE[1]]])
    elif step == "hours":
        buttons = [
            Button("oncall/from_until", "oncall.off_pick", (number,), {"start": start, "end": end})
            for number, (start, end) in enumerate(_HOURS)
        ]
        turn.ask("oncall/off_hours", [buttons, _LEAVE])
    else:
        rows = [[Button("oncall/off_yes", "oncall.off_pick", ("yes",))], _LEAVE]
        turn.ask("oncall/off_sure", rows, days=[(day + 1) % 7 for day in turn.data["days"]], start=turn.data["start"], end=turn.data["end"])


def off_pick(turn: Turn) -> None:
    """A button of a step."""
    _supervisor(turn)
    step, value = (turn.state or "").partition(".")[2], turn.arg
    if step == "days" and value in _DAYS:
        turn.proceed(f"{OFF_FORM}.hours", days=list(_DAYS[value]))
    elif step == "hours" and value in map(str, range(len(_HOURS))):
        start, end = _HOURS[int(value)]
        turn.proceed(f"{OFF_FORM}.sure", start=start, end=end)
    elif step == "sure" and value == "yes":
        hours = Weekly(turn.data["days"], turn.data["start"], turn.data["end"])
        planning.declare_off(turn.work, hours, by=turn.person)
        turn.finish()
        turn.say("oncall/off_done")
    else:
        turn.answer("common/old_button")


def off_typed(turn: Turn) -> None:
    """Hours that were typed, such as `22:00-08:00`."""
    _supervisor(turn)
    found = rules.parse_hours(turn.text) if (turn.state or "").endswith(".hours") else None
    if found is None:
        raise NotUnderstood("oncall/hours_again" if (turn.state or "").endswith(".hours") else "oncall/use_buttons")
    turn.proceed(f"{OFF_FORM}.sure", start=found[0], end=found[1])


def _supervisor(turn: Turn) -> None:
    present(turn)
    if turn.person.role is not Role.SUPERVISOR:
        raise NotAllowed


def _pairs(buttons: list[Button]) -> list[list[Button]]:
    return [buttons[start : start + 2] for start in range(0, len(buttons), 2)]
