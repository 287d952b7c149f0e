"""What a tap in a crisis means. Pure: no session, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.inbound import Kind
from bot.safety.levels import Category, Level

PAGE_AFTER = timedelta(seconds=20)  # the team is paged unless the tap was a mistake
RAISE_AFTER = timedelta(minutes=5)  # without a choice it becomes an emergency
MEDIA_PAGES = timedelta(hours=24)  # after an urgent or emergency case
CLEAR_BACK = timedelta(hours=47, minutes=50)  # Telegram lets a bot delete for 48 hours
STILL_HERE = timedelta(hours=23)  # a visitor who came back after the question: their row stays a day longer
PAGE_PAUSE = timedelta(minutes=1)  # a tap pages again, but not at every tap


@dataclass(frozen=True, slots=True)
class Danger:
    """What somebody says is happening, and the first answer to it."""

    level: Level
    category: Category
    answer: str


# The four of /sos (SAFETY.md 2). "Not safe here" is answered as danger at home is: the phone may be seen by others.
CHOICES: Mapping[str, Danger] = {
    "hurt": Danger(Level.EMERGENCY, Category.SUICIDE, "suicide"),
    "overdose": Danger(Level.EMERGENCY, Category.OVERDOSE, "overdose_other"),
    "unsafe": Danger(Level.EMERGENCY, Category.ABUSE, "abuse"),
    "talk": Danger(Level.URGENT, Category.SUICIDE, "talk"),
}
NO_CHOICE = Danger(Level.URGENT, Category.SUICIDE, "talk")
SILENCE = Danger(Level.EMERGENCY, Category.SUICIDE, "suicide")

# How the body feels after a return to use; "ok" asks on.
BODY: Mapping[str, Danger] = {
    "sleepy": Danger(Level.EMERGENCY, Category.OVERDOSE, "overdose_self"),
    "sick": Danger(Level.URGENT, Category.WITHDRAWAL, "withdrawal"),
}
# What it was. Just used an opioid or an unknown pill: a human today (SAFETY.md 1).
USED = ("opioid", "alcohol", "other", "unsaid")
USED_URGENT = frozenset({"opioid"})

HELPED = ("yes", "some", "no")
HELPED_SOON = ("yes", "no")


def may_be_mistake(started_at: datetime, now: datetime, *, chosen: bool, paged: bool) -> bool:
    """Whether [Tapped by mistake] still counts: within the 20 seconds and while nothing was chosen."""
    return not chosen and not paged and now - started_at < PAGE_AFTER


def seconds_left(started_at: datetime, now: datetime) -> int:
    """Whole seconds until the page, at least 0."""
    return max(int((started_at + PAGE_AFTER - now).total_seconds()), 0)


def heard_since(started_at: datetime, *, chosen_at: datetime | None, tapped_at: datetime | None) -> bool:
    """Whether a tap told something since SOS was pressed. [Page now] tells nothing, and must not end up lower than silence."""
    return chosen_at is not None or (tapped_at is not None and tapped_at >= started_at)


def sense(kind: Kind) -> str:
    """What the bot cannot do with it: `listen`, `see` or `place`."""
    if kind is Kind.VOICE:
        return "listen"
    return "place" if kind is Kind.LOCATION else "see"
