"""`waymark patient`: invitations, the list, and what a person may ask for: a copy of everything, or to be erased."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.common import group, member, table, unit
from bot.errors import SetupError

if TYPE_CHECKING:
    from bot.models import Person
    from bot.work import Work

app = group("Patients: invite, list, owner, new phone, export, erase.")


@app.command("invite")
def invite(
    track: Annotated[str | None, typer.Option("--track", help="The programme's track, as the clinic calls it.")] = None,
    owner: Annotated[int | None, typer.Option("--owner", metavar="ID", help="Who looks after them; else a supervisor chooses.")] = None,
) -> None:
    """Make an invitation for a patient, good for 7 days; the code is the last line of the output."""
    from bot import invitations
    from bot.models import Role

    with unit() as work:
        chosen = clinician(work, owner) if owner is not None else None
        code = invitations.create(work, Role.PATIENT, track=checked_track(track), owner=chosen)
        link = invitations.link(work, code)
    typer.echo("Within 7 days the patient opens the bot in Telegram and sends:")
    typer.echo(f"/start {code}" + (f"   (or taps {link})" if link else ""))
    typer.echo(code)


def clinician(work: Work, number: int) -> Person:
    """The counselor or supervisor with this ID.

    Raises:
        SetupError: there is none.
    """
    from bot.models import CLINICAL

    found = member(work, number)
    if found.role not in CLINICAL:
        raise SetupError(f"{number} is no counselor or supervisor: `waymark staff list` prints who is")
    return found


@app.command("owner")
def owner(
    number: Annotated[int, typer.Argument(metavar="ID", help="As `patient list` prints it.")],
    to: Annotated[int, typer.Option("--to", metavar="ID", help="As `staff list` prints it.")],
) -> None:
    """Give a patient to another counselor; open work goes along."""
    from bot.errors import Conflict
    from bot.staff.patients import store

    with unit() as work:
        try:
            store.give(work, patient_with(work, number), clinician(work, to), by=None)
        except Conflict:
            raise SetupError(f"{to} looks after {number} already") from None
    typer.echo(f"{to} looks after {number} now.")


@app.command("code")
def code(number: Annotated[int, typer.Argument(metavar="ID", help="As `patient list` prints it.")]) -> None:
    """A code for a new phone, good for an hour: whoever uses it has this patient's chat, and the old one is cut off at once."""
    from bot import invitations

    with unit() as work:
        made = invitations.create_move(work, patient_with(work, number))
        link = invitations.link(work, made)
    typer.echo("Give it only to the patient in person. Within an hour they open the bot on the new phone and send:")
    typer.echo(f"/start {made}" + (f"   (or tap {link})" if link else ""))
    typer.echo(made)


def patient_with(work: Work, number: int) -> Person:
    """The patient with this ID.

    Raises:
        SetupError: there is none.
    """
    from bot.models import Role

    person = someone(work, number)
    if person.role is not Role.PATIENT:
        raise SetupError(f"{number} is no patient: `waymark patient list` prints them")
    return person


def checked_track(track: str | None) -> str | None:
    """A track's name without needless space.

    Raises:
        SetupError: it is too long.
    """
    plain = " ".join((track or "").split())
    if len(plain) > 40 or not plain.isprintable():
        raise SetupError("the track is wrong: it has up to 40 letters, for example: evening")
    return plain or None


@app.command("list")
def listing(search: Annotated[str, typer.Option("--search", help="Words of a name, an ID or a track.")] = "") -> None:
    """Patients with their IDs. The look is in the audit log."""
    from bot.staff.register import store

    with unit() as work:
        zone = work.settings.zone
        rows = [
            [
                str(one.number),
                one.name or "(no name yet)",
                one.track or "-",
                one.status,
                one.owner or "(supervisors)",
                one.seen_at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if one.seen_at else "-",
            ]
            for one in store.patients(work, search)
        ]
    if not rows:
        typer.echo("Nobody found." if search else "Nobody yet: `waymark patient invite` makes an invitation.", err=True)
    table(("ID", "Name", "Track", "Status", "Counselor", "Last seen"), rows)


class Form(StrEnum):
    """How an export is written."""

    JSON = "json"
    TEXT = "text"


@app.command("export")
def export(
    number: Annotated[int, typer.Argument(metavar="ID", help="As `patient list` prints it.")],
    form: Annotated[Form, typer.Option("--format", help="For programs or for people.")] = Form.JSON,
) -> None:
    """Print everything that is stored about a person. That it was taken is written down."""
    import json

    from bot.features.privacy import export as exporting
    from bot.features.privacy import store

    with unit() as work:
        person = someone(work, number)
        data = store.export_person(work, person, by="operator")
        text = (
            json.dumps(data, ensure_ascii=False, indent=2)
            if form is Form.JSON
            else exporting.readable(work, data, person.language, person.zone)
        )
    typer.echo(text)


@app.command("erase")
def erase(
    number: Annotated[int, typer.Argument(metavar="ID", help="As `patient list` prints it.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Erase everything about a person that no law keeps. It cannot be taken back; older backups still hold it."""
    from bot.errors import Conflict
    from bot.features.privacy import store

    if not yes and sys.stdin.isatty():
        typer.confirm(f"Erase everything about person {number} for good?", abort=True)
    with unit() as work:
        person = someone(work, number)
        try:
            store.erase_person(work, person, by="operator")
        except Conflict:
            raise SetupError(f"{number} has an open case: a member of staff has to close it first") from None
        except ValueError:
            raise SetupError(f"{number} is staff: `waymark staff remove {number}` ends their rights") from None
    typer.echo(f"Everything about {number} was erased.")


def someone(work: Work, number: int) -> Person:
    """The person with this ID, whatever their role.

    Raises:
        SetupError: there is none, or they were erased.
    """
    from bot import people
    from bot.models import STAFF

    person = people.by_number(work.session, number)
    if person is None or (person.removed_at is not None and person.role not in STAFF):
        raise SetupError(f"there is nobody with the ID {number}: `waymark patient list` prints them")
    return person
