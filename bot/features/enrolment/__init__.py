"""A person's way in: invitation, language, age, consent, name, place, time."""
