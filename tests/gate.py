"""A gate in front of a database server: a TCP relay that a test may hold (as if the server hung) or shut (as if it were stopped)."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from sqlalchemy.engine import make_url


class Gate:
    """Relays one port. Threads of its own, so that it works beside blocking database calls."""

    def __init__(self, url: str) -> None:
        target = make_url(url)
        assert target.host is not None and target.port is not None
        self._target = (target.host, target.port)
        self._open = threading.Event()
        self._open.set()
        self._listener: socket.socket | None = None
        self._lines: set[socket.socket] = set()
        self.port = self._listen(0)
        self.url = target.set(host="127.0.0.1", port=self.port).render_as_string(hide_password=False)

    def hold(self) -> None:
        """Nothing passes any more; connections stay."""
        self._open.clear()

    def release(self) -> None:
        """What was held passes now."""
        self._open.set()

    def shut(self) -> None:
        """Cut every connection and refuse new ones, as a stopped server does."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for line in list(self._lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self._open.set()

    def reopen(self) -> None:
        """Listen again on the same port."""
        self._listen(self.port)

    def _listen(self, port: int) -> int:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        found: int = listener.getsockname()[1]
        return found

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            self._open.wait()
            try:
                far = socket.create_connection(self._target)
            except OSError:
                near.close()
                continue
            self._lines |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._open.wait()
                sink.sendall(data)
        self._lines.discard(source)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
        source.close()
