"""Waymark: a recovery companion on Telegram for an intensive outpatient programme."""
