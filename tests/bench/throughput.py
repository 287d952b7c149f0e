"""Turns a second, the whole pipeline with commits on SQLite, against the bare echo bot; both through the same simulator over HTTP."""

from __future__ import annotations

import sys

from tests.bench.harness import RUN, TOKEN, Server, folder, loaded, prepare, process, server
from tests.bench.server import FIRST_CHAT

CHATS, ROUNDS = 200, 5


def measure(running: Server, *, delay_s: float, rounds: int) -> float:
    """Answers a second for a burst that arrives all at once."""
    running.post("/bench/delay", seconds=delay_s)
    total = CHATS * rounds
    running.post("/bench/feed", chats=CHATS, rounds=rounds, text="hello there")
    counted = running.wait_for(total, limit_s=240)
    return total / float(counted["last"] - counted["fed_at"])


def control(*, delay_s: float, rounds: int) -> float:
    """The echo bot."""
    with server() as running, process([sys.executable, "-m", "tests.bench.echo", running.root, TOKEN]):
        return _warm(running, delay_s, rounds)


def ours(*, delay_s: float, rounds: int) -> float:
    """`waymark run` with enrolled patients."""
    with folder() as place, server() as running:
        env = prepare(place, running.root, range(FIRST_CHAT, FIRST_CHAT + CHATS), WAYMARK_SEND_RATE="1000000")
        with process(RUN, env=env):
            loaded(env)
            return _warm(running, delay_s, rounds)


def _warm(running: Server, delay_s: float, rounds: int) -> float:
    running.post("/bench/feed", chats=5, rounds=1, text="warm up")
    running.wait_for(5, limit_s=60)
    return measure(running, delay_s=delay_s, rounds=rounds)


def main() -> None:
    """Print both ratios."""
    for name, delay_s, rounds, wanted in (("answers at once", 0.0, ROUNDS, 0.6), ("answers 60 ms late", 0.06, 2, 3.0)):
        theirs, own = control(delay_s=delay_s, rounds=rounds), ours(delay_s=delay_s, rounds=rounds)
        print(f"turns/s, {name}: waymark {own:.0f}, echo bot {theirs:.0f}, ratio {own / theirs:.2f} (wanted at least {wanted})")


if __name__ == "__main__":
    main()
