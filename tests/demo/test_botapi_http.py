"""The same simulator over HTTP: the real client, the four ways parameters come, faults, webhook, and the phones' endpoints."""

from __future__ import annotations

import asyncio
import json
import struct
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from httpx_aiohttp import AiohttpTransport
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, Conflict, InvalidToken, NetworkError, RetryAfter, TimedOut
from telegram.request import HTTPXRequest

from bot.clock import FakeClock
from bot.demo.botapi import BotApi
from bot.demo.botapi.http import routes
from bot.demo.botapi.server import serving

TOKEN = "4242:secret"
START = datetime(2026, 1, 31, 21, 5, tzinfo=UTC)

pytestmark = pytest.mark.e2e


def png() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = zlib.compress(b"\0\xff\0\0" * 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
def api(clock: FakeClock) -> BotApi:
    api = BotApi(clock, TOKEN)
    api.user(7, "Ana", language_code="es").start()
    return api


@pytest.fixture
async def root(api: BotApi, clock: FakeClock) -> AsyncIterator[str]:
    async def on_clock(minutes: float) -> None:
        clock.move_to(clock.now() + timedelta(minutes=minutes))

    async with serving(routes(api, on_clock=on_clock), before_stop=api.aclose) as root:
        yield root


def client_for(root: str, transport: str = "aiohttp", token: str = TOKEN) -> Bot:
    def request() -> HTTPXRequest:
        kwargs: dict[str, Any] = {"transport": AiohttpTransport()} if transport == "aiohttp" else {}
        return HTTPXRequest(read_timeout=2, httpx_kwargs={"trust_env": False, **kwargs})

    return Bot(token, base_url=f"{root}/bot", base_file_url=f"{root}/file/bot", request=request(), get_updates_request=request())


@pytest.fixture(params=["httpx", "aiohttp"])
async def bot(root: str, request: pytest.FixtureRequest) -> AsyncIterator[Bot]:
    async with client_for(root, request.param) as bot:
        yield bot


@pytest.fixture
async def http(root: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=root, trust_env=False) as http:
        yield http


async def test_the_real_client_walks_through_it(bot: Bot, api: BotApi) -> None:
    ana = api.users[7]
    first = await bot.get_updates(timeout=0)
    sent = await bot.send_message(
        7, "<b>Hi</b>", parse_mode="HTML", reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("A", callback_data="a")]])
    )
    ana.press(sent.message_id, "A")
    second = await bot.get_updates(offset=first[-1].update_id + 1, timeout=1)
    assert second[0].callback_query is not None
    await second[0].callback_query.answer("done")
    await sent.edit_text("changed")
    photo = await bot.send_photo(7, png(), caption="look")
    file = await photo.photo[-1].get_file()
    assert bytes(await file.download_as_bytearray()) == png()
    assert [message.text or message.caption for message in ana.received] == ["changed", "look"]
    assert ana.toasts[0].text == "done"


async def test_a_long_poll_ends_when_something_comes(bot: Bot, api: BotApi) -> None:
    first = await bot.get_updates(timeout=0)
    asyncio.get_running_loop().call_later(0.05, api.users[7].text, "now")
    update = (await bot.get_updates(offset=first[-1].update_id + 1, timeout=10))[0]
    assert update.message is not None
    assert update.message.text == "now"


@pytest.mark.parametrize("way", ["query", "form", "multipart", "json"])
async def test_parameters_come_in_four_ways_and_method_names_in_any_case(http: httpx.AsyncClient, api: BotApi, way: str) -> None:
    params = {
        "chat_id": "7",
        "text": "hi",
        "disable_notification": "true",
        "reply_markup": '{"inline_keyboard":[[{"text":"A","callback_data":"a"}]]}',
    }
    path = f"/bot{TOKEN}/SENDmessage"
    if way == "query":
        response = await http.get(path, params=params)
    elif way == "form":
        response = await http.post(path, data=params)
    elif way == "multipart":
        response = await http.post(path, data=params, files={"unused": ("x.txt", b"x")})
    else:
        response = await http.post(
            path, json={"chat_id": 7, "text": "hi", "disable_notification": True, "reply_markup": json.loads(params["reply_markup"])}
        )
    assert response.status_code == 200
    message = api.users[7].last
    assert (message.text, message.silent, message.labels) == ("hi", True, ["A"])


