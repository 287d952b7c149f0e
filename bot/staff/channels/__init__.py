"""The ways by which a page reaches this person, and their proof; the drill for supervisors."""
