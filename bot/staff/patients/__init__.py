"""What staff change about a patient: who looks after them, where they are, their emergency card at hand, a new phone."""
