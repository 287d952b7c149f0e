"""A server on this machine that plays the services behind the channels: it takes, refuses, redirects or hangs, by the path or the topic."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STATUS = {"refuse": 403, "gone": 404, "trouble": 503, "busy": 429, "redirect": 302}


@dataclass
class Service:
    """What came in, and how it is answered.

    Attributes:
        behave: a topic's or path's behaviour now: a key of `STATUS`, `hang`, or ok for anything else.
    """

    port: int = 0
    got: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    behave: dict[str, str] = field(default_factory=dict)
    let_go: threading.Event = field(default_factory=threading.Event)

    def target(self, topic: str) -> str:
        """An Apprise target that ends here."""
        return f"ntfy://127.0.0.1:{self.port}/{topic}"

    def url(self, path: str) -> str:
        """An address of this server."""
        return f"http://127.0.0.1:{self.port}/{path}"

    def heard(self, name: str) -> list[str]:
        """The words that came for a topic."""
        return [str(body.get("message", "")) for topic, body, _headers in self.got if topic == name]

    def bodies(self, name: str) -> list[dict[str, Any]]:
        """What was posted to a path."""
        return [body for topic, body, _headers in self.got if topic == name]


@contextmanager
def serving() -> Iterator[Service]:
    """The server, while it is needed."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.loads(raw) if raw else {}
            topic = body.get("topic") or self.path.strip("/")
            service.got.append((topic, {**body, "raw": raw}, dict(self.headers.items())))
            behaviour = service.behave.get(topic, "ok")
            if behaviour == "hang":
                service.let_go.wait(20)
            self.send_response(STATUS.get(behaviour, 200))
            if behaviour == "redirect":
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.let_go.set()
        server.shutdown()
        server.server_close()
