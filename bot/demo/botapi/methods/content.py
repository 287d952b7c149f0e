"""What several methods share: the chat they are for, and text with its entities, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.demo.botapi.chats import Chat
from bot.demo.botapi.errors import bad_request, forbidden
from bot.demo.botapi.model import Json
from bot.demo.botapi.params import Params
from bot.demo.botapi.parse_html import parse_error, parse_html
from bot.demo.botapi.parse_markdown import parse_markdown_v2
from bot.demo.botapi.text import Entity, clean, detect, trim, utf16_len

if TYPE_CHECKING:
    from bot.demo.botapi.core import BotApi

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024


def chat_of(api: BotApi, params: Params) -> Chat:
    """The chat that `chat_id` names.

    Raises:
        ApiError: 400 when it is missing or unknown, 403 for the bot itself.
    """
    raw = params.text("chat_id")
    if not raw:
        raise bad_request("chat_id is empty")
    try:
        chat_id = int(raw)
    except ValueError:
        raise bad_request("chat not found") from None
    if chat_id == api.bot_id:
        raise forbidden("the bot can't send messages to the bot")
    return api.chat(chat_id)


def writable_chat(api: BotApi, params: Params) -> Chat:
    """The chat, if the bot may write there.

    Raises:
        ApiError: as `chat_of`; 403 when it was blocked, never started, removed, or the account is gone.
    """
    chat = chat_of(api, params)
    refusal = chat.refusal()
    if refusal:
        raise refusal
    return chat


def _given_entities(params: Params, field: str, text: str) -> list[Entity]:
    total = utf16_len(text)
    entities = []
    for raw in params.array(field) or ():
        if not isinstance(raw, dict) or not {"type", "offset", "length"} <= raw.keys():
            raise bad_request("can't parse MessageEntity: expected an Object with type, offset and length")
        offset, length = int(raw["offset"]), int(raw["length"])
        if offset < 0 or length <= 0 or offset + length > total:
            raise bad_request(f"entity beginning at UTF-16 offset {offset} ends after the end of the text at UTF-16 offset {total}")
        entities.append({**raw, "offset": offset, "length": length})
    return entities


def formatted(api: BotApi, params: Params, field: str, entities_field: str) -> tuple[str, list[Entity]]:
    """A text parameter as Telegram would keep it: parsed by parse_mode, cleaned, trimmed, with what Telegram finds in it.

    Raises:
        ApiError: 400 when it does not parse.
    """
    source = clean(params.text(field))
    mode = params.text("parse_mode").lower()
    if not mode:
        entities = _given_entities(params, entities_field, source) if params.has(entities_field) else []
        text = source
    elif mode == "html":
        text, entities = parse_html(source, lambda user_id: _known(api, user_id))
    elif mode == "markdownv2":
        text, entities = parse_markdown_v2(source, lambda user_id: _known(api, user_id))
    else:
        raise parse_error("unsupported parse_mode")
    text, entities = trim(text, entities)
    return text, detect(text, entities)


def _known(api: BotApi, user_id: int) -> Json | None:
    user = api.users.get(user_id)
    return user.user_object() if user else None


def message_text(api: BotApi, params: Params) -> tuple[str, list[Entity]]:
    """`text`: 1-4096 characters after parsing.

    Raises:
        ApiError: 400 when it is empty, too long or does not parse.
    """
    text, entities = formatted(api, params, "text", "entities")
    if not text:
        raise bad_request("message text is empty")
    if utf16_len(text) > TEXT_LIMIT:
        raise bad_request("message is too long")
    return text, entities


def caption(api: BotApi, params: Params) -> dict[str, Any]:
    """`caption`: up to 1024 characters after parsing, as fields of a message.

    Raises:
        ApiError: 400 when it is too long or does not parse.
    """
    text, entities = formatted(api, params, "caption", "caption_entities")
    if utf16_len(text) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    return {"caption": text, "caption_entities": entities}
