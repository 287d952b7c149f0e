"""`waymark oncall rotate`, `fixed`, `off-hours`, `rules` and `remove-rule`: what repeats in the rota."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.common import complain, table, unit
from bot.cli.oncall import AHEAD, FIRST_YEAR, LAST_YEAR, on_call_able, warn_of_gaps
from bot.errors import SetupError

if TYPE_CHECKING:
    from bot.models import OffHours, RotaRule
    from bot.staff.oncall.planning import Weekly
    from bot.work import Work

OFF = "off-"  # before the numbers of off-hours, so that no ID means two things
DAYS_HELP = "Days on which it starts: mon-fri, sat,sun or all."
WALL_HELP = "The clinic's wall time, such as 08:00."

Position = Annotated[str, typer.Option("--position", metavar="P", help="primary or backup.")]
From = Annotated[str | None, typer.Option("--from", metavar="DATE", help="Its first day, such as 2026-03-02; today when left out.")]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="The last day on which it starts; for ever when left out.")]


def day(text: str | None, option: str) -> date | None:
    """An ISO date.

    Raises:
        SetupError: it is none.
    """
    if text is None:
        return None
    try:
        found = date.fromisoformat(text.strip())
        if FIRST_YEAR <= found.year <= LAST_YEAR:
            return found
    except ValueError:
        pass
    raise SetupError(f"{option} is wrong: it is a date, for example: 2026-03-02")


def wall(text: str, option: str) -> str:
    """A wall time.

    Raises:
        SetupError: it is none.
    """
    from bot.staff.oncall import rules

    found = rules.parse_wall(text)
    if found is None:
        raise SetupError(f"{option} is wrong: it is a time of day, for example: 08:00")
    return found


def numbers(text: str) -> list[int]:
    """`2,3,4`.

    Raises:
        SetupError: it is no list of IDs.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdecimal() and len(part) < 10 for part in parts):
        raise SetupError("--members is wrong: it is IDs in the order of their turns, for example: 2,3,4")
    return [int(part) for part in parts]


def place(position: str) -> str:
    """A position of the rota.

    Raises:
        SetupError: it is none.
    """
    from bot.escalation.rota import POSITIONS

    if position not in POSITIONS:
        raise SetupError(f"--position is wrong: it is one of {', '.join(POSITIONS)}")
    return position


def weekly(days: str, start: str, end: str, first: str | None, last: str | None) -> Weekly:
    """The same hours each week.

    Raises:
        SetupError: one of them is wrong.
    """
    from bot.staff.oncall import rules
    from bot.staff.oncall.planning import Weekly

    weekdays = rules.parse_days(days)
    if weekdays is None:
        raise SetupError("--days is wrong: they are days such as mon-fri, sat,sun or all")
    begin, finish = in_order(first, last)
    return Weekly(weekdays, wall(start, "--from-time"), wall(end, "--until-time"), begin, finish)


def in_order(first: str | None, last: str | None) -> tuple[date | None, date | None]:
    """First and last day.

    Raises:
        SetupError: one is no date, or they are in the wrong order.
    """
    begin, finish = day(first, "--from"), day(last, "--until")
    if begin is not None and finish is not None and finish < begin:
        raise SetupError("--until is wrong: it must not lie before --from")
    return begin, finish


def rotate(
    position: Position,
    members: Annotated[str, typer.Option("--members", metavar="IDS", help="Who takes turns, in this order: 2,3,4.")],
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="The day of the first turn's start, such as 2026-03-02.")],
    every: Annotated[int, typer.Option("--every", metavar="DAYS", help="How long a turn is.")] = 7,
    at: Annotated[str, typer.Option("--at", metavar="HH:MM", help=f"When turns change hands. {WALL_HELP}")] = "09:00",
    end: Until = None,
) -> None:
    """People take turns: each is on call for some days, then the next."""
    from bot.staff.oncall import planning

    first, last = in_order(start, end)
    handoff = wall(at, "--at")
    wanted = numbers(members)
    if not 1 <= every <= planning.LONGEST_TURN:
        raise SetupError(f"--every is wrong: a turn lasts 1 to {planning.LONGEST_TURN} days")
    with unit() as work:
        staff = [on_call_able(work, number) for number in wanted]
        if first is None:
            raise SetupError("--from is missing")
        rule = planning.add_rotation(work, place(position), staff, every=every, at=handoff, from_date=first, until_date=last)
        _added(work, rule, describe_rule(work, rule))


