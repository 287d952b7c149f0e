"""What `waymark doctor` looks at in the meeting lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.cli.findings import Finding, look, mend, well

if TYPE_CHECKING:
    from bot.models import Feed
    from bot.work import Work

LATE = timedelta(days=3)  # without a good reading, after which listings are not to be relied on
OLD_FILE = timedelta(days=60)
SLACK = timedelta(hours=2)


def feeds(work: Work) -> Iterator[Finding]:
    """Whether every list was read lately, and what the operator has to decide."""
    from bot.features.meetings import feed_state

    listed = feed_state.listed(work.session)
    if not listed:
        yield look(
            "meetings", "there are no lists, so patients find none: `waymark meetings import FILE_OR_URL --fellowship aa --timezone ZONE`"
        )
        return
    troubled = [finding for feed, _row in listed if (finding := _finding(work, feed)) is not None]
    yield from troubled
    rows = sum(row.rows for _feed, row in listed if row is not None)
    if not troubled:
        yield well("meetings", f"{len(listed)} {'list' if len(listed) == 1 else 'lists'} with {rows} meetings, read lately")


def _finding(work: Work, feed: Feed) -> Finding | None:
    from bot.features.meetings import feed_state

    name = f"list {feed.id} ({feed.fellowship})"
    good = feed.checked_at.astimezone(work.settings.zone).strftime("%Y-%m-%d %H:%M") if feed.checked_at else "never"
    address = feed_state.is_address(feed.source)
    age = work.now - feed.checked_at if feed.checked_at else None
    if feed.state == feed_state.HELD:
        return look("meetings", f"{name} is held back: {feed.error}. If that is right: `waymark meetings refresh {feed.id} --accept`")
    if feed.state == feed_state.FAILING:
        again = f"`waymark meetings refresh {feed.id}` tries now"
        line = f"{name} could not be read ({feed.failures} in a row, last well {good}): {feed.error}. {again}"
        return mend("meetings", line) if age is None or age > LATE else look("meetings", line)
    if address and feed.next_at is not None and feed.next_at < work.now - SLACK:
        return look("meetings", f"{name} is overdue, last read {good}: only a running bot (`waymark run`) reads addresses again")
    if not address and age is not None and age > OLD_FILE:
        return look(
            "meetings", f"{name} comes from a file that was last imported {good}: import a newer one, or the address that it comes from"
        )
    return None
