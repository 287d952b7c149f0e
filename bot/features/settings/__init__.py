"""What a person can set for themselves."""
