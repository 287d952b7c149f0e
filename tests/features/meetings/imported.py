"""Small meeting lists for the tests, and how a test imports one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bot.features.meetings import importing
from bot.work import Work
from tests.world import World


def load(
    world: World, rows: list[dict[str, Any]], *, fellowship: str = "aa", source: str = "list.json", anyway: bool = False
) -> importing.Imported:
    """Import these rows as a list of New York."""

    def step(unit: Callable[[Work], None]) -> None:
        with world.work() as work:
            unit(work)

    content = world.app.services.content
    data = json.dumps(rows).encode()
    return importing.run(importing.Unit(step), content, data, fellowship=fellowship, source=source, zone="America/New_York", anyway=anyway)
