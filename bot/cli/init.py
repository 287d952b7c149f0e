"""`waymark init`: from nothing to a prepared clinic. Run again, it asks for what is missing and changes nothing unasked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.common import complain, database_trouble
from bot.errors import SetupError

if TYPE_CHECKING:
    from bot.config import Settings

_SECRET = ("bot_token",)
# (field, question); the order in which an operator has the answers at hand.
_QUESTIONS = (
    ("bot_token", "The bot's token from @BotFather"),
    ("clinic_name", "The clinic's name, as patients know it"),
    ("country", "Its country in two letters, for the crisis lines"),
    ("timezone", "Its time zone, for example America/New_York"),
    ("language", "The language for people whose own is not known: en or es"),
    ("clinic_phone", "Its phone number with country code (empty: none)"),
    ("clinic_hours", "When that phone is answered (empty: not said)"),
)


def init(
    token: Annotated[
        str | None, typer.Option("--token", help="The bot's token; better in WAYMARK_BOT_TOKEN, since arguments show.")
    ] = None,
    clinic_name: Annotated[str | None, typer.Option("--clinic-name", help="As patients know it.")] = None,
    country: Annotated[str | None, typer.Option("--country", help="Two letters.")] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", help="A name of the IANA database.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="en or es.")] = None,
    clinic_phone: Annotated[str | None, typer.Option("--clinic-phone", help="With country code.")] = None,
    clinic_hours: Annotated[str | None, typer.Option("--clinic-hours", help="When it is answered, in words.")] = None,
    database_url: Annotated[str | None, typer.Option("--database-url", help="SQLite (default: waymark.db here) or PostgreSQL.")] = None,
    supervisor: Annotated[str | None, typer.Option("--supervisor", help="Name of the first supervisor.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: take options, what is set already, and defaults.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Let options change what .env says already.")] = False,
) -> None:
    """Write .env, prepare the database and print the first supervisor's invitation code (the last line)."""
    from bot.config import ENV_FILE

    given = {
        "bot_token": token,
        "clinic_name": clinic_name,
        "country": country,
        "timezone": timezone,
        "language": language,
        "clinic_phone": clinic_phone,
        "clinic_hours": clinic_hours,
        "database_url": database_url,
    }
    env = Path(ENV_FILE)
    changes = _answers({field: value for field, value in given.items() if value is not None}, env, ask=not yes, replace=replace)
    settings = _settled(changes, env)
    _name_check(settings)
    _prepare(settings)
    _first_supervisor(settings, supervisor, ask=not yes)


def _answers(given: dict[str, str], env: Path, *, ask: bool, replace: bool) -> dict[str, str]:
    """What is to be written to `.env`, by field.

    Raises:
        SetupError: an answer is wrong, or an option would change what `.env` says.
    """
    from bot.cli.env_file import values
    from bot.config import name_of

    known = values(env)
    changes: dict[str, str] = {}
    for field, value in given.items():
        old = known.get(name_of(field))
        if old is not None and old != value and not replace:
            raise SetupError(f"{name_of(field)} is set in {env} already: add --replace to change it")
        if old != value:
            _judge(field, value)
            changes[field] = value
    if ask:
        for field, question in _QUESTIONS:
            if field not in given:
                changes |= _asked(field, question, known.get(name_of(field)))
    return changes


def _asked(field: str, question: str, old: str | None) -> dict[str, str]:
    """Ask until the answer can be used; Enter keeps what is there."""
    import os

    from bot.config import Settings, name_of

    inherited = os.environ.get(name_of(field)) or None
    if inherited is not None:  # the environment wins over .env, so an answer would have no effect
        return {}
    default = Settings.model_fields[field].default
    shown = old if old is not None else (str(default) if default else "")
    while True:
        if field in _SECRET:
            hint = " (Enter keeps the present one)" if old else " (Enter: later)"
            answer = typer.prompt(question + hint, default="", hide_input=True, show_default=False)
        else:
            answer = typer.prompt(question, default=shown, show_default=bool(shown))
        answer = answer.strip()
        if not answer or answer == old or (old is None and answer == shown and field not in ("country", "timezone", "language")):
            return {}
        try:
            _judge(field, answer)
        except SetupError as error:
            complain(str(error))
            continue
        return {field: answer}


