"""Files are recipes: a name and parameters in the outbox, made outside the writer just before sending."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bot.errors import Undeliverable
from bot.escalation import papers, parcels
from bot.features.meetings import calendar
from bot.features.privacy import export
from bot.ports import Attachment, Outgoing
from bot.services import Services
from bot.work import Work

Recipe = Callable[[Work, Mapping[str, Any]], Attachment]


def voice(work: Work, parameters: Mapping[str, Any]) -> Attachment:
    """The recipe `voice`: the recording at `path` inside the content folders, the clinic's own before the shipped one.

    Raises:
        LookupError: it is gone since.
    """
    path = str(parameters["path"])
    file = next((folder / path for folder in reversed(work.content.folders) if (folder / path).is_file()), None)
    if file is None or path not in work.content.voices:
        raise LookupError("this recording is gone")
    return Attachment(file.name, file.read_bytes(), "audio/ogg")


# By the name in `Outgoing.file["recipe"]`. A recipe reads and never writes; it raises LookupError when its subject is gone.
RECIPES: Mapping[str, Recipe] = {
    "calendar": calendar.document,
    "chart": papers.chart,
    "disclosure": papers.disclosure,
    "export": export.document,
    "voice": voice,
}


async def made(services: Services, message: Outgoing) -> Outgoing:
    """The message with its file, if it has one. Made in a thread of its own with a read transaction of its own.

    Raises:
        Undeliverable: there is no such recipe, or what the file is about is gone, or it is not what it says it is.
        RetryLater: a file that goes through the relay could not be fetched now.
    """
    if message.file is None:
        return message
    if message.file.get("recipe") == parcels.RECIPE:
        data = await services.transport.fetch(str(message.file["file_id"]))
        return replace(message, attachment=await asyncio.to_thread(parcels.remade, message.file, data))
    recipe = RECIPES.get(str(message.file.get("recipe")))
    if recipe is None:
        raise Undeliverable("no_recipe")
    try:
        attachment = await asyncio.to_thread(_make, services, recipe, message.file)
    except LookupError as error:
        raise Undeliverable("no_file") from error
    return replace(message, attachment=attachment)


def _make(services: Services, recipe: Recipe, parameters: Mapping[str, Any]) -> Attachment:
    with services.database.reading() as session:
        return recipe(services.work(session), parameters)
