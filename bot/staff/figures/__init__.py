"""What a supervisor sees of a week: how fast, how often in vain, how often too late. Numbers only, of no single person."""
