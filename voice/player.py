"""The assistant's voice on the line: one frame a tick, and it knows what the caller has heard.

Nothing is sent ahead. What was not played can therefore be taken back, and counts as not said.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from voice.leg import FRAME_SECONDS, SAMPLE_BYTES, frame_bytes

SILENT = -96.0  # dB of full scale, of a frame of zeros
_ON_THE_WAY = 0.15  # seconds between our sending and the caller's hearing (jitter buffers)
_REMEMBERED = 15  # frames (0.3 s) in which our own voice may come back as echo


@dataclass(slots=True)
class _Piece:
    text: str
    pcm: bytes
    played: int = 0  # bytes


class Player:
    """Plays pieces of speech one after the other; every frame goes to ``write``, silence too."""

    def __init__(self, sample_rate: int, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._frame = frame_bytes(sample_rate)
        self._silence = bytes(self._frame)
        self._pieces: deque[_Piece] = deque()
        self._done: list[_Piece] = []
        self._paused = False
        self._fade_in = self._fade_out = False  # the next frame
        self._closed = False  # no more pieces of this speech will come
        self._stopped = False  # before its end
        self._on_sound: Callable[[], None] | None = None
        self._finished = asyncio.Event()
        self._finished.set()
        self._levels: deque[float] = deque([SILENT] * _REMEMBERED, maxlen=_REMEMBERED)

    @property
    def speaking(self) -> bool:
        """Whether a speech has begun and is neither over nor taken back (it may be paused, or wait for synthesis)."""
        return not self._finished.is_set()

    @property
    def paused(self) -> bool:
        """Whether it is held back."""
        return self._paused

    @property
    def sounding(self) -> bool:
        """Whether the next tick will be heard."""
        return bool(self._pieces) and not self._paused and not self._stopped

    @property
    def interrupted(self) -> bool:
        """Whether the latest speech was stopped before its end."""
        return self._stopped

    @property
    def level(self) -> float:
        """The loudest of what was sent within the time in which it may echo, in dB of full scale."""
        return max(self._levels)

    @property
    def heard(self) -> str:
        """The words of this speech that have reached the caller, to the character or so."""
        on_the_way = int(_ON_THE_WAY / FRAME_SECONDS) * self._frame
        text = ""
        pieces = [*self._done, *list(self._pieces)[:1]]
        played = sum(piece.played for piece in pieces)
        whole = not self.speaking and not self._stopped
        reached = played if whole else max(0, played - on_the_way)
        for piece in pieces:
            share = min(1.0, reached / len(piece.pcm)) if piece.pcm else 1.0
            text += piece.text[: int(share * len(piece.text) + 1e-9)]
            reached -= len(piece.pcm)
            if reached <= 0:
                break
        return text

    def begin(self, on_sound: Callable[[], None] | None = None) -> None:
        """A new speech; pieces follow. ``on_sound`` is called when its first frame goes out."""
        self._on_sound = on_sound
        self._pieces.clear()
        self._done = []
        self._paused = self._fade_in = self._fade_out = self._closed = self._stopped = False
        self._finished.clear()

    def put(self, text: str, pcm: bytes) -> None:
        """One more piece of the speech; ignored once it was stopped."""
        if self.speaking:
            self._pieces.append(_Piece(text, pcm))

    def end(self) -> None:
        """The speech has no more pieces."""
        self._closed = True
        self._check_finished()

    async def finished(self) -> None:
        """Wait until the speech is played or stopped."""
        await self._finished.wait()

    def pause(self) -> None:
        """Fall silent at once, softly; the position is kept."""
        if self.speaking and not self._paused:
            self._paused = True
            self._fade_out = bool(self._pieces)

    def resume(self) -> None:
        """Go on where it stopped."""
        self._fade_in = self._paused and not self._fade_out
        self._paused = self._fade_out = False

    def stop(self) -> None:
        """Fall silent and drop the rest of the speech."""
        if self.speaking:
            self.pause()
            self._stopped = True
            self._finished.set()

    def tick(self) -> None:
        """Send one frame."""
        sounds = self.sounding or self._fade_out
        frame = self._next() if sounds else self._silence
        self._levels.append(SILENT if frame is self._silence else level(frame))
        self._write(frame)
        if sounds and self._on_sound is not None:
            self._on_sound()
            self._on_sound = None
        self._check_finished()

    def _next(self) -> bytes:
        frame = b""
        while self._pieces and len(frame) < self._frame:
            piece = self._pieces[0]
            part = piece.pcm[piece.played : piece.played + self._frame - len(frame)]
            piece.played += len(part)
            frame += part
            if piece.played >= len(piece.pcm):
                self._done.append(self._pieces.popleft())
        if self._fade_in or self._fade_out:  # a voice cut off hard clicks
            frame = _ramp(frame, 0.0, 1.0) if self._fade_in else _ramp(frame, 1.0, 0.0)
            self._fade_in = self._fade_out = False
        return frame.ljust(self._frame, b"\0")

    def _check_finished(self) -> None:
        if self._closed and not self._pieces and self.speaking:
            self._paused = False
            self._finished.set()


def level(pcm: bytes) -> float:
    """A frame's loudness in dB of full scale."""
    samples = np.frombuffer(pcm[: len(pcm) // SAMPLE_BYTES * SAMPLE_BYTES], dtype="<i2").astype(np.float32)
    power = float(samples @ samples) / max(1, samples.size)
    return 10 * math.log10(power / 32768.0**2) if power > 0 else SILENT


def _ramp(pcm: bytes, start: float, end: float) -> bytes:
    samples = np.frombuffer(pcm, dtype="<i2")
    return (samples * np.linspace(start, end, samples.size)).astype("<i2").tobytes()
