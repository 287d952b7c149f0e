"""What `waymark doctor` looks at: one function a subject, each finding with what to do about it."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import ContentError, SetupError

if TYPE_CHECKING:
    from bot.cli.telegram import Identity
    from bot.config import Settings
    from bot.content.crisis import LineKey
    from bot.db import Database
    from bot.work import Work

VERIFIED_FOR = timedelta(days=183)  # six months, SAFETY.md 2
SKEW = timedelta(seconds=2)
AHEAD = timedelta(days=14)


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    LOOK = "look"
    MEND = "mend"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `line` says what is so and, unless it is well, what to do."""

    state: State
    subject: str
    line: str


def mend(subject: str, line: str) -> Finding:
    """Something that must be mended before patients rely on it."""
    return Finding(State.MEND, subject, line)


def look(subject: str, line: str) -> Finding:
    """Something to know or to decide."""
    return Finding(State.LOOK, subject, line)


def well(subject: str, line: str) -> Finding:
    """All is well."""
    return Finding(State.OK, subject, line)


def configuration(settings: Settings) -> Iterator[Finding]:
    """What is missing or misspelt in the settings."""
    from bot.config import ENV_FILE, Mode, name_of, unknown_names

    missing = [field for field in ("bot_token", "encryption_keys") if getattr(settings, field) is None]
    for field in missing:
        yield mend("settings", f"{name_of(field)} is missing: `waymark init` asks for what it needs")
    for name in unknown_names():
        yield mend("settings", f"{ENV_FILE} sets {name}, which is no setting: correct its spelling or take it out")
    env = Path(ENV_FILE)
    if env.is_file() and stat.S_IMODE(env.stat().st_mode) & 0o077:
        yield mend("settings", f"{ENV_FILE} holds secrets and other users of this machine may read it: chmod 600 {ENV_FILE}")
    if not settings.clinic_phone:
        yield look("settings", f"{name_of('clinic_phone')} is not set: patients see no number of the clinic")
    if settings.timezone == "UTC" and "timezone" not in settings.model_fields_set:
        yield look("settings", f"{name_of('timezone')} is not set: the clinic's day and night are taken to be those of UTC")
    if settings.mode is Mode.POLLING and settings.public_url is not None:
        yield look("settings", f"{name_of('public_url')} is set but not used: {name_of('mode')} is polling")
    if not missing:
        yield well("settings", "complete")


def token(settings: Settings, own: Path | None) -> Iterator[Finding]:
    """Whether Telegram knows the token, and whether the bot's name tells too much."""
    from bot.cli.telegram import identity

    if settings.bot_token is None:
        return
    try:
        found = identity(settings)
    except SetupError as error:
        yield mend("token", str(error))
        return
    if found is None:
        yield mend("token", f"{settings.bot_api_url} does not answer: look at this machine's network, then run `waymark doctor` again")
        return
    yield well("token", f"Telegram knows the bot as @{found.username}")
    yield from _telling(found, own)


def _telling(found: Identity, own: Path | None) -> Iterator[Finding]:
    line = warning(found, own)
    if line is not None:
        yield look("token", line)


def warning(found: Identity, own: Path | None) -> str | None:
    """One line when the bot's names give away what it is for."""
    from bot.cli.telegram import telling
    from bot.content.check import folders_of
    from bot.content.prose import load_style

    words = telling(found, load_style(folders_of(own)))
    if not words:
        return None
    return (
        f"the bot's name shows on patients' phones and says {', '.join(words)}: "
        "choose a neutral name and user name at @BotFather (/setname; a user name asks for a new bot)"
    )


def content(own: Path | None) -> Iterator[Finding]:
    """Whether the content is whole."""
    from bot.content import check

    try:
        report = check.check(own)
    except ContentError as error:
        yield mend("content", str(error))
        return
    if report.findings:
        number = len(report.findings)
        told = "1 finding: `waymark content check` names it" if number == 1 else f"{number} findings: `waymark content check` names them"
        yield mend("content", told)
    else:
        yield well("content", ", ".join(f"{number} {name}" for name, number in report.counts.items()))


def screen() -> Iterator[Finding]:
    """Whether the crisis screen runs compiled."""
    from bot import native

    if native.runs():
        yield well("screen", "runs compiled")
    else:
        yield look(
            "screen", "runs as plain Python, at half the speed: `make install` compiles it where a C compiler and Python's headers are"
        )


