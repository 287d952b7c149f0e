"""The shipped lexicons, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.content.files import parse_yaml
from bot.safety.screen import Screener, build_screener

CRISIS = Path(__file__).resolve().parents[2] / "content" / "crisis"


@pytest.fixture(scope="session")
def screener() -> Screener:
    files = {lang: CRISIS / f"lexicon.{lang}.yaml" for lang in ("en", "es")}
    return build_screener({lang: parse_yaml(path.read_text(encoding="utf-8"), path) for lang, path in files.items()}, "test")
