"""From a dangerous message's arrival to the answer and the page, while 100 other chats write; by rules and by second opinion."""

from __future__ import annotations

import contextlib
import statistics
import threading
import time
from collections.abc import Iterator

from tests.bench.harness import RUN, Server, folder, prepare, process, server

OTHERS, CRISES, EVERY_S = 100, 40, 0.5
FIRST_OTHER, FIRST_PATIENT = 20_000, 50_000
PACE_S = 0.05  # one of the others writes each: 20 messages a second
DANGER = "I want to kill myself"
HINT = "I've given the dog to my neighbour, she'll love him. Thanks for everything."  # no rule pages for it by itself
LOADED_S = 15.0  # until the second opinion reads


def _chatter(running: Server, stop: threading.Event) -> None:
    number = 0
    while not stop.is_set():
        running.post("/bench/one", chat=FIRST_OTHER + number % OTHERS, text="how do I find a meeting")
        number += 1
        stop.wait(PACE_S)


@contextlib.contextmanager
def bot(*, with_others: bool) -> Iterator[Server]:
    """A running bot with its second opinion, and others who write to it all the time."""
    with folder() as place, server() as running:
        chats = [*range(FIRST_PATIENT, FIRST_PATIENT + 2 * CRISES), *range(FIRST_OTHER, FIRST_OTHER + OTHERS)]
        env = prepare(place, running.root, chats, WAYMARK_SEND_RATE="1000000", WAYMARK_SECOND_OPINION="on")
        running.post("/bench/people", chats=[1, 2, *chats])
        with process(RUN, env=env):
            while running.get("/bench/count")["polled_at"] is None:
                time.sleep(0.05)
            stop = threading.Event()
            thread = threading.Thread(target=_chatter, args=(Server(running.root), stop), daemon=True)
            if with_others:
                thread.start()
            time.sleep(LOADED_S)
            try:
                yield running
            finally:
                stop.set()
                if with_others:
                    thread.join(5)


def measure(running: Server, first: int, text: str) -> tuple[list[float], list[float]]:
    """Milliseconds to the answer, and to the page, of each dangerous message."""
    answers, pages = [], []
    for number in range(CRISES):
        chat = first + number
        at = running.post("/bench/one", chat=chat, text=text)["at"]
        time.sleep(EVERY_S)
        answers.append(1000 * (running.get("/bench/sent", chat=chat)["times"][0] - at))
        # A burst is bundled: then the page's request is an edit of the message that carries it.
        told = [when for when in running.get("/bench/sent", chat=1, edits=1)["times"] if when >= at]
        pages.append(1000 * (told[0] - at) if told else 1000 * EVERY_S)
    return answers, pages


def run(*, with_others: bool) -> dict[str, list[float]]:
    """One measurement; alone it is the control."""
    with bot(with_others=with_others) as running:
        answers, pages = measure(running, FIRST_PATIENT, DANGER)
        _, hinted = measure(running, FIRST_PATIENT + CRISES, HINT)
    return {"a crisis to its answer": answers, "a crisis to its page": pages, "a hint, by the second opinion, to its page": hinted}


def main() -> None:
    """Print percentiles and the ratio to an idle bot."""
    alone, busy = run(with_others=False), run(with_others=True)
    for what, found in busy.items():
        p95, base = statistics.quantiles(found, n=20)[18], statistics.quantiles(alone[what], n=20)[18]
        print(
            f"{what}, {OTHERS} other chats at {1 / PACE_S:.0f} messages/s: median {statistics.median(found):.0f} ms, "
            f"p95 {p95:.0f} ms (wanted under 250); alone p95 {base:.0f} ms, ratio {p95 / base:.2f}"
        )


if __name__ == "__main__":
    main()
