"""`/session`: the staff's side of the clinic's programme."""
