"""The shipped lexicons, built once."""

from __future__ import annotations

import pytest

from bot.content.files import overlay
from bot.content.library import shipped_root
from bot.content.screening import load_screener
from bot.safety.screen import Screener


@pytest.fixture(scope="session")
def screener() -> Screener:
    return load_screener(overlay((shipped_root("content"),), "."))
