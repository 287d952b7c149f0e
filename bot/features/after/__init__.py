"""What follows a case on the patient's phone: kind messages, and words that came just after its end."""
