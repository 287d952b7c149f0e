"""Pages and their buttons, the list of open cases and of what is to do, and the form that closes a case."""
