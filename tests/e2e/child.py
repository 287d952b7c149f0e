"""The bot as a child process for crash tests: as `waymark run`, with a clock whose offset is read from a file."""

from __future__ import annotations

import sys
from pathlib import Path

from bot import app, logs
from bot.clock import FileOffsetClock
from bot.config import Settings

if __name__ == "__main__":
    settings = Settings.load(needs=("bot_token", "encryption_keys"))
    logs.configure(settings.log_level)
    app.run(settings, FileOffsetClock(Path(sys.argv[1])))
