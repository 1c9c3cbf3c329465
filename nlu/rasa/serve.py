"""Serves one trained model over Rasa's own HTTP API. Runs in Rasa's environment, started by nlu.server.

The token is read from the first line of standard input, so that no process list shows it. Logs go to
standard error from WARNING up: what citizens say is only in Rasa's debug messages and never gets there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
import warnings
from pathlib import Path

from light_start import leave_tensorflow_out

warnings.filterwarnings("ignore")
leave_tensorflow_out()

import rasa.core.agent
import rasa.server
from rasa.utils.log_utils import configure_structlog
from sanic import Sanic
from sanic.request import Request

_ROUTES_IN_USE = ("/", "/status", "/version", "/model/parse")
_KEEP_ALIVE_SECONDS = 75


def main(arguments: list[str] | None = None) -> None:
    """Load the model, listen, tell where, and serve until told to stop."""
    options = _options(arguments)
    token = sys.stdin.readline().strip()
    if not token:
        sys.exit("serve.py: no token on standard input")
    configure_structlog(logging.WARNING)
    logging.getLogger("sanic.access").disabled = True
    model = asyncio.new_event_loop().run_until_complete(rasa.core.agent.load_agent(options.model))
    if not model.is_ready():
        sys.exit("serve.py: the model cannot be loaded")
    app = rasa.server.create_app(agent=model, cors_origins=None, auth_token=token)
    _close_other_routes(app)
    app.config.KEEP_ALIVE_TIMEOUT = _KEEP_ALIVE_SECONDS
    if options.idle_seconds:
        _end_when_idle(app, options.idle_seconds)
    else:
        _end_with_parent()
    listener = _listen(options.host, options.port)
    if options.announce:
        _announce(options.announce, listener.getsockname()[1], options.model)
    app.run(sock=listener, workers=options.workers, access_log=False, motd=False)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="the .tar.gz of a trained model")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--announce", type=Path, help="file to write pid, port and model to, once listening")
    parser.add_argument("--workers", type=int, default=1, help="processes behind the port")
    parser.add_argument("--idle-seconds", type=float, default=0, help="end after so long without a request")
    return parser.parse_args(arguments)


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(128)
    listener.set_inheritable(True)
    return listener


def _announce(path: Path, port: int, model: str) -> None:
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(json.dumps({"pid": os.getpid(), "port": port, "model": model}), encoding="utf-8")
    draft.replace(path)


def _close_other_routes(app: Sanic) -> None:
    """Training, model swapping and conversations are not this process's business."""

    @app.middleware("request")
    async def only_what_is_used(request: Request) -> rasa.server.HTTPResponse | None:
        if request.path in _ROUTES_IN_USE:
            return None
        return rasa.server.response.json({"status": "failure", "reason": "NotServedHere"}, status=404)


def _end_when_idle(app: Sanic, seconds: float) -> None:
    last_request = [time.monotonic()]

    @app.middleware("request")
    async def remember(_: Request) -> None:
        last_request[0] = time.monotonic()

    async def watch(running: Sanic) -> None:
        while time.monotonic() - last_request[0] < seconds:
            await asyncio.sleep(min(seconds / 10, 5))
        running.stop()

    app.add_task(watch)


def _end_with_parent() -> None:
    """The parent holds our standard input open; its end, even by SIGKILL, closes it."""

    def watch() -> None:
        sys.stdin.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    main()
