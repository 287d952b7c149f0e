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
    for name in [name for name in sys.argv[1:] if name in BENCHES] or BENCHES:
        BENCHES[name]()
