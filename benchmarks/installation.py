"""A whole installation in a folder of its own, with the trained model of this checkout."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx

from bot.settings import ROOT, Settings, load_settings


def free_port() -> int:
    """A TCP port on the loopback interface that nobody uses now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def installation(folder: Path, **environment: str) -> Iterator[Settings]:
    """`yinling run` on free ports, from its ready lines to Ctrl-C."""
    state = folder / "state"
    state.mkdir()
    for shared in ("models", "cache"):
        if (ROOT / "var" / shared).exists():
            (state / shared).symlink_to(ROOT / "var" / shared)
    own = {name: str(free_port()) for name in ("WEB_PORT", "DESK_PORT", "NLU_PORT", "STANDIN_PORT")}
    variables = {**os.environ, **own, "YINLING_STATE": str(state), "AGENT_DAYS": "all", **environment}
    command = [str(Path(sys.executable).with_name("yinling")), "run"]
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as child:
        try:
            for line in child.stdout or ():
                if "Ctrl-C" in line:
                    break
            yield load_settings(variables)
        finally:
            child.send_signal(signal.SIGINT)
            child.wait(60)


@contextmanager
def program(command: list[str], ready: str, **environment: str) -> Iterator[None]:
    """Another program of the comparison, from the moment that it answers at the URL ``ready``."""
    with subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        try:
            for _ in range(600):
                if child.poll() is not None:
                    raise RuntimeError(f"{command[0]} ended with status {child.returncode}")
                if _answers(ready):
                    break
            else:
                raise RuntimeError(f"{command[0]} does not answer at {ready}")
            yield
        finally:
            child.terminate()
            child.wait(30)


def _answers(url: str) -> bool:
    try:
        httpx.get(url, timeout=0.2)
    except httpx.HTTPError:
        return False
    return True
