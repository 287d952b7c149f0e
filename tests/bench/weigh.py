"""Fits the points of `content/crisis/signs.yaml` to the corpora and the lexicons' examples; never to a blind part.

`python -m tests.bench.weigh` writes the file anew: ideas stay as a clinician left them, points change. One logistic regression over the
signs of a message and what the patterns found in it, with small weights; the same corpora give the same points.
"""

from __future__ import annotations

import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from bot.content.files import parse_yaml
from bot.content.library import shipped_root
from bot.safety.levels import Category, Level
from bot.safety.screen import Screener, pattern_names
from bot.safety.signs import ANY, CALM, Signs, features
from tests.bench.corpus import examples, is_blind, only_pairs, parts, rows
from tests.bench.screen import shipped

HELD = 0.3  # how far weights may go from zero (inverse of the L2 penalty)
SCALE = 5  # points for a logit of 1
RARE = 3  # what stands in fewer messages says little
KEPT = 0.235  # signs of smaller weight are left out, and the others weighed anew
WIDTH = 138
TELLING = 0.5  # of all that a sign stands in, for it to speak for one category
PATTERN = "@"  # before the names of what the patterns found, which are no signs
# Weight of parts by writers apart from the lexicon, which say more about messages to come; of many variations of one message.
OWN, VARIED = 2.0, 0.4
EXAMPLE = 20.0  # of the examples that stand beside the lexicons: they must come out as they say
WEIGHT = {"part_a": OWN, "part_c": VARIED}


@dataclass(frozen=True, slots=True)
class Told:
    """A message as the fit sees it."""

    names: tuple[str, ...]
    pages: bool
    category: Category | None
    weight: float


def weight_of(part: str) -> float:
    """How much a message of a part counts."""
    return OWN if part.startswith("voices") else WEIGHT.get(part, 1.0)


def learned() -> tuple[str, ...]:
    """The parts that points are fitted to.

    Those of minimal pairs alone are left out: what turns a sentence is seldom said by a sum of words, and beside 27,000 such halves
    the points judged other messages worse.
    """
    return tuple(part for part in parts() if not is_blind(part) and not only_pairs(part))


def messages() -> Iterator[tuple[str, Level, Category | None, float]]:
    """Everything that may be learned from, each text once, with how much it counts."""
    seen: set[str] = set()
    for part in learned():
        for row in rows(part):
            if row.text not in seen:
                seen.add(row.text)
                yield row.text, row.level, row.category, weight_of(part)
    for row in examples():
        yield row.text, row.level, row.category, EXAMPLE


def _crisis() -> Path:
    return shipped_root("content") / "crisis"


def names_of(screener: Screener, text: str) -> set[str]:
    """The signs of a text, and what the patterns found in it."""
    reading = screener.read(text)
    found = screener.findings(reading) if reading.wakes else []
    return features([word.text for word in reading.words], screener.signs) | {PATTERN + name for name in pattern_names(found)}


def tell() -> list[Told]:
    """All messages with the names of their signs."""
    screener = shipped()
    return [
        Told(tuple(sorted(names_of(screener, text))), level.pages, category if level.pages else None, weight)
        for text, level, category, weight in messages()
    ]


def fit(told: Sequence[Told]) -> tuple[float, dict[str, float]]:
    """The base and the weights of the signs that say something, as logits: all are weighed, those that say little go, then again."""
    times = Counter(name for one in told for name in one.names)
    _, weights = _fitted(told, sorted(name for name, count in times.items() if count >= RARE))
    base, weights = _fitted(told, [name for name, weight in weights.items() if abs(weight) >= KEPT])
    return base, {name: weight for name, weight in weights.items() if round(SCALE * weight)}


def _fitted(told: Sequence[Told], names: Sequence[str]) -> tuple[float, dict[str, float]]:
    """The base and the weight of each of some signs; weights are held near zero (L2)."""
    column = {name: number for number, name in enumerate(names)}
    entries = [(row, column[name]) for row, one in enumerate(told) for name in one.names if name in column]
    at = np.array(entries).T
    table = csr_matrix((np.ones(len(entries)), (at[0], at[1])), shape=(len(told), len(column)))
    pages, weight = np.array([one.pages for one in told]), np.array([one.weight for one in told])
    fitted = LogisticRegression(C=HELD, solver="liblinear", max_iter=400, random_state=1).fit(table, pages, sample_weight=weight)
    return float(fitted.intercept_[0]), dict(zip(column, map(float, fitted.coef_[0]), strict=True))


def logit_of_sure() -> float:
    """The level `sure` of the file as a logit."""
    path = _crisis() / "signs.yaml"
    return float(parse_yaml(path.read_text(encoding="utf-8"), path)["levels"]["sure"]) / SCALE


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


def written(
    document: Mapping[str, Mapping[str, object]],
    base: int,
    grouped: Mapping[str, Mapping[int, Sequence[str]]],
    patterns: Mapping[str, int],
    head: str,
) -> str:
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
    by_patterns = defaultdict(list)
    for name, worth in patterns.items():
        by_patterns[worth].append(name)
    lines += ["", "patterns:"]
    for worth in sorted(by_patterns, reverse=True):
        lines += [f'  "{worth}": >-', block(", ".join(sorted(by_patterns[worth])), 4)]
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
    worth = {name: round(SCALE * weight) for name, weight in weights.items()}
    points = {name: value for name, value in worth.items() if not name.startswith(PATTERN)}
    patterns = {name.removeprefix(PATTERN): value for name, value in worth.items() if name.startswith(PATTERN)}
    path.write_text(written(document, round(SCALE * base), by_category(told, points), patterns, head), encoding="utf-8")
    Signs(parse_yaml(path.read_text(encoding="utf-8"), path))
    print(f"{len(told)} messages, {len(points)} signs with points, {len(patterns)} of patterns, base {round(SCALE * base)}")


if __name__ == "__main__":
    main()
