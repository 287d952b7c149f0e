"""The chain as shipped (SAFETY.md 3), and its arithmetic."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from bot.content.crisis import Policy
from bot.escalation import policy
from bot.safety.levels import Level
from tests.world import content

T0 = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)


def minutes(chain: Policy, count: int) -> list[tuple[int, tuple[str, ...]]]:
    steps = [policy.step(chain, index, T0) for index in range(count)]
    return [(int((step.at - T0) / timedelta(minutes=1)), step.who) for step in steps]


def test_the_emergency_chain_as_shipped() -> None:
    everyone = ("primary", "backup", "supervisor", "everyone", "operator")
    assert minutes(content().policies.emergency, 8) == [
        (0, ("primary",)),
        (2, ("primary",)),
        (4, ("backup",)),
        (7, ("supervisor", "everyone")),
        (10, ("operator",)),
        (15, everyone),
        (20, everyone),
        (25, everyone),
    ]


def test_the_urgent_chain_by_day_as_shipped() -> None:
    everyone = ("owner", "primary", "backup", "supervisor")
    chain = [(0, ("owner",)), (15, ("primary",)), (30, ("backup",)), (45, ("supervisor",)), (75, everyone), (105, everyone)]
    assert minutes(content().policies.urgent_day, 6) == chain


def test_the_urgent_chain_by_night_as_shipped() -> None:
    everyone = ("primary", "backup")
    chain = [(0, ("primary",)), (30, ("primary",)), (60, ("backup",)), (120, everyone), (180, everyone)]
    assert minutes(content().policies.urgent_night, 5) == chain


@pytest.mark.parametrize(
    ("local", "name"),
    [("07:59", "urgent_night"), ("08:00", "urgent_day"), ("21:59", "urgent_day"), ("22:00", "urgent_night"), ("00:00", "urgent_night")],
)
def test_day_is_from_eight_to_ten(local: str, name: str) -> None:
    assert policy.choose(content().policies, Level.URGENT, time.fromisoformat(local)) == getattr(content().policies, name)


@pytest.mark.parametrize("local", ["03:00", "12:00"])
def test_an_emergency_knows_no_hours(local: str) -> None:
    assert policy.choose(content().policies, Level.EMERGENCY, time.fromisoformat(local)) == content().policies.emergency


def test_an_emergency_promises_a_word_ten_minutes_after_the_acknowledgement() -> None:
    chain = content().policies.emergency
    assert policy.word_due(chain, opened_at=T0, acknowledged_at=T0 + timedelta(minutes=9)) == T0 + timedelta(minutes=19)
    assert chain.unanswered_within == 15
    assert chain.tell_nobody_after == 5


def test_urgent_promises_a_word_four_hours_after_the_start_and_never_before_someone_has_it() -> None:
    chain = content().policies.urgent_day
    assert policy.word_due(chain, opened_at=T0, acknowledged_at=T0 + timedelta(hours=1)) == T0 + timedelta(hours=4)
    assert policy.word_due(chain, opened_at=T0, acknowledged_at=T0 + timedelta(hours=6)) == T0 + timedelta(hours=6)


def test_the_backups_step_is_found_and_a_chain_without_one_ends_at_its_last() -> None:
    policies = content().policies
    assert policy.index_of(policies.emergency, "backup") == 2
    assert policy.index_of(policies.urgent_day, "operator") == 3


def test_a_snapshot_comes_back_as_it_was() -> None:
    chain = content().policies.emergency
    assert policy.read(policy.snapshot(chain)) == chain
