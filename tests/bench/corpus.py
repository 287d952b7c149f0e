"""The corpora of `tests/safety/corpus`: messages with the level that SAFETY.md 1 gives them.

Two shapes: older files hold kind -> level -> messages, the others a list of rows. Whoever measures with the blind part sees totals, never
its text: `Row` shows none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.content.files import LANGS, parse_yaml
from bot.content.library import shipped_root
from bot.safety.levels import Category, Level

BRIEF = 10  # words of a short message
CORPUS = Path(__file__).resolve().parents[1] / "safety" / "corpus"


@dataclass(frozen=True, slots=True)
class Row:
    """One message of a corpus.

    Attributes:
        level: what it deserves.
        category: what it is about; None where the file does not say, or nothing is to be found.
        kind: how it is written (direct, indirect, slang, idiom ...).
        lang: en, es, mix.
        pair: shared by the two halves of a minimal pair; empty for others.
    """

    text: str = field(repr=False)
    level: Level
    category: Category | None
    kind: str
    lang: str
    pair: str = ""


class _Words(yaml.CSafeLoader):
    """`no` and `on` are words, a date is text."""

    yaml_implicit_resolvers = {}  # noqa: RUF012


def parts() -> tuple[str, ...]:
    """The names of all corpora, the blind ones last."""
    names = sorted(path.stem for path in CORPUS.glob("*.yaml"))
    return tuple(sorted(names, key=is_blind))


def is_blind(part: str) -> bool:
    """Whether a corpus is opened only to measure."""
    return part.startswith("blind")


def only_pairs(part: str) -> bool:
    """Whether a corpus holds nothing but minimal pairs: harmless messages that are so near to a crisis say nothing of all the others."""
    return all(row.pair for row in rows(part))


def of_a_kind(part: str) -> bool:
    """Whether a corpus holds nothing but minimal pairs, or nothing but short messages: it is measured by itself."""
    return only_pairs(part) or all(len(row.text.split()) <= BRIEF for row in rows(part))


def rows(part: str) -> Iterator[Row]:
    """The messages of one corpus, in file order."""
    document: Any = yaml.load((CORPUS / f"{part}.yaml").read_text(encoding="utf-8"), _Words)
    usual = "es" if part.endswith(".es") else "en"
    if isinstance(document, dict):
        for kind, levels in document.items():
            for level, texts in levels.items():
                yield from (Row(_plain(text), Level(level), None, kind, usual) for text in texts)
        return
    for row in document:
        category = row.get("category") or None
        yield Row(
            text=row["text"],
            level=Level(row["level"]),
            category=Category(category) if category in set(Category) else None,
            kind=row.get("kind") or "other",
            lang=row.get("lang") or usual,
            pair=row.get("pair") or "",
        )


def examples() -> Iterator[Row]:
    """The examples and near misses that stand beside the lexicons: no corpus, but what must come out as they say."""
    for lang in LANGS:
        path = shipped_root("content") / "crisis" / f"examples.{lang}.yaml"
        document = parse_yaml(path.read_text(encoding="utf-8"), path)
        for kind in ("match", "near_miss"):
            for category, levels in document[kind].items():
                of = Category(category) if kind == "match" else None
                yield from (Row(str(text), Level(level), of, kind, lang) for level, texts in levels.items() for text in texts)


def _plain(text: Any) -> str:
    """A message as written; YAML takes one with a colon in it for a pair."""
    return ", ".join(f"{key}: {value}" for key, value in text.items()) if isinstance(text, dict) else str(text)
