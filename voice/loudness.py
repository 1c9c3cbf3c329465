"""Every sentence equally loud, without clicks where two meet.

The active speech level in the manner of ITU-T P.56: the mean power of the parts in which something is said; pauses do not
count. numpy only: BS.1770 libraries weigh for music, need 0.4 s of sound and bring SciPy along.
"""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

TARGET = (
    -20.0
)  # active speech level in dB below full scale; 6 dB above the telephone's usual -26, for old ears
CEILING = 0.89  # the highest sample, as a share of full scale (-1 dB)
_KNEE = 0.6  # amplitude above which peaks are rounded off instead of cut
_FRAME = 0.02  # seconds over which power is taken
_ACTIVE = 16.0  # dB below the loudest parts up to which a frame counts as speech (P.56: margin 15.9 dB)
_MOST_GAIN = 30.0  # dB by which a faint recording is raised at most
_FADE = 0.005  # seconds of rise and fall at the ends
_LEAD = 0.03  # seconds of quiet kept before and after what is said
_QUIET = 0.004  # amplitude below which a sound's ends are taken for silence

Samples = NDArray[np.float32]


def active_level(samples: Samples, sample_rate: int) -> float | None:
    """The level of what is said in dB below full scale; None where there is nothing but silence."""
    size = max(1, round(sample_rate * _FRAME))
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    power = np.mean(np.square(frames), axis=1) if len(frames) else np.array([np.mean(np.square(samples))])
    loudest = float(np.quantile(power, 0.95)) if len(power) else 0.0
    if not loudest > 1e-9:
        return None
    active = power[power >= loudest * 10 ** (-_ACTIVE / 10)]
    return float(10 * np.log10(np.mean(active)))


def prepare(pcm: bytes, source: int, target: int, pause: float) -> bytes:
    """16-bit mono sound at ``source`` hertz, made fit to be played: ends trimmed, loudness even, at ``target`` hertz.

    ``pause`` are the seconds of quiet after it. Sound without any speech gives the pause alone.
    """
    samples = np.frombuffer(pcm[: len(pcm) & ~1], dtype="<i2").astype(np.float32) / 32768.0
    samples = _trimmed(samples, source)
    if source != target and len(samples):
        samples = np.asarray(soxr.resample(samples, source, target, quality="HQ"), dtype=np.float32)
    level = active_level(samples, target) if len(samples) else None
    if level is None:
        samples = np.zeros(0, dtype=np.float32)
    else:
        gain = min(TARGET - level, _MOST_GAIN)
        samples = _faded(_limited(samples * np.float32(10 ** (gain / 20))), target)
    quiet = np.zeros(round(pause * target), dtype=np.float32)
    return _as_pcm(np.concatenate([samples, quiet]))


def louder(pcm: bytes, volume: float) -> bytes:
    """16-bit mono sound at another amplitude, peaks rounded off; 1.0 leaves it as it is."""
    if volume == 1.0:
        return pcm
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768.0
    return _as_pcm(_limited(samples * np.float32(volume)))


def _trimmed(samples: Samples, sample_rate: int) -> Samples:
    """Without the silence at both ends, but for a short rest that keeps soft beginnings."""
    loud = np.flatnonzero(np.abs(samples) > _QUIET)
    if not len(loud):
        return samples[:0]
    rest = round(_LEAD * sample_rate)
    return samples[max(0, loud[0] - rest) : loud[-1] + rest]


def _limited(samples: Samples) -> Samples:
    """Peaks above the knee bent towards the ceiling; below it nothing changes."""
    size = np.abs(samples)
    room = CEILING - _KNEE
    bent = _KNEE + room * np.tanh((size - _KNEE) / room)
    return np.where(size > _KNEE, np.sign(samples) * bent, samples).astype(np.float32)


def _faded(samples: Samples, sample_rate: int) -> Samples:
    """Rise from and fall to zero within a few milliseconds: no click at a join."""
    length = min(round(_FADE * sample_rate), len(samples) // 2)
    if length:
        ramp = np.linspace(0.0, 1.0, length, dtype=np.float32)
        samples = samples.copy()
        samples[:length] *= ramp
        samples[-length:] *= ramp[::-1]
    return samples


def _as_pcm(samples: Samples) -> bytes:
    whole = np.rint(np.clip(samples, -1.0, 1.0) * 32767.0)
    return bytes(whole.astype("<i2").tobytes())
