"""The child processes that speak: kept alive, given one job at a time, killed when late or talking rubbish."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from bot.ports import YinlingError
from bot.settings import ROOT
from voice.child import end
from voice.tts_worker import HEADER, LONGEST, MAGIC

log = logging.getLogger(__name__)

START_SECONDS = 20.0  # in which a child must be ready on a busy machine; 0.3 s on an idle one
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0  # seconds before a child that would not start is tried again
_TRIES = 2
_SHORTEST, _LONGEST = (
    0.07,
    1.5,
)  # seconds a syllable may take; the slowest and the fastest wish lie well within


class SpeakingUnavailable(YinlingError):
    """No voice can be made now; what is recorded or cached still comes."""

    code = "tts.unavailable"
    spoken = "对不起，语音系统出了点小问题。"


@dataclass(frozen=True, slots=True)
class Sound:
    """16-bit little-endian mono samples."""

    sample_rate: int
    pcm: bytes


class _Late(Exception):
    """A child did not answer in time, died, or answered something that is no answer."""


class _Failed(Exception):
    """A child says that it made no sound of this text; it is sound itself."""


def worker_command(driver: str, voice: str) -> tuple[str, ...]:
    """How a child is started: a fresh interpreter that imports nothing of ours but the worker."""
    return (sys.executable, "-m", "voice.tts_worker", driver, voice)


class _Child:
    """One child process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.engine = ""
        self.job: int | None = None

    @classmethod
    async def start(cls, command: Sequence[str]) -> _Child:
        """A child that is ready to speak. Raises _Late."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT
            )
        except OSError as error:
            raise _Late(type(error).__name__) from error
        child = cls(process)
        try:
            head, _ = await asyncio.wait_for(child._receive(), START_SECONDS)
            child.engine = str(head["ready"])
        except (TimeoutError, KeyError, _Late) as error:
            await child.kill()
            raise _Late("not ready") from error
        except BaseException:
            await child.kill()
            raise
        return child

    async def speak(self, number: int, text: str, rate: int) -> Sound:
        """One job. Raises _Late and _Failed."""
        body = json.dumps({"job": number, "text": text, "rate": rate}).encode()
        assert self._process.stdin is not None  # noqa: S101  (it is a pipe)
        try:
            self._process.stdin.write(HEADER.pack(MAGIC, len(body), 0) + body)
            await self._process.stdin.drain()
        except (ConnectionError, RuntimeError) as error:
            raise _Late("gone") from error
        head, pcm = await self._receive()
        if head.get("job") != number:
            raise _Late("another job's answer")
        if "failed" in head:
            raise _Failed
        rate_heard = head.get("rate")
        if not isinstance(rate_heard, int) or not 4000 <= rate_heard <= 96000 or len(pcm) % 2:
            raise _Late("no sound")
        return Sound(rate_heard, pcm)

    async def gone(self) -> None:
        """Wait for the process's end."""
        await self._process.wait()

    @property
    def alive(self) -> bool:
        """Whether the process runs, as far as is known."""
        return self._process.returncode is None

    async def kill(self) -> None:
        """End it whatever it does, and wait for its end."""
        await end(self._process)

    async def _receive(self) -> tuple[dict[str, object], bytes]:
        assert self._process.stdout is not None  # noqa: S101  (it is a pipe)
        read = self._process.stdout.readexactly
        try:
            magic, head_size, sound_size = HEADER.unpack(await read(HEADER.size))
            if magic != MAGIC or head_size > 65536 or sound_size > LONGEST:
                raise _Late("rubbish")
            head = json.loads(await read(head_size))
            pcm = await read(sound_size)
        except (asyncio.IncompleteReadError, ConnectionError, ValueError) as error:
            raise _Late("cut off") from error
        if not isinstance(head, dict):
            raise _Late("rubbish")
        return head, pcm


