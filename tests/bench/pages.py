"""How long a page takes from the crisis message's arrival, behind thousands of queued bulk messages at the shipped send rate."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime

from bot import outbox, people
from bot.config import Settings
from bot.content import library
from bot.db import Database
from bot.models import Lane
from bot.outbox import Post
from bot.ports import Outgoing
from bot.vault import Vault
from bot.work import Work
from tests.bench.harness import RUN, Server, folder, prepare, process, server

BULK, CRISES, EVERY_S = 5000, 60, 0.4
FIRST_BULK, FIRST_PATIENT = 100_000, 50_000


def queue_bulk(env: dict[str, str]) -> None:
    """Put the bulk messages in, one a chat."""
    settings = Settings.load(
        bot_token=env["WAYMARK_BOT_TOKEN"], database_url=env["WAYMARK_DATABASE_URL"], encryption_keys=env["WAYMARK_ENCRYPTION_KEYS"]
    )
    database = Database(settings.database_url)
    with database.transaction() as session:
        work = Work(session, datetime.now(UTC), library.load(), Vault(settings.keys), settings)
        for chat in range(FIRST_BULK, FIRST_BULK + BULK):
            person = people.by_chat(session, chat)
            assert person is not None
            outbox.put(work, person, Outgoing(chat, text="News from your clinic"), post=Post(lane=Lane.BULK))
    database.close()


def measure(running: Server) -> list[float]:
    """Milliseconds from each crisis message's arrival to the page's request."""
    took = []
    for number in range(CRISES):
        at = running.post("/bench/one", chat=FIRST_PATIENT + number, text="I want to kill myself")["at"]
        time.sleep(EVERY_S)
        # A burst is bundled: then the page's request is an edit of the message that carries it.
        told = [when for when in running.get("/bench/sent", chat=1, edits=1)["times"] if when >= at]
        if not told:
            raise TimeoutError(f"no page for crisis {number + 1} of {CRISES}")
        took.append(1000 * (told[0] - at))
    return took


def run(*, with_bulk: bool) -> list[float]:
    """One measurement; without bulk it is the control."""
    with folder() as place, server() as running:
        chats = [*range(FIRST_PATIENT, FIRST_PATIENT + CRISES), *(range(FIRST_BULK, FIRST_BULK + BULK) if with_bulk else ())]
        env = prepare(place, running.root, chats)
        running.post("/bench/people", chats=[1, 2, *chats])
        if with_bulk:
            queue_bulk(env)
        with process(RUN, env=env):
            while running.get("/bench/count")["polled_at"] is None:
                time.sleep(0.05)
            time.sleep(2.0)
            return measure(running)


def main() -> None:
    """Print percentiles and the ratio to an idle bot."""
    idle, loaded = run(with_bulk=False), run(with_bulk=True)
    p95 = statistics.quantiles(loaded, n=20)[18]
    control = statistics.quantiles(idle, n=20)[18]
    print(f"page behind {BULK} bulk messages at 30/s: median {statistics.median(loaded):.0f} ms, p95 {p95:.0f} ms (wanted under 150)")
    print(f"page without bulk: p95 {control:.0f} ms; ratio {p95 / control:.2f}")


if __name__ == "__main__":
    main()
