"""`waymark content`: checking what a clinician may change, and recording who approved it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.common import group
from bot.errors import SetupError

app = group("Check the content and record its approval.")


@app.command("check")
def check(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="A folder of your own over the shipped content, or a whole copy of it.")
    ] = None,
) -> None:
    """Validate all content: files, both languages, links, length, reading level, words, the lexicon's examples. Needs no settings."""
    from bot.cli.common import own_content
    from bot.content import check as checking

    report = checking.check(folder or own_content())
    for finding in report.findings:
        file = f"{finding.file}:{finding.line}" if finding.line is not None else finding.file
        key = "" if finding.key == f"line {finding.line}" else finding.key  # the file is named with its line
        typer.echo(": ".join(part for part in (file, key, finding.why) if part))
    counted = ", ".join(f"{number} {name}" for name, number in report.counts.items())
    total = len(report.findings)
    typer.echo(f"{counted}: {'all is well' if not total else f'{total} to mend'}")
    if total:
        raise typer.Exit(1)


@app.command("levels")
def levels(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="A folder of your own over the shipped content.")] = None,
) -> None:
    """Print a table of the modules: lessons, words, school grade of the English, ease of the Spanish. Needs no settings."""
    from bot.cli.common import own_content
    from bot.content import check as checking
    from bot.content.lessons import load_modules
    from bot.content.levels import table

    typer.echo("\n".join(table(load_modules(checking.folders_of(folder or own_content())))))


@app.command("preview")
def preview(
    lesson: Annotated[str, typer.Argument(metavar="LESSON", help="A lesson's id, for example m3.1.")],
    lang: Annotated[str, typer.Option("--lang", help="The language: en or es.")] = "en",
    folder: Annotated[Path | None, typer.Option("--folder", metavar="DIR", help="A folder of your own over the shipped content.")] = None,
    page: Annotated[bool, typer.Option("--page", help="On the demo's page: two phones, English and Spanish, to tap through.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where that page is; 0 takes a free port.")] = 8080,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open that page.")] = True,
) -> None:
    """Show a lesson as a phone would: every page, the exercise, the quiz with what each answer says. Needs no settings."""
    from bot.cli.common import own_content
    from bot.content import check as checking
    from bot.content.files import LANGS
    from bot.content.lessons import load_modules
    from bot.content.preview import pages_of

    if lang not in LANGS:
        raise SetupError(f"--lang is wrong: it is {' or '.join(LANGS)}")
    lessons = [one for module in load_modules(checking.folders_of(folder or own_content())) for one in module.lessons]
    found = next((one for one in lessons if one.id == lesson.strip()), None)
    if found is None:
        raise SetupError(f"LESSON is wrong: there is no lesson {lesson}; there are {', '.join(one.id for one in lessons)}")
    if page:
        _on_phones(found.id, folder or own_content(), port, browser=browser)
    else:
        typer.echo("\n\n".join(pages_of(found, lang)))


def _on_phones(lesson: str, own: Path | None, port: int, *, browser: bool) -> None:
    """The lesson by the real bot, on the demo's page, until Ctrl-C."""
    import webbrowser

    from bot import logs
    from bot.config import LogLevel
    from bot.content import library
    from bot.demo import preview as phones

    logs.configure(LogLevel.WARNING)
    content = library.load(own)
    found = next(one for module in content.modules for one in module.lessons if one.id == lesson)

    def ready(root: str) -> None:
        typer.echo(f"The lesson is at {root}/, in English on the left phone and in Spanish on the right one. Ctrl-C ends it.")
        if browser:
            webbrowser.open(f"{root}/")

    phones.run(content, found, port, ready)


@app.command("sign-off")
def sign_off(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The clinician who read the content and approves it.")],
    role: Annotated[str, typer.Option("--role", help="Their profession or post, for example: medical director.")],
    on: Annotated[str, typer.Option("--on", metavar="DATE", help="The day of the approval, for example 2026-03-01.")],
) -> None:
    """Record who approved the content as it is now. A change of the content asks for a new approval."""
    from datetime import date

    from bot.cli.common import unit
    from bot.cli.staff import checked_name
    from bot.staff.register import signoff

    try:
        day = date.fromisoformat(on.strip())
    except ValueError:
        raise SetupError("--on is wrong: it is a date, for example: 2026-03-01") from None
    signed = signoff.SignOff(checked_name(name), checked_name(role, "--role", "medical director"), day)
    with unit() as work:
        if day > work.now.astimezone(work.settings.zone).date():
            raise SetupError("--on is wrong: that day has not come yet")
        version = signoff.record(work, signed)
    typer.echo(f"Content version {version}: approved by {signed.name}, {signed.role}, on {day.isoformat()}.")
