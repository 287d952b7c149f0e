"""`/message`: words to the team that are no crisis, and what to raise in the next session."""
