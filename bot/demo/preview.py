"""`waymark content preview LESSON --page`: a lesson on two phones of the demo's page, English and Spanish, by the real bot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot import due, people
from bot.app import until_stopped
from bot.content.lessons import Lesson
from bot.content.library import Content
from bot.demo.show import ZONE, Demo, Files, folder
from bot.models import LessonProgress, Patient, Role
from bot.telegram.transport import TelegramTransport
from bot.work import Work

READERS = ((4301, "English", "en", "patient"), (4302, "Español", "es", "reader"))
"""Telegram's id, name, language, and on which side of the page the phone stands."""


class Preview(Demo):
    """A demo whose people are two readers of one lesson. They tap through its pages, its exercise and its quiz as a patient does.

    Args:
        lesson: the one that is open on both phones.
    """

    def __init__(self, files: Files, content: Content, lesson: Lesson) -> None:
        super().__init__(files, content)
        self.lesson = lesson

    async def _seed(self) -> None:
        for user_id, name, lang, side in READERS:
            user = self.api.user(user_id, name, language_code=lang)
            user.started = True
            user.role_label = side
        await self.app.services.run(readers, self.lesson)

    async def _welcome(self, _transport: TelegramTransport) -> None:
        for user_id, *_ in READERS:
            self.api.user(user_id).forge(1, f"learn.open:{self.lesson.id}")

    async def _intro(self, _request: Request) -> Response:
        cards = [
            {"title": text.title, "text": text.objective, "user": user_id, "action": {"kind": "text", "payload": "/learn"}}
            for (user_id, _, lang, _), text in ((reader, self.lesson.texts[reader[2]]) for reader in READERS)
        ]
        return JSONResponse({"cards": cards, "invites": []})


def readers(work: Work, lesson: Lesson) -> None:
    """Two patients to whom the lesson was given, so that it is open whatever its week."""
    for user_id, name, lang, _ in READERS:
        person = people.add(work, Role.PATIENT, chat_id=user_id, language=lang, name=name)
        person.zone, person.telegram_language = ZONE, lang
        person.enrolled_at = person.last_seen_at = work.now
        work.session.add(Patient(person_id=person.id, started_on=due.local_date(work.now, ZONE)))
        work.session.add(
            LessonProgress(
                person_id=person.id,
                module_id=lesson.module_id,
                lesson_id=lesson.id,
                started_at=work.now,
                updated_at=work.now,
                content_version=work.content.version,
            )
        )


def run(content: Content, lesson: Lesson, port: int, ready: Callable[[str], None]) -> None:
    """Show a lesson until Ctrl-C.

    Args:
        port: of the page; 0 takes a free one.
        ready: is given the page's address.

    Raises:
        SetupError: the port is taken.
    """
    with folder(keep=False) as files:
        asyncio.run(until_stopped(lambda: Preview(files, content, lesson).run(port, ready)))
