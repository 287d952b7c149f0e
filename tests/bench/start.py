"""How soon the first poll comes after the start, and how much memory the bot holds after some use."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.bench.harness import RUN, TOKEN, Server, folder, prepare, process, server
from tests.bench.server import FIRST_CHAT

CHATS = 50


def resident_mb(pid: int) -> float:
    """Resident memory of a process, in megabytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def first_poll_s(command: list[str], root_server: Server, env: dict[str, str] | None) -> tuple[float, float]:
    """Seconds from the start of a process to its first poll, and its memory after a burst of messages."""
    started = time.time()
    with process(command, env=env) as running:
        while (polled := root_server.get("/bench/count")["polled_at"]) is None:
            time.sleep(0.02)
        for text in ("hello", "/help", "/tools", "/learn", "/meetings", "/checkin", "/settings", "/privacy", "I want to kill myself"):
            root_server.post("/bench/feed", chats=CHATS, rounds=1, text=text, numbered=False)
            root_server.wait_for(CHATS, limit_s=60)
        return polled - started, resident_mb(running.pid)


def main() -> None:
    """Print ours beside the echo bot's."""
    with folder() as place, server() as running:
        env = prepare(place, running.root, range(FIRST_CHAT, FIRST_CHAT + CHATS))
        own, memory = first_poll_s(RUN, running, env)
    with server() as running:
        theirs, their_memory = first_poll_s([sys.executable, "-m", "tests.bench.echo", running.root, TOKEN], running, None)
    print(f"first poll: waymark {own:.2f} s (wanted within 3), echo bot {theirs:.2f} s, ratio {own / theirs:.2f}")
    print(f"resident memory: waymark {memory:.0f} MB (wanted under 220), echo bot {their_memory:.0f} MB, ratio {memory / their_memory:.2f}")


if __name__ == "__main__":
    main()
