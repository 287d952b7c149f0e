"""What people do and see, updates and their offsets, faults in process, the page's events, and surviving a restart."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup, ReplyKeyboardRemove, Update
from telegram.error import BadRequest, Conflict, NetworkError, RetryAfter, TimedOut

from bot.clock import FakeClock
from bot.demo.botapi import BotApi, CannotDo, SimUser
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


INLINE = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="y"), InlineKeyboardButton("Web", url="https://example.org/")]])


def texts(updates: tuple[Update, ...]) -> list[str | None]:
    return [update.message.text if update.message else None for update in updates]


# People


async def test_the_chat_shows_both_directions_in_order(bot: Bot, ana: SimUser) -> None:
    ana.text("hi")
    sent = await bot.send_message(7, "<b>hello</b> you", parse_mode="HTML", reply_markup=INLINE, disable_notification=True)
    assert [(message.from_bot, message.text) for message in ana.messages] == [(False, "/start"), (False, "hi"), (True, "hello you")]
    assert ana.last.html == "<b>hello</b> you"
    assert ana.last.buttons == [[("Yes", "y"), ("Web", "https://example.org/")]]
    assert (ana.last.silent, ana.last.edited) == (True, False)
    await sent.edit_text("changed")
    assert (ana.last.text, ana.last.edited) == ("changed", True)
    message = ana.last
    await sent.delete()
    assert message.deleted
    assert message not in ana.messages


async def test_only_a_button_that_is_there_can_be_pressed(bot: Bot, ana: SimUser) -> None:
    sent = await bot.send_message(7, "?", reply_markup=INLINE)
    ana.press(sent.message_id, "Yes")
    ana.press(sent.message_id, "y")
    for button in ("No", "Web"):
        with pytest.raises(CannotDo):
            ana.press(sent.message_id, button)
    await sent.delete()
    with pytest.raises(CannotDo):
        ana.press(sent.message_id, "Yes")


async def test_reply_keyboards_stay_until_removed_and_one_time_ones_until_used(bot: Bot, ana: SimUser) -> None:
    await bot.send_message(7, "?", reply_markup=ReplyKeyboardMarkup([["A", KeyboardButton("Where", request_location=True)]]))
    ana.tap_reply_keyboard("A")
    still_shown = ana.keyboard
    assert still_shown is not None
    with pytest.raises(CannotDo):
        ana.tap_reply_keyboard("Where")
    await bot.send_message(7, "x", reply_markup=ReplyKeyboardRemove())
    assert ana.keyboard is None
    await bot.send_message(
        7, "?", reply_markup=ReplyKeyboardMarkup([[KeyboardButton("Where", request_location=True)]], one_time_keyboard=True)
    )
    ana.location(1, 2)
    assert ana.keyboard is None
    await bot.send_message(7, "?", reply_markup=ReplyKeyboardMarkup([["A"]], one_time_keyboard=True))
    ana.text("something else")
    assert ana.messages[-1].text == "something else"
    ana.tap_reply_keyboard("A")
    with pytest.raises(CannotDo):
        ana.tap_reply_keyboard("A")
    last = await bot.send_message(7, "?", reply_markup=ReplyKeyboardMarkup([["B"]]))
    await last.delete()
    assert ana.keyboard is None, "the app drops the keyboard with its message"


async def test_a_blocked_bot_hears_nothing_until_start(bot: Bot, ana: SimUser) -> None:
    ana.block()
    with pytest.raises(CannotDo):
        ana.text("hi")
    ana.start()
    kinds = [(update.message or update.my_chat_member) for update in await bot.get_updates(timeout=0)]
    assert [type(kind).__name__ for kind in kinds] == ["Message", "ChatMemberUpdated", "ChatMemberUpdated", "Message"]


@pytest.mark.parametrize("payload", ["with space", "x" * 65, "ñ"])
def test_a_start_link_carries_only_what_telegram_lets_it(ana: SimUser, payload: str) -> None:
    with pytest.raises(CannotDo):
        ana.start(payload)


async def test_a_long_text_goes_out_in_parts_as_the_app_sends_it(bot: Bot, ana: SimUser) -> None:
    ana.text("x" * 4096 + "y")
    assert texts(await bot.get_updates(timeout=0)) == ["/start", "x" * 4096, "y"]


@pytest.mark.parametrize(
    ("send", "shown"),
    [
        ({"method": "sendMessage", "text": "<b>You have</b> a message", "parse_mode": "HTML"}, "You have a message"),
        ({"method": "sendMessage", "text": "a <tg-spoiler>ñ😀</tg-spoiler> z", "parse_mode": "HTML"}, "a ⠿⠿⠿ z"),
        ({"method": "sendContact", "phone_number": "+1", "first_name": "Line"}, "👤 Line"),
        ({"method": "sendLocation", "latitude": 1, "longitude": 2}, "📍 Location"),
        ({"method": "sendVenue", "latitude": 1, "longitude": 2, "title": "Hall", "address": "Street"}, "📍 Hall"),
    ],
)
async def test_the_lock_screen_shows_words_or_a_label(api: BotApi, ana: SimUser, send: dict[str, Any], shown: str) -> None:
    page = api.subscribe()
    method = send.pop("method")
    status, _ = await api.call(method, {"chat_id": 7, **send})
    assert status == 200
    assert ana.push_preview(ana.last) == shown
    events = [page.get_nowait(), page.get_nowait()]
    assert events[1] == {"type": "push", "user": 7, "title": "Waymark", "text": shown, "silent": False}


# Updates


async def test_updates_come_again_until_an_offset_confirms_them(bot: Bot, ana: SimUser) -> None:
    ana.text("one")
    first = await bot.get_updates(timeout=0)
    assert texts(await bot.get_updates(timeout=0)) == texts(first) == ["/start", "one"]
    ana.text("two")
    assert texts(await bot.get_updates(offset=first[-1].update_id + 1, timeout=0)) == ["two"]
    assert texts(await bot.get_updates(offset=first[0].update_id, timeout=0, limit=1)) == ["two"]
    ana.text("three")
    assert texts(await bot.get_updates(offset=-1, timeout=0)) == ["three"]


async def test_updates_older_than_a_day_are_gone(bot: Bot, ana: SimUser, clock: FakeClock) -> None:
    clock.move_to(START + timedelta(hours=23))
    ana.text("late")
    clock.move_to(START + timedelta(hours=25))
    assert texts(await bot.get_updates(timeout=0)) == ["late"]


async def test_only_asked_for_kinds_come(bot: Bot, ana: SimUser) -> None:
    await bot.get_updates(timeout=0, allowed_updates=["message"])
    ana.block()
    ana.start()
    assert texts(await bot.get_updates(timeout=0)) == ["/start", "/start"]


async def test_a_long_poll_waits_and_a_new_poller_ends_it(bot: Bot, ana: SimUser) -> None:
    offset = (await bot.get_updates(timeout=0))[-1].update_id + 1
    first = asyncio.create_task(bot.get_updates(offset=offset, timeout=10))
    await asyncio.sleep(0)
    second = asyncio.create_task(bot.get_updates(offset=offset, timeout=10))
    with pytest.raises(Conflict):
        await first
    ana.text("now")
    assert texts(await second) == ["now"]


async def test_a_webhook_excludes_polling_and_dropping_empties_the_queue(bot: Bot, api: BotApi, ana: SimUser) -> None:
    async def refuse(url: str, body: object, headers: object) -> int:
        return 503

    api.webhook.post = refuse
    await bot.set_webhook("https://example.org/telegram")
    with pytest.raises(Conflict):
        await bot.get_updates(timeout=0)
    await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates(timeout=0) == ()
    await api.aclose()


# Faults


@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
async def test_faults_come_up_as_the_transport_would_raise_them(bot: Bot, api: BotApi, ana: SimUser) -> None:
    async def send(text: str) -> None:
        await bot.send_message(7, text)

    api.faults.drop("sendMessage")
    with pytest.raises(NetworkError) as cut:
        await send("cut")
    assert not isinstance(cut.value, TimedOut | BadRequest)
    api.faults.no_answer("sendMessage")
    with pytest.raises(TimedOut):
        await send("silence")
    api.faults.http_500("send*")
    with pytest.raises(NetworkError):
        await send("broken")
    api.faults.retry_after("sendMessage", seconds=5)
    with pytest.raises(RetryAfter):
        await send("slower")
    assert ana.received == []
    api.faults.accept_then_drop("sendMessage")
    with pytest.raises(TimedOut):
        await send("arrived")
    assert [message.text for message in ana.received] == ["arrived"]
    api.faults.delay("sendMessage", seconds=0.001)
    await send("late")
    assert api.faults.rules == []
    assert [call.method for call in api.calls].count("sendMessage") == 6


async def test_a_fault_is_for_its_method_and_chat_and_counts_down(bot: Bot, api: BotApi, ana: SimUser) -> None:
    api.user(8, "Ben").start()
    rule = api.faults.drop("sendMessage", chat_id=8, count=2)
    await bot.send_message(7, "fine")
    await bot.send_chat_action(8, "typing")
    for _ in range(2):
        with pytest.raises(NetworkError):
            await bot.send_message(8, "x")
    assert rule not in api.faults.rules
    await bot.send_message(8, "x")
    api.faults.drop(count=None)
    for _ in range(3):
        with pytest.raises(NetworkError):
            await bot.get_me()
    api.faults.clear()
    await bot.get_me()


# The page


async def test_the_page_hears_of_everything(bot: Bot, api: BotApi, ana: SimUser) -> None:
    page = api.subscribe()
    ana.role_label = "patient"
    sent = await bot.send_message(7, "?", reply_markup=INLINE)
    await bot.answer_callback_query(ana.press(sent.message_id, "Yes"), text="Ok", show_alert=True)
    await bot.send_chat_action(7, "typing")
    await sent.edit_text("done")
    await sent.delete()
    await bot.send_message(7, "keys", reply_markup=ReplyKeyboardMarkup([["A"]], input_field_placeholder="Tap"))
    await bot.set_my_commands([("help", "Help")])
    ana.block()
    events = []
    while (event := page.get_nowait()) is not None:
        events.append(event)
    kinds = [event["type"] for event in events]
    assert kinds == ["user", "message", "push", "toast", "typing", "edit", "delete", "message", "keyboard", "push", "commands", "blocked"]
    assert events[1]["message"]["buttons"] == [[{"text": "Yes", "data": "y"}, {"text": "Web", "url": "https://example.org/"}]]
    assert events[3] == {"type": "toast", "user": 7, "text": "Ok", "alert": True, "message_id": sent.message_id, "data": "y"}
    assert events[8]["reply_keyboard"] == {
        "rows": [[{"text": "A", "request_location": False, "request_contact": False}]],
        "one_time": False,
        "placeholder": "Tap",
    }
    json.dumps(events)


async def test_the_snapshot_is_all_the_page_needs(bot: Bot, api: BotApi, ana: SimUser) -> None:
    ana.role_label = "patient"
    await bot.send_message(7, "hi", protect_content=True)
    snapshot = api.snapshot()
    assert snapshot["now"] == "2026-01-31T21:05:00Z"
    assert snapshot["bot"] == {"name": "Waymark", "username": "WaymarkDemoBot"}
    (user,) = snapshot["users"]
    assert {key: user[key] for key in ("id", "first_name", "language_code", "blocked", "phone", "commands", "reply_keyboard")} == {
        "id": 7,
        "first_name": "Ana",
        "language_code": "en",
        "blocked": False,
        "phone": "patient",
        "commands": [],
        "reply_keyboard": None,
    }
    assert [(message["text"], message["protected"]) for message in user["messages"]] == [("/start", False), ("hi", True)]
    json.dumps(snapshot)


# A restart


async def test_everything_survives_a_dump_and_a_load(bot: Bot, api: BotApi, ana: SimUser, clock: FakeClock) -> None:
    ana.role_label = "patient"
    ana.document(b"\x00bytes", "a.bin")
    sent = await bot.send_message(7, "?", reply_markup=INLINE)
    await bot.send_message(7, "keys", reply_markup=ReplyKeyboardMarkup([["A"]]))
    await bot.set_my_commands([("help", "Help")])
    query = ana.press(sent.message_id, "Yes")
    api.group(-5, "Friends", [7])
    state = json.loads(json.dumps(api.dump()))

    after = BotApi(clock, TOKEN)
    after.load(state)
    assert after.snapshot() == api.snapshot()
    assert after.dump() == state
    assert [entry.body for entry in after.updates.pending] == [entry.body for entry in api.updates.pending]
    async with Bot(TOKEN, request=SimRequest(after), get_updates_request=SimRequest(after)) as again:
        await again.answer_callback_query(query)
        assert (await again.send_message(7, "on")).message_id > sent.message_id
        await again.send_message(-5, "group")
        document = next(message.document for message in after.users[7].messages if message.document)
        file = await again.get_file(document["file_id"])
        assert bytes(await file.download_as_bytearray()) == b"\x00bytes"
