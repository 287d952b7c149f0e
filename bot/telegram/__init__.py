"""The edge to Telegram: the only place, with the demo, that knows its library."""
