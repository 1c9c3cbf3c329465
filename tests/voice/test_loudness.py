"""Loudness: even, limited, without clicks."""

from __future__ import annotations

import numpy as np
import pytest

from voice.loudness import CEILING, TARGET, active_level, louder, prepare

RATE = 8000


def tone(seconds: float, amplitude: float, rate: int = 22050) -> bytes:
    """A voice-like sound: a tone of 200 Hz that swells and falls four times a second."""
    t = np.arange(round(seconds * rate)) / rate
    wave = np.sin(2 * np.pi * 200 * t) * (0.55 + 0.45 * np.sin(2 * np.pi * 4 * t))
    return (wave * amplitude * 32767).astype("<i2").tobytes()


def samples(pcm: bytes) -> np.ndarray:
    return (np.frombuffer(pcm, "<i2") / 32768).astype(np.float32)


@pytest.mark.parametrize("amplitude", [0.02, 0.1, 0.5, 0.95])
def test_what_is_said_is_equally_loud_whatever_came_in(amplitude):
    level = active_level(samples(prepare(tone(2, amplitude), 22050, RATE, 0.3)), RATE)
    assert level == pytest.approx(TARGET, abs=0.5)


def test_pauses_do_not_count():
    broken = tone(1, 0.3) + bytes(2 * 22050) + tone(1, 0.3)
    whole, gap = (samples(prepare(sound, 22050, RATE, 0)) for sound in (tone(2, 0.3), broken))
    assert active_level(gap, RATE) == pytest.approx(active_level(whole, RATE), abs=0.5)


def test_ends_are_trimmed_and_the_pause_is_as_asked():
    sound = bytes(22050) + tone(1, 0.3) + bytes(22050 * 2)
    out = prepare(sound, 22050, RATE, 0.5)
    assert len(out) / 2 / RATE == pytest.approx(1.5, abs=0.1)
    assert not any(out[-round(0.5 * RATE) * 2 :])


def test_joins_do_not_click():
    out = samples(prepare(tone(1, 0.9), 22050, RATE, 0))
    assert abs(out[0]) < 0.001
    assert abs(out[-1]) < 0.001


def test_louder_never_goes_over_the_ceiling():
    sound = prepare(tone(1, 0.9), 22050, RATE, 0)
    twice = samples(louder(sound, 2.0))
    assert np.abs(twice).max() <= CEILING + 0.001
    assert active_level(twice, RATE) > TARGET + 3
    assert louder(sound, 1.0) == sound


def test_silence_gives_the_pause_alone():
    assert prepare(bytes(44100), 22050, RATE, 0.2) == bytes(round(0.2 * RATE) * 2)
    assert active_level(np.zeros(800, np.float32), RATE) is None
