"""Who needs a counselor today, and one patient at a glance."""
