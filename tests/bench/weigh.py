"""Fits the points of `content/crisis/signs.yaml` to the corpora and the lexicons' examples; never to a blind part.

`python -m tests.bench.weigh` writes the file anew: ideas and levels stay as a clinician left them, points change. A plain logistic
regression with small weights (no library needed), run until it hardly moves; the same corpora give the same points.
"""

from __future__ import annotations

import math
import random
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.content.files import LANGS, parse_yaml
from bot.content.library import shipped_root
from bot.safety.levels import Category, Level
from bot.safety.signs import ANY, CALM, Signs, features
from tests.bench.corpus import is_blind, parts, rows
from tests.bench.screen import shipped

ROUNDS, SPEED, SMALL = 24, 0.25, 2.0  # how often all messages are seen; how far a step goes; how much large weights are held back
SCALE = 5  # points for a logit of 1
RARE = 2  # what stands in fewer messages says nothing
LEAST = 0.1  # smaller weights are left out; rounded, each has a point at least
WIDTH = 138
TELLING = 0.5  # of all that a sign stands in, for it to speak for one category
TWICE = {"part_a": 2}  # written by somebody else than the lexicon, so that it says more about messages to come


@dataclass(frozen=True, slots=True)
class Told:
    """A message as the fit sees it."""

    names: tuple[str, ...]
    pages: bool
    category: Category | None


def messages() -> Iterator[tuple[str, Level, Category | None]]:
    """Everything that may be learned from, each text once."""
    seen: set[str] = set()
    for part in parts():
        for row in rows(part) if not is_blind(part) else ():
            if row.text not in seen:
                seen.add(row.text)
                yield from [(row.text, row.level, row.category)] * TWICE.get(part, 1)
    for lang in LANGS:
        path = _crisis() / f"examples.{lang}.yaml"
        for category, levels in parse_yaml(path.read_text(encoding="utf-8"), path)["match"].items():
            for level, texts in levels.items():
                yield from ((str(text), Level(level), Category(category)) for text in texts)
    for lang in LANGS:
        path = _crisis() / f"examples.{lang}.yaml"
        for levels in parse_yaml(path.read_text(encoding="utf-8"), path)["near_miss"].values():
            for level, texts in levels.items():
                yield from ((str(text), Level(level), None) for text in texts)


def _crisis() -> Path:
    return shipped_root("content") / "crisis"


def tell() -> list[Told]:
    """All messages with the names of their signs."""
    screener = shipped()
    reader = screener._reader
    out = []
    for text, level, category in messages():
        words = [word.text for word in reader.read(reader.folding.fold(text)).words]
        out.append(Told(tuple(sorted(features(words, screener.signs))), level.pages, category if level.pages else None))
    return out


def fit(told: Sequence[Told]) -> tuple[float, dict[str, float]]:
    """The base and the weight of each sign, as logits; weights are held near zero (L2)."""
    times = Counter(name for one in dict.fromkeys(told) for name in one.names)  # what was written once says nothing, learned twice or not
    weights = {name: 0.0 for name, count in sorted(times.items()) if count >= RARE}
    squares = dict.fromkeys(weights, 1e-3)  # of the steps so far: what is often seen moves less (Adagrad)
    base, base_squares = 0.0, 1e-3
    cases = [([name for name in one.names if name in weights], 1.0 if one.pages else 0.0) for one in told]
    dice = random.Random(1)
    for _ in range(ROUNDS):
        dice.shuffle(cases)
        for names, wanted in cases:
            logit = base + sum([weights[name] for name in names])
            miss = wanted - 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
            base_squares += miss * miss
            base += SPEED * miss / math.sqrt(base_squares)
            for name in names:
                slope = miss - SMALL * weights[name] / times[name]
                squares[name] += slope * slope
                weights[name] += SPEED * slope / math.sqrt(squares[name])
    return base, weights


def by_category(told: Sequence[Told], points: Mapping[str, int]) -> dict[str, dict[int, list[str]]]:
    """The signs by the category that they stand in most often, in relation to how often it comes.

    Those that stand in many alike are under any, those against under calm.
    """
    size = Counter(one.category for one in told)
    share: dict[str, Counter[Category]] = defaultdict(Counter)
    for one in told:
        if one.category is not None:
            for name in one.names:
                share[name][one.category] += 1
    out: dict[str, dict[int, list[str]]] = {name: defaultdict(list) for name in (*Category, ANY, CALM)}
    for name, worth in points.items():
        often = {category: count / size[category] for category, count in share[name].items()}
        of = max(often, key=lambda category: (often[category], category), default=None)
        telling = of is not None and often[of] >= TELLING * sum(often.values())
        out[CALM if worth < 0 else of if of is not None and telling else ANY][worth].append(name)
    return out


def written(document: Mapping[str, Mapping[str, object]], base: int, grouped: Mapping[str, Mapping[int, Sequence[str]]], head: str) -> str:
    """The file's text."""

    def block(text: str, indent: int) -> str:
        space = " " * indent
        return "\n".join(
            textwrap.wrap(text, WIDTH, initial_indent=space, subsequent_indent=space, break_long_words=False, break_on_hyphens=False)
        )

    levels = dict(document["levels"]) | {"base": base}
    lines = [head, "levels:", *(f"  {name}: {value}" for name, value in levels.items()), "", "ideas:"]
    for idea, words in document["ideas"].items():
        lines += [f"  {idea}: >-", block(str(words), 4)]
    lines += ["", "points:"]
    for category, by_points in grouped.items():
        lines.append(f"  {category}:")
        for worth in sorted(by_points, key=lambda points: -abs(points)):
            lines += [f'    "{worth}": >-', block(", ".join(sorted(by_points[worth])), 6)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Fit and write."""
    path = _crisis() / "signs.yaml"
    text = path.read_text(encoding="utf-8")
    document = parse_yaml(text, path)
    head = text[: text.index("levels:")].rstrip() + "\n"
    told = tell()
    base, weights = fit(told)
    points = {name: round(SCALE * weight) for name, weight in weights.items() if abs(weight) >= LEAST}
    path.write_text(written(document, round(SCALE * base), by_category(told, points), head), encoding="utf-8")
    Signs(parse_yaml(path.read_text(encoding="utf-8"), path))
    print(f"{len(told)} messages, {len(weights)} signs, {len(points)} with points, base {round(SCALE * base)}")


if __name__ == "__main__":
    main()
