"""Asking Telegram who the bot is, and whether its name tells too much."""

from __future__ import annotations

import asyncio
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import RetryLater

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.content.prose import Style

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\d_]+")
_TELLING_LETTERS = 5  # shorter words stand inside harmless ones too often


@dataclass(frozen=True, slots=True)
class Identity:
    """How the bot is called: `username` without @, `name` as it stands above the chat."""

    username: str
    name: str


def identity(settings: Settings) -> Identity | None:
    """Who the token belongs to.

    Returns:
        None when Telegram cannot be reached now.

    Raises:
        SetupError: the token is missing or refused.
    """
    from bot import logs
    from bot.config import LogLevel

    logs.configure(LogLevel.ERROR, stream=io.StringIO())  # what is logged of a refusal, this command says in its own words
    return asyncio.run(_ask(settings))


async def _ask(settings: Settings) -> Identity | None:
    from bot.telegram.transport import TelegramTransport, make_bot

    transport = TelegramTransport(make_bot(settings.token, settings.bot_api_url))
    try:
        username = await transport.start()
        return Identity(username, transport.bot.first_name)
    except RetryLater:
        return None
    finally:
        await transport.stop()


def telling(identity: Identity, style: Style) -> list[str]:
    """The words of the bot's names that tell what it is for (`preview` in content/style.yaml), as they stand there.

    Whoever sees the phone reads these names above the chat and in each notification.
    """
    from bot.content.prose import shown_words

    spoken = f"{identity.name} {' '.join(_WORD.findall(identity.username))}"
    found = [word for lang in style.preview for word in shown_words(spoken, lang, style)]
    run_together = re.sub(r"[\W_]", "", identity.username).lower()
    for patterns in style.preview.values():
        for pattern in patterns:
            found += [hit.group() for hit in re.finditer(pattern, run_together) if len(hit.group()) >= _TELLING_LETTERS]
    return list(dict.fromkeys(word.lower() for word in found))
