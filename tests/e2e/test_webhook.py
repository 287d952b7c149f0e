"""Updates by webhook over real HTTP: 200 only after the commit, nothing from strangers, and what was not stored comes again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import select

from bot.demo.botapi.webhook import SECRET_HEADER
from bot.listening import listener
from bot.models import Inbox
from bot.telegram.webhook import MAX_BODY, PATH
from bot.work import Work
from tests.e2e.stage import Stage, find, stage
from tests.e2e.test_first_day import nothing_is_lost
from tests.e2e.walk import first_day, walk
from tests.test_fallback import locked

pytestmark = pytest.mark.e2e

SECRET = "a-long-and-secret-word"
CRISIS = "I want to kill myself"


def free_port() -> int:
    with listener() as taken:
        port: int = taken.getsockname()[1]
        return port


def by_webhook(made: Stage, port: int | None = None) -> int:
    """Let the bot of this stage listen for updates."""
    port = port or free_port()
    made.env |= {
        "WAYMARK_MODE": "webhook",
        "WAYMARK_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "WAYMARK_LISTEN": f"127.0.0.1:{port}",
        "WAYMARK_WEBHOOK_SECRET": SECRET,
    }
    return port


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as found:
        by_webhook(found)
        yield found


async def posts(made: Stage, body: bytes | dict[str, Any], secret: str | None = SECRET, path: str = PATH) -> int:
    """Post something as Telegram would.

    Returns:
        The status.
    """
    headers = {} if secret is None else {SECRET_HEADER: secret}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        return (await client.post(f"{made.env['WAYMARK_PUBLIC_URL']}{path}", content=content, headers=headers)).status_code


def text_update(update_id: int, chat_id: int, text: str) -> dict[str, Any]:
    person = {"id": chat_id, "is_bot": False, "first_name": "Sam", "language_code": "en"}
    chat = {"id": chat_id, "type": "private", "first_name": "Sam"}
    return {"update_id": update_id, "message": {"message_id": 1, "date": 1_700_000_000, "chat": chat, "from": person, "text": text}}


async def test_a_first_day_by_webhook_with_the_bot_killed_right_after_posts(made: Stage) -> None:
    dana = made.hire(2001, "Dana", position="primary")
    made.hire(2002, "Luis", position="backup")
    sam = made.phone(1001, "Sam")
    steps = first_day(sam, dana, made.invitation())
    await made.start()
    await walk(made, steps, kill_at={10, 16})
    made.work(nothing_is_lost)
    await made.stop()
    assert made.api.webhook.url, "it stays set, so that nothing is missed between two starts"


async def test_nothing_from_strangers_and_nothing_unreadable_gets_in(made: Stage) -> None:
    await made.start()
    await made.until(lambda: bool(made.api.webhook.url), "the webhook is set")
    update = text_update(7, 1001, CRISIS)
    assert await posts(made, update, "wrong") == 403
    assert await posts(made, update, None) == 403
    assert await posts(made, b"x" * (MAX_BODY + 1)) == 413
    # Refused, these would come again for ever, and everything else behind them.
    for body in (
        b"",
        b"no json",
        b"[]",
        b"5",
        b'{"update_id": 8, "message": {"text": "hi"}}',
        b'{"update_id": 9, "shape_of_the_future": {}}',
    ):
        assert await posts(made, body) == 200, body
    assert await posts(made, b"{}", path="/elsewhere") == 404
    made.work(_nothing_stored)


def _nothing_stored(work: Work) -> None:
    assert work.session.exec(select(Inbox)).all() == []


async def test_an_update_that_the_database_does_not_take_is_refused_and_comes_again(made: Stage, tmp_path: Path) -> None:
    dana = made.hire(2001, "Dana", position="primary")
    sam = made.enrol(1001, "Sam")
    await made.start()
    await made.until(lambda: bool(made.api.webhook.url), "the webhook is set")
    with locked(tmp_path / "waymark.db"):
        assert await posts(made, text_update(7, 1001, "hello")) == 503
        sam.text(CRISIS)
        await made.until(lambda: any("988" in (message.text or "") for message in sam.received), "the direct answer")
        await made.until(lambda: any("New case" in (message.text or "") for message in dana.received), "the direct page")
        # The direct page is out before the refusal is.
        await made.until(lambda: made.api.webhook.last_error == "Wrong response from the webhook: 503", "the refusal")
        assert made.api.updates.pending
    await made.until(lambda: find(dana, "Acknowledge") is not None, "the case is opened from the repeated update")
    await made.until(lambda: not made.api.updates.pending, "the update is confirmed")
    assert sum("988" in (message.text or "") for message in sam.received) == 2
    assert sum("New case" in (message.text or "") for message in dana.received) == 1
