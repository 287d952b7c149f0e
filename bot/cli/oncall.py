"""`waymark oncall`: the rota."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from bot.cli.common import complain, group, member, table, unit
from bot.errors import SetupError

if TYPE_CHECKING:
    from bot.escalation.rota import Span
    from bot.models import Person
    from bot.work import Work

app = group("Who is on call.")
AHEAD = timedelta(days=14)
FIRST_YEAR, LAST_YEAR = 2000, 2199  # far from where dates end
WHEN = "An instant such as 2026-03-01T08:00:00Z, or local time in the clinic's zone such as 2026-03-01T08:00 (or 2026-03-01)."


def instant(text: str, zone: ZoneInfo, option: str) -> datetime:
    """An ISO instant in UTC; without an offset it is wall time in `zone` (in a gap the moment after it, in an overlap the first).

    Raises:
        SetupError: it is no such time.
    """
    from datetime import UTC

    try:
        at = datetime.fromisoformat(text.strip())
        if not FIRST_YEAR <= at.year <= LAST_YEAR:
            raise ValueError
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise SetupError(f"{option} is wrong: it is an instant or local time in ISO form, for example: 2026-03-01T08:00") from None


def stretch(work: Work, start: str | None, end: str | None) -> tuple[datetime, datetime | None]:
    """From and until, UTC; from now on when `start` is left out.

    Raises:
        SetupError: one is no time, or they are in the wrong order.
    """
    zone = work.settings.zone
    begin = instant(start, zone, "--from") if start else work.now
    finish = instant(end, zone, "--until") if end else None
    if finish is not None and finish <= begin:
        raise SetupError("--until is wrong: it has to lie after --from")
    return begin, finish


@app.command("set")
def set_(
    primary: Annotated[int | None, typer.Option("--primary", metavar="ID", help="Who is paged first.")] = None,
    backup: Annotated[int | None, typer.Option("--backup", metavar="ID", help="Who is paged next.")] = None,
    start: Annotated[str | None, typer.Option("--from", metavar="T", help=f"{WHEN} Now when left out.")] = None,
    end: Annotated[str | None, typer.Option("--until", metavar="T", help="Until further notice when left out.")] = None,
) -> None:
    """Put people on call, over what was planned before. IDs are those of `staff list`."""
    from bot.staff.oncall import store

    if primary is None and backup is None:
        raise SetupError("nobody was named: give --primary ID, --backup ID or both")
    with unit() as work:
        begin, finish = stretch(work, start, end)
        for position, number in (("primary", primary), ("backup", backup)):
            if number is not None:
                person = on_call_able(work, number)
                store.set_shift(work, position, person, begin, finish)
                typer.echo(f"{position}: {number} from {_local(begin, work)} {f'until {_local(finish, work)}' if finish else 'on'}")
                if person.chat_id is None or person.blocked_at is not None:
                    complain(f"{number} cannot be paged yet: they have to use their code (or unblock the bot) first")
        first, second = (store.post(work, position, max(begin, work.now)).staff for position in ("primary", "backup"))
        if first is not None and first == second:
            complain("primary and backup are the same person: nobody is behind them until the supervisor's step")
        warn_of_gaps(work, work.now, work.now + AHEAD)


def on_call_able(work: Work, number: int) -> Person:
    """The counselor or supervisor with this ID.

    Raises:
        SetupError: it is somebody else, or nobody.
    """
    from bot.models import CLINICAL

    person = member(work, number)
    if person.role not in CLINICAL:
        raise SetupError(
            f"{number} is {person.role.value} and cannot be on call, since they do not see words: name a counselor or supervisor"
        )
    return person


@app.command("show")
def show(
    start: Annotated[str | None, typer.Option("--from", metavar="T", help=f"{WHEN} Now when left out.")] = None,
    end: Annotated[str | None, typer.Option("--until", metavar="T", help="Two weeks after --from when left out.")] = None,
) -> None:
    """Who is on call from when to when, gaps included: a table on a terminal, JSON lines elsewhere."""
    from bot import people
    from bot.models import Person
    from bot.staff.oncall import store

    with unit() as work:
        begin, finish = stretch(work, start, end)
        spans = store.listing(work, begin, finish or begin + AHEAD)
        staff = {span.staff_id: work.session.get(Person, span.staff_id) for span in spans if span.staff_id}
        names = {key: (one.number, people.name_of(work, one)) for key, one in staff.items() if one}
        if sys.stdout.isatty():
            rows = [[one.position, *_who(work, names, one), _local(one.start, work), _local(one.end, work)] for one in spans]
            table(("Position", "ID", "Name", "From", "Until"), rows)
            return
    for span in spans:
        number, name = names[span.staff_id] if span.staff_id else (None, None)
        line = {"position": span.position, "staff": number, "name": name, "from": iso(span.start), "until": iso(span.end)}
        typer.echo(json.dumps(line, ensure_ascii=False))


def _who(work: Work, names: Mapping[UUID, tuple[int, str]], span: Span) -> tuple[str, str]:
    from bot.escalation import duty, rota

    if span.staff_id:
        number, name = names[span.staff_id]
        return str(number), name
    off = rota.off_hours(duty.declared(work.session), work.settings.timezone, span.start, span.end)
    return "", "nobody: a gap" if rota.without(span, off) else "nobody: off-hours"


def iso(at: datetime) -> str:
    """`2026-03-01T08:00:00Z`."""
    return at.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _local(at: datetime, work: Work) -> str:
    return at.astimezone(work.settings.zone).strftime("%a %Y-%m-%d %H:%M %Z")


def warn_of_gaps(work: Work, start: datetime, end: datetime) -> None:
    """Name the stretches without anybody on call, on standard error."""
    from bot.staff.oncall import store

    for span in store.gaps(work, start, end):
        complain(f"gap: nobody is {span.position} from {_local(span.start, work)} until {_local(span.end, work)}")
