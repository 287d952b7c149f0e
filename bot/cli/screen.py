"""`waymark screen`: what the crisis screening says to texts, one JSON line for each."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pathlib import Path

    from bot.opinion.second import SecondReader
    from bot.safety.screen import Screener, Screening

SPOKE = 4  # of the signs that spoke for a page, and of those against one, how many are told
MAX_DIGITS = 1000  # of a number in a line of input
_COLOURS = {"emergency": "red", "urgent": "yellow", "watch": "cyan", "none": "green"}
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # what a terminal obeys, or what hides in a text
_JOINER = "\u200d"  # holds pictures together
_ONE_SIGN = re.compile(r"^1 signs\b")


def screen(
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="TEXT", help="Say in colour what one text is screened as, and why.")
    ] = None,
    rules_only: Annotated[
        bool, typer.Option("--rules-only", help="What the rules page for by themselves before the second opinion, for comparison.")
    ] = False,
) -> None:
    """Screen texts: JSON lines {"id", "text"} in, {"id", "level", "category", "matched", "lang", "by"} out, line by line.

    "by" names which of the two decided: rules or second opinion. With WAYMARK_SECOND_OPINION=off the rules decide
    alone, and need fewer points for a page.
    """
    from bot.cli.common import own_content
    from bot.content.check import screener_of
    from bot.errors import SetupError
    from bot.opinion.decide import raised

    if explain is None and (sys.stdin is None or sys.stdout is None):  # closed by whoever called
        raise SetupError("standard input and output have to be open: `waymark screen < FILE`")
    own = own_content()
    screener = screener_of(own)
    reader = _second(own, screener)

    def judge(text: str) -> tuple[Screening, str]:
        """What a text is, and why the second opinion had no part in it."""
        if reader is None or rules_only:
            return screener.screen(text, sure=rules_only), ""
        try:
            said = reader.opinions([(text,)])[0]
            if said is not None:
                return raised(reader.table, screener.screen(text, sure=True), said), ""
            why = "a text without words"
        except Exception as error:  # whatever it stumbles over: nobody's line is lost for it
            why = type(error).__name__
        return screener.screen(text), why

    if explain is not None:
        found, why = judge(explain)
        for line in _explained(screener, found, explain):
            typer.echo(line)
        if why:
            typer.echo(f"  no second opinion, the rules decided alone: {why}")
        elif reader is not None and not rules_only:
            for line in _like(reader, explain):
                typer.echo(line)
        return
    broken = 0
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        try:
            answer = _answer(lambda text: judge(text)[0], line)
        except (ValueError, RecursionError) as error:
            broken += 1
            typer.echo(f"line {number}: {_why(error)}", err=True)
            continue
        sys.stdout.buffer.write(answer + b"\n")
        sys.stdout.buffer.flush()
    if broken:
        raise typer.Exit(1)


def _second(own: Path | None, screener: Screener) -> SecondReader | None:
    """The second reader; None when it is switched off or cannot be loaded, which a line on standard error says."""
    from bot.config import Settings
    from bot.content.check import opinion_of
    from bot.errors import ContentError, SetupError

    try:
        if not Settings.load().second_opinion:
            return None
    except SetupError:
        pass  # needs no settings: a broken one is `run`'s and `doctor`'s affair
    try:
        from bot.opinion.second import SecondReader

        return SecondReader.load(screener, *opinion_of(own))
    except Exception as error:
        why = error if isinstance(error, ContentError | ValueError) else type(error).__name__
        typer.echo(f"no second opinion, the rules decide alone: {why}", err=True)
        return None


def _explained(screener: Screener, found: Screening, text: str) -> Iterator[str]:
    """Why one text is screened as it is: the words that decided, what raised and lowered it, the lexicon's version."""
    colour = _COLOURS[found.level.value]
    about = f", {found.category.value}" if found.category else ""
    yield typer.style(f"{found.level.value}{about}", fg=colour, bold=True) + f"  ({found.lang}; about: {found.subject or 'nobody'})"
    yield _painted(text, found, colour)
    if found.matched:
        yield f"  {_kind('words')}" + "; ".join(f'"{_visible(span)}"' for span in found.matched)
    for rule in found.rules:
        yield f"  {_told(rule, found.level.pages)}"
    if found.harmless:
        yield f"  {found.harmless}: the whole message is harmless, a second opinion does not raise it"
    if found.answer:
        yield f"  answer: {found.answer}"
    from bot.safety.trail import Trail

    signs = screener.signs
    if signs.weighs:
        most = Trail(screener.read(text).words).most(signs.base)
        enough = f"enough for a page: {signs.alone} without the second opinion, {signs.sure} beside it"
        yield typer.style(f"  points {found.points} ({enough}; all begin with {signs.base})", dim=True)
        yield typer.style(f"  signs for a page: {', '.join(most.told(SPOKE)) or 'none'}", dim=True)
        yield typer.style(f"  signs against one: {', '.join(most.told_against(SPOKE)) or 'none'}", dim=True)
    yield typer.style(f"  lexicon {screener.version}", dim=True)


