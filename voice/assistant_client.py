"""The assistant and the record of calls as the calls use them: in a process of their own, kept alive.

A process that dies or hangs is replaced within seconds. Who asks meanwhile waits for the new one; an utterance that was
being answered is asked again, which has no second effect (bot.assistant.Assistant.handle).
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import cast

from bot.calls import Calls
from bot.messages import Reply, Utterance
from bot.ports import YinlingError
from bot.settings import ROOT
from voice.assistant_wire import READY, AssistantLost
from voice.child import end

log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0  # seconds before a process that would not start is tried again


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds, each."""

    start: float = 60.0  # in which a process must be ready on a busy machine; 3 s on an idle one
    awaited: float = 15.0  # that a request waits for a process
    verb: float = 40.0  # that a verb may take; a conversation gives up earlier (voice.conversation.Manner)
    beat: float = 5.0  # between two signs of life
    alive: float = 10.0  # in which a sign of life must come


class AssistantClient:
    """``answer`` and the verbs of ``calls`` block; call them in threads. ``environment`` is the process's, ours by default."""

    def __init__(
        self, environment: Mapping[str, str] | None = None, deadlines: Deadlines | None = None
    ) -> None:
        self._deadlines = deadlines or Deadlines()
        self._environment = dict(os.environ if environment is None else environment)
        self._folder = Path(tempfile.mkdtemp(prefix="yinling-assistant-"))
        self._address = ""  # of the process that is ready; empty while there is none
        self._there = threading.Event()
        self._free: list[Connection] = []
        self._lock = threading.Lock()
        self._keeper: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self.started = 0  # processes that became ready so far
        self.calls = cast(Calls, _Verbs(self))

    async def start(self) -> None:
        """Start the process and wait until it is ready, or did not become so at the first try."""
        tried = asyncio.Event()
        self._keeper = asyncio.create_task(self._keep(tried))
        await tried.wait()

    async def close(self) -> None:
        """End the process."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def there(self) -> bool:
        """Whether a process is ready."""
        return self._there.is_set()

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        return self._process.pid if self._process is not None else None

    def answer(self, utterance: Utterance) -> Reply:
        """See Assistant.handle. Raises AssistantLost and what that raises."""
        try:
            return cast(Reply, self.ask("handle", utterance))
        except AssistantLost:
            return cast(Reply, self.ask("handle", utterance))

    def ask(self, verb: str, *arguments: object, seconds: float | None = None) -> object:
        """What a verb of voice.assistant_server returns or raises. Raises AssistantLost."""
        if not self._there.wait(self._deadlines.awaited):
            raise AssistantLost
        with self._lock:
            address, connection = self._address, self._free.pop() if self._free else None
        try:
            connection = connection or Client(address, "AF_UNIX")
            connection.send((verb, arguments))
            late = not connection.poll(self._deadlines.verb if seconds is None else seconds)
            done, result = (False, AssistantLost()) if late else connection.recv()
        except (OSError, EOFError) as error:
            self._gone(address)
            raise AssistantLost from error
        with self._lock:
            if self._address == address and not late:
                self._free.append(connection)
        if not done:
            raise cast(YinlingError, result)
        return result

    def _gone(self, address: str) -> None:
        """The process that listened there is gone: who asks now waits for the next one."""
        with self._lock:
            if self._address == address:
                self._there.clear()
                self._address = ""
                self._free.clear()

    async def _keep(self, tried: asyncio.Event) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                ready = await self._started()
                tried.set()
                if ready:
                    pause = _FIRST_PAUSE
                    await self._watch()
                    log.error("assistant.lost")
                else:
                    log.error("assistant.no_start")
            finally:
                self._gone(self._address)
                await self._end()
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _started(self) -> bool:
        """Start a process; whether it became ready."""
        address = str(self._folder / f"{self.started}.sock")
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "voice.assistant_server", address),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                cwd=ROOT,
                env=self._environment,
            )
            assert self._process.stdout is not None  # noqa: S101  (it is a pipe)
            line = await asyncio.wait_for(self._process.stdout.readline(), self._deadlines.start)
        except (OSError, TimeoutError):
            return False
        if line != READY:
            return False
        self._address, self.started = address, self.started + 1
        self._there.set()
        return True

    async def _watch(self) -> None:
        """Until the process is gone or gives no sign of life."""
        assert self._process is not None  # noqa: S101  (it was started)
        gone = asyncio.create_task(self._process.wait())
        try:
            while not gone.done():
                await asyncio.to_thread(self.ask, "beat", seconds=self._deadlines.alive)
                await asyncio.wait({gone}, timeout=self._deadlines.beat)
        except AssistantLost:
            return
        finally:
            gone.cancel()

    async def _end(self) -> None:
        if self._process is not None:
            await end(self._process)
            self._process = None


class _Verbs:
    """bot.calls.Calls, asked of the process."""

    def __init__(self, client: AssistantClient) -> None:
        self._client = client

    def __getattr__(self, verb: str) -> object:
        return partial(self._client.ask, verb)
