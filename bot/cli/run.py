"""`waymark run`: the bot."""

from __future__ import annotations

import errno
import gc

from bot.errors import SetupError


def run() -> None:
    """Run the bot, by polling or webhook as WAYMARK_MODE says, until Ctrl-C or SIGTERM."""
    # Until the bot is up nearly everything that is made stays; looking for garbage meanwhile takes a fifth of the start.
    gc.disable()
    from bot import logs
    from bot.cli.common import database_trouble, present
    from bot.config import Settings, name_of

    settings = Settings.load(("bot_token", "encryption_keys"))
    present(settings)
    logs.configure(settings.log_level)
    from bot import app

    try:
        with database_trouble():
            app.run(settings)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES):
            raise
        raise SetupError(
            f"{name_of('listen')} is {settings.listen}, taken or not this machine's: stop what listens there, or choose another port"
        ) from error
