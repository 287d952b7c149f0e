"""Rows that are made the short way are the rows that the constructor makes."""

from __future__ import annotations

from typing import Any

import pytest

from bot.models import Inbox, InboxState, Lane, Outbox, OutboxState, new_row
from tests.world import START, World


def test_a_row_made_the_short_way_has_every_column_that_the_constructor_gives() -> None:
    values: dict[str, Any] = {"chat_id": 5, "lane": Lane.REPLY, "kind": "text", "due_at": START, "created_at": START}
    short, long = new_row(Outbox, **values), Outbox(**values)
    assert {**short.model_dump(), "id": None} == {**long.model_dump(), "id": None}
    assert short.id != long.id, "each row has an id of its own"


def test_a_missing_or_unknown_column_is_told_at_once() -> None:
    with pytest.raises(TypeError):
        new_row(Inbox, update_id=1)
    with pytest.raises(TypeError):
        new_row(Inbox, update_id=1, chat_id=5, received_at=START, colour="red")


async def test_it_is_stored_and_changed_like_any_other(world: World) -> None:
    with world.work() as work:
        row = new_row(Inbox, update_id=10**9, chat_id=5, received_at=START)
        work.session.add(row)
        work.session.flush()
        row.state = InboxState.DONE
    with world.work() as work:
        kept = work.session.get(Inbox, 10**9)
        assert kept is not None
        assert (kept.state, kept.attempts, kept.payload) == (InboxState.DONE, 0, None)
        assert new_row(Outbox, chat_id=5, lane=Lane.BULK, kind="text", due_at=START, created_at=START).state is OutboxState.WAITING
