"""The phones' page's endpoints: what the page shows, and what people do on their phones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from bot.demo.botapi.core import BotApi
from bot.demo.botapi.errors import CannotDo
from bot.demo.botapi.model import Json, iso
from bot.demo.botapi.people import SimUser

KEEP_ALIVE_S = 15.0
MAX_UPLOAD = 20 * 1024 * 1024


async def stream(api: BotApi) -> AsyncIterator[bytes]:
    """A snapshot, then everything that changes, as server-sent events; a comment now and then keeps the line open."""
    subscription = api.subscribe()
    try:
        yield _event(api.snapshot())
        while True:
            try:
                event = await asyncio.wait_for(subscription.get(), KEEP_ALIVE_S)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if event is None:
                return
            yield _event(event)
    finally:
        subscription.close()


def _event(event: Json) -> bytes:
    return f"data: {json.dumps(event)}\n\n".encode()


async def _body(request: Request) -> Json:
    """A JSON or form body; an upload stands under "file" as (name, bytes)."""
    kind = request.headers.get("content-type", "")
    if kind.startswith(("multipart/form-data", "application/x-www-form-urlencoded")):
        fields: Json = {}
        async with request.form() as form:
            for name, value in form.multi_items():
                fields[name] = (value.filename or "file", await value.read(MAX_UPLOAD)) if isinstance(value, UploadFile) else value
        return fields
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError:
        raise CannotDo("the body is no JSON") from None
    if not isinstance(body, dict):
        raise CannotDo("the body must be an object")
    return body


def _file(body: Json) -> tuple[str, bytes]:
    upload = body.get("file")
    if not isinstance(upload, tuple):
        raise CannotDo("field `file` is missing")
    return upload


def _optional(value: Any) -> int | None:
    return None if value in (None, "") else int(value)


def _start(user: SimUser, body: Json) -> Any:
    return user.start(str(body.get("payload") or ""))


def _text(user: SimUser, body: Json) -> Any:
    return user.text(str(body["text"]), _optional(body.get("reply_to")))


def _edit(user: SimUser, body: Json) -> Any:
    user.edit(int(body["message_id"]), str(body["text"]))
    return int(body["message_id"])


def _press(user: SimUser, body: Json) -> Any:
    return user.press(int(body["message_id"]), str(body["data"]))


def _keyboard(user: SimUser, body: Json) -> Any:
    return user.tap_reply_keyboard(str(body["text"]))


def _location(user: SimUser, body: Json) -> Any:
    return user.location(float(body["lat"]), float(body["lon"]))


def _contact(user: SimUser, body: Json) -> Any:
    return user.contact(str(body["phone"]), str(body.get("first_name") or ""))


def _sticker(user: SimUser, body: Json) -> Any:
    return user.sticker(str(body["emoji"]))


def _block(user: SimUser, body: Json) -> Any:
    if body.get("blocked", True) in (True, "true", "1", 1):
        user.block()
    else:
        user.unblock()
    return None


def _photo(user: SimUser, body: Json) -> Any:
    return user.photo(_file(body)[1], str(body.get("caption") or ""))


def _voice(user: SimUser, body: Json) -> Any:
    return user.voice(_file(body)[1], round(float(body.get("duration") or 1)))


def _document(user: SimUser, body: Json) -> Any:
    name, data = _file(body)
    return user.document(data, name, str(body.get("caption") or ""))


_ACTIONS: dict[str, Callable[[SimUser, Json], Any]] = {
    "start": _start,
    "text": _text,
    "edit": _edit,
    "press": _press,
    "keyboard": _keyboard,
    "location": _location,
    "contact": _contact,
    "sticker": _sticker,
    "block": _block,
    "photo": _photo,
    "voice": _voice,
    "document": _document,
}


def _refused(status: int, text: str) -> Response:
    return JSONResponse({"ok": False, "error": text}, status_code=status)


def phone_routes(api: BotApi, on_clock: Callable[[float], Awaitable[None]] | None) -> list[BaseRoute]:
    """`/demo/...`: events, state, actions, files, clock and faults. A refusal is `{"ok": false, "error": text}` with 400, 404 or 409."""

    async def events(_request: Request) -> Response:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(stream(api), media_type="text/event-stream", headers=headers)

    async def state(_request: Request) -> Response:
        return JSONResponse(api.snapshot())

    async def act(request: Request) -> Response:
        user = api.users.get(request.path_params["user_id"])
        action = _ACTIONS.get(request.path_params["action"])
        if user is None or action is None:
            return _refused(404, "no such person" if user is None else "no such action")
        try:
            result = action(user, await _body(request))
        except CannotDo as refusal:
            return _refused(409, str(refusal))
        except (KeyError, TypeError, ValueError) as error:
            return _refused(400, f"bad field: {error}")
        return JSONResponse({"ok": True, "result": result})

    async def file(request: Request) -> Response:
        stored = api.files.by_id.get(request.path_params["file_id"])
        if stored is None:
            return _refused(404, "no such file")
        # Only pictures and sound are shown in place: an uploaded page must not run in the demo's origin.
        shown = stored.mime_type.startswith(("image/", "audio/", "video/")) and "svg" not in stored.mime_type
        headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": "inline" if shown else "attachment"}
        return Response(stored.data, media_type=stored.mime_type, headers=headers)

    async def clock(request: Request) -> Response:
        if request.method == "POST":
            if on_clock is None:
                return _refused(409, "this clock cannot be moved")
            try:
                minutes = float((await _body(request))["minutes"])
            except (CannotDo, KeyError, TypeError, ValueError):
                return _refused(400, "`minutes` must be a number")
            if not 0 <= minutes <= 60 * 24 * 366:
                return _refused(400, "`minutes` must be from 0 to a year; the clock never goes back")
            await on_clock(minutes)
            api.clock_moved()
        return JSONResponse({"ok": True, "now": iso(api.clock.now())})

    async def faults(request: Request) -> Response:
        try:
            body = await _body(request)
            if body.get("kind") == "clear":
                api.faults.clear()
            else:
                count = body.get("count", 1)
                api.faults.add(
                    str(body["kind"]),
                    str(body.get("method") or "*"),
                    chat_id=_optional(body.get("chat_id")),
                    count=None if count is None else int(count),
                    seconds=float(body.get("seconds") or 0),
                )
        except CannotDo as refusal:
            return _refused(409, str(refusal))
        except (KeyError, TypeError, ValueError) as error:
            return _refused(400, f"bad field: {error}")
        return JSONResponse({"ok": True})

    return [
        Route("/demo/events", events, methods=["GET"]),
        Route("/demo/state", state, methods=["GET"]),
        Route("/demo/users/{user_id:int}/{action}", act, methods=["POST"]),
        Route("/demo/files/{file_id}", file, methods=["GET"]),
        Route("/demo/clock", clock, methods=["GET", "POST"]),
        Route("/demo/faults", faults, methods=["POST"]),
    ]
