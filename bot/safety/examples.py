"""The lexicon's own examples: each says what a message must, and must not, be screened as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .levels import Category, Level
from .screen import Screener


def check_examples(screener: Screener, examples: Mapping[str, Any]) -> list[str]:
    """Runs every example of one parsed ``examples.<language>.yaml``.

    Args:
        screener: the lexicon under test.
        examples: ``{"match": {category: {level: [text, ...]}}, "near_miss": {category: {highest level allowed: [text, ...]}}}``.
            A ``match`` must get exactly that level and category, a ``near_miss`` at most that level.

    Returns:
        One line for each example that fails; empty when all pass.
    """
    problems: list[str] = []
    for part in ("match", "near_miss"):
        rows = examples.get(part)
        if not isinstance(rows, Mapping):
            problems.append(f"{part}: missing")
            continue
        for category, levels in rows.items():
            try:
                wanted_category = Category(category)
                wanted = [(Level(level), text) for level, texts in levels.items() for text in texts]
            except (ValueError, AttributeError, TypeError) as error:
                problems.append(f"{part}.{category}: {error}")
                continue
            for level, text in wanted:
                got = screener.screen(str(text))
                if part == "match" and (got.level is not level or got.category is not wanted_category):
                    found = f"{got.level.value} {got.category.value if got.category else ''}".strip()
                    why = ", ".join(got.rules) or "nothing was found in it"
                    problems.append(f"{part}.{category}: {text!r} is {found}, not {level.value}; {why}")
                elif part == "near_miss" and got.level > level:
                    problems.append(f"{part}.{category}: {text!r} is {got.level.value}, above {level.value}; {', '.join(got.rules)}")
    return problems
