"""Voice messages are AMR narrow-band: made from whatever a browser records, measured, and made up for a try-out."""

from __future__ import annotations

import io
import wave
from fractions import Fraction

import av
import numpy as np

SAMPLE_RATE = 8000  # AMR narrow-band
FRAME = 160  # samples: 20 ms


class BadAudio(ValueError):
    """Not sound that can be read."""


def duration_of(data: bytes) -> float:
    """Seconds of sound in an audio file; raises BadAudio."""
    try:
        with av.open(io.BytesIO(data), "r") as source:
            stream = source.streams.audio[0]
            return sum((frame.samples / frame.sample_rate for frame in source.decode(stream)), 0.0)
    except (av.error.FFmpegError, IndexError) as error:
        raise BadAudio("no sound in this file") from error


def to_amr(data: bytes) -> bytes:
    """Any recording (WebM/Opus, WAV, MP3, AMR …) as AMR narrow-band 12.2 kbit/s, mono; raises BadAudio."""
    return _encode(_frames(data))


def _frames(data: bytes) -> list[av.AudioFrame]:
    """The sound as 16-bit mono frames of 20 ms at 8 kHz."""
    try:
        with av.open(io.BytesIO(data), "r") as source:
            resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE, frame_size=FRAME)
            frames = [
                out for frame in source.decode(source.streams.audio[0]) for out in resampler.resample(frame)
            ]
            frames += resampler.resample(None)
    except (av.error.FFmpegError, IndexError) as error:
        raise BadAudio("no sound in this file") from error
    if not frames:
        raise BadAudio("no sound in this file")
    return frames


def to_wav(data: bytes) -> bytes:
    """A voice message as WAV, which browsers can play and AMR they cannot; raises BadAudio."""
    sink = io.BytesIO()
    with wave.open(sink, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(SAMPLE_RATE)
        for frame in _frames(data):
            wav.writeframes(frame.to_ndarray().tobytes())
    return sink.getvalue()


def sample_voice(seconds: float = 2.0) -> bytes:
    """A voice message without a voice: a soft two-tone signal, for trying out without a microphone."""
    times = np.arange(int(SAMPLE_RATE * seconds) // FRAME * FRAME) / SAMPLE_RATE
    tone = np.where(times % 0.5 < 0.25, np.sin(2 * np.pi * 440 * times), np.sin(2 * np.pi * 550 * times))
    samples = (tone * 6000).astype(np.int16)
    frames = []
    for start in range(0, len(samples), FRAME):
        frame = av.AudioFrame.from_ndarray(samples[None, start : start + FRAME], format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        frames.append(frame)
    return _encode(frames)


def _encode(frames: list[av.AudioFrame]) -> bytes:
    sink = io.BytesIO()
    with av.open(sink, "w", format="amr") as target:
        stream = target.add_stream("libopencore_amrnb", rate=SAMPLE_RATE, layout="mono")
        stream.bit_rate = 12_200
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number * FRAME, Fraction(1, SAMPLE_RATE)
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return sink.getvalue()
