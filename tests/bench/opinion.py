"""The second opinion on messages that it never saw: rules, model and both by kind, language and category; its calibration; its speed.

`make bench ARGS=opinion`. Totals only, so that the blind parts stay blind. `--picture FILE` draws the calibration curve (SVG).
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.content import library
from bot.content.library import Content
from bot.opinion.decide import raised
from bot.opinion.second import SecondReader
from bot.safety.levels import Level
from bot.safety.screen import Screening
from tests.bench import crisis
from tests.bench.corpus import Row, is_blind, of_a_kind, parts, rows

Z = 1.96
BINS = 10
FORTY = "привет سلام 你好 こんにちは 안녕 שלום γειά สวัสดี नमस्ते xin chào merhaba hallå cześć ahoj bună ziua"


@dataclass(frozen=True, slots=True)
class Judged:
    """A message with what each says of it.

    Attributes:
        alone: the rules when they decide alone.
        sure: the rules beside the model.
        page: the model's probability.
        both: rules and model joined.
    """

    row: Row
    alone: Screening
    sure: Screening
    page: float
    both: Screening


def reader(content: Content) -> SecondReader:
    """The shipped one."""
    assert content.opinion_model is not None
    return SecondReader.load(content.screener, content.opinion, content.opinion_model)


def judged(content: Content, second: SecondReader, messages: Iterable[Row]) -> list[Judged]:
    """What is said of each message."""
    out = []
    for row in messages:
        alone, sure = content.screener.screen(row.text), content.screener.screen(row.text, sure=True)
        opinion = second.opinions([(row.text,)])[0]
        both = raised(content.opinion, sure, opinion) if opinion is not None else sure
        out.append(Judged(row, alone, sure, opinion.scores.page if opinion is not None else 0.0, both))
    return out


def interval(hits: int, of: int) -> str:
    """A share with its 95 % interval (Wilson)."""
    if not of:
        return f"{'-':>16}"
    share = hits / of
    middle, width = share + Z * Z / (2 * of), Z * math.sqrt(share * (1 - share) / of + Z * Z / (4 * of * of))
    low, high = ((middle + sign * width) / (1 + Z * Z / of) for sign in (-1, 1))
    return f"{100 * share:5.1f} ({100 * low:3.0f}-{100 * high:3.0f})"


WHO: tuple[tuple[str, Callable[[Judged], bool]], ...] = (
    ("rules alone", lambda one: one.alone.level.pages),
    ("rules, when sure", lambda one: one.sure.level.pages),
    ("model at 0.5", lambda one: one.page >= 0.5),
    ("both", lambda one: one.both.level.pages),
)
COLUMNS: tuple[tuple[str, tuple[Level, ...]], ...] = (
    ("emergency", (Level.EMERGENCY,)),
    ("emergency+urgent", (Level.EMERGENCY, Level.URGENT)),
    ("watch", (Level.WATCH,)),
    ("none", (Level.NONE,)),
)


def _line(name: str, found: Sequence[Judged], who: Callable[[Judged], bool]) -> str:
    cells = []
    for _, levels in COLUMNS:
        chosen = [who(one) for one in found if one.row.level in levels]
        cells.append(interval(sum(chosen), len(chosen)))
    return f"{name:<24}" + "  ".join(f"{cell:>16}" for cell in cells)


def tables(found: Sequence[Judged]) -> Iterable[str]:
    """Per cent that page, with 95 % intervals."""
    yield f"{'paged, %':<24}" + "  ".join(f"{name:>16}" for name, _ in COLUMNS)
    for name, who in WHO:
        yield _line(name, found, who)
    groups: tuple[tuple[str, Callable[[Row], str]], ...] = (
        ("kind", lambda row: row.kind),
        ("language", lambda row: row.lang),
        ("category", lambda row: row.category.value if row.category else "-"),
    )
    for title, value in groups:
        by: dict[str, list[Judged]] = defaultdict(list)
        for one in found:
            by[value(one.row)].append(one)
        yield f"both, by {title}"
        yield from (_line(f"  {name}", by[name], WHO[-1][1]) for name in sorted(by))
    pairs: dict[str, list[bool]] = defaultdict(list)
    for one in found:
        if one.row.pair:
            pairs[one.row.pair].append(one.row.level.pages == one.both.level.pages)
    whole = [all(halves) for halves in pairs.values() if len(halves) == 2]
    if whole:
        yield f"minimal pairs with both halves right: {interval(sum(whole), len(whole))} of {len(whole)}"
    lower = [one for one in found if one.both.level < one.sure.level]
    yield f"lower than the rules: {len(lower)}"


def calibration(found: Sequence[Judged]) -> list[tuple[float, float, int]]:
    """By tenths of the model's probability: mean probability, share that deserved a page, how many."""
    bins: dict[int, list[Judged]] = defaultdict(list)
    for one in found:
        bins[min(BINS - 1, int(one.page * BINS))].append(one)
    return [
        (statistics.mean(one.page for one in part), statistics.mean(one.row.level.pages for one in part), len(part))
        for _, part in sorted(bins.items())
    ]


