"""A whole installation as `yinling run` starts it: in a folder of its own, on ports of its own, with the real model."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil

from bot.settings import ROOT, Settings, load_settings
from tests.conftest import free_port
from tests.journeys.discretion import Discretion
from tests.journeys.records import Records

if TYPE_CHECKING:
    from tests.journeys.citizen import Citizen

READY_SECONDS = 120.0
STOP_SECONDS = 90.0
_PAUSE = 0.05
_INHERITED = ("PATH", "HOME", "LANG", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
_DESK = re.compile(r"Agent desk\s+(\S+?)/?\s+user (\S+)\s+password (\S+)")
_WEBHOOK = re.compile(r"WeChat webhook\s+(\S+)/wechat\s+token (\S+)")
_SIMULATOR = re.compile(r"WeChat simulator\s+(\S+)")
_PORTS = (
    *("WEB_PORT", "DESK_PORT", "NLU_PORT"),
    *("SIP_PORT", "AUDIOSOCKET_PORT", "FASTAGI_PORT", "VOICE_WS_PORT", "VOICE_METRICS_PORT"),
)
# How each program is told from the others on its command line.
PROGRAMS = {
    "nlu": "nlu.server",
    "rasa": "serve.py",
    "web": "webhooks.wsgi:app",
    "desk": "desk.wsgi:app",
    "worker": "webhooks.worker",
    "standin": "webhooks.standin",
    "redis": "redis-server",
}


class Installation:
    """One installation. ``variables`` go into the environment; ``start`` and ``stop`` may be called again and again.

    ``kind`` names it in tests. ``discretion`` remembers what citizens and agents said, for looking at the logs.
    """

    def __init__(self, kind: str, folder: Path, **variables: str) -> None:
        self.kind, self.state = kind, folder / "state"
        self.state.mkdir(parents=True)
        for shared in ("models", "cache"):
            (self.state / shared).symlink_to(ROOT / "var" / shared)
        self._standin_port = free_port()
        self.environment = {
            **{name: os.environ[name] for name in _INHERITED if name in os.environ},
            "YINLING_STATE": str(self.state),
            **{name: str(free_port()) for name in _PORTS},
            "STANDIN_PORT": str(self._standin_port),
            "AGENT_OPENS": "00:00",
            "AGENT_CLOSES": "24:00",
            "AGENT_DAYS": "all",
            **variables,
        }
        self.printed: list[str] = []
        self.ready_after = self.understands_after = 0.0  # seconds of the last start
        self._child: subprocess.Popen[str] | None = None
        self._records: Records | None = None
        self._http = httpx.Client(timeout=40, trust_env=False)
        self.discretion = Discretion(self.state / "log")
        self.citizens: list[
            Citizen
        ] = []  # all who wrote since the stand-in, which remembers their chats, started

    # -- life ---------------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Start, and wait until everything answers."""
        began = time.monotonic()
        self.printed = []
        self._child = subprocess.Popen(
            # A test run in the background of a shell ignores SIGINT, and so would its children.
            ["env", "--default-signal=INT", str(Path(sys.executable).with_name("yinling")), "run"],
            cwd=self.state,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._listen, args=(self._child,), daemon=True).start()
        self._until(lambda: any("Ctrl-C" in line for line in self.printed), READY_SECONDS)
        self.ready_after = time.monotonic() - began
        output = "\n".join(self.printed)
        self.web, self.token = _found(_WEBHOOK, output)
        (self.simulator,) = _found(_SIMULATOR, output)
        self.desk, self.username, self.password = _found(_DESK, output)
        self.standin = f"http://127.0.0.1:{self._standin_port}/standin"
        self._until(self.is_whole, READY_SECONDS)
        self.understands_after = time.monotonic() - began

    def stop(self, *, as_terminal: bool = True) -> int:
        """End it with Ctrl-C as a terminal sends it, to every process of the group, or with SIGINT to the command.

        Returns the exit status. Fails the test where a process of this installation is left behind.
        """
        child = self._child
        if child is None:
            return 0
        if self._records is not None:
            self._records.close()
            self._records = None
        if as_terminal:
            os.killpg(child.pid, signal.SIGINT)
        else:
            child.send_signal(signal.SIGINT)
        try:
            status = child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill_everything()
            raise
        self._child = None
        self.citizens.clear()
        left = [" ".join(process.cmdline()) for process in self.processes()]
        self.kill_everything()
        assert not left, f"still running after the end: {left}"
        return status

    def kill_everything(self) -> None:
        """For the end of a test run in which something went wrong."""
        for process in self.processes():
            process.kill()
        if self._child is not None:
            self._child.wait()

    def close(self) -> None:
        """Let go of the test's own connections."""
        self._http.close()

    def _listen(self, child: subprocess.Popen[str]) -> None:
        assert child.stdout is not None
        with child.stdout:
            for line in child.stdout:
                self.printed.append(line.rstrip("\n"))

    def _until(self, wanted: object, seconds: float) -> None:
        pause, ends = threading.Event(), time.monotonic() + seconds
        while time.monotonic() < ends:
            if callable(wanted) and wanted():
                return
            if self._child is not None and self._child.poll() is not None:
                break
            pause.wait(_PAUSE)
        raise AssertionError(
            "the installation does not start:\n" + "\n".join(self.printed) + self.last_logs()
        )

    # -- looking at it ------------------------------------------------------------------------------------------
    @property
    def settings(self) -> Settings:
        """What the processes read from the same environment."""
        return load_settings(self.environment)

    @property
    def records(self) -> Records:
        """The installation's database, as the processes wrote it."""
        if self._records is None:
            self._records = Records(self.settings)
        return self._records

    def is_whole(self) -> bool:
        """Whether every part answers: database, Redis, Rasa, the desk and the stand-in."""
        try:
            ready = self._http.get(f"{self.web}/readyz", timeout=5).json()
            others = [f"{self.desk}/healthz", f"{self.standin}/healthz"]
            return not ready["degraded"] and all(self._http.get(url).status_code == 200 for url in others)
        except (httpx.HTTPError, ValueError):
            return False

    def processes(self) -> list[psutil.Process]:
        """Every process that belongs to this installation, whoever is its parent by now."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def program(self, name: str) -> list[psutil.Process]:
        """The processes of one program (nlu | rasa | web | desk | worker | standin | redis), the oldest first."""
        mark = PROGRAMS[name]
        found = [p for p in self.processes() if any(mark in part for part in command_line(p))]
        return sorted(found, key=lambda process: process.create_time())

    def signal(self, name: str, number: signal.Signals) -> list[psutil.Process]:
        """Send a signal to all processes of a program; returns them."""
        found = self.program(name)
        assert found, f"no process of {name}"
        for process in found:
            process.send_signal(number)
        return found

    def kill(self, name: str) -> None:
        """kill -9 all processes of a program, and see them gone."""
        psutil.wait_procs(self.signal(name, signal.SIGKILL), timeout=10)

    def last_logs(self, lines: int = 15) -> str:
        """The end of each log, for a failure's message."""
        logs = sorted((self.state / "log").glob("*.log"))
        ends = (
            f"\n--- {p.name}\n" + "\n".join(p.read_text(errors="replace").splitlines()[-lines:]) for p in logs
        )
        return "".join(ends)

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
                return False
            known = process.environ().get("YINLING_STATE") == str(self.state)
            return known or any(str(self.state) in part for part in process.cmdline())
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False

    # -- WeChat's stand-in --------------------------------------------------------------------------------------
    def ask_standin(self, method: str, path: str, **request: object) -> httpx.Response:
        """A call of the stand-in's control interface; fails the test on an error."""
        answer = self._http.request(method, f"{self.standin}{path}", **request)  # type: ignore[arg-type]
        answer.raise_for_status()
        return answer

    def faults(self, **order: object) -> None:
        """What goes wrong next at WeChat's; see webhooks.standin.faults."""
        self.ask_standin("POST", "/faults", json=order)

    def faults_left(self) -> dict[str, object]:
        """Faults that have not struck yet."""
        left: dict[str, object] = self.ask_standin("GET", "/faults").json()
        return left


def command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def _found(pattern: re.Pattern[str], output: str) -> tuple[str, ...]:
    match = pattern.search(output)
    assert match, f"not printed: {pattern.pattern}\n{output}"
    return match.groups()
