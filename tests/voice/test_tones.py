"""Keys heard as tones."""

from __future__ import annotations

import numpy as np
import pytest

from tests.voice.recordings import recordings
from voice.player import level
from voice.tones import ToneDetector

ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
LAYOUT = "123A456B789C*0#D"


def press(key: str, rate: int, twist: float = 0.0, noise: float = 30.0, off: float = 0.0) -> bytes:
    """100 ms of a key's tone: twist in dB, noise as signal to noise in dB, frequencies off by a share."""
    place, times = LAYOUT.index(key), np.arange(rate // 10) / rate
    sound = 0.1 * 10 ** (twist / 20) * np.sin(2 * np.pi * ROWS[place // 4] * (1 + off) * times + 1)
    sound += 0.1 * np.sin(2 * np.pi * COLUMNS[place % 4] * (1 - off) * times)
    power = float(np.mean(sound**2))
    sound += np.random.default_rng(3).normal(size=len(sound)) * np.sqrt(power * 10 ** (-noise / 10))
    return (32767 * sound).astype("<i2").tobytes()


def heard(pcm: bytes, rate: int) -> tuple[str, int]:
    """The keys found, and the frames taken for a tone."""
    detector, keys, tones, size = ToneDetector(rate), "", 0, rate // 25
    for start in range(0, len(pcm) - size + 1, size):
        frame = pcm[start : start + size]
        tone, key = detector.hear(frame, level(frame))
        keys, tones = keys + (key or ""), tones + tone
    return keys, tones


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("key", LAYOUT)
def test_every_key_is_heard_once(key: str, rate: int) -> None:
    assert heard(press(key, rate), rate) == (key, 5)


@pytest.mark.parametrize(("twist", "noise", "off"), [(4, 15, 0.01), (-8, 15, -0.01), (7, 30, 0.015)])
def test_bad_lines_do_not_hide_keys(twist: float, noise: float, off: float) -> None:
    assert heard(press("5", 8000, twist, noise, off), 8000)[0] == "5"


def test_the_same_key_twice_is_two_keys() -> None:
    assert heard(press("7", 8000) + bytes(1600) + press("7", 8000), 8000)[0] == "77"


def test_speech_is_no_key() -> None:
    assert [heard(recording.pcm, recording.sample_rate) for recording in recordings()] == [
        ("", 0) for _ in recordings()
    ]


def test_a_ringing_tone_and_noise_are_no_key() -> None:
    times = np.arange(16000) / 8000
    ringing = (8000 * np.sin(2 * np.pi * 450 * times)).astype("<i2").tobytes()
    noise = np.random.default_rng(1).normal(0, 3000, 16000).astype("<i2").tobytes()
    assert heard(ringing, 8000) == ("", 0)
    assert heard(noise, 8000) == ("", 0)


def test_a_frame_of_another_length_is_no_key() -> None:
    assert ToneDetector(8000).hear(press("5", 8000)[:200], -20.0) == (False, None)
