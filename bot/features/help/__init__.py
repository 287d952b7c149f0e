"""Help in plain words, and what to say when nothing was understood."""
