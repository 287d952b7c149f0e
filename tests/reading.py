"""A second reader whose opinions are written down, and a world that has it."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sqlmodel import select

from bot.errors import ContentError
from bot.models import Case, Inbox
from bot.opinion.decide import Scores
from bot.opinion.network import SAID
from bot.opinion.second import SecondReader
from bot.opinions import Opinions
from bot.safety.levels import Category
from tests.world import World, content, world_at

NOBODY_KNOWS = "the harbour lights are so pretty from up here"
DOUBTED = "the tide comes in at nine and I am nearly there"


class Sayings:
    """An encoder and a model in one: what is said of a text is written down; everything else is harmless."""

    def __init__(self, said: dict[str, tuple[float, float]]) -> None:
        self.said = {text.lower(): scores for text, scores in said.items()}
        self.read: list[str] = []
        self.version, self.size = "test", 1
        self.broken = False
        self.networks = 1
        self._batch: list[str] = []

    def cut(self, texts: Sequence[str]) -> Any:
        return texts

    def encode(self, texts: Sequence[str], _network: int = 0) -> Any:
        if self.broken:
            raise RuntimeError("the words must not be told")
        self._batch = list(texts)
        self.read += texts
        return np.zeros((len(texts), SAID), dtype=np.float32)

    def scores(self, _meanings: Any) -> list[Scores]:
        return [Scores(*self.said.get(text, (0.001, 0.001)), Category.SUICIDE, False) for text in self._batch]


def reader(said: Sayings) -> SecondReader:
    return SecondReader(content().screener, content().opinion, said, said, OrderedDict())  # type: ignore[arg-type]


@asynccontextmanager
async def reading(tmp_path: Path, said: Sayings) -> AsyncIterator[World]:
    """A world whose second opinion has been loaded."""
    async with world_at(tmp_path, second_opinion=True) as world:
        opinions = world.app.pipeline.opinions
        opinions._load = lambda: reader(said)
        await opinions.start()
        assert opinions.ready
        yield world


def killed(world: World, load: Callable[[], SecondReader] | None) -> Opinions:
    """The process ended here, and another has started: what the first had in memory is gone.

    Args:
        load: how the new one makes its reader; None for one that is switched off.
    """
    pipeline, services = world.app.pipeline, world.app.services
    services = replace(services, settings=services.settings.model_copy(update={"second_opinion": load is not None}))
    pipeline.opinions = Opinions(services, load=load, directly=pipeline.fallback.answer)
    return pipeline.opinions


async def follows(world: World) -> None:
    """The second opinion has read everything, and what it made of it was sent."""
    opinions = world.app.pipeline.opinions
    await opinions.read()
    await opinions._settle()
    await world.settle()


def cases(world: World) -> list[Case]:
    with world.work() as work:
        return list(work.session.exec(select(Case).order_by(Case.opened_at)))  # type: ignore[arg-type]


def unread(world: World) -> list[int]:
    with world.work() as work:
        return [row.update_id for row in work.session.exec(select(Inbox)) if row.unread]


# What the rules alone page for, and leave to the second opinion when there is one.

DOUBTS = (
    "I don't see a point in going on like this, they would be fine",
    "everyone would be better without me around",
    "I keep thinking about the bridge on my way home",
    "ya no le veo sentido a nada y estoy cansada",
    "I gave everything away and said my goodbyes",
    "he is outside again and I hid the knives",
    "I feel like letting go of all of it tonight",
)


def doubtful(text: str) -> bool:
    screener = content().screener
    return screener.screen(text).level.pages and not screener.screen(text, sure=True).level.pages


DOUBT = next(text for text in DOUBTS if doubtful(text))


def no_model() -> SecondReader:
    raise ContentError("crisis/opinion.npz", "", "is missing")


async def until(true: Callable[[], bool]) -> None:
    """What another thread sets off has happened."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.to_thread(threading.Event().wait, 0.001)