def stored(settings: Settings, database: Database) -> Iterator[Finding]:
    """Whether the keys fit and what is sealed opens; on PostgreSQL whether the clocks agree."""
    from bot.cli.db import contents

    if settings.encryption_keys is None:
        return
    try:
        found = contents(settings, database.url)
    except SetupError as error:
        yield mend("keys", str(error))
        return
    for line in found:
        yield mend("database", line)
    if not found:
        yield well("database", "at this version's schema; keys fit; sealed values open; the audit log is whole")
    yield from skew(database)


def skew(database: Database) -> Iterator[Finding]:
    """Whether this machine's clock agrees with the database server's."""
    if database.is_sqlite:
        return
    from sqlalchemy import func
    from sqlmodel import select

    from bot.cli.common import now

    with database.transaction() as session:
        before = now()
        server = session.exec(select(func.clock_timestamp())).one()
        off = abs(server - (before + (now() - before) / 2))
    if off > SKEW:
        yield mend(
            "clock", f"this machine's clock and the database server's differ by {off.total_seconds():.0f} s: set up time synchronisation"
        )
    else:
        yield well("clock", "agrees with the database server's")


def lines(work: Work) -> Iterator[Finding]:
    """Whether the clinic's country has crisis lines that somebody dialled within six months."""
    country = work.settings.country
    own = work.content.lines_for(country)
    wanted: tuple[tuple[LineKey, str], ...] = (("emergency", "emergency number"), ("crisis_voice", "crisis line"))
    for key, name in wanted:
        if not own.lines.get(key):
            yield mend("lines", f"{country} has no {name} in crisis/lines.yaml: add one in your own content folder (WAYMARK_CONTENT_DIR)")
    today = work.now.astimezone(work.settings.zone).date()
    every = [line for group in own.lines.values() for line in group]
    late = [line for line in every if not _fresh(line.verified_on, today)]
    if late:
        never = sum(line.verified_on is None for line in late)
        yield mend(
            "lines",
            f"{len(late)} of {country}'s {len(every)} crisis lines were not dialled within six months ({never} of them never): "
            "phone each, then set verified_on in crisis/lines.yaml of your own content folder",
        )
    elif every:
        yield well("lines", f"{len(every)} for {country}, each dialled within six months")
    yield from _elsewhere(work)


def _elsewhere(work: Work) -> Iterator[Finding]:
    from sqlmodel import col, select

    from bot.models import Person

    there = set(work.session.exec(select(Person.country).where(col(Person.removed_at).is_(None)).distinct()))
    without = sorted(code for code in there - {work.settings.country} if not work.content.lines_for(code).lines)
    if without:
        yield look("lines", f'people live in {", ".join(without)}, for which there are none: they read "call your local emergency number"')


def _fresh(verified_on: date | None, today: date) -> bool:
    return verified_on is not None and today - VERIFIED_FOR <= verified_on <= today


def approval(work: Work) -> Iterator[Finding]:
    """Whether a clinician approved this version of the content."""
    from bot.staff.register import signoff

    signed = signoff.current(work)
    for one in signed:
        yield well("sign-off", f"content {work.content.version}: {one.name}, {one.role}, {one.on.isoformat()}")
    if not signed:
        yield look(
            "sign-off",
            f"no clinician has approved content {work.content.version}: let one read it, then "
            "`waymark content sign-off NAME --role R --on DATE`",
        )


def duty(work: Work) -> Iterator[Finding]:
    """Who is on call now, whether they can be paged, and gaps in the next two weeks."""
    from bot import people
    from bot.escalation.rota import POSITIONS
    from bot.models import Role
    from bot.staff.oncall import store

    for position in POSITIONS:
        person = store.post(work, position, work.now).staff
        if person is None:
            yield mend("on call", f"nobody is {position} now: `waymark oncall set --{position} ID`")
        elif not people.reachable(person):
            yield mend("on call", f"{person.number} is {position} now but cannot be paged: let them use their code or unblock the bot")
        else:
            yield well("on call", f"{position}: {person.number}")
    zone = work.settings.zone
    for gap in store.gaps(work, work.now, work.now + AHEAD):
        if gap.start > work.now:
            start, end = (at.astimezone(zone).strftime("%a %Y-%m-%d %H:%M") for at in (gap.start, gap.end))
            yield look(
                "on call", f"nobody is {gap.position} from {start} until {end}: `waymark oncall set --{gap.position} ID --from T --until T`"
            )
    for role, state in ((Role.SUPERVISOR, State.MEND), (Role.OPERATOR, State.LOOK)):
        if not any(people.reachable(person) for person in people.staff(work.session, {role})):
            line = f"no {role.value} can be paged, whom the chain needs last: `waymark staff add NAME --role {role.value}`"
            yield Finding(state, "on call", line)
