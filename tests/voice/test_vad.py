"""Speech told from what is none, on a telephone line."""

from __future__ import annotations

import numpy as np
import pytest

from tests.voice.recordings import recordings
from tests.voice.test_call import at_level, cough
from tests.voice.test_tones import press
from voice.player import level
from voice.vad import Detectors, SpeechDetector

RATE, FRAME = 8000, 320


def share(pcm: bytes, rate: int = RATE) -> float:
    """The share of frames called speech."""
    detector, size = SpeechDetector(rate), rate // 25
    frames = [pcm[i : i + size] for i in range(0, len(pcm) - size + 1, size)]
    return sum(detector.hear(frame, level(frame)) for frame in frames) / len(frames)


def sound(samples: np.ndarray, decibels: float) -> bytes:
    """Samples at a loudness."""
    return at_level((8000 * samples / np.abs(samples).max()).astype("<i2").tobytes(), decibels)


_TIMES = np.arange(RATE * 4) / RATE
_GENERATOR = np.random.default_rng(3)
_NONE = {
    "nothing": bytes(RATE * 4),
    "hiss": sound(_GENERATOR.normal(size=RATE * 4), -35),
    "hum": sound(np.sin(2 * np.pi * 150 * _TIMES), -25),
    "ringing": sound(np.sin(2 * np.pi * 450 * _TIMES), -20),
    "coughs": (cough() + bytes(8000)) * 3,
    "keys": b"".join(press(key, RATE) + bytes(1600) for key in "147369*0#"),
}


@pytest.mark.parametrize("pcm", _NONE.values(), ids=_NONE)
def test_what_is_no_speech(pcm: bytes) -> None:
    assert share(pcm) < 0.03


@pytest.mark.parametrize("decibels", [-12, -30, -45])
def test_speech_at_any_loudness(decibels: float) -> None:
    for recording in recordings()[:6]:
        frames = [recording.pcm[i : i + FRAME] for i in range(0, len(recording.pcm) - FRAME + 1, FRAME)]
        loudest = max(level(frame) for frame in frames)
        loud = sum(level(frame) > loudest - 15 for frame in frames) / len(frames)
        assert share(at_level(recording.pcm, decibels)) > 0.8 * loud


def test_a_detector_that_is_given_back_has_forgotten_the_line() -> None:
    detectors = Detectors()
    used = detectors.take(RATE)
    pcm = recordings()[0].pcm
    first = [used.hear(pcm[i : i + FRAME], -20.0) for i in range(0, FRAME * 50, FRAME)]
    detectors.give_back(used)
    assert detectors.take(RATE) is used
    assert [used.hear(pcm[i : i + FRAME], -20.0) for i in range(0, FRAME * 50, FRAME)] == first


def test_browsers_have_16_khz() -> None:
    assert share(bytes(RATE * 4), 16000) == 0.0
    assert Detectors().take(16000).sample_rate == 16000
