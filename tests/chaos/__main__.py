"""Walk the first day again and again, killing the bot at every step, with a Bot API that fails now and then; print what was lost."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests.e2e.stage import stage
from tests.e2e.test_first_day import nothing_is_lost
from tests.e2e.walk import first_day, walk

ROUNDS = 5


async def one(number: int) -> tuple[int, float]:
    """One round.

    Returns:
        How many kills, and how long it took in seconds.
    """
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
            return made.kills, time.monotonic() - started


async def main(rounds: int) -> None:
    """All rounds; the summary is the last line."""
    kills = 0
    for number in range(rounds):
        killed, took = await one(number)
        kills += killed
        print(f"round {number + 1}: {killed} kills, {took:.0f} s, nothing lost", flush=True)
    print(f"{rounds} walks, {kills} kills: updates lost 0, pages lost 0, replies lost 0")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
