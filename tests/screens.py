"""Pictures of lessons and tools on the demo's phones, English beside Spanish: `python -m tests.screens FOLDER [jpg]`. Needs Chromium."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from bot.content.library import Content, load
from bot.demo.preview import READERS, Preview
from bot.demo.show import Files

LESSONS = ("m1.3", "m3.4", "m7.3")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
SMALL: dict[str, Any] = {"type": "jpeg", "quality": 72}  # for a page of text
SETTLED_S = 0.7  # a message has slid into its place


class Stage:
    """A lesson that is open on two phones of a page.

    Args:
        preview: the running bot.
        page: the browser's.
    """

    def __init__(self, preview: Preview, page: Page) -> None:
        self.preview = preview
        self.page = page

    async def taps(self, data: str, *, last: bool = False) -> None:
        """Both readers tap the newest button whose data begins so, or with `last` the last such button of that message."""
        for user_id, *_ in READERS:
            user = self.preview.api.user(user_id)
            found = (
                (message, [one for one in _data(message.inline_keyboard) if one.startswith(data)]) for message in reversed(user.received)
            )
            message, options = next((message, options) for message, options in found if options)
            user.press(message.message_id, options[-1 if last else 0])
        await self.settles()

    async def forges(self, data: str) -> None:
        """Both readers send a button's data, whatever stands in the chat."""
        for user_id, *_ in READERS:
            user = self.preview.api.user(user_id)
            user.forge(user.received[-1].message_id, data)
        await self.settles()

    async def pages(self, count: int) -> None:
        """Turn pages."""
        for _ in range(count):
            await self.taps("learn.next")

    async def settles(self) -> None:
        """Until everything was answered, sent and drawn."""
        await asyncio.sleep(SETTLED_S)
        await self.preview.app.pipeline.idle()
        await self.preview.app.sender.drain()
        await asyncio.sleep(SETTLED_S)

    async def shoots(self, path: Path) -> None:
        """Keep a picture of both phones."""
        await self.page.locator("#phones").screenshot(path=path, **(SMALL if path.suffix == ".jpg" else {}))


def _data(keyboard: object) -> list[str]:
    rows = keyboard if isinstance(keyboard, list) else []
    return [str(button.get("callback_data", "")) for row in rows for button in row]


@asynccontextmanager
async def stage(content: Content, lesson_id: str) -> AsyncIterator[Stage]:
    """The two phones with a lesson at its first page."""
    lesson = next(one for module in content.modules for one in module.lessons if one.id == lesson_id)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    with tempfile.TemporaryDirectory() as place:
        preview = Preview(Files(Path(place)), content, lesson)
        running = asyncio.create_task(preview.run(0, address.set_result))
        try:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
                page = await browser.new_page(viewport={"width": 1280, "height": 1000}, reduced_motion="reduce", color_scheme="light")
                await page.goto(f"{await address}/")
                made = Stage(preview, page)
                await made.settles()
                yield made
                await browser.close()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def shoot(folder: Path, kind: str) -> None:
    """All pictures: three lessons, an exercise, a quiz answer, a live timer; `kind` is png, or jpg for small ones."""
    content = load()
    for lesson_id in LESSONS:
        async with stage(content, lesson_id) as phones:
            await phones.pages(1)
            await phones.shoots(folder / f"lesson-{lesson_id}.{kind}")
            if lesson_id != LESSONS[-1]:
                continue
            lesson = phones.preview.lesson.texts["en"]
            await phones.pages(len(lesson.pages))  # the last one leads to the exercise, and that begins
            await phones.shoots(folder / f"exercise.{kind}")
            await phones.taps("learn.back")
            await phones.taps("learn.skip")
            await phones.taps("learn.quiz")
            await phones.shoots(folder / f"quiz.{kind}")
    async with stage(content, "m3.4") as phones:
        await phones.forges("tools.open:urge_surfing")
        await phones.taps("tools.start")
        await phones.taps("tools.before:urge_surfing:7")
        await phones.preview.move(timedelta(seconds=95) / timedelta(minutes=1))
        await phones.settles()
        await phones.shoots(folder / f"timer.{kind}")


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "screens")
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(shoot(target, sys.argv[2] if len(sys.argv) > 2 else "png"))
