"""The closed sets of screening: how urgent, and about what."""

from __future__ import annotations

from enum import StrEnum

_RANK = {"none": 0, "watch": 1, "urgent": 2, "emergency": 3}


class Level(StrEnum):
    """How soon a human is needed (SAFETY.md 1). Compares by urgency, not by letters: ``Level.WATCH < Level.EMERGENCY``."""

    NONE = "none"
    WATCH = "watch"
    URGENT = "urgent"
    EMERGENCY = "emergency"

    rank: int
    pages: bool

    def __new__(cls, value: str) -> Level:
        """With `rank`, 0 (none) to 3 (emergency), and `pages`, whether it wakes somebody: kept, since each message asks for them often."""
        level = str.__new__(cls, value)
        level._value_ = value
        level.rank = _RANK[value]
        level.pages = level.rank >= _RANK["urgent"]
        return level

    def __lt__(self, other: str) -> bool:
        return self.rank < _RANK[other]

    def __le__(self, other: str) -> bool:
        return self.rank <= _RANK[other]

    def __gt__(self, other: str) -> bool:
        return self.rank > _RANK[other]

    def __ge__(self, other: str) -> bool:
        return self.rank >= _RANK[other]


class Category(StrEnum):
    """What a message is about."""

    SUICIDE = "suicide"
    SELF_HARM = "self_harm"
    OVERDOSE = "overdose"
    WITHDRAWAL = "withdrawal"
    VIOLENCE = "violence"
    ABUSE = "abuse"
    RELAPSE = "relapse"
    CRAVING = "craving"


def highest(*levels: Level) -> Level:
    """The most urgent of the levels; ``Level.NONE`` when there are none."""
    return max(levels, key=lambda level: level.rank, default=Level.NONE)