def picture(points: Sequence[tuple[float, float, int]]) -> str:
    """The calibration curve as SVG: on the line, what the model says is what is so."""
    side, edge = 300, 40

    def at(x: float, y: float) -> str:
        return f"{edge + x * side:.0f},{edge + (1 - y) * side:.0f}"

    curve = " ".join(at(said, so) for said, so, _ in points)
    dots = "".join(
        f'<circle cx="{at(said, so).split(",")[0]}" cy="{at(said, so).split(",")[1]}" r="{2 + math.sqrt(count) / 6:.1f}" fill="#1f6f78"/>'
        for said, so, count in points
    )
    marks = "".join(
        f'<text x="{edge + tenth / 10 * side:.0f}" y="{edge + side + 16}" text-anchor="middle">{tenth / 10:g}</text>'
        f'<text x="{edge - 6}" y="{edge + (1 - tenth / 10) * side + 4:.0f}" text-anchor="end">{tenth / 10:g}</text>'
        for tenth in range(0, 11, 2)
    )
    whole = side + 2 * edge
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole + 20}" font-family="sans-serif" font-size="11">'
        f'<rect width="{whole}" height="{whole + 20}" fill="white"/>'
        f'<rect x="{edge}" y="{edge}" width="{side}" height="{side}" fill="none" stroke="#888"/>'
        f'<path d="M {at(0, 0)} L {at(1, 1)}" stroke="#bbb" stroke-dasharray="4 4"/>'
        f'<polyline points="{curve}" fill="none" stroke="#1f6f78" stroke-width="2"/>{dots}{marks}'
        f'<text x="{edge + side / 2}" y="{edge + side + 34}" text-anchor="middle">what the model says</text>'
        f'<text x="{edge}" y="{edge - 10}">share of messages that deserved a page</text></svg>\n'
    )


def paced(second: SecondReader, messages: Sequence[str]) -> str:
    """Milliseconds a message, one at a time, nothing else in the process."""
    times = []
    for text in messages:
        started = time.perf_counter()
        second.opinions([(text,)])
        times.append(1000 * (time.perf_counter() - started))
    cuts = statistics.quantiles(times, n=100)
    return f"median {statistics.median(times):.1f} ms (wanted 5), 99th percentile {cuts[98]:.1f} ms (wanted 15), {len(times)} messages"


def speed(second: SecondReader, messages: Sequence[str]) -> Iterable[str]:
    """What one message takes, alone and beside a bot that handles 20 turns a second; and what strange ones take."""
    half = len(messages) // 2  # each text once: what was read before is known
    yield f"a message: {paced(second, messages[:half])}"
    with crisis.bot(with_others=True):
        yield f"a message, beside {1 / crisis.PACE_S:.0f} turns a second: {paced(second, messages[half:])}"
    worst = {
        "4,096 of one letter": "x " * 2048,
        "4,096 of words": ("I saw the river and " * 300)[:4096],
        "4,096 of Unicode": "".join(chr(code) for code in range(0x100, 0x1100)),
        "2,048 emoji": "\U0001f642" * 2048,
        "many languages": (FORTY * 40)[:4096],
    }
    for name, text in worst.items():
        started = time.perf_counter()
        second.opinions([(text,)])
        yield f"{name}: {1000 * (time.perf_counter() - started):.0f} ms"
    started = time.perf_counter()
    for _ in range(10_000):
        second.opinions([("the same message again",)])
    yield f"the same message 10,000 times: {time.perf_counter() - started:.2f} s"


def main() -> None:
    """Print tables and speeds."""
    content = library.load()
    second = reader(content)
    every: list[Judged] = []
    for part in sorted(filter(is_blind, parts()), key=of_a_kind):
        found = judged(content, second, rows(part))
        print(f"== {part}: {len(found)} messages that neither rules nor model were fitted to")
        print("\n".join(tables(found)))
        if not of_a_kind(part):
            every += found
    print(f"== all of them together, without those of a kind: {len(every)}")
    print("\n".join(tables(every)))
    curve = calibration(every)
    print("== calibration: the model says, so it is, messages")
    print("\n".join(f"  {said:.2f}  {so:.2f}  {count}" for said, so, count in curve))
    if "--picture" in sys.argv:
        Path(sys.argv[sys.argv.index("--picture") + 1]).write_text(picture(curve), encoding="utf-8")
    print("== speed")
    print("\n".join(speed(reader(content), [one.row.text for one in every])))


if __name__ == "__main__":
    main()
