"""A server on loopback that answers as a test says, byte by byte if need be."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

Handler = Callable[["Request", asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Request:
    """What was asked for."""

    path: str
    headers: dict[str, str]


@dataclass
class Lists:
    """The server; `answer` can be changed between requests."""

    port: int
    answer: Handler
    asked: list[Request] = field(default_factory=list)

    def url(self, path: str = "/list.json", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


def sends(body: bytes = b"[]", status: str = "200 OK", **headers: str) -> Handler:
    """An answer that comes at once."""

    async def handler(_request: Request, writer: asyncio.StreamWriter) -> None:
        given = {"Content-Length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        writer.write(f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body)
        await writer.drain()

    return handler


def sends_json(document: Any, **headers: str) -> Handler:
    """An answer with a JSON document."""
    return sends(json.dumps(document).encode(), **headers)


def versioned(document: Any, etag: str) -> Handler:
    """An answer that says 304 to whoever has this version."""

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        known = request.headers.get("if-none-match") == etag
        await (sends(b"", "304 Not Modified", ETag=etag) if known else sends_json(document, ETag=etag))(request, writer)

    return handler


@contextlib.asynccontextmanager
async def serving(answer: Handler) -> AsyncIterator[Lists]:
    """Serve until the block ends; one request a connection."""
    open_tasks: set[asyncio.Task[Any]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_tasks.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
            request = Request(head[0].split(" ")[1], headers)
            lists.asked.append(request)
            await lists.answer(request, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            open_tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    lists = Lists(server.sockets[0].getsockname()[1], answer)
    try:
        yield lists
    finally:
        server.close()
        for task in open_tasks:
            task.cancel()
        await asyncio.gather(*open_tasks, return_exceptions=True)
