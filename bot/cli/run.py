"""`waymark run`: the bot."""

from __future__ import annotations


def run() -> None:
    """Run the bot, by polling or webhook as WAYMARK_MODE says, until Ctrl-C or SIGTERM."""
    from bot import logs
    from bot.cli.common import database_trouble, present
    from bot.config import Settings

    settings = Settings.load(("bot_token", "encryption_keys"))
    present(settings)
    logs.configure(settings.log_level)
    from bot import app

    with database_trouble():
        app.run(settings)
