"""`waymark doctor`: whether this installation may be relied on, and what to do when not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from bot.errors import ContentError, SetupError

if TYPE_CHECKING:
    from bot.cli.findings import Finding
    from bot.config import Settings

_COLOURS = {"ok": typer.colors.GREEN, "look": typer.colors.YELLOW, "mend": typer.colors.RED}


def doctor() -> None:
    """Check configuration, database, content, crisis lines, token, channels, on-call cover. Ends with 1 when something must be mended."""
    from bot.cli.findings import State

    count = dict.fromkeys(State, 0)
    for finding in examine():
        count[finding.state] += 1
        mark = typer.style(f"{finding.state.value:<4}", fg=_COLOURS[finding.state], bold=True)
        typer.echo(f"{mark}  {finding.subject}: {finding.line}")
    typer.echo(f"{count[State.MEND]} to mend, {count[State.LOOK]} to look at, {count[State.OK]} well")
    if count[State.MEND]:
        raise typer.Exit(1)


def examine() -> Iterator[Finding]:
    """Everything that is looked at, in order. A subject that cannot be looked at does not keep the others from it."""
    from bot.cli import findings, findings_channels, findings_opinion
    from bot.cli.common import own_content
    from bot.config import Settings

    try:
        settings = Settings.load()
    except SetupError as error:
        yield from (findings.mend("settings", line) for line in str(error).splitlines())
        return
    yield from findings.configuration(settings)
    yield from findings.content(own_content())
    yield from findings.screen()
    yield from findings_opinion.opinion(settings, own_content())
    yield from _in_database(settings)
    yield from findings.token(settings, settings.content_dir)
    yield from findings_channels.channels(settings)


def _in_database(settings: Settings) -> Iterator[Finding]:
    from bot.cli import findings, findings_channels, findings_meetings, findings_opinion
    from bot.cli.common import opened, work_in
    from bot.cli.db_files import problems

    path = settings.database_path
    if path is not None and path.is_file():
        broken = [findings.mend("database", line) for line in problems(path)]
        yield from broken
        if broken:
            return
    try:
        with opened(settings) as database:
            inside = list(findings.stored(settings, database))
            yield from inside
            if settings.encryption_keys is None or any(finding.subject == "keys" for finding in inside):
                return
            with work_in(settings, database) as work:
                yield from findings.lines(work)
                yield from findings.approval(work)
                yield from findings.duty(work)
                yield from findings_channels.reach(work)
                yield from findings_meetings.feeds(work)
                yield from findings_opinion.running(work)
    except SetupError as error:
        yield findings.mend("database", str(error))
    except ContentError:
        yield findings.look("content", "crisis lines and on-call cover were not looked at, since the content does not load")
