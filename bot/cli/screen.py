"""`waymark screen`: what the crisis screening says to texts, one JSON line for each."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from bot.safety.screen import Screener


def screen() -> None:
    """Screen texts: JSON lines {"id", "text"} in, {"id", "level", "category", "matched", "lang"} out, line by line."""
    from bot.cli.common import own_content
    from bot.content.check import screener_of

    screener = screener_of(own_content())
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
