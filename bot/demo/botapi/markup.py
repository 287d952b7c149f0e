"""reply_markup: checked as Telegram checks it, and cut down to the fields that come back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot.demo.botapi.errors import bad_request
from bot.demo.botapi.model import Json
from bot.demo.botapi.params import Params

_ACTIONS = (
    "callback_data",
    "url",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
_REQUESTS = ("request_contact", "request_location", "request_poll", "request_users", "request_chat", "web_app")
_MAX_BUTTONS = 100
_MAX_ROW = 8


@dataclass(frozen=True, slots=True)
class Markup:
    """The two kinds apart: `inline` belongs to the message and comes back with it, `reply` belongs to the person's keyboard."""

    inline: list[list[Json]] | None = None
    reply: Json | None = None


def _rows(value: Any, name: str) -> list[list[Any]]:
    if not isinstance(value, list | tuple) or any(not isinstance(row, list | tuple) for row in value):
        raise bad_request(f"field {name!r} of the reply markup must be an Array of Arrays")
    rows = [list(row) for row in value if row]
    if sum(map(len, rows)) > _MAX_BUTTONS or any(len(row) > _MAX_ROW for row in rows):
        raise bad_request("reply markup is too long")
    return rows


def _checked_url(url: str) -> str:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    other_scheme = re.match(r"[a-z]+:(?!//)", url, re.IGNORECASE) and not re.match(r"[\w-]+(\.[\w-]+)+:\d", url)  # tel:, mailto:
    problem = ""
    if other_scheme or parts.scheme not in ("http", "https", "tg", "ton"):
        problem = "Unsupported URL protocol"
    elif parts.scheme in ("http", "https") and "." not in (parts.hostname or ""):
        problem = "Wrong HTTP URL"
    if problem:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: {problem}")
    return url if "://" in url else f"http://{url}/"


def _inline_button(button: Any) -> Json:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    text = button.get("text")
    if not isinstance(text, str) or not text.strip():
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    actions = [name for name in _ACTIONS if button.get(name) is not None]
    if not actions:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    checked = {"text": text, actions[0]: button[actions[0]]}
    if actions[0] == "callback_data":
        data = button["callback_data"]
        if not isinstance(data, str) or not 1 <= len(data.encode()) <= 64:
            raise bad_request("BUTTON_DATA_INVALID")
    elif actions[0] == "url":
        checked["url"] = _checked_url(str(button["url"]))
    return checked


def _reply_button(button: Any) -> Json:
    button = {"text": button} if isinstance(button, str) else button
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise bad_request("can't parse keyboard button: KeyboardButton must be a String or an Object with a text")
    if not button["text"].strip():
        raise bad_request("keyboard button text must be non-empty")
    return {"text": button["text"], **{name: button[name] for name in _REQUESTS if button.get(name)}}


def read_markup(params: Params) -> Markup:
    """The request's reply_markup, checked.

    Raises:
        ApiError: 400 for buttons that Telegram refuses (data of 0 or over 64 bytes, no text, addresses it does not take).
    """
    raw = params.mapping("reply_markup")
    if not raw:
        return Markup()
    if "inline_keyboard" in raw:
        rows = _rows(raw["inline_keyboard"], "inline_keyboard")
        return Markup(inline=[[_inline_button(button) for button in row] for row in rows] or None)
    if "keyboard" in raw:
        keyboard = [[_reply_button(button) for button in row] for row in _rows(raw["keyboard"], "keyboard")]
        if not keyboard:
            raise bad_request("reply keyboard must be non-empty")
        if len(str(raw.get("input_field_placeholder") or "")) > 64:
            raise bad_request("input field placeholder is too long")
        return Markup(reply={**raw, "keyboard": keyboard})
    if raw.get("remove_keyboard") or raw.get("force_reply"):
        return Markup(reply=raw)
    raise bad_request("object expected as reply markup")
