"""What callers say, spoken by a voice that is not the hotline's own."""

from __future__ import annotations

import subprocess
import wave
from pathlib import Path

import numpy as np
import soxr

from tests.voice.telephony.telephone import RATE, write_wav
from voice.pinyin import to_pinyin

_VOICE, _PITCH, _WORDS_A_MINUTE = "cmn-latn-pinyin+f2", 60, 130
_LOUD = 9000.0  # of 32,768


def spoken(text: str, path: Path) -> Path:
    """A sentence as an 8 kHz file."""
    raw = path.with_suffix(".raw.wav")
    said = to_pinyin(text)
    subprocess.run(
        ["espeak-ng", "-v", _VOICE, "-p", str(_PITCH), "-s", str(_WORDS_A_MINUTE), "-w", str(raw), said],
        check=True,
        capture_output=True,
    )
    with wave.open(str(raw)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
        rate = file.getframerate()
    narrow = soxr.resample(samples, rate, RATE)
    return write_wav(path, (narrow * (_LOUD / np.abs(narrow).max())).astype("<i2").tobytes())
