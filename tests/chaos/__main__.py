"""`make chaos`: crises and a first day while the bot is killed again and again, with a Bot API that fails; prints what was lost.

Arguments: how many kills in the crises on each database (300 when left out), and how many walks of a first day (5).
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy.engine import make_url

from tests.chaos.crises import KILLS as IN_A_ROUND
from tests.chaos.crises import Tally, crisis_round
from tests.e2e.stage import stage
from tests.e2e.test_first_day import nothing_is_lost
from tests.e2e.walk import first_day, walk

KILLS, WALKS = 300, 5
POSTGRES_URL = "WAYMARK_TEST_POSTGRES_URL"


async def first_days(rounds: int) -> int:
    """Walk the first day, killing the bot at every step.

    Returns:
        How many kills.
    """
    kills = 0
    for number in range(rounds):
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="waymark-chaos-") as folder:
            async with stage(Path(folder)) as made:
                dana = made.hire(2001, "Dana", position="primary")
                made.hire(2002, "Luis", position="backup")
                sam = made.phone(1001, "Sam")
                steps = first_day(sam, dana, made.invitation())
                if number % 2:
                    made.api.faults.http_500("sendMessage", count=3)
                    made.api.faults.accept_then_drop("sendMessage", count=2)
                await made.start()
                await walk(made, steps, kill_at=set(range(len(steps))), salt=number)
                made.work(nothing_is_lost)
                kills += made.kills
        print(f"first day {number + 1}: {made.kills} kills, {time.monotonic() - started:.0f} s, nothing lost", flush=True)
    return kills


async def crises(kills: int, where: str) -> Tally:
    """Rounds of scripted crises on one database until so many kills are reached."""
    total, number = Tally(), 0
    while total.kills < kills:
        number += 1
        with tempfile.TemporaryDirectory(prefix="waymark-chaos-") as folder, _database(where) as url:
            tally = await crisis_round(Path(folder), seed=number, kills=IN_A_ROUND, database_url=url)
        total.add(tally)
        print(f"{where}, round {number}: {tally.line()}", flush=True)
        for problem in tally.lost:
            print(f"  LOST: {problem}", flush=True)
        if not tally.well:
            print(tally.last_words, flush=True)
    return total


@contextmanager
def _database(where: str) -> Iterator[str | None]:
    if where == "SQLite":
        yield None
        return
    server = make_url(os.environ[POSTGRES_URL]).set(drivername="postgresql")
    name = f"waymark_chaos_{uuid4().hex}"
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
        yield server.set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


async def main(kills: int, walks: int) -> bool:
    """Everything; the summary comes last.

    Returns:
        Whether nothing was lost, stuck or doubled without a reason.
    """
    walked = await first_days(walks)
    totals = [("SQLite", await crises(kills, "SQLite"))]
    if os.environ.get(POSTGRES_URL):
        totals.append(("PostgreSQL", await crises(kills, "PostgreSQL")))
    else:
        print(f"PostgreSQL: not run, {POSTGRES_URL} is not set")
    print(f"first days: {walks} walks, {walked} kills: updates lost 0, pages lost 0, replies lost 0")
    for where, total in totals:
        print(f"{where}: {total.line()}")
    return all(total.well for _, total in totals)


if __name__ == "__main__":
    chosen = [int(argument) for argument in sys.argv[1:]]
    sys.exit(0 if asyncio.run(main(*chosen, *(KILLS, WALKS)[len(chosen) :])) else 1)
