"""Updates by webhook: 200 goes out only after the commit."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from telegram import Bot, Update
from telegram.error import TelegramError

from bot import logs
from bot.clock import Clock
from bot.config import Settings
from bot.errors import SetupError
from bot.listening import listener
from bot.pipeline import NotStored, Pipeline
from bot.telegram.polling import ALLOWED, convert

_log = logs.get_logger()

PATH = "/telegram"
MAX_BODY = 1_000_000  # bytes; Telegram's updates are far smaller
CONNECTIONS = 40


def make_app(bot: Bot, pipeline: Pipeline, secret: str, clock: Clock) -> Starlette:
    """The ASGI application: `POST /telegram`, and `GET /healthz` for a load balancer."""

    async def receive(request: Request) -> Response:
        given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            return PlainTextResponse("", 403)
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MAX_BODY:
                return PlainTextResponse("", 413)
        try:
            update = Update.de_json(json.loads(body), bot)
            inbounds = convert([update], clock)
        except Exception as error:
            # It knew the secret, so it is a shape of the future: refused it would come again for ever, and everything else behind it.
            _log.error("update.unreadable", error=error)
            return PlainTextResponse("")
        try:
            await pipeline.receive(inbounds)
        except NotStored:
            return PlainTextResponse("", 503)
        return PlainTextResponse("")

    async def health(_request: Request) -> Response:
        return PlainTextResponse("ok")

    return Starlette(routes=[Route(PATH, receive, methods=["POST"]), Route("/healthz", health)])


async def serve_webhook(bot: Bot, pipeline: Pipeline, settings: Settings, clock: Clock, ready: Callable[[], None] | None = None) -> None:
    """Listen, tell Telegram where, and serve until cancelled. The webhook stays set, so that nothing is missed between two starts."""
    secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else ""
    app = make_app(bot, pipeline, secret, clock)
    try:
        listening = listener(settings.listen_host, settings.listen_port)
    except OSError as error:
        place = settings.listen
        raise SetupError(
            f"WAYMARK_LISTEN={place} cannot be listened on: is something else using it? For example: 127.0.0.1:8443"
        ) from error
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=5)
    config.load()
    # `serve` would take over the process's signals; starting and stopping is all that is needed.
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listening])
    try:
        await _announce(bot, f"{settings.public_url}{PATH}", secret)
        if ready is not None:
            ready()
        await asyncio.Event().wait()
    finally:
        await server.shutdown(sockets=[listening])


async def _announce(bot: Bot, url: str, secret: str) -> None:
    pause = 1.0
    while True:
        try:
            await bot.set_webhook(url, secret_token=secret, allowed_updates=ALLOWED, max_connections=CONNECTIONS)
        except TelegramError as error:
            _log.warning("webhook.not_set", error=error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 30.0)
        else:
            return
