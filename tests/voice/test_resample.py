"""Changing the sample rate of a stream."""

from __future__ import annotations

import math

import numpy as np
import pytest

from voice.resample import Resampler


def tone(frequency: float, rate: int, seconds: float = 0.5) -> bytes:
    t = np.arange(int(rate * seconds)) / rate
    return (8000 * np.sin(2 * math.pi * frequency * t)).astype("<i2").tobytes()


def samples(pcm: bytes) -> np.ndarray:
    return np.frombuffer(pcm, "<i2").astype(float)


def same(one: bytes, other: bytes) -> bool:
    """Equal but for the last bit, which soxr dithers."""
    return len(one) == len(other) and bool(np.all(np.abs(samples(one) - samples(other)) <= 2))


@pytest.mark.parametrize(
    ("source", "target"), [(8000, 16_000), (16_000, 8000), (44_100, 8000), (8000, 48_000)]
)
@pytest.mark.parametrize("piece", [2, 320, 1234, 100_000])
def test_pieces_give_the_same_as_the_whole(source: int, target: int, piece: int) -> None:
    pcm = tone(440, source, 0.2)
    whole = Resampler(source, target)
    expected = whole.feed(pcm) + whole.finish()
    stream = Resampler(source, target)
    got = b"".join(stream.feed(pcm[i : i + piece]) for i in range(0, len(pcm), piece)) + stream.finish()
    assert same(got, expected)
    assert len(got) / 2 == pytest.approx(0.2 * target, abs=2)


def test_a_tone_stays_a_tone_of_the_same_level() -> None:
    stream = Resampler(8000, 16_000)
    got = samples(stream.feed(tone(1000, 8000)) + stream.finish())[2000:-2000]
    spectrum = np.abs(np.fft.rfft(got * np.hanning(len(got))))
    peak = np.argmax(spectrum) * 16_000 / len(got)
    assert peak == pytest.approx(1000, abs=5)
    assert np.sqrt(np.mean(got**2)) == pytest.approx(8000 / math.sqrt(2), rel=0.02)


def test_what_the_lower_rate_cannot_carry_is_gone() -> None:
    stream = Resampler(16_000, 8000)
    got = samples(stream.feed(tone(6000, 16_000)) + stream.finish())[500:-500]
    assert np.sqrt(np.mean(got**2)) < 8  # 57 dB below what went in


def test_nothing_is_held_back_for_long() -> None:
    stream = Resampler(8000, 16_000)
    given = sum(len(stream.feed(bytes(320))) for _ in range(50))
    assert given / 2 / 16_000 > 50 * 0.02 - 0.04


def test_finish_and_reset_begin_a_new_stream() -> None:
    pcm = tone(440, 8000, 0.1)
    stream = Resampler(8000, 16_000)
    first = stream.feed(pcm) + stream.finish()
    assert same(stream.feed(pcm) + stream.finish(), first)
    stream.feed(pcm)
    stream.reset()
    assert same(stream.feed(pcm) + stream.finish(), first)


def test_an_equal_rate_passes_through_and_half_a_sample_is_dropped() -> None:
    stream = Resampler(8000, 8000)
    assert stream.feed(b"\x01\x02\x03") == b"\x01\x02"
    assert stream.finish() == b""
    assert len(Resampler(8000, 16_000).feed(b"\x01")) == 0
