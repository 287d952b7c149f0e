"""`/drill` for supervisors."""
