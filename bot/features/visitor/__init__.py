"""Those who found the bot and are not enrolled."""
