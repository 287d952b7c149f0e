"""What the crisis screen catches and what it wrongly pages, by kind, language, category and level; and how fast it is.

`make bench`, or `python -m tests.bench screen`, with the names of corpora to leave the others out. Totals only: no message is printed, so
that the blind part stays blind.
"""

from __future__ import annotations

import gc
import random
import statistics
import sys
import time
import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from bot.content.files import overlay
from bot.content.library import shipped_root
from bot.content.screening import load_screener
from bot.safety.levels import Level
from bot.safety.screen import Screener, Screening
from tests.bench.corpus import Row, is_blind, of_a_kind, parts, rows

SHORT, LONG = 80, 4096
WANTED = {Level.EMERGENCY: 0.92, Level.URGENT: 0.88, Level.WATCH: 0.15, Level.NONE: 0.03}
Judged = tuple[Row, Screening]


def shipped() -> Screener:
    """The screener of the shipped lexicons."""
    return load_screener(_shipped_files())


def _shipped_files() -> Mapping[str, Path]:
    return overlay((shipped_root("content"),), ".")


def share(judged: Iterable[Judged], *levels: Level) -> tuple[int, int]:
    """How many messages of these levels page, and how many there are."""
    asked = [found.level.pages for row, found in judged if row.level in levels]
    return sum(asked), len(asked)


def _cell(counted: tuple[int, int]) -> str:
    paged, of = counted
    return f"{paged:4} of {of:4} {100 * paged / of:4.0f}%" if of else f"{'-':>17}"


def _line(name: str, judged: Sequence[Judged]) -> str:
    cells = (
        share(judged, Level.EMERGENCY),
        share(judged, Level.EMERGENCY, Level.URGENT),
        share(judged, Level.WATCH),
        share(judged, Level.NONE),
    )
    return f"{name:<22}" + "  ".join(map(_cell, cells))


def tables(judged: Sequence[Judged]) -> Iterable[str]:
    """What pages, all in all and by kind, language and category; the levels against each other; the minimal pairs."""
    yield f"{'paged':<22}{'emergency':>17}  {'emergency+urgent':>17}  {'watch':>17}  {'none':>17}"
    yield _line("all", judged)
    columns: tuple[tuple[str, Callable[[Row], str]], ...] = (
        ("kind", lambda row: row.kind),
        ("language", lambda row: row.lang),
        ("category", lambda row: row.category.value if row.category else "-"),
    )
    for title, value in columns:
        groups: dict[str, list[Judged]] = defaultdict(list)
        for row, found in judged:
            groups[value(row)].append((row, found))
        yield f"by {title}"
        yield from (_line(f"  {name}", groups[name]) for name in sorted(groups))
    yield "by level (rows: deserved, columns: screened)" + "".join(f"{level.value:>11}" for level in Level)
    confusion = Counter((row.level, found.level) for row, found in judged)
    for wanted in Level:
        yield f"  {wanted.value:<42}" + "".join(f"{confusion[wanted, got]:>11}" for got in Level)
    named = [row.category is found.category for row, found in judged if row.level.pages and found.level.pages and row.category]
    if named:
        yield f"category right where both page: {sum(named)} of {len(named)} {100 * sum(named) / len(named):.0f}%"
    pairs: dict[str, list[bool]] = defaultdict(list)
    for row, found in judged:
        if row.pair:
            pairs[row.pair].append(row.level.pages == found.level.pages)
    whole = [all(halves) for halves in pairs.values() if len(halves) == 2]
    if whole:
        yield f"minimal pairs with both halves right: {sum(whole)} of {len(whole)} {100 * sum(whole) / len(whole):.0f}%"


