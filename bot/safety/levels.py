"""The closed sets of screening: how urgent, and about what."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """How soon a human is needed (SAFETY.md 1). Compares by urgency, not by letters: ``Level.WATCH < Level.EMERGENCY``."""

    NONE = "none"
    WATCH = "watch"
    URGENT = "urgent"
    EMERGENCY = "emergency"

    @property
    def rank(self) -> int:
        """0 (none) to 3 (emergency)."""
        return _RANK[self.value]

    @property
    def pages(self) -> bool:
        """Whether this level wakes somebody."""
        return self.rank >= Level.URGENT.rank

    def __lt__(self, other: str) -> bool:
        return self.rank < Level(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Level(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Level(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Level(other).rank


_RANK = {"none": 0, "watch": 1, "urgent": 2, "emergency": 3}


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