def _judge(field: str, value: str) -> None:
    """Raises SetupError when this value alone is wrong."""
    from pydantic import ValidationError

    from bot.config import Settings, name_of

    try:
        Settings.__pydantic_validator__.validate_assignment(Settings.model_construct(), field, value)
    except ValidationError as error:
        own = [item for item in error.errors(include_input=False, include_url=False) if item["loc"] and item["loc"][0] == field]
        if not own:
            return  # how settings fit together is looked at when all are known
        about = Settings.model_fields[field]
        why = own[0]["msg"].removeprefix("Value error, ") if own[0]["type"] == "value_error" else "it has the wrong form"
        example = about.examples[0] if about.examples else ""
        raise SetupError(f"{name_of(field)} is wrong: {why}. It is {about.description}, for example: {example}") from None


def _settled(changes: dict[str, str], env: Path) -> Settings:
    """Write what changes, a first encryption key with it, and load the settings as every command will.

    Raises:
        SetupError: the settings do not fit together, or the database is sealed with a key that is no longer there.
    """
    from bot.cli import env_file
    from bot.config import Settings, name_of
    from bot.vault import new_key

    before = Settings.load(**changes)
    if before.encryption_keys is None:
        _not_sealed_yet(before)
        changes = {**changes, "encryption_keys": new_key()}
    if changes:
        env_file.write(env, {name_of(field): value for field, value in changes.items()})
        typer.echo(f"{env} holds {', '.join(sorted(name_of(field) for field in changes))}; only this user may read it.")
    if "encryption_keys" in changes:
        typer.echo(f"Keep a copy of {name_of('encryption_keys')} outside this machine: without it nothing that people wrote can be read.")
    return Settings.load(("encryption_keys",))


def _not_sealed_yet(settings: Settings) -> None:
    """Raises SetupError when the database was sealed with a key that is lost: a new one would not open it."""
    from bot import schema
    from bot.db import Database
    from bot.models import Meta

    path = settings.database_path
    if path is not None and not path.is_file():
        return
    database = Database(settings.database_url)
    try:
        with database_trouble():
            if schema.revision(database.engine) is None:
                return
            with database.transaction() as session:
                known = session.get(Meta, "encryption_keys")
    finally:
        database.close()
    if known is not None:
        raise SetupError(
            f"the database was sealed with the key {known.value.split(',')[0]}, and WAYMARK_ENCRYPTION_KEYS is missing: "
            "put the key from your old .env back; a new one would not open what is stored"
        )


def _name_check(settings: Settings) -> None:
    from bot.cli.findings import warning
    from bot.cli.telegram import identity

    if settings.bot_token is None:
        complain("No token yet: put WAYMARK_BOT_TOKEN into .env (or run `waymark init` again) before `waymark run`.")
        return
    found = identity(settings)
    if found is None:
        complain(f"{settings.bot_api_url} does not answer now; `waymark doctor` tries the token again.")
        return
    typer.echo(f"The bot is @{found.username}.")
    line = warning(found, settings.content_dir)
    if line is not None:
        complain(f"Note: {line}")


def _prepare(settings: Settings) -> None:
    from bot import schema
    from bot.cli.db import migrate
    from bot.db import Database
    from bot.vault import Vault

    migrate(settings)
    database = Database(settings.database_url)
    try:
        with database_trouble(), database.transaction() as session:
            schema.check_keys(session, Vault(settings.keys))
    finally:
        database.close()


def _first_supervisor(settings: Settings, name: str | None, *, ask: bool) -> None:
    """Print a code for the first supervisor; nothing when one works here already."""
    from bot import invitations, people
    from bot.cli.common import opened, work_in
    from bot.cli.staff import checked_name
    from bot.models import Role
    from bot.staff.register import store

    with opened(settings) as database, work_in(settings, database) as work:
        there = people.staff(work.session, {Role.SUPERVISOR})
        if any(person.chat_id is not None for person in there):
            typer.echo("A supervisor is enrolled already: `waymark staff add NAME --role R` invites others. Next: `waymark doctor`.")
            return
        waiting = people.name_of(work, there[0]) if there else ""
        if name is None and ask:
            name = typer.prompt("Name of the first supervisor", default=waiting or None)
        person, code = store.invite(work, Role.SUPERVISOR, checked_name(name or waiting or "Supervisor"))
        link, number = invitations.link(work, code), person.number
    typer.echo(f"Next: `waymark run`. Within an hour the first supervisor (ID {number}) opens the bot in Telegram and sends:")
    typer.echo(f"/start {code}" + (f"   (or taps {link})" if link else ""))
    typer.echo(code)
