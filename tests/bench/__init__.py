"""Benchmarks: ratios against a control in the same run. `make bench`; never part of `make test`."""
