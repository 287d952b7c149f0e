"""The command `waymark`: one file per group of commands; each parses, opens a transaction, calls a slice and prints.

Only Typer is imported at the top of these files. What takes time to load is imported inside the commands, so that `waymark --help`
answers at once.
"""

from __future__ import annotations

import errno
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from bot.cli import (
    channels,
    content,
    db,
    demo,
    doctor,
    drill,
    figures,
    init,
    meetings,
    oncall,
    oncall_rules,
    patient,
    run,
    screen,
    sessions,
    staff,
    verdicts,
)
from bot.cli.common import complain
from bot.errors import ContentError, SetupError

OPERATOR_ERROR = 2
CRASH = 1


class _OneLine(TyperGroup):
    """An operator's mistake ends in one line on standard error, never in a traceback; so does a mistake of ours."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().make_context(*args, **kwargs)
        except Exception as error:
            _wrong_usage(error)
            _disk_full(error)
            raise

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (SetupError, ContentError) as error:
            complain(str(error))
            raise typer.Exit(OPERATOR_ERROR) from None
        except Exception as error:
            _wrong_usage(error)
            _disk_full(error)
            if type(error).__module__.partition(".")[0] in ("typer", "click") or isinstance(error, BrokenPipeError):
                raise
            complain(_crash(error))
            raise typer.Exit(CRASH) from None


def _wrong_usage(error: Exception) -> None:
    """A command or an option that is none: one line instead of a box, and where to read how it goes.

    Raises:
        typer.Exit: it was that.
    """
    told = getattr(error, "format_message", None)
    if told is None or type(error).__name__ == "NoArgsIsHelpError":
        return
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "waymark"
    said = " ".join(told().split()).replace("Value error, ", "").rstrip(".")
    complain(f"{said}: `{path} --help` shows what it takes")
    raise typer.Exit(OPERATOR_ERROR) from None


def _disk_full(error: Exception) -> None:
    """No room where the command writes to, which its output may be.

    Raises:
        typer.Exit: it was that.
    """
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        complain("the disk is full: free some space and try again")
        raise typer.Exit(OPERATOR_ERROR) from None


def _crash(error: Exception) -> str:
    """Type and place; the message could hold what a person wrote."""
    from bot import logs

    told = logs.describe(error)
    code = f" ({told['code']})" if "code" in told else ""
    return f"waymark failed: {told['error']}{code} at {told['place']}. Please report this line"


app = typer.Typer(
    name="waymark",
    cls=_OneLine,
    help="A recovery companion on Telegram for people in an Intensive Outpatient Program and the counselors who look after them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        import importlib.metadata

        typer.echo(f"waymark {importlib.metadata.version('waymark')}")
        raise typer.Exit


@app.callback()
def _root(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False) -> None:
    """What every command shares."""


app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("init")(init.init)
app.command("doctor")(doctor.doctor)
app.command("drill")(drill.drill)
app.add_typer(db.app, name="db")
app.add_typer(content.app, name="content")
app.command("screen")(screen.screen)
staff.app.command("test")(channels.test)
app.add_typer(staff.app, name="staff")
app.add_typer(patient.app, name="patient")
app.add_typer(meetings.app, name="meetings")
app.add_typer(sessions.app, name="sessions")
oncall.app.command("rotate")(oncall_rules.rotate)
oncall.app.command("fixed")(oncall_rules.fixed)
oncall.app.command("off-hours")(oncall_rules.off_hours)
oncall.app.command("rules")(oncall_rules.rules_)
oncall.app.command("remove-rule")(oncall_rules.remove_rule)
app.add_typer(oncall.app, name="oncall")
app.command("figures")(figures.figures)
app.add_typer(verdicts.app, name="verdicts")


def main() -> None:
    """Run the command line."""
    app()
