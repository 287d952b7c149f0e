"""Telegram's errors become ours, each as what it means: later, never, or no error at all."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.errors import RetryLater, SetupError, Undeliverable
from bot.ports import Attachment, Key, Outgoing, ReplyKey
from bot.telegram.transport import TelegramTransport, make_bot

MESSAGE = {"message_id": 9, "date": 1, "chat": {"id": 1, "type": "private", "first_name": "A"}, "text": "x"}


class Answers(BaseRequest):
    """A Telegram that answers everything alike, and remembers what it was asked."""

    def __init__(self) -> None:
        self.status, self.body, self.error = 200, b"", None  # type: tuple[int, bytes, Exception | None]
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answers(MESSAGE)

    def answers(self, result: Any) -> None:
        self.status, self.body, self.error = 200, json.dumps({"ok": True, "result": result}).encode(), None

    def refuses(self, code: int, description: str, **parameters: Any) -> None:
        shape = {"ok": False, "error_code": code, "description": description, "parameters": parameters}
        self.status, self.body, self.error = code, json.dumps(shape).encode(), None

    @property
    def read_timeout(self) -> float | None:
        return 5.0

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *args: Any, **kwargs: Any
    ) -> tuple[int, bytes]:
        self.asked.append((url.rpartition("/")[2], dict(request_data.parameters) if request_data else {}))
        if self.error is not None:
            raise self.error
        return self.status, self.body


@pytest.fixture
def telegram() -> Answers:
    return Answers()


@pytest.fixture
async def transport(telegram: Answers) -> AsyncIterator[TelegramTransport]:
    made = TelegramTransport(make_bot("123456:test-token", "http://127.0.0.1", telegram, telegram))
    telegram.answers({"id": 123456, "is_bot": True, "first_name": "Bot", "username": "TestBot"})
    assert await made.start() == "TestBot"
    telegram.answers(MESSAGE)
    telegram.asked.clear()
    yield made
    await made.stop()


NEVER = [
    (403, "Forbidden: bot was blocked by the user", "blocked"),
    (403, "Forbidden: user is deactivated", "deactivated"),
    (403, "Forbidden: bot can't initiate conversation with a user", "blocked"),
    (403, "Forbidden: bot was kicked from the group chat", "blocked"),
    (400, "Bad Request: chat not found", "chat_not_found"),
    (400, "Bad Request: user not found", "chat_not_found"),
    (400, "Bad Request: PEER_ID_INVALID", "chat_not_found"),
    (400, "Bad Request: message to edit not found", "gone"),
    (400, "Bad Request: message can't be edited", "gone"),
    (400, "Bad Request: can't parse entities: unsupported start tag", "rejected"),
    (400, "Bad Request: message text is empty", "rejected"),
    (400, "Bad Request: message is too long", "rejected"),
    (400, "Bad Request: BUTTON_DATA_INVALID", "rejected"),
]


@pytest.mark.parametrize(("code", "description", "reason"), NEVER)
async def test_what_will_never_arrive(telegram: Answers, transport: TelegramTransport, code: int, description: str, reason: str) -> None:
    telegram.refuses(code, description)
    with pytest.raises(Undeliverable) as caught:
        await transport.send(Outgoing(1, text="x"))
    assert caught.value.reason == reason
    assert description not in str(caught.value)


async def test_a_chat_that_became_another_one_is_not_found(telegram: Answers, transport: TelegramTransport) -> None:
    telegram.refuses(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1001)
    with pytest.raises(Undeliverable, match="chat_not_found"):
        await transport.send(Outgoing(1, text="x"))


async def test_flood_control_says_how_long(telegram: Answers, transport: TelegramTransport) -> None:
    telegram.refuses(429, "Too Many Requests: retry after 17", retry_after=17)
    with pytest.raises(RetryLater) as caught:
        await transport.send(Outgoing(1, text="x"))
    assert caught.value.after == timedelta(seconds=17)
    assert not caught.value.uncertain


@pytest.mark.parametrize(
    ("code", "uncertain"), [(500, True), (502, True), (504, True), (401, False), (404, False), (409, False)], ids=lambda value: str(value)
)
async def test_what_may_pass(telegram: Answers, transport: TelegramTransport, code: int, uncertain: bool) -> None:
    telegram.refuses(code, "whatever")
    with pytest.raises(RetryLater) as caught:
        await transport.send(Outgoing(1, text="x"))
    assert caught.value.uncertain is uncertain
    assert caught.value.after >= timedelta(seconds=1)


@pytest.mark.parametrize("error", [TimedOut(), NetworkError("cut")], ids=["no answer", "cut"])
async def test_a_message_whose_answer_did_not_come_may_have_arrived(
    telegram: Answers, transport: TelegramTransport, error: Exception
) -> None:
    telegram.error = error
    with pytest.raises(RetryLater) as caught:
        await transport.send(Outgoing(1, text="x"))
    assert caught.value.uncertain


async def test_a_page_of_html_instead_of_an_answer_is_a_telegram_that_is_away(telegram: Answers, transport: TelegramTransport) -> None:
    telegram.status, telegram.body = 502, b"<html>Bad gateway</html>"
    with pytest.raises(RetryLater):
        await transport.send(Outgoing(1, text="x"))


async def test_an_edit_that_changes_nothing_is_a_success(telegram: Answers, transport: TelegramTransport) -> None:
    telegram.refuses(400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same")
    assert await transport.send(Outgoing(1, kind="edit", text="x", target=4)) == 4
    assert await transport.send(Outgoing(1, kind="markup", target=4)) == 4


async def test_deleting_what_is_gone_is_a_success(telegram: Answers, transport: TelegramTransport) -> None:
    for description in ("Bad Request: message to delete not found", "Bad Request: message can't be deleted for everyone"):
        telegram.refuses(400, description)
        assert await transport.send(Outgoing(1, kind="delete", target=4)) is None
    telegram.refuses(400, "Bad Request: chat not found")
    with pytest.raises(Undeliverable):
        await transport.send(Outgoing(1, kind="delete", target=4))


async def test_a_press_that_is_answered_too_late_is_no_error(telegram: Answers, transport: TelegramTransport) -> None:
    telegram.refuses(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
    await transport.answer_press("q", "hello")
    telegram.refuses(429, "Too Many Requests: retry after 3", retry_after=3)
    with pytest.raises(RetryLater):
        await transport.answer_press("q", "hello")


@pytest.mark.parametrize("code", [401, 404])
async def test_a_wrong_token_stops_the_start_and_says_what_to_do(telegram: Answers, code: int) -> None:
    telegram.refuses(code, "Unauthorized")
    with pytest.raises(SetupError, match="@BotFather") as caught:
        await TelegramTransport(make_bot("123456:test-token", "http://127.0.0.1", telegram, telegram)).start()
    assert "test-token" not in str(caught.value)


async def test_a_telegram_that_is_away_at_the_start_is_waited_for(telegram: Answers) -> None:
    telegram.error = NetworkError("away")
    with pytest.raises(RetryLater):
        await TelegramTransport(make_bot("123456:test-token", "http://127.0.0.1", telegram, telegram)).start()


KINDS: list[tuple[Outgoing, str, dict[str, Any]]] = [
    (
        Outgoing(1, text="<b>x</b>", silent=True, protected=True),
        "sendMessage",
        {"parse_mode": "HTML", "disable_notification": True, "protect_content": True},
    ),
    (Outgoing(1, text="x", reply_to=4), "sendMessage", {"reply_parameters": {"message_id": 4, "allow_sending_without_reply": True}}),
    (Outgoing(1, text="x", keys=((Key("A", data="a"), Key("B", url="https://b")),)), "sendMessage", {}),
    (Outgoing(1, text="x", reply_keys=((ReplyKey("A", "location"), ReplyKey("B")),)), "sendMessage", {}),
    (Outgoing(1, text="x", reply_keys=()), "sendMessage", {"reply_markup": {"remove_keyboard": True}}),
    (Outgoing(1, kind="contact", phone="+1", contact_name="Line"), "sendContact", {"phone_number": "+1", "first_name": "Line"}),
    (Outgoing(1, kind="location", latitude=1.5, longitude=2.5), "sendLocation", {"latitude": 1.5, "longitude": 2.5}),
    (Outgoing(1, kind="document", text="cap", attachment=Attachment("a.pdf", b"x", "application/pdf")), "sendDocument", {"caption": "cap"}),
    (Outgoing(1, kind="edit", text="x", target=4), "editMessageText", {"message_id": 4, "text": "x"}),
    (Outgoing(1, kind="markup", target=4), "editMessageReplyMarkup", {"message_id": 4}),
    (Outgoing(1, kind="delete", target=4), "deleteMessage", {"message_id": 4}),
]


@pytest.mark.parametrize(("out", "method", "wanted"), KINDS, ids=[f"{number}-{method}" for number, (_, method, _) in enumerate(KINDS)])
async def test_every_kind_of_message_goes_out_as_what_it_is(
    telegram: Answers, transport: TelegramTransport, out: Outgoing, method: str, wanted: dict[str, Any]
) -> None:
    if method == "deleteMessage":
        telegram.answers(True)
    found = await transport.send(out)
    asked, fields = telegram.asked[-1]
    assert asked == method
    assert fields["chat_id"] == 1
    assert {name: fields.get(name) for name in wanted} == wanted
    assert found == {"deleteMessage": None, "editMessageText": 4, "editMessageReplyMarkup": 4}.get(method, 9)


async def test_buttons_and_keyboards_say_what_they_want(telegram: Answers, transport: TelegramTransport) -> None:
    await transport.send(Outgoing(1, text="x", keys=((Key("A", data="a"), Key("B", url="https://b")),)))
    rows = telegram.asked[-1][1]["reply_markup"]["inline_keyboard"]
    assert [[dict(key) for key in row] for row in rows] == [[{"text": "A", "callback_data": "a"}, {"text": "B", "url": "https://b"}]]
    await transport.send(Outgoing(1, text="x", reply_keys=((ReplyKey("A", "location"), ReplyKey("B", "contact"), ReplyKey("C")),)))
    (row,) = telegram.asked[-1][1]["reply_markup"]["keyboard"]
    assert [(key["text"], key.get("request_location"), key.get("request_contact")) for key in row] == [
        ("A", True, None),
        ("B", None, True),
        ("C", None, None),
    ]


async def test_menus_and_descriptions(telegram: Answers, transport: TelegramTransport) -> None:
    fields: dict[str, Any]
    telegram.answers(True)
    await transport.set_commands(1, "en", [("help", "Help")])
    method, fields = telegram.asked[-1]
    assert method == "setMyCommands"
    assert fields == {"commands": [{"command": "help", "description": "Help"}], "scope": {"type": "chat", "chat_id": 1}}
    await transport.set_default_commands("es", [("help", "Ayuda")])
    assert telegram.asked[-1][1]["language_code"] == "es"
    await transport.describe(None, "long", "short")
    assert [method for method, _ in telegram.asked[-2:]] == ["setMyDescription", "setMyShortDescription"]
    await transport.leave(-5)
    method, fields = telegram.asked[-1]
    assert (method, fields["chat_id"]) == ("leaveChat", -5)
