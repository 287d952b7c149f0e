"""The page with the two phones: its files, and its behaviour in a browser against a small server that speaks the contract."""

import asyncio
import json
import re
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from playwright.async_api import Page, async_playwright, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.demo import page as demo_page

Json = dict[str, Any]

SCRIPTS = sorted((demo_page.STATIC / "js").glob("*.js"))
TEXTS = sorted(path for path in demo_page.STATIC.rglob("*") if path.suffix in demo_page.MEDIA_TYPES)
CONTENTS = {path: path.read_bytes() for path in TEXTS}
INDEX = (demo_page.STATIC / "index.html").read_text("utf-8")
IDS = set(re.findall(r'\bid="([\w-]+)"', INDEX))


def name_of(path: Path) -> str:
    return path.relative_to(demo_page.STATIC).as_posix()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=Starlette(routes=[*demo_page.routes()]))
    async with httpx.AsyncClient(transport=transport, base_url="http://phones.test") as client:
        yield client


async def test_the_page_is_served_and_held_to_its_own_origin(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'self';")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
async def test_every_file_is_served_with_its_type(client: httpx.AsyncClient, path: Path) -> None:
    answer = await client.get(f"/static/{name_of(path)}")
    assert answer.status_code == 200
    assert answer.content == CONTENTS[path]
    assert answer.headers["content-type"] == demo_page.MEDIA_TYPES[path.suffix]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["missing.js", "../page.py", "%2e%2e/page.py", "js/../../page.py", "", "js"])
