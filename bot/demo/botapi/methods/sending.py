"""Methods that put a new message into a chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.demo.botapi.chats import Chat
from bot.demo.botapi.errors import bad_request
from bot.demo.botapi.files import UPLOAD_LIMIT, checked_photo, photo_sizes
from bot.demo.botapi.markup import Markup, read_markup
from bot.demo.botapi.methods.content import caption, chat_of, message_text, writable_chat
from bot.demo.botapi.model import Json, SimMessage, UploadedFile
from bot.demo.botapi.params import Params
from bot.demo.botapi.people import SimUser
from bot.demo.botapi.phones import preview

if TYPE_CHECKING:
    from bot.demo.botapi.core import BotApi


def _reply_to(params: Params, chat: Chat) -> int | None:
    reply = params.mapping("reply_parameters")
    if reply is None:
        if not params.has("reply_to_message_id"):
            return None
        reply = {
            "message_id": params.integer("reply_to_message_id"),
            "allow_sending_without_reply": params.flag("allow_sending_without_reply"),
        }
    message_id = int(reply.get("message_id", 0))
    if chat.find(message_id) is not None:
        return message_id
    if reply.get("allow_sending_without_reply") in (True, "true", "True"):
        return None
    raise bad_request("message to be replied not found")


def _deliver(api: BotApi, params: Params, chat: Chat, **fields: Any) -> Json:
    markup = read_markup(params)
    return _put(api, params, chat, markup, **fields)


def _put(api: BotApi, params: Params, chat: Chat, markup: Markup, **fields: Any) -> Json:
    message = SimMessage(
        message_id=api.next_message_id(),
        chat_id=chat.id,
        sender_id=api.bot_id,
        from_bot=True,
        date=api.now(),
        inline_keyboard=markup.inline,
        reply_markup=markup.reply,
        reply_to=_reply_to(params, chat),
        silent=params.flag("disable_notification"),
        protected=params.flag("protect_content"),
        **fields,
    )
    chat.add(message)
    if isinstance(chat, SimUser):
        if markup.reply:
            if "keyboard" in markup.reply:
                chat.set_keyboard(markup.reply, message.message_id)
            elif markup.reply.get("remove_keyboard"):
                chat.set_keyboard(None, None)
        if api.phones.listening:
            api.phones.emit("push", user=chat.id, title=api.bot_object()["first_name"], text=preview(message), silent=message.silent)
    return chat.message_object(message)


def send_message(api: BotApi, params: Params) -> Json:
    text, entities = message_text(api, params)
    chat = writable_chat(api, params)
    options = params.mapping("link_preview_options")
    return _deliver(api, params, chat, text=text, entities=entities, extra={"link_preview_options": options} if options else {})


def send_photo(api: BotApi, params: Params) -> Json:
    words = caption(api, params)
    chat = writable_chat(api, params)
    upload = params.file("photo")
    if isinstance(upload, str):
        stored = api.files.get(_id_not_url(upload))
        if stored.kind != "photo":
            raise bad_request("can't use file of type Document as Photo")
        upload = UploadedFile(stored.file_name, stored.data, stored.mime_type)
    width, height, mime_type = checked_photo(upload)
    return _deliver(api, params, chat, media={"photo": photo_sizes(api.files, upload.data, width, height, mime_type)}, **words)


def send_document(api: BotApi, params: Params) -> Json:
    words = caption(api, params)
    chat = writable_chat(api, params)
    return _deliver(api, params, chat, media={"document": _file(api, params, "document")}, **words)


def send_voice(api: BotApi, params: Params) -> Json:
    words = caption(api, params)
    chat = writable_chat(api, params)
    shape = _file(api, params, "voice")
    shape.pop("file_name", None)
    return _deliver(api, params, chat, media={"voice": {**shape, "duration": params.integer("duration")}}, **words)


def _id_not_url(value: str) -> str:
    if not value:
        raise bad_request("there is no file in the request")
    if value.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")
    return value


def _file(api: BotApi, params: Params, kind: str) -> Json:
    upload = params.file(kind)
    if isinstance(upload, str):
        stored = api.files.get(_id_not_url(upload))
    else:
        if not upload.data:
            raise bad_request("file must be non-empty")
        if len(upload.data) > UPLOAD_LIMIT:
            raise bad_request("file is too big")
        stored = api.files.add(kind, upload.data, upload.file_name, upload.mime_type)
    shape: Json = {
        "file_id": stored.file_id,
        "file_unique_id": stored.unique_id,
        "mime_type": stored.mime_type,
        "file_size": len(stored.data),
    }
    if stored.file_name:
        shape["file_name"] = stored.file_name
    return shape


def _place(params: Params) -> Json:
    latitude, longitude = params.number("latitude"), params.number("longitude")
    if latitude is None or longitude is None:
        raise bad_request("latitude or longitude is empty")
    if not -90 <= latitude <= 90 or not -180 <= longitude <= 180:
        raise bad_request("wrong location specified")
    return {"latitude": latitude, "longitude": longitude}


def send_location(api: BotApi, params: Params) -> Json:
    place = _place(params)
    return _deliver(api, params, writable_chat(api, params), media={"location": place})


def send_venue(api: BotApi, params: Params) -> Json:
    place = _place(params)
    title, address = params.text("title").strip(), params.text("address").strip()
    if not title:
        raise bad_request("venue title must be non-empty")
    if not address:
        raise bad_request("venue address must be non-empty")
    chat = writable_chat(api, params)
    # Telegram gives the place of a venue twice.
    return _deliver(api, params, chat, media={"venue": {"location": place, "title": title, "address": address}, "location": place})


def send_contact(api: BotApi, params: Params) -> Json:
    phone, first_name = params.text("phone_number").strip(), params.text("first_name").strip()
    if not phone:
        raise bad_request("phone number must be non-empty")
    if not first_name:
        raise bad_request("first name must be non-empty")
    card = {"phone_number": phone, "first_name": first_name}
    for name in ("last_name", "vcard"):
        if params.text(name):
            card[name] = params.text(name)
    if len(card.get("vcard", "").encode()) > 2048:
        raise bad_request("vcard is too long")
    return _deliver(api, params, writable_chat(api, params), media={"contact": card})


def _origin(api: BotApi, params: Params, *, verb: str) -> tuple[Chat, SimMessage]:
    chat = api.chat(params.integer("from_chat_id"))
    message = chat.find(params.integer("message_id"))
    if message is None:
        raise bad_request(f"message to {verb} not found")
    if message.protected or message.service:
        raise bad_request("the message can't be forwarded" if verb == "forward" else "the message can't be copied")
    return chat, message


def forward_message(api: BotApi, params: Params) -> Json:
    chat = writable_chat(api, params)
    source, message = _origin(api, params, verb="forward")
    origin = {"type": "user", "date": int(message.date.timestamp()), "sender_user": source.sender_object(message.sender_id)}
    return _deliver(api, params, chat, **_content(message), extra={"forward_origin": origin})


def copy_message(api: BotApi, params: Params) -> Json:
    chat = chat_of(api, params)
    refusal = chat.refusal()
    if refusal:
        raise refusal
    _, message = _origin(api, params, verb="copy")
    content = _content(message)
    if params.has("caption") and not message.text:
        content |= caption(api, params)
    return {"message_id": _deliver(api, params, chat, **content)["message_id"]}


def _content(message: SimMessage) -> dict[str, Any]:
    return {
        "text": message.text,
        "entities": list(message.entities),
        "caption": message.caption,
        "caption_entities": list(message.caption_entities),
        "media": dict(message.media),
    }
