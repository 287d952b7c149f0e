"""The clinic's programme: what the patient's and the staff's side of it share."""
