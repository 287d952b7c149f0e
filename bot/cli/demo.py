"""`waymark demo`: the product to touch, without a token and without a network."""

from __future__ import annotations

from typing import Annotated

import typer


def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where the page is; 0 takes a free port.")] = 8080,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    keep: Annotated[bool, typer.Option("--keep", help="Keep everything in .waymark-demo and go on from there next time.")] = False,
) -> None:
    """Start the real bot against a Bot API server of its own, with a patient's and a counselor's phone on one page."""
    from bot import logs
    from bot.config import LogLevel
    from bot.demo import show

    logs.configure(LogLevel.WARNING)
    show.run(port, browser=browser, keep=keep, say=_say)


def _say(address: str) -> None:
    typer.echo(f"Waymark's demo is at {address}")
    typer.echo("Two phones, invented people, a clock that you can move. Ctrl-C ends it.")
