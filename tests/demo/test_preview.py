"""A lesson on two phones: by the real bot, in both languages, from a clinic's own folder too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.demo.botapi.people import SimUser
from bot.demo.preview import READERS, Preview
from bot.demo.show import Files
from tests.world import content

WAIT_S = 20


@pytest.fixture
async def preview(tmp_path: Path) -> AsyncIterator[Preview]:
    """Lesson 12.3 of a running preview: at the end of the curriculum, and open all the same."""
    lesson = next(lesson for module in content().modules for lesson in module.lessons if lesson.id == "m12.3")
    made = Preview(Files(tmp_path), replace(content()), lesson)
    ready = asyncio.Event()
    running = asyncio.create_task(made.run(0, lambda _root: ready.set()))
    await asyncio.wait_for(ready.wait(), WAIT_S)
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def shows(preview: Preview, user: SimUser, text: str) -> None:
    """Wait until a phone's newest message says this."""
    events = preview.api.subscribe()
    async with asyncio.timeout(WAIT_S):
        while not user.received or text not in user.last.html:
            await events.get()
    events.close()


async def test_both_phones_show_the_lesson_and_turn_its_pages(preview: Preview) -> None:
    for user_id, _, lang, _ in READERS:
        user, text = preview.api.user(user_id), preview.lesson.texts[lang]
        await shows(preview, user, text.title)
        assert text.objective in (user.last.text or "")
        user.press(user.last.message_id, {"en": "Next", "es": "Siguiente"}[lang])
        await shows(preview, user, text.pages[1].split("\n")[0])
    assert [preview.api.user(reader[0]).role_label for reader in READERS] == ["patient", "reader"]
