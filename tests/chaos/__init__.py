"""The long form of the crash tests: `make chaos`."""
