"""`make bench`: every benchmark, or those named on the command line."""

from __future__ import annotations

import sys

from tests.bench import pages, start, throughput, writes

BENCHES = {"throughput": throughput.main, "pages": pages.main, "start": start.main, "writes": writes.main}

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHES:
        BENCHES[name]()
