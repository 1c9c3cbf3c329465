"""Voice messages to samples."""

from __future__ import annotations

import numpy as np
import pytest

from bot.ports import TranscriptionUnavailable
from webhooks.media import SAMPLE_RATE, BadVoice, NoTranscriber, decode_amr
from webhooks.standin.audio import sample_voice


def test_amr_becomes_samples_of_the_same_length_and_tones():
    samples = np.frombuffer(decode_amr(sample_voice(2.0)), dtype="<i2")
    assert len(samples) / SAMPLE_RATE == pytest.approx(2.0, abs=0.05)
    spectrum = np.abs(np.fft.rfft(samples.astype(float)))
    loudest = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)[spectrum.argmax()]
    assert loudest == pytest.approx(440, abs=10) or loudest == pytest.approx(550, abs=10)


@pytest.mark.parametrize(
    "data", [b"", b"junk", b"RIFF....WAVEfmt ", b"#!AMR\n", b"#!AMR\n" + b"\xff" * 500, b"ID3\x03"]
)
def test_what_is_not_amr(data):
    with pytest.raises(BadVoice):
        decode_amr(data)


def test_longer_than_wechat_records():
    with pytest.raises(BadVoice, match="longer"):
        decode_amr(sample_voice(70.0))


def test_without_a_recogniser():
    with pytest.raises(TranscriptionUnavailable):
        NoTranscriber().transcribe(b"", SAMPLE_RATE)
    assert "打字" in TranscriptionUnavailable.spoken
