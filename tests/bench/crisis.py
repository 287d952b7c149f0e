"""From a crisis message's arrival to the patient's answer and to the page's request, while 100 other chats write all the time."""

from __future__ import annotations

import statistics
import threading
import time

from tests.bench.harness import RUN, Server, folder, prepare, process, server

OTHERS, CRISES, EVERY_S = 100, 40, 0.5
FIRST_OTHER, FIRST_PATIENT = 20_000, 50_000
PACE_S = 0.05  # one of the others writes each: 20 messages a second


def _chatter(running: Server, stop: threading.Event) -> None:
    number = 0
    while not stop.is_set():
        running.post("/bench/one", chat=FIRST_OTHER + number % OTHERS, text="how do I find a meeting")
        number += 1
        stop.wait(PACE_S)


def measure(running: Server) -> tuple[list[float], list[float]]:
    """Milliseconds to the answer, and to the page, of each crisis."""
    answers, pages = [], []
    for number in range(CRISES):
        chat = FIRST_PATIENT + number
        at = running.post("/bench/one", chat=chat, text="I want to kill myself")["at"]
        time.sleep(EVERY_S)
        answers.append(1000 * (running.get("/bench/sent", chat=chat)["times"][0] - at))
        # A burst is bundled: then the page's request is an edit of the message that carries it.
        told = [when for when in running.get("/bench/sent", chat=1, edits=1)["times"] if when >= at]
        pages.append(1000 * (told[0] - at))
    return answers, pages


def run(*, with_others: bool) -> tuple[list[float], list[float]]:
    """One measurement; alone it is the control."""
    with folder() as place, server() as running:
        chats = [*range(FIRST_PATIENT, FIRST_PATIENT + CRISES), *range(FIRST_OTHER, FIRST_OTHER + OTHERS)]
        env = prepare(place, running.root, chats, WAYMARK_SEND_RATE="1000000")
        running.post("/bench/people", chats=[1, 2, *chats])
        with process(RUN, env=env):
            while running.get("/bench/count")["polled_at"] is None:
                time.sleep(0.05)
            stop = threading.Event()
            thread = threading.Thread(target=_chatter, args=(Server(running.root), stop), daemon=True)
            if with_others:
                thread.start()
            time.sleep(1.0)
            try:
                return measure(running)
            finally:
                stop.set()
                if with_others:
                    thread.join(5)


def main() -> None:
    """Print percentiles and the ratio to an idle bot."""
    alone, busy = run(with_others=False), run(with_others=True)
    for what, control, found in zip(("answer", "page"), alone, busy, strict=True):
        p95, base = statistics.quantiles(found, n=20)[18], statistics.quantiles(control, n=20)[18]
        print(
            f"crisis to {what}, {OTHERS} other chats at {1 / PACE_S:.0f} messages/s: median {statistics.median(found):.0f} ms, "
            f"p95 {p95:.0f} ms (wanted under 250); alone p95 {base:.0f} ms, ratio {p95 / base:.2f}"
        )


if __name__ == "__main__":
    main()
