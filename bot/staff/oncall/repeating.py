"""What repeats in the rota, for supervisors: rotations and fixed shifts as they are in force, and where the technician changes them."""

from __future__ import annotations

from uuid import UUID

from bot import people
from bot.errors import NotAllowed
from bot.models import Role, RotaRule
from bot.outbox import Button
from bot.staff.oncall import handover, planning
from bot.staff.oncall.handlers import present
from bot.turn import Turn

SHOWN = 12


def show(turn: Turn) -> None:
    """[What repeats]: every rotation and fixed shift, by the number that the command line calls it by."""
    present(turn)
    if turn.person.role is not Role.SUPERVISOR:
        raise NotAllowed
    rules = planning.rules_in_force(turn.work)
    rows = [[Button("oncall/plan", "oncall.plan"), Button("oncall/show", "oncall.show")]]
    turn.say("oncall/repeating", rows, rules=[_line(turn, rule) for rule in rules[:SHOWN]], more=max(len(rules) - SHOWN, 0))


def _line(turn: Turn, rule: RotaRule) -> dict[str, object]:
    staff = [people.get(turn.session, UUID(member)) for member in rule.members]
    return {
        "number": rule.id,
        "kind": rule.kind,
        "position": rule.position,
        "names": [handover.first_name(turn.work, one) for one in staff if one.removed_at is None],
        "every": rule.turn_days,
        # Templates count weekdays from Sunday.
        "days": [(day + 1) % 7 for day in rule.weekdays],
        "start": rule.start_wall,
        "end": rule.end_wall or "",
        "until": rule.until_date,
    }
