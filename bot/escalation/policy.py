"""The chain: who is paged when. Pure; the numbers are content (`crisis/policy.yaml`), snapshotted on each case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from bot.content.crisis import Policies, Policy
from bot.safety.levels import Level


@dataclass(frozen=True, slots=True)
class NextPage:
    """One step of the chain.

    Attributes:
        who: owner, primary, backup, everyone, supervisor, operator; in the policy's order.
        at: when it is due, UTC.
        index: of the step, counted on through the rounds.
    """

    who: tuple[str, ...]
    at: datetime
    index: int


def choose(policies: Policies, level: Level, local: time) -> Policy:
    """The chain for a level at a local time of the clinic's.

    Args:
        level: urgent or emergency.
        local: the clinic's wall time.
    """
    if level is Level.EMERGENCY:
        return policies.emergency
    day = time.fromisoformat(policies.day_from) <= local < time.fromisoformat(policies.day_until)
    return policies.urgent_day if day else policies.urgent_night


def snapshot(policy: Policy) -> dict[str, Any]:
    """The chain as it is kept on a case."""
    return policy.model_dump(mode="json")


def read(kept: Mapping[str, Any]) -> Policy:
    """Back from `snapshot`."""
    return Policy.model_validate(kept)


def step(policy: Policy, index: int, since: datetime) -> NextPage:
    """The step with this index.

    After the last step comes a round every `repeat_every` minutes in which everyone of the chain is paged together: by then
    nobody has answered for the whole chain's length, and paging one person after another would only lose time.

    Args:
        index: 0 for the first.
        since: when the case reached its level, UTC.
    """
    if index < len(policy.steps):
        chosen = policy.steps[index]
        return NextPage(tuple(chosen.who), since + timedelta(minutes=chosen.at), index)
    rounds = index - len(policy.steps) + 1
    everyone = tuple(dict.fromkeys(who for one in policy.steps for who in one.who))
    return NextPage(everyone, since + timedelta(minutes=policy.steps[-1].at + rounds * policy.repeat_every), index)


def index_of(policy: Policy, who: str) -> int:
    """The first step that names `who`; the last step when none does."""
    for index, one in enumerate(policy.steps):
        if who in one.who:
            return index
    return len(policy.steps) - 1


def word_due(policy: Policy, *, opened_at: datetime, acknowledged_at: datetime) -> datetime:
    """Until when a human's first word must have reached the patient."""
    start = acknowledged_at if policy.word_from == "acknowledged" else opened_at
    return max(start + timedelta(minutes=policy.word_within), acknowledged_at)
