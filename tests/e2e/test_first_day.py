"""The first day over real HTTP, with the bot in a process of its own: it may be killed at any step, and nothing is lost."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from bot.models import Alert, Case, Inbox, InboxState, Outbox, OutboxState
from bot.work import Work
from tests.e2e.stage import Stage, stage
from tests.e2e.walk import first_day, walk

pytestmark = pytest.mark.e2e


async def _walked(made: Stage, kill_every: int | None) -> None:
    dana = made.hire(2001, "Dana", position="primary")
    made.hire(2002, "Luis", position="backup")
    sam = made.phone(1001, "Sam")
    steps = first_day(sam, dana, made.invitation())
    kills = set(range(1, len(steps), kill_every)) if kill_every else set()
    await made.start()
    await walk(made, steps, kill_at=kills)
    assert made.kills == len(kills)
    made.work(nothing_is_lost)
    # At least once: a kill between send and commit may double a message, and no more than one for each kill.
    doubled = sum(count - 1 for count in Counter(message.text for message in [*sam.received, *dana.received] if message.text).values())
    assert doubled <= made.kills + 2, "more messages came twice than kills explain"


def nothing_is_lost(work: Work) -> None:
    """Every update was lived through, no message was given up, and the crisis is one case with one alert."""
    waiting = work.session.exec(select(func.count()).select_from(Inbox).where(col(Inbox.state) != InboxState.DONE)).one()
    lost = work.session.exec(select(func.count()).select_from(Outbox).where(col(Outbox.state) == OutboxState.FAILED)).one()
    assert (waiting, lost) == (0, 0)
    assert len(work.session.exec(select(Case)).all()) == 1
    assert len([one for one in work.session.exec(select(Alert)) if one.level == "emergency"]) == 1


async def test_a_first_day_without_trouble(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await _walked(made, None)
        await made.stop()
        assert made.process is not None
        assert made.process.returncode == 0


async def testnothing_is_lost_when_the_bot_is_killed_at_ten_steps(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await _walked(made, 2)
        assert made.kills >= 10