def worst_cases(screener: Screener) -> dict[str, str]:
    """Texts that a hostile or unlucky sender might write, each of 4,096 characters."""
    dice = random.Random(7)
    words = sorted({word for matcher in screener._matchers for word in matcher.words if len(word) > 1})
    rousing = sorted(
        {word for matcher in screener._matchers for word, code in matcher.words.items() if matcher.wakes(code) and len(word) > 1}
    )

    def mixed(letters: str) -> str:
        return "".join(dice.choices(letters, k=LONG))

    cases = {
        "words of the lexicon": " ".join(dice.choices(words, k=LONG)),
        "words of crises": " ".join(dice.choices(rousing, k=LONG)),
        "messages in a row": " ".join(row.text for row in rows("part_a")),
        "messages on lines": "\n".join(row.text for row in rows("part_a")),
        "one sentence again": "I want to die ",
        "denied again": "no I do not want to kill her because he said that she will ",
        "letters": mixed("abcdefghijklmnopqrstuvwxyz "),
        "leetspeak": mixed("ab3d3fg1j@$!0 "),
        "single letters": " ".join(dice.choices("abcdefghijklmnop", k=LONG)),
        "spaced out": "k i l l  m y s e l f ",
        "spelled out": " stop ".join(" ".join(dice.choices("etaoinsr013", k=60)) for _ in range(40)),
        "censored, numbered": " ".join(f"k***{number}" for number in range(LONG)),
        "run together": "killmyself",
        "one letter": "x",
        "full stops": ". ",
        "quotes": '" ',
        "apostrophes": "'a",
        "pictures": "\U0001f52b\U0001f48a",
        "zero-width": "\u200bk\u200bi",
        "all of Unicode": "".join(chr(dice.randrange(0x20, 0x2FFFF)) for _ in range(LONG)),
        "typos": " ".join("".join(dice.sample(word, len(word))) for word in dice.choices(words, k=700)),
        "Spanish again": "ya no quiero vivir, mi pareja me dijo que se va a matar ",
    }
    return {name: (text * (LONG // len(text) + 1))[:LONG] for name, text in cases.items()}


def microseconds(work: Callable[[], object], rounds: int) -> float:
    """The time of the processor that some work takes (what else the machine does is not counted): the least of some rounds."""
    times = []
    for _ in range(rounds):
        started = time.thread_time()
        work()
        times.append(time.thread_time() - started)
    return 1e6 * min(times)


def control() -> float:
    """Microseconds for a thousand turns of plain Python on this machine: beside it the figures of two machines can be compared."""

    def turns() -> int:
        total = 0
        for number in range(1000):
            total += number & 7
        return total

    return microseconds(turns, 200)


def speed(screener: Screener, messages: Sequence[str]) -> Iterable[str]:
    """Microseconds for messages of about 80 characters, milliseconds for 4,096 of anything."""
    near = [text for text in messages if 0.75 * SHORT <= len(text) <= 1.25 * SHORT]
    unit = control()
    yield f"control, a thousand turns of plain Python: {unit:.0f} us"
    times = [microseconds(partial(screener.screen, text), 5) * SHORT / len(text) for text in near]
    if len(times) > 1:
        p95 = statistics.quantiles(times, n=20)[18]
        mean = statistics.mean(times)
        yield f"80 characters: mean {mean:.0f} us (wanted 60), {mean / unit:.2f} of the control, p95 {p95:.0f} us, {len(times)} messages"
    for name, text in worst_cases(screener).items():
        took = microseconds(partial(screener.screen, text), 5)
        yield f"4,096 characters, {name}: {took / 1000:.2f} ms (wanted 2), {took / unit:.0f} of the control"


def cost() -> Iterable[str]:
    """How long the lexicons take to be read and built, and what they keep."""
    times = []
    files = _shipped_files()
    for _ in range(3):
        _forget()
        started = time.thread_time()
        load_screener(files)
        times.append(time.thread_time() - started)
    _forget()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = shipped()
    gc.collect()  # what was read is not kept
    megabytes = (tracemalloc.get_traced_memory()[0] - before) / 1e6
    tracemalloc.stop()
    yield f"lexicons read and built: {1000 * min(times):.0f} ms (wanted 300)"
    yield f"kept in memory: {megabytes:.1f} MB (wanted 20), {len(kept.entries)} entries"


def _forget() -> None:
    from bot.content import screening

    screening._screener.cache_clear()


def main(names: Sequence[str] = ()) -> None:
    """Print the tables: all that was built on together, all blind parts, those of a kind each by itself; then the speeds."""
    wanted = names or tuple(name for name in sys.argv[1:] if name in parts()) or parts()
    screener = shipped()
    seen: list[str] = []
    blind = list(filter(is_blind, wanted))
    apart = list(filter(of_a_kind, blind))
    groups = {
        "built on": [name for name in wanted if name not in blind],
        "blind": [name for name in blind if name not in apart],
    } | {f"blind, of a kind ({name})": [name] for name in apart}
    for title, files in groups.items():
        judged = [(row, screener.screen(row.text)) for name in files for row in rows(name)]
        seen += [row.text for row, _ in judged]
        if judged:
            print(f"== {title}: {len(judged)} messages in {', '.join(files)}")
            print("\n".join(tables(judged)))
    print("== speed")
    print("\n".join(speed(screener, seen)))
    print("\n".join(cost()))


if __name__ == "__main__":
    main()
