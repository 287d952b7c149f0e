"""Writing to a patient through the bot: whom the words are for, and the keyboard that shows it."""
