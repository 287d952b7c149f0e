"""Transcripts to read: `make show`."""
