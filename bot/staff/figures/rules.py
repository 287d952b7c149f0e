"""Arithmetic of the figures; no case and no person in it."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

_RULE = re.compile(r"[\w.\-]+(?::[\w\-]+)?")
_CONTEXT = re.compile(r"[a-z]+: ([a-z]{2}\.[\w.\-]+)|([a-z]+(?: [a-z]+)+)")  # what raised it by an entry; what the words around it did
# What a screening tells with numbers or words in it, by how it begins, and the one name under which it counts (safety/screen.py,
# safety/context.py, opinion/decide.py). How the second opinion was joined with the rules counts as the second opinion's.
_ONE_NAME = (
    (re.compile(r"second opinion\b|together: |last hours: "), "second opinion"),
    (re.compile(r"signs?: "), "signs"),
    (re.compile(r"calm: "), "calm"),
    (re.compile(r"\d+ signs\b"), "signs of withdrawal"),
    (re.compile(r"two signs\b"), "two signs"),
    (re.compile(r"earlier words\b"), "earlier words"),
)


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took.

    Attributes:
        count: of how many cases.
        missing: cases in which it has not come.
        median: in minutes, one decimal; None without any.
        p95: the 95th percentile by nearest rank, the same way.
    """

    count: int
    missing: int
    median: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class Week:
    """The cases that were opened in one week of the clinic's, Monday to Sunday, without drills and fictitious people.

    Attributes:
        start: its Monday.
        until: its Sunday.
        levels: how many cases by the level that they reached.
        acknowledged: from the opening to the first acknowledgement.
        word: from the opening to a human's first word.
        broken: how often a promised word did not come in time, and in how many cases.
        closed: how many are closed by now; of these `false_alarms` were no crisis.
        helped: the patients' answers: yes, some, no.
        soon: whether a person came soon enough: yes, no.
    """

    start: date
    until: date
    levels: dict[str, int]
    acknowledged: Spread
    word: Spread
    broken: int
    broken_cases: int
    closed: int
    false_alarms: int
    helped: dict[str, int]
    soon: dict[str, int]

    @property
    def cases(self) -> int:
        """All of them."""
        return sum(self.levels.values())

    @property
    def false_share(self) -> float | None:
        """False alarms among the closed cases, in percent; None when none is closed."""
        return percent(self.false_alarms, self.closed)


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How one rule of the screen fared.

    Attributes:
        rule: its id.
        fired: pieces of evidence that it stands in, watch items included.
        cases: cases among these; `judged` of them are closed.
        false_alarms: of the judged ones, closed as no crisis.
    """

    rule: str
    fired: int
    cases: int
    judged: int
    false_alarms: int

    @property
    def precision(self) -> float | None:
        """In percent; None before anyone has judged."""
        return percent(self.judged - self.false_alarms, self.judged)


def spread(times: Sequence[timedelta | None]) -> Spread:
    """Median and 95th percentile of what has come.

    Args:
        times: one a case; None where it has not come.
    """
    found = sorted(one.total_seconds() / 60 for one in times if one is not None)
    if not found:
        return Spread(0, len(times), None, None)
    rank = -(-95 * len(found) // 100)  # rounded up: the smallest value that 95 of 100 do not exceed
    return Spread(len(found), len(times) - len(found), round(statistics.median(found), 1), round(found[rank - 1], 1))


def percent(part: int, whole: int) -> float | None:
    """A share in percent, one decimal; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def rule_id(rule: str) -> str:
    """A rule's name without what was answered or counted: `asq (2020, en): q1=no` is `asq`, `signs: 71 of 60` is `signs`.

    What the words around a pattern said goes by the entry that they matched (`means: en.means.gun` is `en.means.gun`).
    """
    for begins, name in _ONE_NAME:
        if begins.match(rule):
            return name
    match = _CONTEXT.fullmatch(rule) or _RULE.match(rule)
    return match[match.lastindex or 0] if match else ""


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())
