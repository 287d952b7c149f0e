"""Waymark: a recovery companion on Telegram for an intensive outpatient programme."""

from . import native

native.use()
