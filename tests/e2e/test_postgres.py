"""Two processes of one bot on one PostgreSQL, updates posted to them in turns: nothing lost, nothing twice, also when one is killed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from bot.demo.botapi.model import Json
from bot.demo.botapi.webhook import post_over_http
from bot.telegram.webhook import PATH
from tests.e2e.stage import Stage, stage
from tests.e2e.test_first_day import nothing_is_lost
from tests.e2e.test_webhook import by_webhook, free_port
from tests.e2e.walk import first_day, walk

pytestmark = [pytest.mark.e2e, pytest.mark.postgres]


@dataclass
class InTurns:
    """A load balancer: each post to the next replica."""

    ports: list[int]
    posts: Counter[int] = field(default_factory=Counter)
    number: int = 0

    async def post(self, _url: str, body: Json, headers: Mapping[str, str]) -> int:
        self.number += 1
        port = self.ports[self.number % len(self.ports)]
        status = await post_over_http(f"http://127.0.0.1:{port}{PATH}", body, headers)
        self.posts[port] += status == 200
        return status


@asynccontextmanager
async def twins(folder: Path, url: str) -> AsyncIterator[tuple[Stage, Stage, InTurns]]:
    """Two stages around one simulator, one clock and one database."""
    async with stage(folder, database_url=url) as first:
        second = Stage(first.api, first.clock, folder, dict(first.env))
        ports = [by_webhook(first), by_webhook(second, free_port())]
        balancer = InTurns(ports)
        first.api.webhook.post = balancer.post
        try:
            yield first, second, balancer
        finally:
            if second.process is not None and second.process.returncode is None:
                second.process.kill()
                await second.process.wait()


async def _ready(one: Stage) -> None:
    async def listens() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                return (await client.get(f"{one.env['WAYMARK_PUBLIC_URL']}/healthz")).status_code == 200
        except httpx.HTTPError:
            return False

    for _ in range(600):
        if await listens():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(one.log.read_text()[-2000:])


async def test_a_first_day_with_two_replicas_one_of_which_is_killed(tmp_path: Path, postgres_url: str) -> None:
    async with twins(tmp_path, postgres_url) as (first, second, balancer):
        dana = first.hire(2001, "Dana", position="primary")
        first.hire(2002, "Luis", position="backup")
        sam = first.phone(1001, "Sam")
        steps = first_day(sam, dana, first.invitation())
        await first.start()
        await second.start()
        await _ready(first)
        await _ready(second)
        half = 12
        await walk(first, steps[:half], kill_at=set())
        steps[half].act()
        await second.kill_after_a_moment(half)
        first.moves(seconds=31)  # what it had taken is taken up by the other
        await first.until(steps[half].done, steps[half].name)
        await walk(first, steps[half + 1 :], kill_at=set())
        first.work(nothing_is_lost)
        assert min(balancer.posts[port] for port in balancer.ports) >= 5
        pages = [message for message in dana.received if (message.text or "").startswith("Case 1, emergency")]
        assert len(pages) == 1
        texts = Counter(message.text for message in sam.received if message.text)
        assert sum(count - 1 for count in texts.values()) <= 3