async def test_a_wrong_token_is_unauthorised_and_an_unknown_method_is_loud(root: str, http: httpx.AsyncClient, api: BotApi) -> None:
    assert (await http.get("/bot1:other/getMe")).status_code == 401
    assert (await http.get("/botnonsense/getMe")).status_code == 404
    page = api.subscribe()
    answer = await http.get(f"/bot{TOKEN}/sendDice")
    assert (answer.status_code, answer.json()["ok"]) == (404, False)
    assert api.unknown_methods == ["sendDice"]
    assert page.get_nowait() == {"type": "unknown_method", "method": "sendDice"}
    stranger = client_for(root, token="1:other")
    with pytest.raises(InvalidToken):
        await stranger.initialize()
    await stranger.shutdown()


@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
async def test_faults_reach_the_real_client_as_the_network_would_bring_them(bot: Bot, api: BotApi) -> None:
    ana = api.users[7]
    api.faults.drop("sendMessage")
    with pytest.raises((NetworkError, TimedOut)):
        await bot.send_message(7, "cut")
    assert ana.received == []
    api.faults.accept_then_drop("sendMessage")
    with pytest.raises(TimedOut):
        await bot.send_message(7, "arrived", read_timeout=0.2)
    assert [message.text for message in ana.received] == ["arrived"]
    api.faults.http_500("send*")
    with pytest.raises(NetworkError):
        await bot.send_message(7, "broken")
    api.faults.retry_after("sendMessage", seconds=3)
    with pytest.raises(RetryAfter):
        await bot.send_message(7, "slower")
    api.faults.conflict()
    with pytest.raises(Conflict):
        await bot.get_updates(timeout=0)
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        await bot.send_message(99, "who")
    assert (await bot.send_message(7, "well again")).text == "well again"


async def test_a_webhook_gets_updates_in_order_until_it_takes_them(root: str, api: BotApi) -> None:
    got: list[tuple[str, str]] = []
    done = asyncio.Event()

    async def receive(request: Request) -> Response:
        body = await request.json()
        got.append((request.headers["x-telegram-bot-api-secret-token"], body["message"]["text"]))
        if len(got) == 4:
            done.set()
        return Response(status_code=500 if len(got) == 1 else 200)

    async with serving([Route("/telegram", receive, methods=["POST"])]) as target, client_for(root) as bot:
        await bot.set_webhook(f"{target}/telegram", secret_token="s3cret")
        with pytest.raises(Conflict):
            await bot.get_updates(timeout=0)
        api.users[7].text("one")
        api.users[7].text("two")
        await asyncio.wait_for(done.wait(), 10)
        assert got == [("s3cret", text) for text in ("/start", "/start", "one", "two")]
        info = await bot.get_webhook_info()
        assert info.last_error_message == "Wrong response from the webhook: 500"
        await bot.delete_webhook()
        assert await bot.get_updates(timeout=0) == () or api.updates.pending


