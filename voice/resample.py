"""From one sample rate to another while the sound is still coming, without clicks at the seams.

soxr keeps what a filter must remember from one piece to the next, so pieces of any length give the same sound as
the whole at once.
"""

from __future__ import annotations

import numpy as np
import soxr

_SAMPLE = np.dtype("<i2")
# Holds 26 ms back where HQ holds 66 ms, with the same level and the same silence above the new band to within 1 sample step.
_QUALITY = "MQ"


class Resampler:
    """A stream of 16-bit little-endian mono samples, brought from ``source`` to ``target`` hertz."""

    def __init__(self, source: int, target: int) -> None:
        self.source = source
        self.target = target
        self._stream: soxr.ResampleStream | None = None
        if source != target:
            self._stream = soxr.ResampleStream(source, target, 1, dtype="int16", quality=_QUALITY)

    def feed(self, pcm: bytes) -> bytes:
        """What can be given now; the newest 26 ms stay inside until more comes. Half a sample is dropped."""
        whole = pcm[: len(pcm) & ~1]
        if self._stream is None:
            return whole
        return self._chunk(self._stream, whole, last=False)

    def finish(self) -> bytes:
        """The rest of the stream; the next feed begins a new one."""
        if self._stream is None:
            return b""
        rest = self._chunk(self._stream, b"", last=True)
        self._stream.clear()
        return rest

    def reset(self) -> None:
        """Forget what is still inside; the next feed begins a new stream."""
        if self._stream is not None:
            self._stream.clear()

    @staticmethod
    def _chunk(stream: soxr.ResampleStream, pcm: bytes, *, last: bool) -> bytes:
        samples = np.frombuffer(pcm, dtype=_SAMPLE).astype(np.int16, copy=False)
        return bytes(stream.resample_chunk(samples, last=last).astype(_SAMPLE, copy=False).tobytes())
