"""`/schedule`: the patient's side of the clinic's programme."""
