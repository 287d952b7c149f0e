"""Everything that Telegram refuses and a forgiving fake would let pass."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, ReplyKeyboardMarkup
from telegram.error import BadRequest, Forbidden, InvalidToken

from bot.clock import FakeClock
from bot.demo.botapi import BotApi, SimUser
from bot.demo.botapi.files import image_size
from bot.demo.botapi.inprocess import SimRequest

TOKEN = "4242:secret"
START = datetime(2026, 1, 31, 21, 5, tzinfo=UTC)


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
    ana = api.user(7, "Ana")
    ana.start()
    return ana


def one_button(text: str = "A", **action: Any) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(text, **action)]])


@pytest.mark.parametrize("text", ["", "   \n ", "<b> </b>", "<i></i>"])
async def test_a_text_with_nothing_in_it(bot: Bot, ana: SimUser, text: str) -> None:
    with pytest.raises(BadRequest, match=r"(?i)message text is empty"):
        await bot.send_message(7, text, parse_mode="HTML")


async def test_length_counts_after_parsing_and_trimming_in_utf16_units(bot: Bot, ana: SimUser) -> None:
    await bot.send_message(7, f"  <b>{'x' * 4096}</b>\n", parse_mode="HTML")
    await bot.send_message(7, "😀" * 2048)
    for text in ("x" * 4097, "😀" * 2049):
        with pytest.raises(BadRequest, match=r"(?i)message is too long"):
            await bot.send_message(7, text)


async def test_a_caption_over_1024(bot: Bot, ana: SimUser) -> None:
    await bot.send_document(7, b"x", caption="c" * 1024)
    with pytest.raises(BadRequest, match=r"(?i)message caption is too long"):
        await bot.send_document(7, b"x", caption="c" * 1025)


@pytest.mark.parametrize(("mode", "text"), [("HTML", "a < b"), ("MarkdownV2", "snake_case"), ("Markdown", "x"), ("nonsense", "x")])
async def test_text_that_does_not_parse(bot: Bot, ana: SimUser, mode: str, text: str) -> None:
    with pytest.raises(BadRequest, match=r"(?i)can't parse entities"):
        await bot.send_message(7, text, parse_mode=mode)
    assert ana.received == []


async def test_callback_data_is_1_to_64_bytes_and_cyrillic_counts_double(bot: Bot, ana: SimUser) -> None:
    await bot.send_message(7, "x", reply_markup=one_button(callback_data="я" * 32))
    for data in ("", "x" * 65, "я" * 33):
        raw = json.dumps({"inline_keyboard": [[{"text": "A", "callback_data": data}]]})
        with pytest.raises(BadRequest, match=r"(?i)button_data_invalid"):
            await bot.send_message(7, "x", api_kwargs={"reply_markup": raw})


@pytest.mark.parametrize(
    "button",
    [
        {"text": "A"},
        {"text": " ", "callback_data": "x"},
        {"callback_data": "x"},
        {"text": "A", "url": "tel:911"},
        {"text": "A", "url": "http://localhost:8080/"},
        {"text": "A", "url": "javascript:alert(1)"},
    ],
)
async def test_buttons_that_telegram_does_not_take(bot: Bot, ana: SimUser, button: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        await bot.send_message(7, "x", api_kwargs={"reply_markup": json.dumps({"inline_keyboard": [[button]]})})


@pytest.mark.parametrize("markup", ['{"keyboard": []}', '{"keyboard": [[""]]}', '{"keyboard": ["A"]}', '{"unknown": 1}', "[1]", "{"])
async def test_reply_keyboards_that_telegram_does_not_take(bot: Bot, ana: SimUser, markup: str) -> None:
    with pytest.raises(BadRequest):
        await bot.send_message(7, "x", api_kwargs={"reply_markup": markup})


async def test_an_edit_that_changes_nothing(bot: Bot, ana: SimUser) -> None:
    sent = await bot.send_message(7, "<b>x</b>", parse_mode="HTML", reply_markup=one_button(callback_data="a"))
    with pytest.raises(BadRequest, match=r"(?i)message is not modified"):
        await bot.edit_message_text(
            "<strong>x</strong> ", 7, sent.message_id, parse_mode="HTML", reply_markup=one_button(callback_data="a")
        )
    with pytest.raises(BadRequest, match=r"(?i)message is not modified"):
        await bot.edit_message_reply_markup(7, sent.message_id, reply_markup=one_button(callback_data="a"))
    await bot.edit_message_text("x", 7, sent.message_id)
    assert ana.last.buttons == [], "an edit of the text without a keyboard takes the keyboard away"


async def test_an_edit_of_a_message_that_is_gone_or_a_persons_or_has_a_reply_keyboard(bot: Bot, ana: SimUser) -> None:
    sent = await bot.send_message(7, "x")
    await bot.delete_message(7, sent.message_id)
    with pytest.raises(BadRequest, match=r"(?i)message to edit not found"):
        await bot.edit_message_text("y", 7, sent.message_id)
    with pytest.raises(BadRequest, match=r"(?i)message can't be edited"):
        await bot.edit_message_text("y", 7, ana.text("mine"))
    keyboard = await bot.send_message(7, "x", reply_markup=ReplyKeyboardMarkup([["A"]]))
    with pytest.raises(BadRequest, match=r"(?i)message can't be edited"):
        await bot.edit_message_text("y", 7, keyboard.message_id)
    document = await bot.send_document(7, b"x")
    with pytest.raises(BadRequest, match=r"(?i)there is no text in the message to edit"):
        await bot.edit_message_text("y", 7, document.message_id)
    text = await bot.send_message(7, "x")
    with pytest.raises(BadRequest, match=r"(?i)there is no caption in the message to edit"):
        await bot.edit_message_caption(7, text.message_id, caption="y")
    with pytest.raises(BadRequest, match=r"(?i)inline keyboard expected"):
        await bot.edit_message_text("y", 7, text.message_id, api_kwargs={"reply_markup": '{"keyboard": [["A"]]}'})


async def test_a_second_or_late_or_invented_answer_to_a_press(bot: Bot, ana: SimUser, clock: FakeClock) -> None:
    sent = await bot.send_message(7, "x", reply_markup=one_button(callback_data="a"))
    query = ana.press(sent.message_id, "A")
    await bot.answer_callback_query(query)
    with pytest.raises(BadRequest, match=r"(?i)query is too old"):
        await bot.answer_callback_query(query)
    late = ana.press(sent.message_id, "A")
    clock.move_to(START + timedelta(hours=1))
    for refused in (late, "12345"):
        with pytest.raises(BadRequest, match=r"(?i)query is too old"):
            await bot.answer_callback_query(refused)
    with pytest.raises(BadRequest, match=r"(?i)message_too_long"):
        await bot.answer_callback_query(ana.press(sent.message_id, "A"), text="x" * 201)


async def test_writing_to_someone_who_blocked_the_bot_never_started_it_or_is_gone(bot: Bot, api: BotApi, ana: SimUser) -> None:
    ana.block()
    with pytest.raises(Forbidden, match=r"(?i)bot was blocked by the user"):
        await bot.send_message(7, "x")
    ana.start()
    await bot.send_message(7, "back")
    ana.deactivate()
    with pytest.raises(Forbidden, match=r"(?i)user is deactivated"):
        await bot.send_message(7, "x")
    api.user(8, "Ben")
    with pytest.raises(Forbidden, match=r"(?i)can't initiate conversation"):
        await bot.send_message(8, "x")
    with pytest.raises(Forbidden):
        await bot.send_message(api.bot_id, "x")


@pytest.mark.parametrize("chat_id", [999, -999, "@nobody", ""])
async def test_an_unknown_chat(bot: Bot, ana: SimUser, chat_id: int | str) -> None:
    with pytest.raises(BadRequest, match=r"(?i)chat not found|chat_id is empty"):
        await bot.send_message(chat_id, "x")


CUT_PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0\0\0\x04\0\0\0\x04\x08\x02\0\0\0" + b"\0" * 40


@pytest.mark.parametrize("data", [b"", b"no image", b"<svg/>", CUT_PNG, b"\xff\xd8\xff\xe0" + b"\0" * 40])
async def test_a_photo_that_is_no_image(bot: Bot, ana: SimUser, data: bytes) -> None:
    with pytest.raises(BadRequest):
        await bot.send_photo(7, data)


JPEG = b"\xff\xd8\xff\xe0\0\x04ab" + b"\xff\xc0\0\x0b\x08\0\x05\0\x07\x01\x01\x11\0" + b"\xff\xda\0\x02scan\xff\xd9"


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (JPEG, (7, 5, "image/jpeg")),
        (JPEG[:-2], None),
        (b"GIF89a\x07\0\x05\0" + b"\0" * 10, (7, 5, "image/gif")),
        (b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + b"\x06\0\0\x04\0\0" + b"\0" * 4, (7, 5, "image/webp")),
        (b"RIFF\0\0\0\0WEBP????" + b"\0" * 20, None),
    ],
)
def test_an_image_is_known_by_its_bytes(data: bytes, size: tuple[int, int, str] | None) -> None:
    assert image_size(data) == size


@pytest.mark.parametrize("file_id", ["nonsense", "https://example.org/a.png"])
async def test_a_file_that_the_server_does_not_have(bot: Bot, ana: SimUser, file_id: str) -> None:
    with pytest.raises(BadRequest):
        await bot.send_document(7, file_id)
    with pytest.raises(BadRequest):
        await bot.get_file(file_id)


@pytest.mark.parametrize("name", ["Help", "with space", "ñandu", "x" * 33, ""])
async def test_bad_command_names(bot: Bot, ana: SimUser, name: str) -> None:
    with pytest.raises(BadRequest):
        await bot.set_my_commands([BotCommand(name, "what")])
    with pytest.raises(BadRequest):
        await bot.set_my_commands([BotCommand("fine", "")])
    assert ana.commands == []


async def test_deleting_later_than_48_hours_or_twice(bot: Bot, ana: SimUser, clock: FakeClock) -> None:
    sent = await bot.send_message(7, "x")
    kept = await bot.send_message(7, "y")
    clock.move_to(START + timedelta(hours=47))
    assert await bot.delete_message(7, sent.message_id)
    with pytest.raises(BadRequest, match=r"(?i)message to delete not found"):
        await bot.delete_message(7, sent.message_id)
    clock.move_to(START + timedelta(hours=49))
    with pytest.raises(BadRequest, match=r"(?i)message can't be deleted"):
        await bot.delete_message(7, kept.message_id)


async def test_forwarding_or_copying_what_is_protected(bot: Bot, ana: SimUser) -> None:
    sent = await bot.send_message(7, "x", protect_content=True)
    assert ana.last.protected
    with pytest.raises(BadRequest):
        await bot.forward_message(7, 7, sent.message_id)
    with pytest.raises(BadRequest):
        await bot.copy_message(7, 7, sent.message_id)


async def test_replying_to_a_message_that_is_gone(bot: Bot, ana: SimUser) -> None:
    with pytest.raises(BadRequest, match=r"(?i)message to be replied not found"):
        await bot.send_message(7, "x", reply_to_message_id=999)
    sent = await bot.send_message(7, "x", reply_to_message_id=999, allow_sending_without_reply=True)
    assert sent.reply_to_message is None


async def test_a_group_that_the_bot_has_left(bot: Bot, api: BotApi, ana: SimUser) -> None:
    api.group(-5, "Friends", [7])
    assert (await bot.send_message(-5, "I only talk in private")).chat.type == "group"
    assert await bot.leave_chat(-5)
    with pytest.raises(Forbidden):
        await bot.send_message(-5, "x")
    with pytest.raises(BadRequest):
        await bot.leave_chat(7)


async def test_values_out_of_range(bot: Bot, ana: SimUser) -> None:
    with pytest.raises(BadRequest):
        await bot.send_location(7, 91, 0)
    with pytest.raises(BadRequest):
        await bot.send_contact(7, " ", "Line")
    with pytest.raises(BadRequest):
        await bot.send_contact(7, "+34600", "Line", vcard="x" * 2049)
    with pytest.raises(BadRequest):
        await bot.send_chat_action(7, "dancing")
    with pytest.raises(BadRequest):
        await bot.set_my_short_description("x" * 121)
    with pytest.raises(BadRequest):
        await bot.set_webhook("ftp://example.org/")
    with pytest.raises(BadRequest):
        await bot.set_webhook("https://example.org/", secret_token="not allowed!")


async def test_a_foreign_token_and_an_unknown_method(api: BotApi) -> None:
    stranger = Bot("1:other", request=SimRequest(api), get_updates_request=SimRequest(api))
    with pytest.raises(InvalidToken):
        await stranger.initialize()
    assert (await api.call("sendDice", {}))[0] == 404
    assert api.unknown_methods == ["sendDice"]
