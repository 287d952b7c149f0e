"""`/leave`: when staff are away, and who covers for them."""
