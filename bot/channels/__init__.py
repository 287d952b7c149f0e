"""Pages on other ways than Telegram, the heartbeat and the drill's walk: what goes out beside the Bot API. Alone knows Apprise."""
