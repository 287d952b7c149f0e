"""The corpora that the English lexicon was built on: what was caught once stays caught. (Unseen words are measured apart.)"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.content.files import parse_yaml
from bot.safety.levels import Level
from bot.safety.screen import Screener

CORPUS = Path(__file__).parent / "corpus"
FILES = (
    "built_on",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
)


def messages() -> Iterator[tuple[Level, str]]:
    for name in FILES:
        path = CORPUS / f"{name}.yaml"
        for levels in parse_yaml(path.read_text(encoding="utf-8"), path).values():
            for level, texts in levels.items():
                for text in texts:
                    yield Level(level), str(text)


def share(screener: Screener, *levels: Level) -> float:
    """How many of the messages of these levels page somebody."""
    texts = [text for level, text in messages() if level in levels]
    return sum(screener.screen(text).level.pages for text in texts) / len(texts)


def test_emergencies_page(screener: Screener) -> None:
    assert share(screener, Level.EMERGENCY) >= 0.98


def test_emergency_and_urgent_page(screener: Screener) -> None:
    assert share(screener, Level.EMERGENCY, Level.URGENT) >= 0.97


def test_harmless_messages_rarely_page(screener: Screener) -> None:
    assert share(screener, Level.NONE) <= 0.02


def test_watch_rarely_pages(screener: Screener) -> None:
    assert share(screener, Level.WATCH) <= 0.05


@pytest.mark.parametrize("name", FILES)
def test_no_message_stands_twice(name: str) -> None:
    path = CORPUS / f"{name}.yaml"
    texts = [
        str(text) for levels in parse_yaml(path.read_text(encoding="utf-8"), path).values() for rows in levels.values() for text in rows
    ]
    assert len(set(texts)) == len(texts)
