"""Methods that answer at once and leave no message: the end of a press, "typing"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.demo.botapi.errors import bad_request
from bot.demo.botapi.methods.content import writable_chat
from bot.demo.botapi.params import Params

if TYPE_CHECKING:
    from bot.demo.botapi.core import BotApi

_TOAST_LIMIT = 200
_ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)


def send_chat_action(api: BotApi, params: Params) -> bool:
    action = params.text("action")
    if action not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat = writable_chat(api, params)
    api.phones.emit("typing", user=chat.id, action=action)
    return True


def answer_callback_query(api: BotApi, params: Params) -> bool:
    text = params.text("text")
    if len(text) > _TOAST_LIMIT:
        raise bad_request("MESSAGE_TOO_LONG")
    if params.text("url"):
        raise bad_request("URL_INVALID")
    api.answer_query(params.text("callback_query_id"), text, alert=params.flag("show_alert"))
    return True
