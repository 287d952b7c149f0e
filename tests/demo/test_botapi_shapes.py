"""Every object that the simulator sends is one that python-telegram-bot knows field by field."""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    MaybeInaccessibleMessage,
    MenuButtonCommands,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    TelegramObject,
    Update,
)

from bot.clock import FakeClock
from bot.demo.botapi import BotApi, SimUser
from bot.demo.botapi.inprocess import SimRequest

TOKEN = "4242:secret"
START = datetime(2026, 1, 31, 21, 5, tzinfo=UTC)


def png(width: int = 4, height: int = 3) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + b"\xff\0\0" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def unknown_fields(value: object, path: str = "") -> list[str]:
    """Paths of all fields that the library did not know, in an object and in everything inside it."""
    if isinstance(value, TelegramObject):
        found = [f"{path}.{name}" for name in value.api_kwargs]
        for name in value._get_attrs_names(include_private=False):
            if name != "api_kwargs":
                found += unknown_fields(getattr(value, name, None), f"{path}.{name}")
        return found
    if isinstance(value, list | tuple):
        return [found for index, item in enumerate(value) for found in unknown_fields(item, f"{path}[{index}]")]
    return []


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
def api(clock: FakeClock) -> BotApi:
    return BotApi(clock, TOKEN)


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    async with Bot(TOKEN, request=SimRequest(api), get_updates_request=SimRequest(api)) as bot:
        yield bot


@pytest.fixture
def ana(api: BotApi) -> SimUser:
    ana = api.user(7, "Ana", last_name="Ruiz", username="ana_r", language_code="es")
    ana.start("abc")
    return ana


async def pending(bot: Bot) -> tuple[Update, ...]:
    updates = await bot.get_updates(timeout=0)
    if updates:
        await bot.get_updates(offset=updates[-1].update_id + 1, timeout=0)
    return updates


def test_the_check_itself_finds_a_misspelt_field_inside() -> None:
    update = Update.de_json(
        {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private", "frist_name": "A"}}}, None
    )
    assert unknown_fields(update) == [".message.chat.frist_name"]


async def test_updates_of_everything_a_person_can_do_are_known_to_the_last_field(api: BotApi, bot: Bot, ana: SimUser) -> None:
    sent = await bot.send_message(7, "Choose", reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("One", callback_data="1")]]))
    first = ana.text("hola 😀 @someone_else https://example.org +1 212 555 0100", reply_to=sent.message_id)
    ana.text("passed on", forward=True)
    ana.edit(first, "adios")
    ana.press(sent.message_id, "One")
    ana.forge(999, "forged")
    ana.photo(png(), "my /photo")
    ana.voice(b"ogg", 3)
    ana.document(b"%PDF", "paper.pdf", "caption")
    ana.location(40.4, -3.7)
    ana.contact("+34600000000")
    ana.sticker("👍")
    ana.video_note()
    ana.block()
    ana.unblock()
    ben = api.user(8, "Ben")
    group = api.group(-55, "Friends", [ben.id])
    group.text(ben.id, "hello bot")
    group.remove_bot(ben.id)
    updates = await pending(bot)
    assert len(updates) == 19
    assert [path for update in updates for path in unknown_fields(update)] == []


async def test_answers_of_every_method_are_known_to_the_last_field(api: BotApi, bot: Bot, ana: SimUser) -> None:
    inline = InlineKeyboardMarkup(
        [[InlineKeyboardButton("One", callback_data="1"), InlineKeyboardButton("Web", url="https://example.org/")]]
    )
    keyboard = ReplyKeyboardMarkup([[KeyboardButton("Where", request_location=True), "Later"]], one_time_keyboard=True)
    text = await bot.send_message(7, "<b>a</b> <a href='https://example.org'>b</a>", parse_mode="HTML", reply_markup=inline)
    results: list[Any] = [
        await bot.get_me(),
        text,
        await bot.send_message(7, "reply", reply_to_message_id=text.message_id, protect_content=True, disable_notification=True),
        await bot.send_message(7, "keyboard", reply_markup=keyboard),
        await bot.send_message(7, "gone", reply_markup=ReplyKeyboardRemove()),
        await bot.send_photo(7, png(), caption="*x*", parse_mode="MarkdownV2"),
        await bot.send_document(7, b"text", filename="a.txt", caption="c"),
        await bot.send_voice(7, b"ogg", duration=2),
        await bot.send_location(7, 1.5, 2.5),
        await bot.send_venue(7, 1.5, 2.5, "Hall", "Street 1"),
        await bot.send_contact(7, "+34600000000", "Line", vcard="BEGIN:VCARD\nEND:VCARD"),
        await bot.edit_message_text("other", 7, text.message_id),
        await bot.edit_message_reply_markup(7, text.message_id, reply_markup=inline),
        await bot.forward_message(7, 7, text.message_id),
        await bot.copy_message(7, 7, text.message_id),
        await bot.get_chat(7),
        await bot.get_chat_member(7, 7),
        await bot.get_webhook_info(),
        await bot.get_my_name(),
        await bot.get_my_description(),
        await bot.get_my_short_description(),
        await bot.get_chat_menu_button(),
    ]
    assert [(type(result).__name__, path) for result in results for path in unknown_fields(result)] == []
    for result in results:
        assert not isinstance(result, Message) or result.message_id


