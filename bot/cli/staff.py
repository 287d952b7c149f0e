"""`waymark staff`: who works here."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from bot.cli.common import group, member, table, unit
from bot.errors import SetupError

app = group("Staff: add, list, remove.")


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
