"""How long write transactions take: a burst of every kind of turn, and an import of 2,000 meetings beside it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.bench.harness import RUN, folder, prepare, process, server
from tests.bench.server import FIRST_CHAT

CHATS, MEETINGS = 100, 2000
TEXTS = (
    "hello",
    "/help",
    "/tools",
    "/learn",
    "/meetings",
    "/checkin",
    "/settings",
    "/privacy",
    "/sos",
    "I want to kill myself",
    "are you there",
)


def meeting_list(place: Path) -> Path:
    """An invented list."""
    rows = [
        {
            "name": f"Group {n}",
            "slug": f"group-{n}",
            "day": n % 7,
            "time": f"{n % 24:02d}:00",
            "formatted_address": f"{n} Harbor Lane",
        }
        for n in range(MEETINGS)
    ]
    file = place / "meetings.json"
    file.write_text(json.dumps(rows))
    return file


def main() -> None:
    """Print the slowest write and how many took over 50 ms."""
    with folder() as place, server() as running:
        env = prepare(place, running.root, range(FIRST_CHAT, FIRST_CHAT + CHATS), WAYMARK_SEND_RATE="1000000", WAYMARK_LOG_LEVEL="info")
        log = place / "log"
        with log.open("wb") as out, process(RUN, env=env, stderr=out):
            importing = None
            for number, text in enumerate(TEXTS):
                running.post("/bench/feed", chats=CHATS, rounds=1, text=text, numbered=False)
                running.wait_for(CHATS, limit_s=60)
                if number == 3:
                    command = [sys.executable, "-m", "bot", "meetings", "import", str(meeting_list(place)), "--fellowship", "aa"]
                    importing = subprocess.Popen(
                        command, env={**os.environ, **env}, cwd=Path(__file__).parents[2], stdout=subprocess.DEVNULL
                    )
            assert importing is not None
            importing.wait(60)
        found = re.search(r"slowest_write_ms=(\d+) slow_writes=(\d+)", log.read_text())
        assert found is not None, log.read_text()[-500:]
        print(f"write transactions: slowest {found[1]} ms, over 50 ms: {found[2]} (wanted 0)")
        print(f"  in {len(TEXTS) * CHATS} turns and an import of {MEETINGS} rows at the same time")


if __name__ == "__main__":
    main()
