"""Meetings of AA, NA and others: lists in, occurrences and choices out. MEETINGS.md of the project is the rule book."""
