"""Sound that comes unevenly, given out evenly. Pure: no clock of its own."""

from __future__ import annotations

from collections import deque

from voice.leg import FRAME_SECONDS, frame_bytes


class JitterBuffer:
    """Takes pieces of any length, gives frames of 20 ms.

    It waits until ``cushion`` seconds are there before it begins, and again after it ran dry. More than ``most``
    seconds are never kept: the oldest go, so that a delay does not stay for the rest of a call.
    """

    def __init__(self, sample_rate: int, cushion: float = 0.06, most: float = 0.3) -> None:
        self._size = frame_bytes(sample_rate)
        self._cushion, self._most = round(cushion / FRAME_SECONDS), round(most / FRAME_SECONDS)
        self._frames: deque[bytes] = deque()
        self._rest = b""
        self._flowing = False
        self.dropped = 0  # frames

    def put(self, pcm: bytes) -> None:
        """More sound."""
        self._rest += pcm
        whole = len(self._rest) // self._size * self._size
        for start in range(0, whole, self._size):
            self._frames.append(self._rest[start : start + self._size])
        self._rest = self._rest[whole:]
        while len(self._frames) > self._most:
            self._frames.popleft()
            self.dropped += 1

    def take(self) -> bytes | None:
        """The next frame; None while there is none to give."""
        if not self._flowing and len(self._frames) < self._cushion:
            return None
        self._flowing = bool(self._frames)
        return self._frames.popleft() if self._frames else None

    def clear(self) -> None:
        """Forget everything, and wait for a cushion again."""
        self._frames.clear()
        self._rest, self._flowing = b"", False
