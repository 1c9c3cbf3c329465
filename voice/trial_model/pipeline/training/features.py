"""Mel-frequency cepstra as Kaldi computes them (its compute-mfcc-feats with conf/mfcc.conf), in numpy.

32 filters from 60 to 3800 Hz, windows of 25 ms every 10 ms. ``warp`` moves the filters as if the speaker were longer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RATE, SHIFT, WINDOW, POINTS, BINS = 8000, 80, 200, 256, 32
LOW, HIGH = 60.0, 3800.0  # hertz
_PRE_EMPHASIS, _LIFTER = 0.97, 22.0
_FLOOR = 1.1920929e-07  # of a filter's energy: the smallest step of a float
_KNEE = 2600.0  # hertz above which warping is undone, so that the band's edges stay

Matrix = npt.NDArray[np.float32]

# Povey's window: Hann's to the power of 0.85.
_POVEY = ((0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))) ** 0.85).astype(np.float32)


def _cosines() -> Matrix:
    order = np.arange(BINS)
    table = np.sqrt(2.0 / BINS) * np.cos(np.pi / BINS * (order[None] + 0.5) * order[:, None])
    table[0] = np.sqrt(1.0 / BINS)
    lifted = table * (1 + _LIFTER / 2 * np.sin(np.pi * order / _LIFTER))[:, None]
    return np.ascontiguousarray(lifted.T).astype(np.float32)


def _mel(hertz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return 1127.0 * np.log(1.0 + np.asarray(hertz) / 700.0)


def _filters(warp: float) -> Matrix:
    low = float(_mel(LOW))
    width = (float(_mel(HIGH)) - low) / (BINS + 1)
    hertz = np.arange(POINTS // 2) * RATE / POINTS
    if warp != 1.0:
        knee = _KNEE / max(warp, 1.0)
        above = knee / warp + (hertz - knee) * (RATE / 2 - knee / warp) / (RATE / 2 - knee)
        hertz = np.where(hertz > knee, above, hertz / warp)
    mel = _mel(hertz)
    made = np.zeros((POINTS // 2, BINS), np.float32)
    for number in range(BINS):
        left = low + number * width
        middle, right = left + width, left + 2 * width
        rising, falling = (mel - left) / width, (right - mel) / width
        made[:, number] = np.where((mel > left) & (mel < right), np.where(mel <= middle, rising, falling), 0)
    return made


WARPS = (0.88, 0.92, 0.96, 1.0, 1.0, 1.0, 1.04, 1.08, 1.12)
_BANKS = {warp: _filters(warp) for warp in set(WARPS)}
_DCT = _cosines()


def mfcc(sound: npt.ArrayLike, rng: np.random.Generator | None = None, warp: float = 1.0) -> Matrix:
    """Samples at RATE, of 16-bit size → (frames, BINS). With ``rng`` the signal is dithered."""
    samples = np.asarray(sound, np.float32)
    count = 1 + (len(samples) - WINDOW) // SHIFT
    if count < 1:
        return np.zeros((0, BINS), np.float32)
    if rng is not None:
        samples = samples + rng.standard_normal(len(samples), dtype=np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::SHIFT][:count]
    frames = frames - frames.mean(1, keepdims=True)
    emphasised = np.empty_like(frames)
    emphasised[:, 1:] = frames[:, 1:] - _PRE_EMPHASIS * frames[:, :-1]
    emphasised[:, 0] = (1 - _PRE_EMPHASIS) * frames[:, 0]
    spectrum = np.fft.rfft(emphasised * _POVEY, POINTS, axis=1)[:, : POINTS // 2]
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    cepstra: Matrix = np.log(np.maximum(power @ _BANKS[warp], _FLOOR)) @ _DCT
    return cepstra
