"""The patient's side of a crisis: /sos, the buttons of the first answers, silence, media that cannot be read, and what comes after."""
