"""The way in over HTTP: the paths of Telegram's own server, and the phones' page's endpoints beside them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from bot.demo.botapi.core import BotApi
from bot.demo.botapi.errors import ApiError, NoAnswer, bad_request
from bot.demo.botapi.http_phones import phone_routes
from bot.demo.botapi.model import Json, UploadedFile

OnClock = Callable[[float], Awaitable[None]]


class SilentResponse(Response):
    """No answer: either the connection is cut, or it stays open until the client has had enough."""

    def __init__(self, *, cut: bool) -> None:
        super().__init__()
        self.cut = cut

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.cut:
            # A length that is never reached makes the server close the connection: ASGI has no other way to hang up.
            headers = [(b"content-type", b"application/json"), (b"content-length", b"1000000")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"", "more_body": True})
            return
        while (await receive())["type"] != "http.disconnect":
            pass


def _json(status: int, body: bytes) -> Response:
    return Response(body, status_code=status, media_type="application/json" if body.startswith(b"{") else "text/html")


async def read_params(request: Request) -> tuple[Json, dict[str, UploadedFile]]:
    """The parameters and files of a request, in whichever of Telegram's four ways they came.

    Raises:
        ApiError: 400 for a JSON body that is none.
    """
    params: Json = dict(request.query_params)
    files: dict[str, UploadedFile] = {}
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "application/json":
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError:
            raise bad_request("can't parse JSON in request") from None
        if not isinstance(body, dict):
            raise bad_request("object expected as the body")
        params |= body
    elif kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        async with request.form(max_part_size=8 * 1024 * 1024) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    files[name] = UploadedFile(value.filename or "", await value.read(), value.content_type or "")
                else:
                    params[name] = value
    return params, files


def bot_routes(api: BotApi) -> list[BaseRoute]:
    """`/bot<token>/<method>` and `/file/bot<token>/<path>`."""

    async def method(request: Request) -> Response:
        try:
            api.check_token(request.path_params["token"])
            params, files = await read_params(request)
            return _json(*await api.call(request.path_params["method"], params, files))
        except ApiError as error:
            return _json(error.code, error.body())
        except NoAnswer as silence:
            return SilentResponse(cut=silence.cut)

    async def file(request: Request) -> Response:
        try:
            api.check_token(request.path_params["token"])
            status, body, media_type = await api.download(request.path_params["path"])
            return Response(body, status_code=status, media_type=media_type)
        except ApiError as error:
            return _json(error.code, error.body())
        except NoAnswer as silence:
            return SilentResponse(cut=silence.cut)

    return [
        Route("/bot{token}/{method}", method, methods=["GET", "POST"]),
        Route("/file/bot{token}/{path:path}", file, methods=["GET"]),
    ]


def routes(api: BotApi, *, on_clock: OnClock | None = None) -> list[BaseRoute]:
    """Everything that the demo's server answers for the bot and for the page.

    Args:
        api: the simulator.
        on_clock: moves the clock forward by that many minutes, stepping through what is due; without it the clock cannot be moved.
    """
    return [*bot_routes(api), *phone_routes(api, on_clock)]
