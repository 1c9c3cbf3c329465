"""How many calls a machine holds, and whether one more may come in."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from voice.asr import SpeechModel

_SHARE = 0.85  # of the processors that calls may use; the rest is for answering, speaking and everything else
_SPEAKING = 0.5  # share of a call in which its caller speaks: only then is the recogniser at work
_ALWAYS = 0.008  # processor seconds per second of a call for what never pauses: frames, detection, playing
_LATE = 0.02  # seconds off the grid, on average, at which the machine is full whatever was measured
_SMOOTH = 0.02  # weight of the newest tick in that average: about a second
# Calls that one process paces evenly, however many processors there are: Python lets one thread run at a time.
# 30 leave 99 of 100 frames within 3 to 4 ms of their time, 40 within 9 ms; python -m benchmarks calls.
EVENLY_PACED = 30


def capacity(model: SpeechModel, sound: bytes, sample_rate: int) -> int:
    """Calls that one process holds on this machine, from the time that the model takes for some speech (16-bit mono)."""
    recogniser = model.recogniser(sample_rate)
    frame = sample_rate // 50 * 2
    started = time.thread_time()
    for start in range(0, len(sound), frame):
        recogniser.feed(sound[start : start + frame])
    recogniser.finish()
    took = time.thread_time() - started
    recogniser.close()
    factor = took / (len(sound) / 2 / sample_rate)
    by_processors = (os.cpu_count() or 1) * _SHARE / (_SPEAKING * factor + _ALWAYS)
    return max(1, int(min(by_processors, EVENLY_PACED)))


@dataclass(slots=True)
class Admission:
    """``most`` calls at once, fewer while sound is being sent late."""

    most: int
    open: int = 0
    late: float = 0.0  # seconds that ticks come late, on average
    stopping: bool = False

    def tick(self, late: float) -> None:
        """A tick came so many seconds late."""
        self.late += _SMOOTH * (max(0.0, late) - self.late)

    def admit(self) -> str | None:
        """Take one more call (None), or why not: full | slow | stopping. Pair with ``release``."""
        if self.stopping:
            return "stopping"
        if self.open >= self.most:
            return "full"
        if self.late > _LATE:
            return "slow"
        self.open += 1
        return None

    def release(self) -> None:
        """A call has ended."""
        self.open -= 1