def fixed(
    position: Position,
    staff: Annotated[int, typer.Option("--staff", metavar="ID", help="Whose hours these are.")],
    days: Annotated[str, typer.Option("--days", metavar="DAYS", help=DAYS_HELP)],
    start_time: Annotated[str, typer.Option("--from-time", metavar="HH:MM", help=WALL_HELP)],
    end_time: Annotated[str, typer.Option("--until-time", metavar="HH:MM", help="At or before --from-time it is on the next day.")],
    start: From = None,
    end: Until = None,
) -> None:
    """One person's hours each week; they come before a rotation."""
    from bot.staff.oncall import planning

    hours = weekly(days, start_time, end_time, start, end)
    with unit() as work:
        rule = planning.add_fixed(work, place(position), on_call_able(work, staff), hours)
        _added(work, rule, describe_rule(work, rule))


def off_hours(
    days: Annotated[str, typer.Option("--days", metavar="DAYS", help=DAYS_HELP)],
    start_time: Annotated[str, typer.Option("--from-time", metavar="HH:MM", help=WALL_HELP)],
    end_time: Annotated[str, typer.Option("--until-time", metavar="HH:MM", help="At or before --from-time it is on the next day.")],
    start: From = None,
    end: Until = None,
) -> None:
    """Declare hours in which nobody watches: patients are told so, no gap is announced. Emergencies call everyone all the same."""
    from bot.staff.oncall import planning

    hours = weekly(days, start_time, end_time, start, end)
    with unit() as work:
        row = planning.declare_off(work, hours)
        typer.echo(f"{OFF}{row.id}: {describe_off(row)}")


def rules_() -> None:
    """Rotations, fixed shifts and off-hours with their IDs: a table on a terminal, JSON lines elsewhere."""
    with unit() as work:
        found = list(_rules(work))
    if sys.stdout.isatty():
        table(("ID", "Kind", "Position", "What"), [[str(one["id"]), one["kind"], one["position"] or "", one["what"]] for one in found])
        return
    for one in found:
        typer.echo(json.dumps(one, ensure_ascii=False))


def remove_rule(identity: Annotated[str, typer.Argument(metavar="ID", help="As `oncall rules` prints it.")]) -> None:
    """Take a rotation, a fixed shift or off-hours out of force."""
    from bot.staff.oncall import planning

    with unit() as work:
        remove: Callable[..., bool] = planning.remove_off if identity.startswith(OFF) else planning.remove_rule
        number = identity.removeprefix(OFF)
        known = number.isascii() and number.isdecimal() and len(number) < 10
        if not known or not remove(work, int(number)):
            raise SetupError(f"{identity} is not the ID of a rule: `waymark oncall rules` prints them")
        typer.echo(f"{identity} is removed")
        warn_of_gaps(work, work.now, work.now + AHEAD)


def _added(work: Work, rule: RotaRule, what: str) -> None:
    from bot.staff.oncall import planning

    typer.echo(f"{rule.id}: {rule.position} {what}")
    older = [
        one.id for one in planning.rules_in_force(work) if one.position == rule.position and one.kind == rule.kind and one.id != rule.id
    ]
    if older and rule.kind == "rotation":
        complain(f"rotation {older[-1]} is there for {rule.position}, too: where both apply the newer, {rule.id}, counts")
    warn_of_gaps(work, work.now, work.now + AHEAD)


def _rules(work: Work) -> Iterator[dict[str, Any]]:
    from bot.staff.oncall import planning

    for rule in planning.rules_in_force(work):
        yield {"id": rule.id, "kind": rule.kind, "position": rule.position, "what": describe_rule(work, rule)}
    for row in planning.off_in_force(work):
        yield {"id": f"{OFF}{row.id}", "kind": "off-hours", "position": None, "what": describe_off(row)}


def describe_rule(work: Work, rule: RotaRule) -> str:
    """A rule in one line."""
    from uuid import UUID

    from bot import people

    who = ",".join(str(people.get(work.session, UUID(member)).number) for member in rule.members)
    dates = f"from {rule.from_date}" + (f" until {rule.until_date}" if rule.until_date else "")
    if rule.kind == "rotation":
        return f"{who} take turns of {rule.turn_days} days at {rule.start_wall} {dates}"
    return f"{who} {_days(rule.weekdays)} {rule.start_wall}-{rule.end_wall} {dates}"


def describe_off(row: OffHours) -> str:
    """Off-hours in one line."""
    dates = (f" from {row.from_date}" if row.from_date else "") + (f" until {row.until_date}" if row.until_date else "")
    return f"{_days(row.weekdays)} {row.start_wall}-{row.end_wall}{dates}"


def _days(weekdays: list[int]) -> str:
    from bot.staff.oncall.rules import DAYS

    if len(weekdays) > 2 and weekdays == list(range(weekdays[0], weekdays[-1] + 1)):
        return f"{DAYS[weekdays[0]]}-{DAYS[weekdays[-1]]}"
    return ",".join(DAYS[one] for one in weekdays)
