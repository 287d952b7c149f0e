"""Our `Outgoing` -> Telegram, and Telegram's errors -> ours."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

from httpx_aiohttp import AiohttpTransport
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    KeyboardButton,
    LinkPreviewOptions,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import BaseRequest, HTTPXRequest

from bot import logs
from bot.errors import RetryLater, SetupError, Undeliverable
from bot.ports import Key, Outgoing

P = ParamSpec("P")
T = TypeVar("T")
_log = logs.get_logger()

CONNECTIONS = 128
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_NO_PREVIEW_PLAIN = _NO_PREVIEW.to_dict()


class Client(Bot):
    """The library's client, with a short way for plain text.

    `send_message` turns each of its answers into a `Message` with all that is in it, five times the cost of the rest; of a text that
    was sent only the id matters.
    """

    async def send_text(self, data: dict[str, Any]) -> int:
        """`sendMessage` with these parameters as the Bot API names them.

        Returns:
            The id of the message.
        """
        result: Any = await self._post("sendMessage", data)
        return int(result["message_id"])


def make_bot(token: str, root: str, request: BaseRequest | None = None, updates: BaseRequest | None = None) -> Client:
    """The library's client.

    Args:
        root: of the Bot API; `/bot` and `/file/bot` are appended.
        request: another way out than HTTP, for tests.
    """
    return Client(
        token,
        base_url=f"{root}/bot",
        base_file_url=f"{root}/file/bot",
        request=request or _http(CONNECTIONS),
        get_updates_request=updates or _http(4),
    )


def _http(connections: int) -> HTTPXRequest:
    # httpcore looks through its whole pool at each request; aiohttp's does not (figures in the README's decisions).
    return HTTPXRequest(
        connection_pool_size=connections,
        connect_timeout=5.0,
        read_timeout=10.0,
        write_timeout=10.0,
        pool_timeout=5.0,
        httpx_kwargs={"transport": AiohttpTransport()},
    )


def translated(call: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Turn the library's errors into `RetryLater` and `Undeliverable`, once, at the edge."""

    @functools.wraps(call)
    async def translate(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await call(*args, **kwargs)
        except RetryAfter as error:
            after = error.retry_after
            raise RetryLater(after if isinstance(after, timedelta) else timedelta(seconds=after)) from error
        except Forbidden as error:
            raise Undeliverable("deactivated" if "deactivated" in error.message.lower() else "blocked") from error
        except BadRequest as error:  # a NetworkError by inheritance: it has to be caught first
            raise Undeliverable(_reason(error.message)) from error
        except ChatMigrated as error:
            raise Undeliverable("chat_not_found") from error
        except TimedOut as error:
            raise RetryLater(timedelta(seconds=1), uncertain=True) from error
        except (InvalidToken, Conflict) as error:
            _log.error("telegram.refused", error=error)  # the token was revoked: only the operator can help
            raise RetryLater(timedelta(seconds=10)) from error
        except NetworkError as error:
            raise RetryLater(timedelta(seconds=1), uncertain=True) from error
        except TelegramError as error:
            raise RetryLater(timedelta(seconds=5), uncertain=True) from error

    return translate


def _reason(message: str) -> str:
    text = message.lower()
    if "chat not found" in text or "user not found" in text or "peer_id_invalid" in text:
        return "chat_not_found"
    if (
        "message to edit not found" in text
        or "message to delete not found" in text
        or "can't be edited" in text
        or "can't be deleted" in text
    ):
        return "gone"
    return "rejected"


class TelegramTransport:
    """The way out (see `ports.Transport`)."""

    def __init__(self, bot: Client) -> None:
        self.bot = bot

    @translated
    async def send(self, message: Outgoing) -> int | None:
        if message.kind == "delete":
            await self._delete(message)
            return None
        if message.kind in ("edit", "markup"):
            return await self._edit(message)
        if message.kind == "text":
            return await self._text(message)
        return (await self._new(message)).message_id

    async def _text(self, message: Outgoing) -> int:
        data: dict[str, Any] = {
            "chat_id": message.chat_id,
            "text": message.text,
            "parse_mode": ParseMode.HTML,
            "link_preview_options": _NO_PREVIEW_PLAIN,
        }
        if message.silent:
            data["disable_notification"] = True
        if message.protected:
            data["protect_content"] = True
        if message.reply_to is not None:
            data["reply_parameters"] = {"message_id": message.reply_to, "allow_sending_without_reply": True}
        if message.keys:
            data["reply_markup"] = {"inline_keyboard": [[_plain(key) for key in row] for row in message.keys]}
        elif (markup := _markup(message)) is not None:
            data["reply_markup"] = markup.to_dict()
        return await self.bot.send_text(data)

    async def _new(self, message: Outgoing) -> Message:
        common: dict[str, Any] = {
            "chat_id": message.chat_id,
            "disable_notification": message.silent,
            "protect_content": message.protected,
            "reply_markup": _markup(message),
        }
        if message.reply_to is not None:
            common["reply_parameters"] = ReplyParameters(message.reply_to, allow_sending_without_reply=True)
        if message.kind == "contact":
            return await self.bot.send_contact(phone_number=message.phone, first_name=message.contact_name, **common)
        if message.kind == "document" and message.attachment is not None:
            file = InputFile(message.attachment.data, filename=message.attachment.name)
            return await self.bot.send_document(document=file, caption=message.text or None, parse_mode=ParseMode.HTML, **common)
        if message.kind == "photo":
            hidden = bool(message.extra.get("spoiler")) or None
            common |= {"caption": message.text or None, "parse_mode": ParseMode.HTML}
            return await self.bot.send_photo(photo=str(message.extra["file_id"]), has_spoiler=hidden, **common)
        if message.kind == "voice":
            common |= {"caption": message.text or None, "parse_mode": ParseMode.HTML}
            recorded = message.attachment
            voice = InputFile(recorded.data, filename=recorded.name) if recorded is not None else str(message.extra["file_id"])
            return await self.bot.send_voice(voice=voice, **common)
        if message.kind == "location":
            return await self.bot.send_location(latitude=message.latitude, longitude=message.longitude, **common)
        if message.kind == "venue" and message.latitude is not None and message.longitude is not None:
            common |= {"title": str(message.extra["title"]), "address": str(message.extra["address"])}
            return await self.bot.send_venue(latitude=message.latitude, longitude=message.longitude, **common)
        raise Undeliverable("no_such_kind")

    @translated
    async def fetch(self, file_id: str) -> bytes:
        file = await self.bot.get_file(file_id)
        return bytes(await file.download_as_bytearray())

    async def _edit(self, message: Outgoing) -> int | None:
        keys = _inline(message)
        try:
            if message.kind == "markup":
                await self.bot.edit_message_reply_markup(chat_id=message.chat_id, message_id=message.target, reply_markup=keys)
            else:
                await self.bot.edit_message_text(
                    text=message.text,
                    chat_id=message.chat_id,
                    message_id=message.target,
                    parse_mode=ParseMode.HTML,
                    link_preview_options=_NO_PREVIEW,
                    reply_markup=keys,
                )
        except BadRequest as error:
            if "not modified" not in error.message.lower():
                raise
        return message.target

    async def _delete(self, message: Outgoing) -> None:
        try:
            await self.bot.delete_message(message.chat_id, message.target or 0)
        except BadRequest as error:
            if _reason(error.message) != "gone":
                raise

    async def answer_press(self, query_id: str, text: str = "", *, alert: bool = False) -> None:
        try:
            await self._answer(query_id, text, alert)
        except Undeliverable:
            # Too late or answered already: the spinner has ended by itself.
            _log.debug("press.answered_late")

    @translated
    async def _answer(self, query_id: str, text: str, alert: bool) -> None:
        await self.bot.answer_callback_query(query_id, text=text or None, show_alert=alert or None)

    @translated
    async def set_commands(self, chat_id: int, language: str, commands: Sequence[tuple[str, str]]) -> None:
        await self.bot.set_my_commands([BotCommand(*command) for command in commands], scope=BotCommandScopeChat(chat_id))

    @translated
    async def set_default_commands(self, language: str | None, commands: Sequence[tuple[str, str]]) -> None:
        """The menu of those who are not known yet, by Telegram's language (None: any other)."""
        await self.bot.set_my_commands([BotCommand(*command) for command in commands], language_code=language)

    @translated
    async def describe(self, language: str | None, description: str, short: str) -> None:
        """What a stranger reads before Start."""
        await self.bot.set_my_description(description, language_code=language)
        await self.bot.set_my_short_description(short, language_code=language)

    @translated
    async def leave(self, chat_id: int) -> None:
        await self.bot.leave_chat(chat_id)

    async def start(self) -> str:
        """Open the connection and ask who the bot is.

        Returns:
            The bot's user name.

        Raises:
            SetupError: the token is wrong.
            RetryLater: Telegram does not answer.
        """
        try:
            await self._initialize()
        except RetryLater as error:
            if isinstance(error.__cause__, InvalidToken):
                raise SetupError(
                    "WAYMARK_BOT_TOKEN is refused by Telegram: take the token that @BotFather shows for this bot, "
                    "for example: 123456789:AAabcdefghijklmnopqrstuvwxyz"
                ) from error
            raise
        return self.bot.username

    @translated
    async def _initialize(self) -> None:
        await self.bot.initialize()

    async def stop(self) -> None:
        """Close the connections."""
        with contextlib.suppress(TelegramError):
            await self.bot.shutdown()


def _inline(message: Outgoing) -> InlineKeyboardMarkup | None:
    if not message.keys:
        return None
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(key.label, url=key.url) if key.url else InlineKeyboardButton(key.label, callback_data=key.data)
                for key in row
            ]
            for row in message.keys
        ]
    )


def _plain(key: Key) -> dict[str, str]:
    return {"text": key.label, "url": key.url} if key.url else {"text": key.label, "callback_data": key.data}


def _markup(message: Outgoing) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | None:
    if message.keys:
        return _inline(message)
    if message.reply_keys is None:
        return None
    if not message.reply_keys:
        return ReplyKeyboardRemove()
    rows = [
        [
            KeyboardButton(key.label, request_location=key.wants == "location" or None, request_contact=key.wants == "contact" or None)
            for key in row
        ]
        for row in message.reply_keys
    ]
    return ReplyKeyboardMarkup(
        rows, resize_keyboard=True, one_time_keyboard=message.reply_keys_once or None, is_persistent=not message.reply_keys_once or None
    )
