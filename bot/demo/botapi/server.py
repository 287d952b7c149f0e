"""The simulator as a running HTTP server, in the event loop of whoever asks: the demo's and the end-to-end tests'."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot.listening import listener


@asynccontextmanager
async def serving(
    routes: Sequence[BaseRoute], *, host: str = "127.0.0.1", port: int = 0, before_stop: Callable[[], Awaitable[None]] | None = None
) -> AsyncIterator[str]:
    """Serve routes for as long as the block runs.

    Args:
        routes: `http.routes(api)` and whatever else stands beside it.
        port: 0 takes a free one.
        before_stop: called before connections are closed; `api.aclose` ends the pages' streams.

    Yields:
        The root address, "http://127.0.0.1:<port>". Requests are not logged: the token stands in their paths.

    Raises:
        OSError: the port is taken.
    """
    listening = listener(host, port)
    try:
        app = Starlette(routes=list(routes))
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_keep_alive=60, timeout_graceful_shutdown=1)
        config.load()
        # `serve` would take over the process's signals and look around only every 0.1 s; starting and stopping is all that is needed.
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[listening])
        try:
            yield f"http://{host}:{listening.getsockname()[1]}"
        finally:
            if before_stop is not None:
                await before_stop()
            await server.shutdown(sockets=[listening])
    finally:
        listening.close()
