"""What the bot says and teaches: files of content read once at start into checked, frozen models. Knows no database and no Telegram."""
