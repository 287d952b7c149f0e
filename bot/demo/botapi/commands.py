"""The command menu: kept per scope and language, found again the way Telegram finds it."""

from __future__ import annotations

import re
from typing import Any

from bot.demo.botapi.errors import bad_request
from bot.demo.botapi.model import Json

_NAME = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"[a-z]{2}")
_SCOPES = ("default", "all_private_chats", "all_group_chats", "all_chat_administrators", "chat", "chat_administrators", "chat_member")
_MAX_COMMANDS = 100


def checked_commands(raw: list[Any] | None) -> list[Json]:
    """The commands of setMyCommands.

    Raises:
        ApiError: 400 for a bad name (anything but 1-32 of a-z, 0-9 and _), a bad description or too many.
    """
    if raw is None:
        raise bad_request('parameter "commands" is required')
    if len(raw) > _MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    commands = []
    for entry in raw:
        if not isinstance(entry, dict):
            raise bad_request("can't parse BotCommand: expected an Object")
        name = str(entry.get("command", "")).removeprefix("/")
        description = str(entry.get("description", "")).strip()
        if not _NAME.fullmatch(name):
            raise bad_request("BOT_COMMAND_INVALID")
        if not description:
            raise bad_request("command description must be non-empty")
        if len(description) > 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        commands.append({"command": name, "description": description})
    return commands


def scope_key(scope: Json | None) -> str:
    """A scope as text: "default", "chat:7".

    Raises:
        ApiError: 400 for an unknown scope.
    """
    kind = (scope or {}).get("type", "default")
    if kind not in _SCOPES:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    parts = [str(kind), *(str((scope or {})[name]) for name in ("chat_id", "user_id") if name in (scope or {}))]
    if kind.startswith("chat") and len(parts) == 1:
        raise bad_request("can't parse BotCommandScope: chat_id is required")
    return ":".join(parts)


def checked_language(code: str) -> str:
    """A two-letter language code or "".

    Raises:
        ApiError: 400 for anything else.
    """
    if code and not _LANGUAGE.fullmatch(code):
        raise bad_request("invalid language code specified")
    return code


class CommandBook:
    """The lists that setMyCommands left, by scope and language."""

    def __init__(self) -> None:
        self.lists: dict[str, list[Json]] = {}

    def put(self, scope: str, language: str, commands: list[Json]) -> None:
        """Keep a list; an empty one counts as deleted."""
        if commands:
            self.lists[f"{scope}|{language}"] = commands
        else:
            self.lists.pop(f"{scope}|{language}", None)

    def get(self, scope: str, language: str) -> list[Json]:
        return self.lists.get(f"{scope}|{language}", [])

    def for_private_chat(self, chat_id: int, language_code: str) -> list[Json]:
        """The list that a person sees: the narrowest scope wins, in it their language before none."""
        language = language_code[:2].lower()
        for scope in (f"chat:{chat_id}", "all_private_chats", "default"):
            for code in (language, ""):
                commands = self.lists.get(f"{scope}|{code}")
                if commands:
                    return commands
        return []
