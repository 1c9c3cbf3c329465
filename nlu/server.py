"""The Rasa NLU server as a child process: for the supervisor, and lingering for the command line."""

from __future__ import annotations

import fcntl
import json
import logging
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from bot.ports import YinlingError
from bot.settings import Settings, load_settings
from nlu.rasa_environment import ENVIRONMENT, RASA_FILES, rasa_python, rasa_variables
from nlu.training import TrainingPaths, train

log = logging.getLogger(__name__)

READY_SECONDS = 60.0  # deadline for a start; 5 s is usual, a machine under full load needs longer
LINGER_SECONDS = 600.0  # a background server without a request for so long ends itself
_STOP_SECONDS = 5.0
_PROBE_SECONDS = 1.0
_POLL_SECONDS = 0.1
_RESTART_SECONDS = (1.0, 2.0, 5.0, 15.0)  # waits before a server that died is started again
_STEADY_SECONDS = 60.0  # up for so long, it counts as healthy again


class RasaServerFailed(YinlingError):
    """The server ended before it was ready, or was not ready in time; the message names its log."""

    code = "nlu.server_failed"


def is_answering(url: str, token: str, model: Path | None = None) -> bool:
    """Whether a Rasa server with this token (and, if given, this model) answers at a base URL."""
    try:
        answer = httpx.get(f"{url}/status", params={"token": token}, timeout=_PROBE_SECONDS, trust_env=False)
        if answer.status_code != httpx.codes.OK:
            return False
        return model is None or answer.json().get("model_file") == model.name
    except (httpx.HTTPError, ValueError):
        return False


class RasaServer:
    """One server for one model, on the loopback interface, behind a token.

    ``port`` 0 takes any free one; ``workers`` is the number of processes behind the port (they share the
    model's memory). Without ``linger`` the server ends with this process; with it, it ends after so many
    seconds without a request.
    """

    def __init__(
        self,
        model: Path,
        token: str,
        state: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        workers: int = 1,
        linger: float = 0,
        announce: Path | None = None,
        environment: Path = ENVIRONMENT,
    ) -> None:
        self._model, self._token, self._host, self._port = model, token, host, port
        self._workers, self._linger, self._environment = workers, linger, environment
        self._log = state / "log" / "nlu.log"
        self._announce = announce or state / "run" / f"nlu-{id(self):x}.json"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The base URL; the port is known once the server is ready."""
        return f"http://{self._host}:{self._port}"

    @property
    def pid(self) -> int | None:
        """Process id of the running server, or None."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def start(self, deadline: float = READY_SECONDS) -> str:
        """Start, wait until it answers (at most ``deadline`` seconds) and return the base URL.

        Raises RasaEnvironmentMissing and RasaServerFailed.
        """
        python = rasa_python(self._environment)
        for folder in (self._log.parent, self._announce.parent):
            folder.mkdir(parents=True, exist_ok=True)
        self._announce.unlink(missing_ok=True)
        command = [str(python), str(RASA_FILES / "serve.py"), "--model", str(self._model)]
        command += ["--host", self._host, "--port", str(self._port), "--announce", str(self._announce)]
        command += ["--workers", str(self._workers), "--idle-seconds", str(self._linger)]
        with self._log.open("ab") as output:
            child = subprocess.Popen(
                command,
                cwd=self._announce.parent,
                env={**rasa_variables(), "HOME": str(self._announce.parent)},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._child = child
        if child.stdin is not None:
            with suppress(BrokenPipeError):
                child.stdin.write(self._token.encode() + b"\n")
                child.stdin.flush()
                if self._linger:
                    child.stdin.close()
        try:
            self._wait_until_ready(time.monotonic() + deadline)
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """End the server; harmless where none runs."""
        child, self._child = self._child, None
        if child is None:
            return
        child.terminate()
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdin is not None:
            with suppress(BrokenPipeError):
                child.stdin.close()
        self._announce.unlink(missing_ok=True)

    def let_go(self) -> None:
        """Leave a lingering server to itself: this process may end, the server goes on."""
        child, self._child = self._child, None
        if child is not None and child.returncode is None:
            child.returncode = 0  # else Popen complains, when collected, that its child still runs

    def wait(self, seconds: float | None = None) -> int | None:
        """Exit status once the server has ended, None if it still runs after ``seconds``."""
        if self._child is None:
            return 0
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def _wait_until_ready(self, until: float) -> None:
        while time.monotonic() < until:
            if self.wait(_POLL_SECONDS) is not None:
                raise RasaServerFailed(f"The NLU server ended while starting; {self._log} tells why.")
            if self._announce.exists():
                self._port = json.loads(self._announce.read_text(encoding="utf-8"))["port"]
                if is_answering(self.url, self._token):
                    return
        raise RasaServerFailed(f"The NLU server was not ready in time; {self._log} may tell why.")


def ensure_running(settings: Settings, progress: Callable[[str], None] = lambda _: None) -> str:
    """The base URL of a server for the present model: the configured one, or a background one.

    The background one is started where needed, recorded in ``run/nlu.json``, shared by all command lines,
    and ends itself after ten idle minutes. Trains first where there is no model. Raises
    RasaEnvironmentMissing, TrainingFailed, RasaServerFailed.
    """
    if is_answering(settings.nlu_url, settings.nlu_token):
        return settings.nlu_url
    model = train(TrainingPaths(settings.state_dir), progress)
    record = settings.state_dir / "run" / "nlu.json"
    record.parent.mkdir(parents=True, exist_ok=True)
    with (record.parent / "nlu.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        url = _recorded(record)
        if url and is_answering(url, settings.nlu_token, model):
            return url
        progress("NLU: starting a server in the background …")
        server = RasaServer(
            model, settings.nlu_token, settings.state_dir, linger=LINGER_SECONDS, announce=record
        )
        url = server.start()
        server.let_go()
        return url


def _recorded(record: Path) -> str | None:
    try:
        return f"http://127.0.0.1:{int(json.loads(record.read_text(encoding='utf-8'))['port'])}"
    except (OSError, ValueError, KeyError, TypeError):
        return None


def run_forever(settings: Settings, stop: threading.Event, workers: int = 1) -> None:
    """Keep a server running at the configured address until ``stop``; one that dies is started again."""
    model = train(TrainingPaths(settings.state_dir), lambda line: print(line, flush=True))
    address = urlsplit(settings.nlu_url)
    failures = 0
    while not stop.is_set():
        server = RasaServer(
            model,
            settings.nlu_token,
            settings.state_dir,
            host=address.hostname or "127.0.0.1",
            port=address.port or settings.nlu_port,
            workers=workers,
        )
        started = time.monotonic()
        try:
            print(f"NLU: ready at {server.start()}", flush=True)
            while not stop.is_set() and server.wait(_POLL_SECONDS) is None:
                pass
        except RasaServerFailed as error:
            log.error("%s", error.code)
        finally:
            server.stop()
        if time.monotonic() - started > _STEADY_SECONDS:
            failures = 0
        if not stop.is_set():
            pause = _RESTART_SECONDS[min(failures, len(_RESTART_SECONDS) - 1)]
            log.warning("nlu.server_ended; starting again in %.0f s", pause)
            failures += 1
            stop.wait(pause)


def main() -> None:
    """Foreground process for the supervisor: `python -m nlu.server`."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines would show the token
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    run_forever(load_settings(), stop)


if __name__ == "__main__":
    main()
