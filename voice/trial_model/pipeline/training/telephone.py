"""A clean sentence as a telephone may bring it: its labels are kept in step."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft
from scipy.signal import butter, fftconvolve, lfilter, resample_poly, sosfilt

from voice.trial_model.pipeline.training.features import RATE, SHIFT, WARPS, WINDOW, Matrix, mfcc

# (up, down) from 16 kHz to RATE; above 1/2 is slower and lower.
_SPEEDS = ((5, 8), (10, 17), (5, 9), (10, 19), (1, 2), (1, 2), (10, 21), (5, 11), (10, 23))
_BANDS = tuple(
    butter(order, band, "bandpass", fs=RATE, output="sos")
    for order in (2, 3)
    for band in ((300, 3400), (200, 3400), (250, 3000), (120, 3700))
)
_PACKET = 160  # samples: 20 ms
FRAMES_PER_OUTPUT = 3

Sound = npt.NDArray[np.float64]


def example(
    rng: np.random.Generator,
    sound: npt.NDArray[np.int16],
    labels: npt.NDArray[np.int64],
    other: npt.NDArray[np.int16] | None,
) -> tuple[Matrix, npt.NDArray[np.int64]]:
    """Features of one telephone version of a sentence, and the pdf of every third frame. ``other`` talks behind it."""
    plain = rng.random() < 0.5
    up, down = (1, 2) if plain else _SPEEDS[rng.integers(len(_SPEEDS))]
    line = resample_poly(sound.astype(np.float32), up, down)
    before, after = (int(rng.uniform(0, 0.4) * RATE) if rng.random() < 0.4 else 0 for _ in range(2))
    line = np.concatenate([np.zeros(before), line, np.zeros(after)])
    line = telephone(rng, line, None if other is None else other[::2])
    warp = 1.0 if plain and rng.random() < 0.6 else WARPS[rng.integers(len(WARPS))]
    frames = mfcc(line, rng, warp)
    scale = up / down
    padded = np.concatenate([[[0, before / scale]], labels.astype(np.float64), [[0, after / scale]]])
    return frames, _per_output(padded, scale, len(frames)).astype(np.int64)


def telephone(rng: np.random.Generator, line: Sound, other: npt.NDArray[np.int16] | None) -> Sound:
    """Echo, band, tilt, level, noise or another speaker, hum, companding and lost packets, each now and then."""
    if rng.random() < 0.3:
        line = _echo(rng, line)
    if rng.random() < 0.75:
        line = sosfilt(_BANDS[rng.integers(len(_BANDS))], line)
    if rng.random() < 0.4:
        line = lfilter([1, rng.uniform(-0.6, 0.6)], [1], line)
    line = line * (32768 * 10 ** (rng.uniform(-27, -1) / 20) / (np.abs(line).max() + 1e-9))
    loud = np.std(line) + 1e-9
    kind = rng.random()
    if kind < 0.45:
        line = line + _noise(rng, len(line), rng.choice([0.0, 1.0, 2.0])) * loud * 10 ** (
            -rng.uniform(6, 32) / 20
        )
    elif kind < 0.55 and other is not None and len(other) > 400:
        behind = np.resize(other, len(line)).astype(np.float64)
        line = line + behind / (np.std(behind) + 1e-9) * loud * 10 ** (-rng.uniform(10, 25) / 20)
    if rng.random() < 0.1:
        line = line + np.sin(2 * np.pi * 50 * rng.integers(1, 4) * np.arange(len(line)) / RATE) * loud * 0.1
    line = np.clip(line, -32768, 32767)
    kind = rng.random()
    line = _mu_law(line) if kind < 0.45 else _a_law(line) if kind < 0.75 else line
    if rng.random() < 0.08:
        for _ in range(rng.integers(1, 4)):
            lost = rng.integers(0, max(1, len(line) - _PACKET))
            line[lost : lost + _PACKET] = 0
    return np.round(np.clip(line, -32768, 32767))


def _echo(rng: np.random.Generator, line: Sound) -> Sound:
    length = int(rng.uniform(0.05, 0.35) * RATE)
    room = rng.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length) * rng.uniform(0.02, 0.12)
    room[0] = 1
    return np.asarray(fftconvolve(line, room)[: len(line)])


def _noise(rng: np.random.Generator, count: int, alpha: float) -> Sound:
    """Noise whose power falls with frequency to the power of ``alpha``: 0 white, 1 pink, 2 red."""
    white = rng.standard_normal(fft.next_fast_len(count, True))
    spectrum = fft.rfft(white)
    spectrum = spectrum / np.maximum(np.arange(len(spectrum)), 1) ** (alpha / 2)
    coloured = fft.irfft(spectrum, len(white))[:count]
    return np.asarray(coloured / (np.std(coloured) + 1e-9))


def _mu_law(line: Sound) -> Sound:
    """What 8-bit μ-law leaves (ITU-T G.711, as its continuous formula)."""
    small = np.sign(line) * np.log1p(255 * np.abs(line) / 32768) / np.log(256)
    steps = np.round((small + 1) * 127.5) / 127.5 - 1
    return np.asarray(np.sign(steps) * (np.power(256, np.abs(steps)) - 1) / 255 * 32768)


def _a_law(line: Sound) -> Sound:
    """What 8-bit A-law leaves (ITU-T G.711, as its continuous formula)."""
    size, a = np.abs(line) / 32768, 87.6
    k = 1 + np.log(a)
    small = np.where(size < 1 / a, a * size / k, (1 + np.log(np.maximum(a * size, 1e-9))) / k)
    steps = (np.floor(small * 128) + 0.5) / 128
    return np.asarray(
        np.sign(line) * np.where(steps < 1 / k, steps * k / a, np.exp(steps * k - 1) / a) * 32768
    )


def _per_output(labels: npt.NDArray[np.float64], scale: float, frames: int) -> npt.NDArray[np.float64]:
    """The pdf in the middle of every third frame.

    A short sound that falls between two frames gets the nearer one where its neighbour can spare it: the decoder wants at
    least one frame of every sound.
    """
    ends = np.cumsum(labels[:, 1]) * scale
    middles = np.arange(0, frames, FRAMES_PER_OUTPUT) * SHIFT + WINDOW // 2
    owner = np.minimum(np.searchsorted(ends, middles, side="right"), len(labels) - 1)
    size = np.bincount(owner, minlength=len(labels))
    for missed in np.where((size == 0) & (labels[:, 1] > 0))[0]:
        middle = ends[missed] - labels[missed, 1] * scale / 2
        near = int(
            np.clip(round((middle - WINDOW // 2) / (FRAMES_PER_OUTPUT * SHIFT)), 0, max(len(owner) - 1, 0))
        )
        for place in sorted(
            (near, near - 1, near + 1),
            key=lambda p: abs(p * FRAMES_PER_OUTPUT * SHIFT + WINDOW // 2 - middle),
        ):
            if not 0 <= place < len(owner) or size[owner[place]] < 2:
                continue
            in_order = (place == 0 or owner[place - 1] <= missed) and (
                place == len(owner) - 1 or owner[place + 1] >= missed
            )
            if in_order:
                size[owner[place]] -= 1
                owner[place], size[missed] = missed, 1
                break
    return np.asarray(labels[owner, 0])