async def test_events_begin_with_a_snapshot_and_go_on_live(api: BotApi, root: str) -> None:
    async with httpx.AsyncClient(base_url=root, trust_env=False) as http, http.stream("GET", "/demo/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = (line async for line in response.aiter_lines() if line.startswith("data: "))
        snapshot = json.loads((await anext(lines))[6:])
        assert snapshot["type"] == "snapshot"
        assert [user["first_name"] for user in snapshot["users"]] == ["Ana"]
        api.users[7].text("hola")
        event = json.loads((await anext(lines))[6:])
        assert (event["type"], event["user"], event["message"]["text"]) == ("message", 7, "hola")
        await api.aclose()
        assert [line async for line in lines] == []


async def test_the_page_does_what_people_do(http: httpx.AsyncClient, api: BotApi) -> None:
    ana = api.users[7]

    async def act(action: str, **fields: Any) -> Any:
        response = await http.post(f"/demo/users/7/{action}", json=fields)
        assert response.status_code == 200, response.text
        return response.json()["result"]

    await http.post(
        f"/bot{TOKEN}/sendMessage",
        json={"chat_id": 7, "text": "q", "reply_markup": {"inline_keyboard": [[{"text": "A", "callback_data": "a"}]]}},
    )
    question = ana.last.message_id
    text = await act("text", text="hola", reply_to=question)
    await act("edit", message_id=text, text="adios")
    await act("press", message_id=question, data="a")
    await act("location", lat=1, lon=2)
    await act("contact", phone="+34600")
    await act("sticker", emoji="👍")
    await act("start", payload="x")
    for action in ("photo", "voice", "document"):
        data = {"caption": "c", "duration": "2"}
        response = await http.post(f"/demo/users/7/{action}", data=data, files={"file": ("a.png", png(), "image/png")})
        assert response.status_code == 200
    await act("block", blocked=True)
    assert (await http.post("/demo/users/7/text", json={"text": "x"})).status_code == 409
    await act("block", blocked=False)
    kinds = [next(key for key in entry.body if key != "update_id") for entry in api.updates.pending]
    assert kinds == ["message", "message", "edited_message", "callback_query", *["message"] * 7, "my_chat_member", "my_chat_member"]
    photo = next(message for message in ana.messages if message.photo)
    assert photo.photo is not None
    picture = await http.get(f"/demo/files/{photo.photo['file_id']}")
    assert (picture.content, picture.headers["content-type"]) == (png(), "image/png")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/demo/users/99/text", {"text": "x"}, 404),
        ("/demo/users/7/dance", {}, 404),
        ("/demo/users/7/text", {}, 400),
        ("/demo/users/7/text", {"text": "  "}, 409),
        ("/demo/users/7/press", {"message_id": 1, "data": "nothing"}, 409),
        ("/demo/users/7/edit", {"message_id": "no", "text": "x"}, 400),
        ("/demo/users/7/photo", {"caption": "no file"}, 409),
        ("/demo/clock", {"minutes": -5}, 400),
        ("/demo/clock", {}, 400),
        ("/demo/faults", {"kind": "earthquake"}, 400),
    ],
)
async def test_what_the_page_cannot_do_is_said(http: httpx.AsyncClient, path: str, body: dict[str, Any], status: int) -> None:
    response = await http.post(path, json=body)
    assert (response.status_code, response.json()["ok"]) == (status, False)


async def test_the_page_moves_the_clock_and_sets_faults(http: httpx.AsyncClient, api: BotApi) -> None:
    page = api.subscribe()
    assert (await http.get("/demo/clock")).json()["now"] == "2026-01-31T21:05:00Z"
    assert (await http.post("/demo/clock", json={"minutes": 55})).json()["now"] == "2026-01-31T22:00:00Z"
    assert page.get_nowait() == {"type": "clock", "now": "2026-01-31T22:00:00Z"}
    await http.post("/demo/faults", json={"method": "send*", "kind": "retry_after", "count": 1, "seconds": 9})
    answer = (await http.post(f"/bot{TOKEN}/sendMessage", json={"chat_id": 7, "text": "x"})).json()
    assert (answer["error_code"], answer["parameters"]) == (429, {"retry_after": 9})
    assert (await http.get("/demo/state")).json()["now"] == "2026-01-31T22:00:00Z"


async def test_answers_are_not_held_back_by_the_network_stack(http: httpx.AsyncClient) -> None:
    durations = [(await http.get(f"/bot{TOKEN}/getMe")).elapsed.total_seconds() for _ in range(15)]
    assert sorted(durations)[7] < 0.03, "delayed acknowledgements cost 40 ms each"


async def test_a_port_that_is_taken_is_an_error(root: str) -> None:
    with pytest.raises(OSError, match=r"in use"):
        async with serving([], port=int(root.rsplit(":", 1)[1])):
            pass