class SpeechPool:
    """``size`` children; ``deadline`` are the seconds in which a job must be done."""

    def __init__(self, command: Sequence[str], size: int, deadline: float) -> None:
        self._command, self._size, self._deadline = tuple(command), size, deadline
        self._idle: asyncio.Queue[_Child] = asyncio.Queue()
        self._numbers = count(1)
        self._keepers: list[asyncio.Task[None]] = []
        self._jobs: set[asyncio.Task[Sound]] = set()
        self._hopeless = 0  # places whose last start failed
        self.engine = ""  # what the children say they are; empty until one was ready
        self.started = 0  # children that became ready so far
        self.killed = 0  # children that were killed for being late or talking rubbish

    async def start(self) -> None:
        """Start the children and wait until the first is ready or none can be."""
        first_news = [asyncio.Event() for _ in range(self._size)]
        self._keepers = [asyncio.create_task(self._keep(event)) for event in first_news]
        waiting = [asyncio.create_task(event.wait()) for event in first_news]
        while waiting and not self.engine:
            _, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            waiting = list(pending)
        for task in waiting:
            task.cancel()

    async def speak(self, text: str, words_per_minute: int, syllables: int) -> Sound:
        """The sound of a text of so many syllables. A caller that goes away does not hurt the child.

        Raises SpeakingUnavailable.
        """
        job = asyncio.create_task(self._job(text, words_per_minute, syllables))
        self._jobs.add(job)
        job.add_done_callback(self._job_done)
        return await asyncio.shield(job)

    async def close(self) -> None:
        """End all children."""
        for task in (*self._jobs, *self._keepers):
            task.cancel()
        await asyncio.gather(*self._jobs, *self._keepers, return_exceptions=True)

    def _job_done(self, job: asyncio.Task[Sound]) -> None:
        self._jobs.discard(job)
        if not job.cancelled():
            job.exception()  # looked at, also where nobody waits for it any more

    async def _job(self, text: str, rate: int, syllables: int) -> Sound:
        for _ in range(_TRIES):
            child = await self._borrow()
            try:
                sound = await asyncio.wait_for(child.speak(next(self._numbers), text, rate), self._deadline)
                _check(sound, syllables)
            except _Failed:
                self._idle.put_nowait(child)
            except (TimeoutError, _Late) as error:
                self.killed += 1
                log.warning("a speaking process is replaced", extra={"reason": str(error) or "late"})
                await child.kill()
            except BaseException:
                await child.kill()
                raise
            else:
                self._idle.put_nowait(child)
                return sound
        raise SpeakingUnavailable

    async def _borrow(self) -> _Child:
        """A child that runs; waits for one no longer than a job may take."""
        try:
            async with asyncio.timeout(self._deadline):
                while True:
                    if self._idle.empty() and self._hopeless == self._size:
                        raise SpeakingUnavailable
                    child = await self._idle.get()
                    if child.alive:
                        return child
        except TimeoutError:
            raise SpeakingUnavailable from None

    async def _keep(self, first_news: asyncio.Event) -> None:
        """One child's place: start it, and start another when it ends."""
        pause, hopeless = _FIRST_PAUSE, False
        child: _Child | None = None
        try:
            while True:
                try:
                    child = await _Child.start(self._command)
                except _Late:
                    self._hopeless += not hopeless
                    hopeless = True
                    first_news.set()
                    log.error("a speaking process does not start", extra={"pause": pause})
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE)
                    continue
                self._hopeless -= hopeless
                hopeless, pause = False, _FIRST_PAUSE
                self.engine, self.started = child.engine, self.started + 1
                self._idle.put_nowait(child)
                first_news.set()
                await child.gone()
        finally:
            if child is not None and child.alive:
                await child.kill()


def _check(sound: Sound, syllables: int) -> None:
    """Whether this can be the sound of so many syllables; pyttsx3 gives none at all once in a thousand jobs. Raises _Late."""
    seconds = len(sound.pcm) / 2 / sound.sample_rate
    if not _SHORTEST * syllables <= seconds <= _LONGEST * syllables + 5 or not any(sound.pcm):
        raise _Late("not the sound of this text")
