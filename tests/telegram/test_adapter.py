"""Every kind of update becomes our own words: what happened, where, and every string that a human wrote in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import Bot, Update

from bot.clock import FakeClock
from bot.inbound import Inbound, Kind
from bot.telegram import polling
from bot.telegram.adapter import to_inbound
from bot.telegram.polling import convert
from bot.telegram.transport import make_bot

NOW = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
SENT = datetime(2026, 3, 3, 14, 59, 30, tzinfo=UTC)
PERSON = {"id": 1001, "is_bot": False, "first_name": "Ana", "last_name": "Torres", "username": "anita", "language_code": "es"}
CHAT = {"id": 1001, "type": "private", "first_name": "Ana"}
GROUP = {"id": -100, "type": "group", "title": "Friends"}
FILE = {"file_id": "f1", "file_unique_id": "u1", "file_size": 10}


@pytest.fixture
def bot() -> Bot:
    return make_bot("123456:test-token", "http://127.0.0.1")


def message(**fields: Any) -> dict[str, Any]:
    return {"message_id": 5, "date": int(SENT.timestamp()), "chat": CHAT, "from": PERSON, **fields}


def read(bot: Bot, **fields: Any) -> Inbound | None:
    return to_inbound(Update.de_json({"update_id": 7, **fields}, bot), NOW)


def heard(bot: Bot, **fields: Any) -> Inbound:
    found = read(bot, message=message(**fields))
    assert found is not None
    assert Inbound.from_json(found.to_json()) == found
    return found


def test_a_text_is_all_there(bot: Bot) -> None:
    found = heard(bot, text="hola")
    assert found == Inbound(
        update_id=7,
        kind=Kind.TEXT,
        chat_id=1001,
        at=SENT,
        user_id=1001,
        language_code="es",
        account="Ana Torres (@anita)",
        message_id=5,
        text="hola",
        texts=("hola",),
    )


@pytest.mark.parametrize(
    ("text", "length", "command", "argument"),
    [
        ("/start", 6, "start", ""),
        ("/start abc_DEF-1", 6, "start", "abc_DEF-1"),
        ("/SOS@WaymarkBot", 15, "sos", ""),
        ("/help   me  now ", 5, "help", "me  now"),
    ],
)
def test_commands_lose_the_slash_the_name_and_their_case(bot: Bot, text: str, length: int, command: str, argument: str) -> None:
    found = heard(bot, text=text, entities=[{"type": "bot_command", "offset": 0, "length": length}])
    assert (found.kind, found.command, found.argument) == (Kind.COMMAND, command, argument)
    assert found.texts == (text,)


def test_a_command_in_the_middle_of_a_text_is_text(bot: Bot) -> None:
    found = heard(bot, text="say /help", entities=[{"type": "bot_command", "offset": 4, "length": 5}])
    assert (found.kind, found.command) == (Kind.TEXT, None)


MEDIA: list[tuple[dict[str, Any], Kind, tuple[str, ...]]] = [
    ({"photo": [{**FILE, "width": 9, "height": 9}], "caption": "look"}, Kind.PHOTO, ("look",)),
    ({"voice": {**FILE, "duration": 3}, "caption": "listen"}, Kind.VOICE, ("listen",)),
    (
        {"audio": {**FILE, "duration": 3, "title": "Goodbye", "performer": "Me", "file_name": "note.mp3"}},
        Kind.VOICE,
        ("note.mp3", "Goodbye", "Me"),
    ),
    (
        {"video": {**FILE, "duration": 3, "width": 9, "height": 9, "file_name": "last.mp4"}, "caption": "see"},
        Kind.VIDEO,
        ("see", "last.mp4"),
    ),
    ({"video_note": {**FILE, "duration": 3, "length": 9}}, Kind.VIDEO, ()),
    ({"animation": {**FILE, "duration": 3, "width": 9, "height": 9, "file_name": "bye.gif"}}, Kind.VIDEO, ("bye.gif",)),
    (
        {"document": {**FILE, "file_name": "my will.pdf", "mime_type": "application/pdf"}, "caption": "read"},
        Kind.DOCUMENT,
        ("read", "my will.pdf"),
    ),
    (
        {"sticker": {**FILE, "type": "regular", "width": 9, "height": 9, "is_animated": False, "is_video": False, "emoji": "🔫"}},
        Kind.STICKER,
        ("🔫",),
    ),
    (
        {"contact": {"phone_number": "+12125550100", "first_name": "My", "last_name": "Dealer", "vcard": "NOTE:help"}},
        Kind.CONTACT,
        ("My", "Dealer", "NOTE:help"),
    ),
    ({"location": {"latitude": 1.5, "longitude": 2.5}}, Kind.LOCATION, ()),
    (
        {
            "location": {"latitude": 1.5, "longitude": 2.5},
            "venue": {"location": {"latitude": 1.5, "longitude": 2.5}, "title": "The bridge", "address": "I will jump"},
        },
        Kind.LOCATION,
        ("The bridge", "I will jump"),
    ),
    ({"dice": {"emoji": "🎲", "value": 3}}, Kind.OTHER, ()),
    (
        {"checklist": {"title": "Before I go", "tasks": [{"id": 1, "text": "write a letter"}]}},
        Kind.OTHER,
        ("Before I go", "write a letter"),
    ),
    (
        {
            "poll": {
                "id": "1",
                "question": "Live?",
                "options": [{"text": "no", "voter_count": 0, "persistent_id": "1"}],
                "total_voter_count": 0,
                "is_closed": False,
                "is_anonymous": True,
                "type": "regular",
                "allows_multiple_answers": False,
                "allows_revoting": False,
                "members_only": False,
            }
        },
        Kind.OTHER,
        ("Live?", "no"),
    ),
]


@pytest.mark.parametrize(("fields", "kind", "texts"), MEDIA, ids=["+".join(fields) for fields, _, _ in MEDIA])
def test_whatever_can_carry_words_gives_them_to_the_screen(bot: Bot, fields: dict[str, Any], kind: Kind, texts: tuple[str, ...]) -> None:
    found = heard(bot, **fields)
    assert found.kind is kind
    assert found.texts == texts
    assert found.text == fields.get("caption", "")


def test_a_place_and_a_number_are_kept(bot: Bot) -> None:
    place = heard(bot, location={"latitude": 40.7, "longitude": -74.0})
    assert (place.latitude, place.longitude) == (40.7, -74.0)
    assert heard(bot, contact={"phone_number": "+12125550100", "first_name": "Ana"}).phone == "+12125550100"


def test_a_file_is_known_by_its_id(bot: Bot) -> None:
    found = heard(bot, document={**FILE, "file_name": "a.pdf", "mime_type": "application/pdf"})
    assert (found.file_id, found.file_name, found.mime_type, found.file_size) == ("f1", "a.pdf", "application/pdf", 10)


def test_an_edited_message_has_the_time_of_the_edit(bot: Bot) -> None:
    found = read(bot, edited_message=message(text="now", edit_date=int(NOW.timestamp())))
    assert found is not None
    assert (found.edited, found.at, found.texts) == (True, NOW, ("now",))


def test_a_reply_names_its_message_and_screens_only_what_was_quoted_by_hand(bot: Bot) -> None:
    origin = {"message_id": 3, "date": 1, "chat": CHAT, "text": "Are you thinking about killing yourself?"}
    found = heard(bot, text="no", reply_to_message=origin)
    assert (found.reply_to, found.texts) == (3, ("no",))
    found = heard(bot, text="this", reply_to_message=origin, quote={"text": "killing yourself", "position": 0, "is_manual": True})
    assert found.texts == ("this", "killing yourself")
    found = heard(bot, text="this", reply_to_message=origin, quote={"text": "killing yourself", "position": 0})
    assert found.texts == ("this",)


def test_a_press_comes_at_the_time_of_its_arrival(bot: Bot) -> None:
    pressed = {"id": "q1", "from": PERSON, "chat_instance": "c", "data": "menu.help"}
    found = read(bot, callback_query={**pressed, "message": message(text="?")})
    assert found is not None
    assert (found.kind, found.chat_id, found.at, found.data, found.query_id, found.message_id) == (
        Kind.PRESS,
        1001,
        NOW,
        "menu.help",
        "q1",
        5,
    )
    assert found.texts == ()


@pytest.mark.parametrize("shown", [{}, {"message": {"chat": CHAT, "message_id": 5, "date": 0}}], ids=["no message", "inaccessible"])
def test_a_press_on_a_message_that_is_gone_still_counts(bot: Bot, shown: dict[str, Any]) -> None:
    found = read(bot, callback_query={"id": "q1", "from": PERSON, "chat_instance": "c", "data": "crisis.help", **shown})
    assert found is not None
    assert (found.kind, found.chat_id, found.private) == (Kind.PRESS, 1001, True)


def test_a_press_without_data_is_nothing(bot: Bot) -> None:
    assert read(bot, callback_query={"id": "q1", "from": PERSON, "chat_instance": "c", "game_short_name": "x"}) is None


@pytest.mark.parametrize(
    ("status", "member"),
    [("kicked", "kicked"), ("left", "left"), ("member", "member"), ("administrator", "member"), ("restricted", "member")],
)
@pytest.mark.parametrize("chat", [CHAT, GROUP], ids=["private", "group"])
def test_membership(bot: Bot, status: str, member: str, chat: dict[str, Any]) -> None:
    me = {"user": {"id": 1, "is_bot": True, "first_name": "Bot"}, "until_date": 0, "is_member": True}
    rights: tuple[str, ...] = (
        "be_edited",
        "manage_chat",
        "delete_messages",
        "manage_video_chats",
        "restrict_members",
        "promote_members",
        "change_info",
    )
    rights += ("invite_users", "post_stories", "edit_stories", "delete_stories", "send_messages", "send_polls", "send_other_messages")
    rights += ("add_web_page_previews", "pin_messages", "manage_topics", "send_audios", "send_documents", "send_photos", "send_videos")
    rights += ("send_video_notes", "send_voice_notes", "edit_tag", "react_to_messages")
    now = {**me, "status": status, "is_anonymous": False, **{f"can_{right}": True for right in rights}}
    change = {
        "chat": chat,
        "from": PERSON,
        "date": int(SENT.timestamp()),
        "old_chat_member": {**me, "status": "left"},
        "new_chat_member": now,
    }
    found = read(bot, my_chat_member=change)
    assert found is not None
    assert (found.kind, found.member, found.private, found.chat_id) == (Kind.MEMBERSHIP, member, chat is CHAT, chat["id"])


def test_a_group_is_known_as_one(bot: Bot) -> None:
    found = heard(bot, chat=GROUP, text="hello")
    assert not found.private
    joined = heard(bot, chat=GROUP, new_chat_members=[{"id": 1, "is_bot": True, "first_name": "Bot"}])
    assert not joined.private


@pytest.mark.parametrize(
    "fields",
    [
        {"pinned_message": {"message_id": 3, "date": 1, "chat": CHAT, "text": "old words"}},
        {"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}},
        {"write_access_allowed": {}},
        {"chat_background_set": {"type": {"type": "chat_theme", "theme_name": "x"}}},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_what_telegram_itself_writes_into_a_private_chat_is_not_answered(bot: Bot, fields: dict[str, Any]) -> None:
    assert read(bot, message=message(**fields)) is None


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"channel_post": message(chat={"id": -1, "type": "channel", "title": "c"}, text="x")},
        {"inline_query": {"id": "1", "from": PERSON, "query": "x", "offset": ""}},
    ],
    ids=["nothing", "channel post", "inline query"],
)
def test_what_the_product_does_not_listen_to_is_nothing(bot: Bot, fields: dict[str, Any]) -> None:
    assert read(bot, **fields) is None


def test_one_update_that_cannot_be_read_takes_no_other_with_it(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    updates = [Update.de_json({"update_id": number, "message": message(text=str(number))}, bot) for number in range(3)]

    def stumble(update: Update, now: datetime) -> Inbound | None:
        if update.update_id == 1:
            raise AttributeError
        return to_inbound(update, now)

    monkeypatch.setattr(polling, "to_inbound", stumble)
    assert [found.update_id for found in convert(updates, FakeClock(NOW))] == [0, 2]
