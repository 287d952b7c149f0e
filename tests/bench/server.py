"""The Bot API simulator in a process of its own, for benchmarks: it feeds updates and counts what comes back."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.clock import SystemClock
from bot.demo.botapi import http
from bot.demo.botapi.core import BotApi
from bot.demo.botapi.server import serving

TOKEN = "123456:bench"
FIRST_CHAT = 10_000


class Meter:
    """What happened, by this process's clock."""

    def __init__(self, api: BotApi) -> None:
        self.api = api
        self.sent: dict[int, list[float]] = {}
        self.edited: dict[int, list[float]] = {}
        self.polled_at: float | None = None
        self.fed_at = 0.0

    async def call(self, method: str, params: Any, files: Any = None) -> tuple[int, bytes]:
        name = method.lower()
        if name == "getupdates" and self.polled_at is None:
            self.polled_at = time.time()
        if name == "sendmessage":
            self.sent.setdefault(int(params["chat_id"]), []).append(time.time())
        if name == "editmessagetext":
            self.edited.setdefault(int(params["chat_id"]), []).append(time.time())
        return await BotApi.call(self.api, method, params, files)


async def main() -> None:
    """Serve until the standard input closes; the first line out is the address."""
    api = BotApi(SystemClock(), TOKEN)
    meter = Meter(api)
    api.call = meter.call  # type: ignore[method-assign]

    async def feed(request: Request) -> Response:
        order = await request.json()
        meter.sent.clear()
        meter.fed_at = time.time()
        for round_no in range(order["rounds"]):
            for number in range(order["chats"]):
                user = api.user(FIRST_CHAT + number, "Bench", language_code="en")
                user.started = True
                user.text(f"{order['text']} {round_no}" if order.get("numbered", True) else order["text"])
        return JSONResponse({"fed_at": meter.fed_at})

    async def people(request: Request) -> Response:
        order = await request.json()
        for number in order["chats"]:
            api.user(number, "Bench", language_code="en").started = True
        return JSONResponse({})

    async def one(request: Request) -> Response:
        order = await request.json()
        user = api.user(order["chat"], "Bench", language_code="en")
        user.started = True
        user.text(order["text"])
        return JSONResponse({"at": time.time()})

    async def count(_request: Request) -> Response:
        times = [at for found in meter.sent.values() for at in found]
        return JSONResponse({"sent": len(times), "fed_at": meter.fed_at, "last": max(times, default=0.0), "polled_at": meter.polled_at})

    async def sent(request: Request) -> Response:
        chat = int(request.query_params["chat"])
        edits = meter.edited.get(chat, []) if "edits" in request.query_params else []
        return JSONResponse({"times": sorted([*meter.sent.get(chat, []), *edits])})

    async def delay(request: Request) -> Response:
        order = await request.json()
        api.faults.clear()
        if order["seconds"]:
            api.faults.delay("sendMessage", seconds=order["seconds"], count=None)
        return JSONResponse({})

    routes = [
        Route("/bench/feed", feed, methods=["POST"]),
        Route("/bench/people", people, methods=["POST"]),
        Route("/bench/one", one, methods=["POST"]),
        Route("/bench/count", count),
        Route("/bench/sent", sent),
        Route("/bench/delay", delay, methods=["POST"]),
    ]
    async with serving([*routes, *http.bot_routes(api)], before_stop=api.aclose) as root:
        sys.stdout.write(f"{root}\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
