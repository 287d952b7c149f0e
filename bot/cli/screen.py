"""`waymark screen`: what the crisis screening says to texts, one JSON line for each."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.safety.screen import Screener, Screening

_COLOURS = {"emergency": "red", "urgent": "yellow", "watch": "cyan", "none": "green"}


def screen(
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="TEXT", help="Say in colour what one text is screened as, and why.")
    ] = None,
) -> None:
    """Screen texts: JSON lines {"id", "text"} in, {"id", "level", "category", "matched", "lang"} out, line by line."""
    from bot.cli.common import own_content
    from bot.content.check import screener_of

    screener = screener_of(own_content())
    if explain is not None:
        for line in _explained(screener, explain):
            typer.echo(line)
        return
    broken = 0
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        try:
            answer = _answer(screener, line)
        except (ValueError, RecursionError) as error:
            broken += 1
            typer.echo(f"line {number}: {_why(error)}", err=True)
            continue
        sys.stdout.buffer.write(answer + b"\n")
        sys.stdout.buffer.flush()
    if broken:
        raise typer.Exit(1)


def _explained(screener: Screener, text: str) -> Iterator[str]:
    """Why one text is screened as it is: the words that decided, what raised and lowered it, the lexicon's version."""
    found = screener.screen(text)
    colour = _COLOURS[found.level.value]
    about = f", {found.category.value}" if found.category else ""
    yield typer.style(f"{found.level.value}{about}", fg=colour, bold=True) + f"  ({found.lang}; about: {found.subject or 'nobody'})"
    yield _painted(text, found, colour)
    for rule in found.rules:
        yield f"  {_told(rule)}"
    if found.answer:
        yield f"  answer: {found.answer}"
    yield typer.style(f"  lexicon {screener.version}", dim=True)


def _painted(text: str, found: Screening, colour: str) -> str:
    """The text with what decided in colour."""
    out, at = "  ", 0
    for span in found.matched:
        begin = text.find(span, at)
        if begin >= 0:
            out += text[at:begin] + typer.style(span, fg=colour, bold=True)
            at = begin + len(span)
    return out + text[at:]


def _told(rule: str) -> str:
    """A rule with its kind in front."""
    kind, _, rest = rule.partition(": ")
    if not rest:
        return typer.style("pattern ", dim=True) + rule if rule[:3] in {"en.", "es."} else typer.style("context ", dim=True) + rule
    return typer.style(f"{kind:<8}", dim=True) + rest


def _answer(screener: Screener, line: bytes) -> bytes:
    """The answer to one line of input, as UTF-8.

    Raises:
        ValueError: it is no JSON object with an id and a text.
    """
    asked = json.loads(line.decode("utf-8-sig"))
    if not isinstance(asked, dict) or "id" not in asked or not isinstance(asked.get("text"), str):
        raise ValueError('has to be an object such as {"id": 1, "text": "..."}')
    found = screener.screen(asked["text"])
    answer = {
        "id": asked["id"],
        "level": found.level.value,
        "category": found.category.value if found.category else None,
        "matched": list(found.matched),
        "lang": found.lang,
    }
    try:
        return json.dumps(answer, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can carry
        return json.dumps(answer).encode()


def _why(error: Exception) -> str:
    match error:
        case UnicodeDecodeError():
            return "is not UTF-8"
        case json.JSONDecodeError():
            return f"is not JSON (column {error.colno})"
        case RecursionError():
            return "is nested too deeply"
    return str(error)
