"""Methods that change or remove a message."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.demo.botapi.chats import Chat
from bot.demo.botapi.errors import bad_request
from bot.demo.botapi.markup import read_markup
from bot.demo.botapi.methods.content import caption, message_text, writable_chat
from bot.demo.botapi.model import Json, SimMessage
from bot.demo.botapi.params import Params
from bot.demo.botapi.people import SimUser

if TYPE_CHECKING:
    from bot.demo.botapi.core import BotApi

DELETE_WINDOW = timedelta(hours=48)
_MAX_DELETED = 100


def _editable(chat: Chat, params: Params) -> SimMessage:
    message = chat.find(params.integer("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if not message.from_bot or message.reply_markup is not None or message.service or "forward_origin" in message.extra:
        raise bad_request("message can't be edited")
    return message


def _inline(params: Params) -> list[list[Json]] | None:
    markup = read_markup(params)
    if markup.reply is not None:
        raise bad_request("inline keyboard expected")
    return markup.inline


def _changed(api: BotApi, chat: Chat, message: SimMessage) -> Json:
    message.edit_date = api.now()
    chat.announce("edit", message)
    return chat.message_object(message)


def _not_modified() -> Exception:
    return bad_request(
        "message is not modified: specified new message content and reply markup are exactly the same "
        "as a current content and reply markup of the message"
    )


def edit_text(api: BotApi, params: Params) -> Json:
    text, entities = message_text(api, params)
    chat = writable_chat(api, params)
    message = _editable(chat, params)
    keyboard = _inline(params)
    if not message.text:
        raise bad_request("there is no text in the message to edit")
    options = params.mapping("link_preview_options")
    extra = {"link_preview_options": options} if options else {}
    same_preview = extra == message.extra or not any(entity["type"] in ("url", "text_link") for entity in entities)
    if same_preview and (text, entities, keyboard) == (message.text, message.entities, message.inline_keyboard):
        raise _not_modified()
    message.text, message.entities, message.inline_keyboard, message.extra = text, entities, keyboard, extra
    return _changed(api, chat, message)


def edit_caption(api: BotApi, params: Params) -> Json:
    words = caption(api, params)
    chat = writable_chat(api, params)
    message = _editable(chat, params)
    keyboard = _inline(params)
    if not {"photo", "document", "voice"} & message.media.keys():
        raise bad_request("there is no caption in the message to edit")
    if (words["caption"], words["caption_entities"], keyboard) == (message.caption, message.caption_entities, message.inline_keyboard):
        raise _not_modified()
    message.caption, message.caption_entities, message.inline_keyboard = words["caption"], words["caption_entities"], keyboard
    return _changed(api, chat, message)


def edit_reply_markup(api: BotApi, params: Params) -> Json:
    chat = writable_chat(api, params)
    message = _editable(chat, params)
    keyboard = _inline(params)
    if keyboard == message.inline_keyboard:
        raise _not_modified()
    message.inline_keyboard = keyboard
    return _changed(api, chat, message)


def _delete(api: BotApi, chat: Chat, message: SimMessage) -> None:
    if api.clock.now() - message.date > DELETE_WINDOW or (message.service and not isinstance(chat, SimUser)):
        raise bad_request("message can't be deleted for everyone")
    if not message.from_bot and not isinstance(chat, SimUser):
        raise bad_request("message can't be deleted")
    message.deleted = True
    chat.announce("delete", message)
    # The app drops a reply keyboard together with the message that brought it.
    if isinstance(chat, SimUser) and chat.keyboard_message == message.message_id:
        chat.set_keyboard(None, None)


def delete_message(api: BotApi, params: Params) -> bool:
    chat = writable_chat(api, params)
    message = chat.find(params.integer("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    _delete(api, chat, message)
    return True


def delete_messages(api: BotApi, params: Params) -> bool:
    chat = writable_chat(api, params)
    wanted = params.array("message_ids") or []
    if not 1 <= len(wanted) <= _MAX_DELETED:
        raise bad_request("expected 1-100 message identifiers")
    messages = [message for message in (chat.find(int(number)) for number in wanted) if message is not None]
    for message in messages:
        _delete(api, chat, message)
    return True
