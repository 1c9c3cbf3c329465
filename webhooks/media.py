"""Voice messages: AMR to samples. The words are the Transcriber's business."""

from __future__ import annotations

import io

import av
import av.error

from bot.messages import Transcript
from bot.ports import TranscriptionUnavailable

SAMPLE_RATE = 16_000  # Hz, what recognisers for speech expect
LONGEST_SECONDS = 65.0  # WeChat records up to 60
_FORMATS = {b"#!AMR\n": "amr", b"#!AMR-WB\n": "amr"}


class BadVoice(ValueError):
    """Not a voice message that can be decoded."""


class NoTranscriber:
    """Until a recogniser is wired in: says honestly that it cannot listen."""

    def transcribe(self, pcm: bytes, sample_rate: int) -> Transcript:
        """Raises TranscriptionUnavailable."""
        raise TranscriptionUnavailable


def decode_amr(data: bytes) -> bytes:
    """AMR (narrow- or wide-band) to 16-bit little-endian mono samples at SAMPLE_RATE; raises BadVoice.

    The container is named, so that nothing but AMR is tried on what came from outside.
    """
    name = next((fmt for magic, fmt in _FORMATS.items() if data.startswith(magic)), None)
    if name is None:
        raise BadVoice("not AMR")
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    limit = int(LONGEST_SECONDS * SAMPLE_RATE) * 2
    samples = bytearray()
    try:
        with av.open(io.BytesIO(data), "r", format=name) as container:
            for frame in container.decode(audio=0):
                for part in resampler.resample(frame):
                    samples += part.to_ndarray().tobytes()
                if len(samples) > limit:
                    raise BadVoice("longer than WeChat records")
        for part in resampler.resample(None):
            samples += part.to_ndarray().tobytes()
    except (av.error.FFmpegError, IndexError) as error:
        raise BadVoice("cannot be decoded") from error
    if not samples:
        raise BadVoice("no sound in it")
    return bytes(samples)
