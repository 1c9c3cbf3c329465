"""Everything at once: prepare, start the supervisor, wait until all answer, print where to go."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import click

from bot.ports import YinlingError
from bot.processes import supervisor_config
from bot.settings import Settings, load_settings
from voice.models import is_trial, model_folder, worth

_READY_SECONDS = 120.0
_POLL_SECONDS = 0.3
_STOP_SECONDS = 60.0


class CannotStart(YinlingError):
    """Something stands in the way of starting; the message says what."""

    code = "run.cannot_start"


@click.command()
def run() -> int:
    """Start every process under one supervisor and print the addresses; Ctrl-C stops all of it."""
    settings = load_settings()
    _ports_free(settings)
    login = _prepare()
    supervisord = str(Path(sys.executable).with_name("supervisord"))
    child = subprocess.Popen([supervisord, "-c", str(supervisor_config(settings))])
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    try:
        _wait_until_ready(settings, child)
        click.echo(_addresses(settings, login))
        return child.wait()
    except KeyboardInterrupt:
        click.echo("\nStopping …")
        return 0
    finally:
        _stop(child)


def _prepare() -> tuple[str, str] | None:
    """The first log-in, once everything is there (bot.cli.preparing). Raises CannotStart."""
    done = subprocess.run([sys.executable, "-m", "bot.cli.preparing"], stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise CannotStart("Not everything is there that the processes need; see above.")
    click.echo("[3/3] starting every process")
    login = json.loads(done.stdout)
    return (login[0], login[1]) if login else None


def _ports_free(settings: Settings) -> None:
    ports = {
        "WEB_PORT": settings.web_port,
        "DESK_PORT": settings.desk_port,
        "NLU_PORT": settings.nlu_port,
        "AUDIOSOCKET_PORT": settings.voice.audiosocket_port,
        "FASTAGI_PORT": settings.voice.agi_port,
        "VOICE_WS_PORT": settings.voice_ws_port,
        "VOICE_METRICS_PORT": settings.voice.metrics_port,
    }
    if settings.tryout:
        ports["STANDIN_PORT"] = settings.standin_port
    for name, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.host, port))
            except OSError:
                raise CannotStart(
                    f"Port {port} is in use; stop what uses it, or set {name} to another."
                ) from None


def _wait_until_ready(settings: Settings, child: subprocess.Popen[bytes]) -> None:
    waiting = {
        "web": f"http://{settings.host}:{settings.web_port}/readyz",
        "desk": f"http://{settings.host}:{settings.desk_port}/healthz",
        "voice": f"http://{settings.host}:{settings.voice.metrics_port}/healthz",
    }
    deadline = time.monotonic() + _READY_SECONDS
    while waiting and time.monotonic() < deadline:
        if child.poll() is not None:
            raise CannotStart(f"The supervisor ended; see {settings.state_dir / 'log'}.")
        waiting = {name: url for name, url in waiting.items() if not _answers(url)}
        time.sleep(_POLL_SECONDS)
    if waiting:
        raise CannotStart(f"Not ready in time: {', '.join(waiting)}; see {settings.state_dir / 'log'}.")


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:  # noqa: S310  (our own address)
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _addresses(settings: Settings, login: tuple[str, str] | None) -> str:
    web = f"http://{settings.host}:{settings.web_port}"
    lines = [
        "",
        "Yinling 银龄医保通 is ready.",
        f"  WeChat webhook     {web}/wechat    token {settings.wechat_token}",
    ]
    if settings.tryout:
        lines.append(f"  WeChat simulator   {web}/simulator    no account needed")
    desk = f"http://{settings.host}:{settings.desk_port}/"
    shown = f"    user {login[0]}  password {login[1]}" if login else "    (log-ins: yinling agent add)"
    lines += [
        f"  Agent desk         {desk}{shown}",
        *_hotline(settings),
        f"  Logs               {settings.state_dir / 'log'}",
        "Ctrl-C stops everything.",
        "",
    ]
    return "\n".join(lines)


def _hotline(settings: Settings) -> list[str]:
    """Where the hotline is rung, and whom its ears understand."""
    voice = settings.voice
    ways = [f"AudioSocket {settings.host}:{voice.audiosocket_port}"]
    if voice.sip_host:
        ways.insert(0, f"sip:{voice.numbers[0]}@{voice.sip_host}:{voice.sip_port}")
    if settings.browser_phone:
        ways.append(f"http://{settings.host}:{settings.web_port}/phone")
    folder = model_folder(voice.model, settings.state_dir / "models")
    ears = worth(folder)[1] if is_trial(folder) else f"{folder.name}, {worth(folder)[1]}"
    return [f"  Hotline            {'   '.join(ways)}", f"  Hotline's ears     {ears}"]


def _stop(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