async def test_nothing_else_is_served(client: httpx.AsyncClient, name: str) -> None:
    assert (await client.get(f"/static/{name}")).status_code == 404


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_no_file_names_an_outside_address(path: Path) -> None:
    text = path.read_text("utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert re.findall(r"\b(?:https?|wss?|ftp):/{2}[\w.]+", text) == []
    assert re.findall(r"""["'(=]/{2}[\w.]+""", text) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_every_id_a_script_asks_for_exists(path: Path) -> None:
    asked = set(re.findall(r'byId\("([\w-]+)"\)', path.read_text("utf-8")))
    assert asked <= IDS


def test_ids_are_unique_and_every_reference_in_the_page_meets_one() -> None:
    assert len(re.findall(r'\bid="[\w-]+"', INDEX)) == len(IDS)
    named = re.findall(r'(?:aria-controls|aria-labelledby)="([\w-]+)"|href="#([\w-]+)"', INDEX)
    assert {a or b for a, b in named} <= IDS
    assert {"tab-patient", "tab-staff", "patient", "staff"} <= IDS  # asked for by a name put together in main.js and phone.js


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_every_icon_part_and_import_of_a_script_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    assert {f"i-{name}" for name in re.findall(r'\bicon\("(\w+)"', text)} <= IDS
    parts = set(re.findall(r'parts\["([\w-]+)"\]', text, re.IGNORECASE))
    assert parts <= set(re.findall(r'data-part="([\w-]+)"', INDEX))
    assert all((path.parent / name).is_file() for name in re.findall(r'from "\./([\w.]+)"', text))


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_no_script_builds_the_page_from_strings(path: Path) -> None:
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", path.read_text("utf-8")) == []


def message(message_id: int, text: str = "", **fields: Any) -> Json:
    """A message as the demo's server tells of it."""
    shape: Json = dict.fromkeys(
        ["edit_date", "caption", "buttons", "photo", "document", "voice", "location", "venue", "contact", "sticker", "reply_to", "service"]
    )
    shape |= {"message_id": message_id, "from_bot": True, "date": "2026-02-01T02:00:00Z", "text": text, "entities": []}
    return shape | {"caption_entities": [], "protected": False, "silent": False} | fields


def person(user_id: int, name: str, phone: str, *messages: Json, language: str = "en") -> Json:
    shape: Json = {"id": user_id, "first_name": name, "language_code": language, "blocked": False, "phone": phone, "commands": []}
    return shape | {"messages": list(messages), "reply_keyboard": None}


class Server:
    """The demo's server, as far as the page can tell: what it is told to say, and what it heard."""

    def __init__(self, *people: Json) -> None:
        self.people = people
        self.lines: set[asyncio.Queue[Json | None]] = set()
        self.heard: list[tuple[str, Json]] = []
        self.something = asyncio.Event()

    def say(self, kind: str, **fields: Any) -> None:
        for line in self.lines:
            line.put_nowait({"type": kind, **fields})

    def cut(self) -> None:
        for line in self.lines:
            line.put_nowait(None)

    def app(self) -> Starlette:
        async def stream() -> AsyncIterator[str]:
            line: asyncio.Queue[Json | None] = asyncio.Queue()
            self.lines.add(line)
            event: Json | None = {
                "type": "snapshot",
                "bot": {"name": "Clinic helper", "username": "clinic_bot"},
                "now": "2026-02-01T02:05:00Z",
                "zone": "America/New_York",
                "users": list(self.people),
            }
            try:
                while event is not None:
                    yield f"data: {json.dumps(event)}\n\n"
                    event = await line.get()
            finally:
                self.lines.discard(line)

        async def events(_request: Request) -> Response:
            return StreamingResponse(stream(), media_type="text/event-stream")

        async def hear(request: Request) -> Response:
            self.heard.append((request.url.path, await request.json()))
            self.something.set()
            return JSONResponse({"ok": True})

        return Starlette(
            routes=[
                *demo_page.routes(),
                Route("/demo/events", events),
                Route("/demo/users/{user}/{act}", hear, methods=["POST"]),
                Route("/demo/clock", hear, methods=["POST"]),
                Route("/demo/faults", hear, methods=["POST"]),
            ]
        )


@asynccontextmanager
async def two_phones(server: Server, *, width: int = 1440) -> AsyncIterator[Page]:
    """The page, open in Chromium; at the end nothing may have gone wrong in it or gone out to another address."""
    chromium = shutil.which("chromium")
    assert chromium, "the tests marked browser need Chromium"
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        config = uvicorn.Config(server.app(), log_level="critical", ws="none", lifespan="off", timeout_graceful_shutdown=1)
        host = uvicorn.Server(config)
        serving = asyncio.create_task(host.serve(sockets=[listener]))
        wrong: list[str] = []
        try:
            async with async_playwright() as playwright:
                flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
                browser = await playwright.chromium.launch(executable_path=chromium, args=[*flags, "--no-first-run"])
                page = await browser.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
                page.on("pageerror", lambda error: wrong.append(str(error)))
                page.on("request", lambda request: None if request.url.startswith((address, "blob:")) else wrong.append(request.url))
                await page.goto(address)
                await expect(page.locator("#clock-time")).to_have_text("21:05")
                yield page
                await browser.close()
        finally:
            server.cut()
            host.should_exit = True
            await serving
    assert wrong == []


def patient(*messages: Json, language: str = "en") -> Json:
    return person(7, "Ana", "patient", *messages, language=language)


COUNSELOR = person(9, "Luis", "counselor", message(1, "Hello, Luis."))


@pytest.mark.browser
async def test_a_message_is_drawn_from_its_entities_and_never_as_html() -> None:
    text = "Emoji 🌱 then bold italic <img src=x onerror=alert(1)> +12125550147 link"
    entities = [
        {"type": "bold", "offset": text.encode("utf-16-le").index("bold".encode("utf-16-le")) // 2, "length": 11},
        {"type": "italic", "offset": text.encode("utf-16-le").index("italic".encode("utf-16-le")) // 2, "length": 6},
        {"type": "phone_number", "offset": text.encode("utf-16-le").index("+121".encode("utf-16-le")) // 2, "length": 12},
        {
            "type": "text_link",
            "offset": text.encode("utf-16-le").index("link".encode("utf-16-le")) // 2,
            "length": 4,
            "url": "javascript:1",
        },
    ]
    server = Server(patient(message(1, "First")), COUNSELOR)
    async with two_phones(server) as page:
        server.say("message", user=7, message=message(2, text, entities=entities))
        row = page.locator("#patient .row[data-id='2']")
        await expect(row.locator(".text")).to_have_text(text)
        await expect(row.locator("b")).to_have_text("bold italic")
        await expect(row.locator("b i")).to_have_text("italic")
        await expect(row.locator("img, a")).to_have_count(0)
        await row.get_by_role("button", name="+12125550147").click()
        await expect(page.locator("#patient .toast")).to_contain_text("+12125550147")


@pytest.mark.browser
async def test_a_pressed_button_spins_until_its_answer_comes() -> None:
    server = Server(patient(message(1, "How?", buttons=[[{"text": "Well", "data": "a:1"}, {"text": "Badly", "data": "a:2"}]])), COUNSELOR)
    async with two_phones(server) as page:
        await page.get_by_role("button", name="Well").click()
        await expect(page.locator("#patient .key .spin")).to_have_count(1)
        await expect(page.get_by_role("button", name="Well")).to_have_attribute("aria-busy", "true")
        assert server.heard == [("/demo/users/7/press", {"message_id": 1, "data": "a:1"})]
        server.say("toast", user=7, text="Noted", alert=False, message_id=1, data="a:1")
        await expect(page.locator("#patient .toast")).to_have_text("Noted")
        await expect(page.locator("#patient .key .spin")).to_have_count(0)
        server.say("toast", user=7, text="Please read this", alert=True, message_id=1, data="a:1")
        await page.get_by_role("alertdialog").get_by_role("button", name="OK").click()
        await expect(page.get_by_role("alertdialog")).to_have_count(0)


@pytest.mark.browser
async def test_a_locked_phone_shows_the_preview_and_opens_the_chat_at_a_tap() -> None:
    server = Server(patient(message(1, "First")), COUNSELOR)
    async with two_phones(server) as page:
        await page.locator("#staff [data-part=lock-button]").click()
        server.say("message", user=9, message=message(2, "Case 17: all that was said"))
        server.say("push", user=9, title="Clinic helper", text="You have a message", silent=False)
        await expect(page.locator("#staff .lock .note-text")).to_have_text("You have a message")
        await expect(page.locator("#staff .lock [data-part=lock-time]")).to_have_text("21:05")
        await expect(page.locator("#staff .person .badge")).to_have_text("1")
        await expect(page.locator("#staff .log")).not_to_be_visible()
        await page.locator("#staff .lock .note").click()
        await expect(page.locator("#staff .row[data-id='2']")).to_be_visible()
        await expect(page.locator("#staff .person .badge")).to_be_hidden()


@pytest.mark.browser
async def test_a_banner_drops_down_while_the_app_is_in_the_background() -> None:
    server = Server(patient(message(1, "First")), COUNSELOR)
    async with two_phones(server) as page:
        await page.locator("#patient [data-part=home-button]").click()
        server.say("push", user=7, title="Clinic helper", text="Check-in time", silent=False)
        await expect(page.locator("#patient .banner-layer .note-text")).to_have_text("Check-in time")
        await page.locator("#patient .banner-layer .note").click()
        await expect(page.locator("#patient .log")).to_be_visible()
        await expect(page.locator("#patient .banner-layer .note")).to_have_count(0)


@pytest.mark.browser
async def test_what_comes_while_the_chat_is_open_leaves_no_notice_behind() -> None:
    server = Server(patient(message(1, "First")), COUNSELOR)
    async with two_phones(server) as page:
        server.say("push", user=7, title="Clinic helper", text="Seen already", silent=False)
        await page.locator("#patient [data-part=lock-button]").click()
        server.say("push", user=7, title="Clinic helper", text="Reminder 18:00", silent=True)
        await expect(page.locator("#patient .lock .note-text")).to_have_text(["Reminder 18:00"])


@pytest.mark.browser
async def test_the_clock_waits_for_the_server_and_edits_deletes_and_keyboards_arrive() -> None:
    server = Server(patient(message(1, "Uno"), message(2, "Dos"), language="es"), COUNSELOR)
    async with two_phones(server) as page:
        morning = page.get_by_role("button", name="Next morning")
        await morning.click()
        await expect(morning).to_be_disabled()
        await asyncio.wait_for(server.something.wait(), 5)  # the button is off before the request has arrived
        assert server.heard == [("/demo/clock", {"minutes": 655})]  # 21:05 to 08:00
        server.say("clock", now="2026-02-01T13:00:00Z")
        await expect(page.locator("#clock-time")).to_have_text("08:00")
        await expect(morning).to_be_enabled()
        server.say("edit", user=7, message=message(1, "Uno, mejor", edit_date="2026-02-01T13:00:00Z"))
        server.say("delete", user=7, message_id=2)
        await expect(page.locator("#patient .row")).to_have_count(1)
        await expect(page.locator("#patient .row")).to_contain_text("editado")
        key = {"text": "Mi ubicación", "request_location": True, "request_contact": False}
        server.say("keyboard", user=7, reply_keyboard={"rows": [[key]], "one_time": True, "placeholder": "Elija"})
        await page.locator("#patient .keyboard").get_by_role("button", name="Mi ubicación").click()
        await page.locator("#patient").get_by_role("button", name="Madrid").click()
        await expect(page.locator("#patient .keyboard")).to_be_hidden()
        assert server.heard[-1] == ("/demo/users/7/location", {"lat": 40.4168, "lon": -3.7038})


@pytest.mark.browser
async def test_a_lost_connection_is_said_and_comes_back_by_itself() -> None:
    server = Server(patient(message(1, "First")), COUNSELOR)
    async with two_phones(server) as page:
        await page.route("**/demo/events", lambda route: route.abort())
        server.cut()
        await expect(page.locator("#notices")).to_contain_text("Connection lost")
        server.people[0]["messages"].append(message(2, "While you were away"))
        await page.unroute("**/demo/events")
        await expect(page.locator("#patient .row[data-id='2']")).to_be_visible()
        await expect(page.locator("#notices")).to_be_empty()


@pytest.mark.browser
async def test_both_languages_of_the_phone_have_the_same_words() -> None:
    async with two_phones(Server(patient(message(1, "First")), COUNSELOR)) as page:
        keys = await page.evaluate(
            "async () => { const { wordsOf } = await import('/static/js/strings.js');"
            " return ['en', 'es'].map((lang) => Object.keys(wordsOf({ language_code: lang })).sort()); }"
        )
        assert keys[0] == keys[1]


@pytest.mark.browser
async def test_on_a_narrow_screen_the_phones_are_tabs() -> None:
    server = Server(patient(message(1, "First")), COUNSELOR)
    async with two_phones(server, width=390) as page:
        await expect(page.locator("#patient .phone")).to_be_visible()
        await expect(page.locator("#staff .phone")).not_to_be_visible()
        server.say("message", user=9, message=message(2, "News"))
        await expect(page.locator("#tab-staff .badge")).to_have_text("1")
        await page.get_by_role("tab", name="Counselor").click()
        await expect(page.locator("#staff .row[data-id='2']")).to_be_visible()
        await expect(page.locator("#tab-staff .badge")).to_be_hidden()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
