"""Telephone keys heard as tones in the sound itself.

Most networks send keys beside the sound; some send both, some only tones. A recogniser hears tones as words, so they
are muted before it. Frequencies and limits: ITU-T Q.23 and Q.24.
"""

from __future__ import annotations

import numpy as np

from voice.leg import SAMPLE_BYTES

_ROWS, _COLUMNS = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0, 1633.0)
_KEYS = ("123A", "456B", "789C", "*0#D")
_PURE = 0.82  # share of the frame's power that the two tones hold
_TWIST = 12.6  # times (11 dB) that one tone may be stronger than the other: Q.24 allows 8 dB, lines add some
_QUIETEST = -42.0  # dB of full scale
_FRAMES = 2  # frames (40 ms, Q.24) before a tone counts as a key


class ToneDetector:
    """Watches one line's frames of 20 ms for keys."""

    def __init__(self, sample_rate: int) -> None:
        size = sample_rate // 50
        times = np.arange(size) / sample_rate
        turns = np.exp(-2j * np.pi * np.outer((*_ROWS, *_COLUMNS), times))
        self._window = np.hanning(size).astype(np.float32)
        self._turns = (turns * self._window).astype(np.complex64)
        self._size = size
        self._key: str | None = None
        self._frames = 0

    def hear(self, pcm: bytes, loudness: float) -> tuple[bool, str | None]:
        """Whether this frame (of ``loudness`` dB of full scale) is a key's tone, and the key that just became sure."""
        key = self._tone(pcm) if loudness > _QUIETEST else None
        if key is None or key != self._key:
            self._key, self._frames = key, 0
        if key is None:
            return False, None
        self._frames += 1
        return True, key if self._frames == _FRAMES else None

    def _tone(self, pcm: bytes) -> str | None:
        if len(pcm) != self._size * SAMPLE_BYTES:
            return None
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32)
        power = np.abs(self._turns @ samples) ** 2
        row, column = int(power[:4].argmax()), int(power[4:].argmax())
        low, high = float(power[row]), float(power[4 + column])
        weighted = samples * self._window
        # A sine of amplitude a gives (a·Σw/2)² here and a²·Σw²/2 as power of the windowed frame.
        whole = (
            float(weighted @ weighted) * float(self._window.sum()) ** 2 / float(self._window @ self._window)
        )
        if whole <= 0 or 2 * (low + high) < _PURE * whole:
            return None
        if max(low, high) > _TWIST * min(low, high):
            return None
        return _KEYS[row][column]
