"""`waymark figures`: the weeks in numbers; `--rules` for the rules of the screen."""

from __future__ import annotations

import dataclasses
import json
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.common import table, unit

if TYPE_CHECKING:
    from bot.staff.figures.rules import RuleCount, Spread, Week

MOST = 520  # weeks


def figures(
    weeks: Annotated[int, typer.Option("--weeks", min=1, max=MOST, help="How many weeks back, the present one first.")] = 8,
    rules: Annotated[
        bool,
        typer.Option("--rules", help="The rules of the screen, the second opinion as one of them, by how often a human judged them right."),
    ] = False,
) -> None:
    """Cases, times and false alarms by week of the clinic's zone: a table on a terminal, JSON lines elsewhere. Drills are left out."""
    from bot.staff.figures import store

    with unit() as work:
        if rules:
            _show_rules(store.by_rule(work, work.now - timedelta(weeks=weeks)))
        else:
            _show_weeks(store.weeks(work, weeks))


def _show_weeks(found: list[Week]) -> None:
    if not sys.stdout.isatty():
        for week in found:
            typer.echo(json.dumps(_week(week)))
        return
    columns = ("Week from", "Cases", "Emergency", "Urgent", "Acknowledged", "First word", "Broken", "False alarms", "Helped y/s/n")
    rows = [
        [
            week.start.isoformat(),
            str(week.cases),
            str(week.levels["emergency"]),
            str(week.levels["urgent"]),
            _minutes(week.acknowledged),
            _minutes(week.word),
            str(week.broken),
            f"{week.false_alarms} of {week.closed}",
            "/".join(str(number) for number in week.helped.values()),
        ]
        for week in found
    ]
    table(columns, rows)
    typer.echo("Times are minutes: median, 95th percentile.")


def _show_rules(found: list[RuleCount]) -> None:
    if not sys.stdout.isatty():
        for one in found:
            typer.echo(json.dumps({**dataclasses.asdict(one), "precision": one.precision}))
        return
    rows = [[one.rule, str(one.fired), str(one.cases), str(one.judged), str(one.false_alarms), _percent(one.precision)] for one in found]
    table(("Rule", "Fired", "Cases", "Judged", "Not a crisis", "Precision"), rows)


def _week(week: Week) -> dict[str, Any]:
    plain = dataclasses.asdict(week)
    dates = {"start": week.start.isoformat(), "until": week.until.isoformat()}
    return {**plain, **dates, "cases": week.cases, "false_share": week.false_share}


def _minutes(spread: Spread) -> str:
    return "-" if spread.median is None or spread.p95 is None else f"{spread.median:g}, {spread.p95:g}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:g} %"
