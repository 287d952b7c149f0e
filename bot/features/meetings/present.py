"""The present lists row by row with the feeds' own keys, for what is printed and exported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlmodel import Session, col, select

from bot.features.meetings.bmlt import NAME as BMLT
from bot.features.meetings.listing import MeetingRow
from bot.features.meetings.store import to_row
from bot.models import Feed, Meeting


def present_rows(session: Session) -> Iterator[tuple[str, MeetingRow]]:
    """Every meeting of the present imports: (fellowship, row), the row's key as the feed gives it (BMLT's number without its server)."""
    statement = select(Feed.fellowship, Feed.format, Meeting).join(Meeting, col(Meeting.import_id) == col(Feed.current_import_id))
    for fellowship, format_, meeting in session.exec(statement.order_by(col(Meeting.id))):
        yield fellowship, replace(to_row(meeting), key=(meeting.alt_id if format_ == BMLT else None) or meeting.key)