async def test_reply_markup_comes_back_only_for_inline_keyboards(bot: Bot, ana: SimUser) -> None:
    plain = await bot.send_message(7, "keyboard", reply_markup=ReplyKeyboardMarkup([["Yes"]]))
    inline = await bot.send_message(7, "inline", reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("A", callback_data="a")]]))
    assert plain.reply_markup is None
    assert inline.reply_markup is not None


async def test_a_persons_command_carries_its_entity_at_the_start(bot: Bot, ana: SimUser) -> None:
    update = (await pending(bot))[0]
    assert update.message is not None
    assert [(entity.type, entity.offset, entity.length) for entity in update.message.entities] == [("bot_command", 0, 6)]


async def test_offsets_count_utf16_units(bot: Bot, ana: SimUser) -> None:
    sent = await bot.send_message(7, "😀 <b>ñ😀</b>", parse_mode="HTML")
    assert [(entity.offset, entity.length) for entity in sent.entities] == [(3, 3)]
    assert sent.parse_entity(sent.entities[0]) == "ñ😀"


async def test_dates_come_from_the_clock(bot: Bot, ana: SimUser, clock: FakeClock) -> None:
    clock.move_to(START + timedelta(days=2))
    assert (await bot.send_message(7, "later")).date == START + timedelta(days=2)


async def test_a_press_on_a_deleted_message_is_inaccessible(bot: Bot, ana: SimUser) -> None:
    await pending(bot)
    ana.forge(999, "old")
    update = (await pending(bot))[0]
    assert update.callback_query is not None
    message = update.callback_query.message
    assert isinstance(message, MaybeInaccessibleMessage)
    assert (message.message_id, message.date.timestamp()) == (999, 0)  # the library's own mark of one that is out of reach


async def test_a_file_is_downloaded_as_it_was_sent(bot: Bot, ana: SimUser) -> None:
    ana.document(b"\x00words\xff", "notes.txt")
    message = (await pending(bot))[-1].message
    assert message is not None
    assert message.document is not None
    file = await message.document.get_file()
    assert bytes(await file.download_as_bytearray()) == b"\x00words\xff"


async def test_commands_are_found_by_scope_and_language(bot: Bot, api: BotApi, ana: SimUser) -> None:
    ben = api.user(8, "Ben", language_code="en")
    await bot.set_my_commands([BotCommand("help", "Help")])
    await bot.set_my_commands([BotCommand("help", "Ayuda")], language_code="es")
    assert ana.commands == [{"command": "help", "description": "Ayuda"}]
    assert ben.commands == [{"command": "help", "description": "Help"}]
    await bot.set_my_commands([BotCommand("sos", "SOS")], scope=BotCommandScopeChat(7))
    assert ana.commands == [{"command": "sos", "description": "SOS"}]
    assert [command.command for command in await bot.get_my_commands(scope=BotCommandScopeChat(7))] == ["sos"]
    await bot.delete_my_commands(scope=BotCommandScopeChat(7))
    assert ana.commands == [{"command": "help", "description": "Ayuda"}]


async def test_profile_and_menu_button_are_kept(bot: Bot, ana: SimUser) -> None:
    await bot.set_my_description("Long", language_code="es")
    await bot.set_my_short_description("Short")
    await bot.set_my_name("Companion")
    await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
    assert (await bot.get_my_description("es")).description == "Long"
    assert (await bot.get_my_short_description("es")).short_description == "Short"
    assert (await bot.get_me()).first_name == "Companion"
    assert isinstance(await bot.get_chat_menu_button(7), MenuButtonCommands)
