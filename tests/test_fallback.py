"""The database is away or late: dangers are answered and paged directly, nothing is confirmed, and nothing is lost when it is back."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from bot import pipeline
from bot.arrival import screen
from bot.models import Alert, Case, Role
from bot.pipeline import NotStored
from tests.test_pipeline import breaks, said
from tests.world import Phone, World

CRISIS = "I want to kill myself"
WITHIN_S = 3.0
SLACK_S = 1.5  # what a busy machine may add

_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def locked(file: Path) -> Iterator[Callable[[], None]]:
    """Another process holds the database's write lock; gives what lets it go."""
    child = subprocess.Popen([sys.executable, "-c", _HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None and child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    released: list[bool] = []

    def release() -> None:
        if not released:
            released.append(True)
            assert child.stdin is not None and child.stdout is not None
            child.stdin.close()
            child.wait()
            child.stdout.close()

    try:
        yield release
    finally:
        release()


def file_of(world: World) -> Path:
    return Path(world.app.services.database.url.removeprefix("sqlite:///"))


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience is measured elsewhere."""
    monkeypatch.setattr(pipeline, "CRISIS_PATIENCE_S", 0.3)
    monkeypatch.setattr(pipeline, "PATIENCE_S", 0.3)


async def polls(world: World) -> float:
    """One poll that is not stored.

    Returns:
        How long it took, in seconds.
    """
    started = time.monotonic()
    with pytest.raises(NotStored):
        await world.polling.once()
    return time.monotonic() - started


def received(phone: Phone) -> list[str]:
    return [message.text or "" for message in phone.user.received]


@pytest.mark.usefixtures("shipped_patience")
async def test_a_locked_database_keeps_no_crisis_waiting_and_loses_none(world: World) -> None:
    ana = await world.enrol()
    await world.tick()
    with locked(file_of(world)) as release:
        ana.user.text(CRISIS)
        took = await polls(world)
        assert took < WITHIN_S + SLACK_S
        answer, page = received(ana), received(world.primary)
        assert len(answer) == 1
        assert "988" in answer[0]
        assert page == ["New case, emergency. Its number is not known yet. Phone the others on call now."]
        assert received(world.backup) == page
        # Telegram repeats it, since it was not confirmed: no second answer, no second page.
        await polls(world)
        assert received(ana) == answer
        assert received(world.primary) == page
        assert world.api.updates.pending
        release()
    await world.settle()
    assert not world.api.updates.pending
    with world.work() as work:
        assert len(work.session.exec(select(Case)).all()) == 1
        assert len(work.session.exec(select(Alert)).all()) == 1
    assert len(world.primary.pages) == 1
    assert world.primary.pages[0].labels == ["Acknowledge", "Open", "Pass on"]


@pytest.mark.usefixtures("shipped_patience")
async def test_a_crisis_behind_ordinary_words_is_answered_in_time_too(world: World) -> None:
    ana, bea = await world.enrol("Ana"), await world.enrol("Bea")
    await world.tick()
    with locked(file_of(world)):
        bea.user.text("hello")
        await polls(world)
        ana.user.text(CRISIS)
        assert await polls(world) < WITHIN_S + SLACK_S
        assert "988" in received(ana)[0]
        assert received(bea) == []
    await world.settle()
    assert received(bea) != []
    assert len(world.primary.pages) == 1


@pytest.mark.parametrize("how", ["command", "label", "button"])
@pytest.mark.usefixtures("hasty")
async def test_whoever_asks_for_help_without_words_is_answered_and_paged_too(world: World, how: str) -> None:
    ana = await world.enrol()
    await world.tick()
    await ana.says("/tools")
    ana.look()
    world.primary.look()
    with locked(file_of(world)):
        if how == "command":
            ana.user.text("/sos")
        elif how == "label":
            ana.user.text("SOS")
        else:
            ana.user.forge(ana.user.received[-1].message_id, "crisis.sos")
        await polls(world)
        assert "988" in received(ana)[-1]
        assert "New case, emergency" in received(world.primary)[-1]
    await world.settle()
    assert "crisis/sos" in ana.keys


@pytest.mark.usefixtures("hasty")
async def test_a_visitor_gets_the_lines_and_pages_nobody(world: World) -> None:
    sam = world.stranger()
    sam.user.started = True
    with locked(file_of(world)):
        sam.user.text(CRISIS)
        await polls(world)
        assert "988" in received(sam)[0]
        assert received(world.primary) == []
    await world.settle()


@pytest.mark.usefixtures("hasty")
async def test_staff_words_page_no_colleague(world: World) -> None:
    with locked(file_of(world)):
        world.primary.user.text(CRISIS)
        await polls(world)
        assert received(world.primary) == received(world.backup) == []
    await world.settle()


async def test_every_first_answer_can_be_given_directly_in_both_languages(world: World) -> None:
    ana = await world.enrol()
    await world.tick()
    for number, words in enumerate(
        (CRISIS, "me voy a matar", "he is not breathing, blue lips, he took fentanyl", "he is outside with a gun", "I want to cut myself")
    ):
        one = screen(world.app.services.content, said(ana, 500 + number, words))
        assert one.cannot_wait, words
        before = len(received(ana))
        await world.app.pipeline.fallback.answer([one])
        assert len(received(ana)) > before


@pytest.mark.usefixtures("hasty")
async def test_a_direct_answer_that_telegram_does_not_take_is_tried_again(world: World) -> None:
    ana = await world.enrol()
    await world.tick()
    world.api.faults.http_500("sendMessage", chat_id=ana.user.id, count=2)
    world.api.faults.retry_after("sendMessage", seconds=1, chat_id=world.primary.user.id)
    with locked(file_of(world)):
        ana.user.text(CRISIS)
        await polls(world)
        assert len(received(ana)) == len(received(world.primary)) == 1
    await world.settle()


@pytest.mark.usefixtures("hasty")
async def test_the_picture_follows_the_rota(world: World) -> None:
    ana = await world.enrol()
    await world.tick()
    boss = await world.hire("Nora", Role.SUPERVISOR)
    world.on_call("primary", None)
    await world.passes(seconds=30)
    with locked(file_of(world)):
        ana.user.text(CRISIS)
        await polls(world)
        assert received(world.primary) == []
        assert len(received(world.backup)) == len(received(boss)) == 1
    await world.settle()


async def test_a_turn_waits_for_a_database_that_is_away_and_its_chat_keeps_its_order(world: World) -> None:
    ana = await world.enrol()
    await world.tick()
    breaks(world, "privacy", times=2, error=away)
    for text in ("/privacy", "/settings"):
        ana.user.text(text)
    await world.settle()
    assert ana.keys == ["privacy/overview", "settings/panel"]


def away() -> Exception:
    return OperationalError("", None, sqlite3.OperationalError("database is locked"))