def _like(reader: SecondReader, text: str) -> Iterator[str]:
    """What the second opinion thinks, and the corpus' messages that are nearest in meaning."""
    opinion = reader.opinions([(text,)])[0]
    if opinion is None:
        return
    scores = opinion.scores
    yield f"  second opinion {reader.model.version}: page {scores.page:.2f}, emergency {scores.emergency:.2f}"
    for one in reader.nearest(text):
        level = typer.style(f"{one.level.value:<9}", fg=_COLOURS[one.level.value])
        yield f"    {one.likeness:.2f} {level} {one.text}"


def _painted(text: str, found: Screening, colour: str) -> str:
    """The text with what decided in colour."""
    out, at = "  ", 0
    for span in found.matched:
        begin = text.find(span, at)
        if begin >= 0:
            out += _visible(text[at:begin]) + typer.style(_visible(span), fg=colour, bold=True)
            at = begin + len(span)
    return out + _visible(text[at:])


def _visible(text: str) -> str:
    """A text whose lines stand under each other, and in which what a terminal would obey or not show is written out (``\\u202e``)."""
    shown = [
        one if one == _JOINER or one == "\n" or unicodedata.category(one) not in _UNSEEN else f"\\u{ord(one):04x}"
        for one in text.replace("\r\n", "\n").replace("\t", " ")
    ]
    return "".join(shown).replace("\n", "\n  ")


def _told(rule: str, pages: bool) -> str:
    """A rule with its kind in front.

    Args:
        rule: as the screening names it.
        pages: whether somebody is paged in the end.
    """
    kind, _, rest = rule.partition(": ")
    if kind == "calm":
        why = (
            "not enough by itself, what stands beside it pages"
            if pages
            else "the words around it do not say enough for a page; a counselor looks"
        )
        rest = f"{rest} points: {why}"
    if not rest:
        return _kind("pattern" if rule[:3] in {"en.", "es."} else "context") + _ONE_SIGN.sub("1 sign", rule)
    return _kind(kind) + rest


def _kind(kind: str) -> str:
    return typer.style(f"{kind:<15}" if len(kind) > 8 else f"{kind:<9}", dim=True)


def _answer(judge: Callable[[str], Screening], line: bytes) -> bytes:
    """The answer to one line of input, as UTF-8.

    Raises:
        ValueError: it is no JSON object with an id and a text.
    """
    from bot.opinion.decide import decided_by

    asked = json.loads(line.decode("utf-8-sig"), parse_constant=_no_number, parse_int=_number)
    if not isinstance(asked, dict) or "id" not in asked or not isinstance(asked.get("text"), str):
        raise ValueError('has to be an object such as {"id": 1, "text": "..."}')
    found = judge(asked["text"])
    answer = {
        "id": asked["id"],
        "level": found.level.value,
        "category": found.category.value if found.category else None,
        "matched": list(found.matched),
        "lang": found.lang,
        "by": decided_by(found),
    }
    try:
        return json.dumps(answer, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can carry
        return json.dumps(answer).encode()


def _no_number(written: str) -> None:
    raise ValueError(f"is not JSON ({written} is no number)")


def _number(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"holds a number of {len(digits)} digits; {MAX_DIGITS} are read")
    return int(digits)


def _why(error: Exception) -> str:
    match error:
        case UnicodeDecodeError():
            return "is not UTF-8"
        case json.JSONDecodeError():
            return f"is not JSON (column {error.colno})"
        case RecursionError():
            return "is nested too deeply"
    return str(error)
