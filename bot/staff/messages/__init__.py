"""What patients write to the team outside a crisis: read, answered, done."""
