"""`make bench`: every benchmark, or those named on the command line."""

from __future__ import annotations

import sys

from tests.bench import content, crisis, cycle, feeds, opinion, pages, screen, search, start, throughput, writes

BENCHES = {
    "throughput": throughput.main,
    "opinion": opinion.main,
    "pages": pages.main,
    "content": content.main,
    "crisis": crisis.main,
    "cycle": cycle.main,
    "feeds": feeds.main,
    "screen": screen.main,
    "search": search.main,
    "start": start.main,
    "writes": writes.main,
}

if __name__ == "__main__":
    if unknown := [name for name in sys.argv[1:] if name not in BENCHES]:
        sys.exit(f"There is no benchmark {', '.join(unknown)}: name some of {', '.join(BENCHES)}, or none for all.")
    for name in sys.argv[1:] or BENCHES:
        BENCHES[name]()
