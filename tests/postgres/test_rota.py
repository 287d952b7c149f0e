"""The rota's dialogues once more on PostgreSQL, and two replicas that look at it at the same instant."""

from __future__ import annotations

import inspect
from types import ModuleType

import pytest
from sqlmodel import col, select

from bot.models import Audit
from tests.postgres.test_replicas import Replicas, two
from tests.staff.oncall import test_gaps_and_handover, test_oncall, test_shift_checks, test_supervising, test_swaps
from tests.staff.rota import plan

pytestmark = pytest.mark.postgres

MODULES: tuple[ModuleType, ...] = (test_gaps_and_handover, test_oncall, test_shift_checks, test_supervising, test_swaps)
__all__ = ["two"]


def _collect() -> None:
    for module in MODULES:
        for name, test in inspect.getmembers(module, inspect.isfunction):
            # Those that take a folder make a world of their own.
            if name.startswith("test_") and test.__module__ == module.__name__ and "tmp_path" not in inspect.signature(test).parameters:
                globals()[f"{name}__{module.__name__.rpartition('.')[2]}"] = test


_collect()


async def test_two_replicas_ask_for_one_tap_once_and_give_up_on_it_once(two: Replicas) -> None:
    world = two.world
    kim = await world.hire("Kim Lee")
    plan(world, "primary", kim, 0.25, 8)
    await two.passes(20 * 60 + 15 * 60, step=60)
    assert [one.key for one in kim.all] == ["oncall/shift_soon", "oncall/shift_now", "oncall/lapsed"]
    assert [one.key for one in world.backup.all] == ["oncall/holds_now"]
    with world.work() as work:
        found = work.session.exec(select(Audit.action).where(col(Audit.action).startswith("shift.")).order_by(col(Audit.id))).all()
    assert list(found) == ["shift.asked", "shift.lapsed"]
