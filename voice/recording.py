"""Records a call: the caller on the left, we on the right, encrypted before it touches the disk.

Our own side sets the pace: one frame goes out every 20 ms as long as the line stands, whoever speaks. A disk that is full
or away costs the recording, never the call.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import numpy as np

from bot.recordings import Recordings, RecordingWriter
from voice.leg import SAMPLE_BYTES

log = logging.getLogger(__name__)

_PIECE_SECONDS = 2.0  # gathered before it is sealed and written
_CALLER_AHEAD = (
    0.5  # seconds of the caller's sound kept for our next frames; what is older is a clock that runs apart
)
_CLOSE_SECONDS = 5.0


class Recorder:
    """One call's recording; ``run`` must be running. Called from the event loop."""

    def __init__(self, writer: RecordingWriter, sample_rate: int) -> None:
        self._writer = writer
        self._most_ahead = int(_CALLER_AHEAD * sample_rate) * SAMPLE_BYTES
        self._piece = int(_PIECE_SECONDS * sample_rate) * SAMPLE_BYTES * 2
        self._caller = bytearray()
        self._both = bytearray()
        self._full: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self.failed = False

    @property
    def name(self) -> str:
        """The recording's name, see bot.recordings."""
        return self._writer.name

    @property
    def seconds(self) -> float:
        """How much of it is safe on the disk."""
        return self._writer.seconds

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._write())

    def sound(self, who: str, pcm: bytes) -> None:
        """A frame of either side; ``who``: caller | machine (the assistant or an agent)."""
        if self.failed:
            return
        if who == "caller":
            self._caller += pcm
            if len(self._caller) > self._most_ahead:
                del self._caller[: len(self._caller) - self._most_ahead]
            return
        caller = bytes(self._caller[: len(pcm)])
        del self._caller[: len(pcm)]
        self._both += interleave(caller.ljust(len(pcm), b"\0"), pcm)
        if len(self._both) >= self._piece:
            self._hand_over()

    async def close(self) -> None:
        """The call is over: write the rest and seal the end."""
        self._hand_over()
        self._full.put_nowait(None)
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=_CLOSE_SECONDS)
            self._task.cancel()

    def _hand_over(self) -> None:
        if self._both:
            self._full.put_nowait(bytes(self._both))
            self._both.clear()

    async def _write(self) -> None:
        try:
            while (piece := await self._full.get()) is not None:
                await asyncio.to_thread(self._writer.write, piece)
            await asyncio.to_thread(self._writer.close)
        except OSError as error:
            self.failed = True
            log.error("recording.failed %s", type(error).__name__)
            with suppress(OSError):
                self._writer.abandon()


def record(recordings: Recordings | None, sample_rate: int) -> Recorder | None:
    """A recorder that is running; None where calls are not recorded, or nothing can be written."""
    if recordings is None:
        return None
    try:
        recorder = Recorder(recordings.create(sample_rate), sample_rate)
    except OSError as error:
        log.error("recording.not_begun %s", type(error).__name__)
        return None
    recorder.start()
    return recorder


def interleave(left: bytes, right: bytes) -> bytes:
    """Two mono pieces of the same length as one in stereo."""
    both = np.empty(len(left), "<i2")
    both[0::2] = np.frombuffer(left, "<i2")
    both[1::2] = np.frombuffer(right, "<i2")
    return both.tobytes()
