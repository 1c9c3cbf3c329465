"""The voice process's door for those who watch it: ``/metrics`` for Prometheus, ``/healthz`` for a supervisor."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from wsgiref.simple_server import WSGIServer

from prometheus_client import make_wsgi_app, start_wsgi_server

from voice.metrics import Measures

STUCK_SECONDS = 3.0  # without a tick after which no sound is sent any more

Start = Callable[..., object]


class Health:
    """Serves in a thread of its own, so that it can tell of an event loop that is stuck. ``status``: what else to tell."""

    def __init__(self, measures: Measures, status: Callable[[], Mapping[str, object]]) -> None:
        self._measures = measures
        self._metrics = make_wsgi_app(measures.registry)
        self._status = status
        self._ticked = time.monotonic()
        self._server: WSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port listened on; known once started."""
        if self._server is None:
            raise RuntimeError("not started")
        return int(self._server.server_port)

    def start(self, host: str, port: int) -> None:
        """Listen. Raises OSError where the port is taken."""
        self._server, self._thread = start_wsgi_server(port, host, self._measures.registry)
        self._server.set_app(self.answer)

    def stop(self) -> None:
        """Stop listening."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def tick(self) -> None:
        """The event loop is alive."""
        self._ticked = time.monotonic()

    def answer(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """One request (WSGI)."""
        match environ.get("PATH_INFO"):
            case "/metrics":
                page: Iterable[bytes] = self._metrics(environ, start)
                return page
            case "/healthz":
                alive = time.monotonic() - self._ticked < STUCK_SECONDS
                body = json.dumps({"alive": alive, **self._status()}).encode()
                start(
                    "200 OK" if alive else "503 Service Unavailable", [("Content-Type", "application/json")]
                )
                return [body]
        start("404 Not Found", [("Content-Type", "text/plain")])
        return [b"not here\n"]
