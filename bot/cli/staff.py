"""`waymark staff`: who works here."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.common import group, member, table, unit
from bot.errors import SetupError

if TYPE_CHECKING:
    from bot.models import Leave
    from bot.work import Work

app = group("Staff: add, list, remove, new phone, leave.")


class StaffRole(StrEnum):
    """The roles of staff (`bot.models.Role`, without loading the tables for `--help`)."""

    COUNSELOR = "counselor"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"
    PEER = "peer"


STATES = {
    "waiting": "has not used the code yet",
    "blocked": "cannot be reached: has blocked the bot",
    "ready": "ready",
}


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As patients and colleagues will read it.")],
    role: Annotated[StaffRole, typer.Option("--role", help="What they do.")],
) -> None:
    """Add a member of staff; the code is the last line of the output. Someone who has not used theirs yet gets a new one."""
    from bot import invitations
    from bot.models import Role
    from bot.staff.register import store

    name = checked_name(name)
    with unit() as work:
        person, code = store.invite(work, Role(role.value), name)
        link = invitations.link(work, code)
        number = person.number
    typer.echo(f"{name} is {role.value} with the ID {number}. Within an hour they open the bot in Telegram and send:")
    typer.echo(f"/start {code}" + (f"   (or tap {link})" if link else ""))
    typer.echo(code)


def checked_name(name: str, what: str = "the name", example: str = "Dana Reyes") -> str:
    """A name without needless space.

    Raises:
        SetupError: it is empty, too long or holds control characters.
    """
    plain = " ".join(name.split())
    if not plain or len(plain) > 60 or not plain.isprintable():
        raise SetupError(f"{what} is wrong: it has 1 to 60 letters, for example: {example}")
    return plain


@app.command("list")
def listing() -> None:
    """Staff with their IDs, as `oncall set` and WAYMARK_PAGE_URLS take them."""
    from bot.staff.register import store

    with unit() as work:
        rows = [[str(one.number), one.name, one.role.value, STATES[one.state]] for one in store.members(work)]
    if not rows:
        typer.echo("Nobody yet: `waymark staff add NAME --role supervisor` adds the first.", err=True)
    table(("ID", "Name", "Role", "State"), rows)


@app.command("remove")
def remove(number: Annotated[int, typer.Argument(metavar="ID", help="As `staff list` prints it.")]) -> None:
    """End someone's rights at once; their open cases go to the next step, their patients to the supervisors."""
    from datetime import timedelta

    from bot.cli.oncall import warn_of_gaps
    from bot.staff.register import store

    with unit() as work:
        person = member(work, number)
        left = store.remove(work, person)
        typer.echo(f"{number} is staff no more.")
        if left.cases:
            typer.echo(f"Passed on to the next step: case {', '.join(map(str, left.cases))}.")
        if left.patients:
            typer.echo(f"{left.patients} patients have no counselor now; the supervisors have an item for each.")
        warn_of_gaps(work, work.now, work.now + timedelta(days=14))


@app.command("code")
def code(number: Annotated[int, typer.Argument(metavar="ID", help="As `staff list` prints it.")]) -> None:
    """A code for a new phone, good for an hour: rights end on the old account the moment somebody uses it."""
    from bot import invitations

    with unit() as work:
        made = invitations.create_move(work, member(work, number))
        link = invitations.link(work, made)
    typer.echo("Give it only to the person themselves. Within an hour they open the bot on the new phone and send:")
    typer.echo(f"/start {made}" + (f"   (or tap {link})" if link else ""))
    typer.echo(made)


REFUSED = {
    "leave/wrong_days": "the days do not fit: --until is today or later, not before --from, and at most a year after it",
    "leave/already": "they have leave on these days already: `waymark staff leave` lists it",
    "leave/you_cover": "they cover for a colleague on these days: find somebody else for that first",
    "leave/needs_cover": "they look after patients: --cover names the colleague who does so meanwhile",
    "leave/cover_away": "--cover is wrong: it names a counselor or supervisor who is there on all these days",
    "leave/over": "that leave is over, or was taken back",
}
DAY = "A date such as 2026-03-31, in the clinic's zone."


@app.command("leave")
def leave(
    number: Annotated[int | None, typer.Argument(metavar="ID", help="Who is away; everybody's leave when left out.")] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="DAY", help=DAY)] = None,
    last: Annotated[str | None, typer.Option("--until", metavar="DAY", help="The last day away.")] = None,
    cover: Annotated[int | None, typer.Option("--cover", metavar="ID", help="Who looks after their patients meanwhile.")] = None,
    cancel: Annotated[bool, typer.Option("--cancel", help="Take the leave back that covers --from (or the next one).")] = False,
) -> None:
    """Who is away when, and who covers: list, plan or cancel."""
    from bot import leave as leaves
    from bot.errors import Conflict

    with unit() as work:
        person = member(work, number) if number is not None else None
        if person is None or (first is None and not cancel):
            rows = [row for row in leaves.planned(work) if person is None or row.staff_id == person.id]
            table(("ID", "Name", "From", "Until", "Cover"), [_leave_row(work, row) for row in rows])
            return
        try:
            if cancel:
                day = _day(first, "--from") if first is not None else None
                own = [row for row in leaves.ahead(work, person.id) if day is None or row.from_date <= day <= row.until_date]
                if not own:
                    raise SetupError(f"{number} has no such leave: `waymark staff leave` lists it")
                leaves.cancel(work, own[0])
                told = f"{number} is not away from {own[0].from_date} to {own[0].until_date}."
            else:
                begin, end = _day(first or "", "--from"), _day(last or first or "", "--until")
                row = leaves.plan(work, person, begin, end, member(work, cover) if cover is not None else None)
                told = f"{number} is away from {row.from_date} to {row.until_date}."
        except Conflict as conflict:
            raise SetupError(REFUSED[conflict.reason]) from None
    typer.echo(told)


def _leave_row(work: Work, row: Leave) -> list[str]:
    from bot import people

    staff = people.get(work.session, row.staff_id)
    cover = people.get(work.session, row.cover_id) if row.cover_id is not None else None
    known = f"{cover.number} {people.name_of(work, cover)}" if cover is not None else "-"
    return [str(staff.number), people.name_of(work, staff), row.from_date.isoformat(), row.until_date.isoformat(), known]


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise SetupError(f"{option} is wrong: it is a date, for example: 2026-03-31") from None
