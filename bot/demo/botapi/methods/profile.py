"""Methods about the bot itself and about chats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.demo.botapi.chats import SimGroup
from bot.demo.botapi.commands import checked_commands, checked_language, scope_key
from bot.demo.botapi.errors import bad_request
from bot.demo.botapi.methods.content import chat_of
from bot.demo.botapi.model import Json
from bot.demo.botapi.params import Params
from bot.demo.botapi.people import SimUser

if TYPE_CHECKING:
    from bot.demo.botapi.core import BotApi

_GIFTS = {"unlimited_gifts": True, "limited_gifts": True, "unique_gifts": True, "premium_subscription": True, "gifts_from_channels": True}
_ADMIN_ONLY = {"can_join_groups": True, "can_read_all_group_messages": True, "supports_inline_queries": False}


def get_me(api: BotApi, _params: Params) -> Json:
    return {**api.bot_object(), **_ADMIN_ONLY, "can_connect_to_business": False, "has_main_web_app": False}


def get_chat(api: BotApi, params: Params) -> Json:
    chat = chat_of(api, params)
    full = {"accent_color_id": chat.id % 7, "max_reaction_count": 11, "accepted_gift_types": _GIFTS}
    return {**chat.chat_object(), **full}


def get_chat_member(api: BotApi, params: Params) -> Json:
    chat = chat_of(api, params)
    user_id = params.integer("user_id")
    if user_id == api.bot_id:
        member = chat.refusal() is None
        return {"user": api.bot_object(), "status": "member" if member else "left"}
    user = api.users.get(user_id)
    if user is None:
        raise bad_request("user not found")
    inside = user_id in chat.members if isinstance(chat, SimGroup) else user_id == chat.id
    return {"user": user.user_object(), "status": "member" if inside else "left"}


def leave_chat(api: BotApi, params: Params) -> bool:
    chat = chat_of(api, params)
    if not isinstance(chat, SimGroup):
        raise bad_request("chat member status can't be changed in private chats")
    refusal = chat.refusal()
    if refusal:
        raise refusal
    chat.remove_bot(api.bot_id)
    return True


# Commands


def _where(api: BotApi, params: Params) -> tuple[str, str]:
    scope = params.mapping("scope")
    key = scope_key(scope)
    if scope and "chat_id" in scope:
        api.chat(int(scope["chat_id"]))
    return key, checked_language(params.text("language_code"))


def set_my_commands(api: BotApi, params: Params) -> bool:
    commands = checked_commands(params.array("commands"))
    return _put_commands(api, params, commands)


def delete_my_commands(api: BotApi, params: Params) -> bool:
    return _put_commands(api, params, [])


def _put_commands(api: BotApi, params: Params, commands: list[Json]) -> bool:
    scope, language = _where(api, params)
    listening = api.phones.listening
    before = {user.id: user.commands for user in api.users.values()} if listening else {}
    api.commands.put(scope, language, commands)
    for user_id, old in before.items():
        new = api.users[user_id].commands
        if new != old:
            api.phones.emit("commands", user=user_id, commands=new)
    return True


def get_my_commands(api: BotApi, params: Params) -> list[Json]:
    return api.commands.get(*_where(api, params))


# Name and descriptions


def _set_profile(api: BotApi, params: Params, field: str, limit: int, error: str) -> bool:
    value = params.text(field).strip()
    language = checked_language(params.text("language_code"))
    if len(value) > limit:
        raise bad_request(error)
    api.profile[f"{field}|{language}"] = value
    return True


def _get_profile(api: BotApi, params: Params, field: str, default: str = "") -> Json:
    language = checked_language(params.text("language_code"))
    return {field: api.profile.get(f"{field}|{language}") or api.profile.get(f"{field}|") or default}


def set_my_name(api: BotApi, params: Params) -> bool:
    return _set_profile(api, params, "name", 64, "BOT_TITLE_INVALID")


def get_my_name(api: BotApi, params: Params) -> Json:
    return _get_profile(api, params, "name", api.bot_name)


def set_my_description(api: BotApi, params: Params) -> bool:
    return _set_profile(api, params, "description", 512, "BOT_DESCRIPTION_INVALID")


def get_my_description(api: BotApi, params: Params) -> Json:
    return _get_profile(api, params, "description")


def set_my_short_description(api: BotApi, params: Params) -> bool:
    return _set_profile(api, params, "short_description", 120, "BOT_SHORT_DESCRIPTION_INVALID")


def get_my_short_description(api: BotApi, params: Params) -> Json:
    return _get_profile(api, params, "short_description")


# The menu button


def _button_key(api: BotApi, params: Params) -> str:
    if not params.has("chat_id"):
        return ""
    chat = chat_of(api, params)
    if not isinstance(chat, SimUser):
        raise bad_request("chat not found")
    return str(chat.id)


def set_chat_menu_button(api: BotApi, params: Params) -> bool:
    button = params.mapping("menu_button") or {"type": "default"}
    if button.get("type") not in ("commands", "web_app", "default"):
        raise bad_request("can't parse menu button: unsupported type specified")
    api.menu_buttons[_button_key(api, params)] = button
    return True


def get_chat_menu_button(api: BotApi, params: Params) -> Json:
    return api.menu_buttons.get(_button_key(api, params)) or api.menu_buttons.get("") or {"type": "default"}
