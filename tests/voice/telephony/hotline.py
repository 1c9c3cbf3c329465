"""The hotline as a process of its own, as the supervisor runs it, with the real understanding behind it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import psutil
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from bot.appointments import seed_service_points
from bot.escalation import EscalationQueue
from bot.privacy import Vault
from bot.settings import ROOT, TIME_ZONE, Settings, load_settings
from bot.store.database import Database
from bot.store.models import Agent, Appointment, Call, Callback, CallEvent
from tests.conftest import free_port

_START_SECONDS = 90.0
_PAUSE = 0.1
_INHERITED = ("PATH", "HOME", "LANG", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")


class Hotline:
    """One voice process. ``nlu``: address and token of a Rasa server. ``variables`` go into the environment."""

    def __init__(self, folder: Path, nlu: tuple[str, str], **variables: str) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        ports = ("SIP_PORT", "AUDIOSOCKET_PORT", "FASTAGI_PORT", "VOICE_METRICS_PORT", "VOICE_WS_PORT")
        self.environment = {
            **{name: os.environ[name] for name in _INHERITED if name in os.environ},
            **{name: str(free_port()) for name in ports},
            "YINLING_STATE": str(folder),
            "NLU_URL": nlu[0],
            "NLU_TOKEN": nlu[1],
            "REDIS_URL": "redis://127.0.0.1:1/0",  # nobody there: the hotline lives without
            "AGENT_OPENS": "00:00",
            "AGENT_CLOSES": "24:00",
            "AGENT_DAYS": "all",
            "VOICE_DRAIN_SECONDS": "1",
            "VOICE_MAX_CALLS": "20",
            **variables,
        }
        self.settings: Settings = load_settings(self.environment)
        self.vault = Vault(self.settings.data_key, self.settings.index_key)
        self.database = Database(self.settings.database_url, self.vault)
        self.database.upgrade()
        with self.database.begin() as session:
            seed_service_points(session)
        self.start()

    @property
    def uri(self) -> str:
        """Where a softphone rings it."""
        return f"sip:12393@127.0.0.1:{self.settings.voice.sip_port}"

    def start(self) -> None:
        """Start, and wait until it takes calls."""
        with (self._folder / "voice.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "voice"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self.takes_calls, _START_SECONDS, self.log)

    def kill(self) -> None:
        """kill -9, with its speaking children."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def kill_assistant(self) -> None:
        """kill -9 of the process that answers, not of the one that carries the calls."""
        children = psutil.Process(self._process.pid).children()
        (assistant,) = (child for child in children if "voice.assistant_server" in child.cmdline())
        assistant.kill()

    def close(self) -> None:
        """End it as the supervisor does; AssertionError where it does not end by itself."""
        self._process.terminate()
        try:
            self._process.wait(40)
        finally:
            self.kill()
            self.database.close()

    def takes_calls(self) -> bool:
        """Whether its own health page says so."""
        assert self._process.poll() is None, self.log()
        try:
            address = f"http://127.0.0.1:{self.settings.voice.metrics_port}/healthz"
            with urllib.request.urlopen(address, timeout=2) as answer:
                health = json.load(answer)
        except OSError:
            return False
        return bool(health["sip"]) or not self.settings.voice.sip_host

    def log(self) -> str:
        """What it has logged."""
        return (self._folder / "voice.log").read_text(errors="replace")[-4000:]

    # -- what it wrote -----------------------------------------------------------------------------------------
    def timeline(self, number: str) -> list[tuple[str, str]]:
        """Kind and words of what happened in the newest call from a number."""
        with self.database.read() as session:
            call = self._newest(number)
            if call is None:
                return []
            query = select(CallEvent).where(CallEvent.call_id == call.id).order_by(CallEvent.id)
            return [(event.kind, event.text or "") for event in session.scalars(query)]

    def newest(self) -> list[tuple[str, str]]:
        """The timeline of the newest call of all, for a failure's message."""
        with self.database.read() as session:
            call = session.scalars(select(Call).order_by(Call.id.desc())).first()
            return self.timeline(call.caller) if call else []

    def kinds(self, number: str) -> list[str]:
        """The kinds alone."""
        return [kind for kind, _ in self.timeline(number)]

    def said(self, number: str) -> str:
        """All that the hotline said in the newest call from a number."""
        return "".join(words for kind, words in self.timeline(number) if kind == "said")

    def call(self, number: str) -> Call:
        """The newest call from a number."""
        found = self._newest(number)
        assert found is not None
        return found

    def until(self, comes: Callable[[], object], what: str, seconds: float = 60.0) -> None:
        """Wait for something to be so; AssertionError with the log when it is not."""
        wait_until(comes, seconds, lambda: f"{what} did not come\n{self.newest()}\n{self.log()}")

    def until_said(self, number: str, words: str, seconds: float = 60.0) -> None:
        """Wait until the hotline has said some words to a caller."""
        self.until(lambda: words in self.said(number), f"“{words}”", seconds)

    def appointments(self) -> list[Appointment]:
        """All visits that stand or stood."""
        with self.database.read() as session:
            found = list(session.scalars(select(Appointment).options(joinedload(Appointment.slot))))
            session.expunge_all()
        return found

    def callbacks(self) -> list[Callback]:
        """All promises to ring back."""
        with self.database.read() as session:
            found = list(session.scalars(select(Callback)))
            session.expunge_all()
        return found

    # -- an agent ----------------------------------------------------------------------------------------------
    def agent_takes(self, number: str, phone: str | None) -> None:
        """The only agent accepts the waiting caller, to talk by telephone at extension ``phone``."""
        now = datetime.now(TIME_ZONE)
        with self.database.begin() as session:
            agent = session.scalar(select(Agent).where(Agent.username == "agent"))
            if agent is None:
                agent = Agent(username="agent", display_name="小李", password_hash="-", role="agent")
                session.add(agent)
            agent.state, agent.phone, agent.last_seen_at = "ready", phone, now
            session.flush()
            queue = EscalationQueue(session, self.vault)
            call = self.call(number)
            waiting = next(e for e in queue.waiting() if e.conversation_id == call.conversation_id)
            queue.accept(waiting.id, agent.id, now, "phone" if phone else "browser")

    def _newest(self, number: str) -> Call | None:
        with self.database.read() as session:
            calls = list(session.scalars(select(Call).order_by(Call.id.desc())))
            session.expunge_all()  # read on after the session has ended
        return next((call for call in calls if call.caller == number), None)


def wait_until(comes: Callable[[], object], seconds: float, told: Callable[[], str]) -> None:
    """Look again and again; AssertionError with ``told()`` after so long."""
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while not comes():
        assert time.monotonic() < deadline, told()
        pause.wait(_PAUSE)
