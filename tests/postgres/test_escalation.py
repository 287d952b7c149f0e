"""The escalation's dialogues that hang on the database's own ways (locks, joins, order), once more on PostgreSQL."""

from __future__ import annotations

import inspect
from types import ModuleType

import pytest

from tests.escalation import test_asked_again, test_bad_input, test_bundles, test_free, test_hours
from tests.staff.relay import test_media

pytestmark = pytest.mark.postgres

MODULES: tuple[ModuleType, ...] = (test_asked_again, test_bad_input, test_bundles, test_free, test_hours, test_media)


def _collect() -> None:
    for module in MODULES:
        for name, test in inspect.getmembers(module, inspect.iscoroutinefunction):
            # Those that make a world of their own stay where they are.
            if name.startswith("test_") and test.__module__ == module.__name__ and "world" in inspect.signature(test).parameters:
                globals()[f"{name}__{module.__name__.rpartition('.')[2]}"] = test


_collect()
