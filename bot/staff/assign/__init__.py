"""Giving patients lessons."""
