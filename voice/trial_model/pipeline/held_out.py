"""Recordings to measure with: sentences by espeak-ng voices that training never heard, as a telephone carries them.

    python -m voice.trial_model.pipeline.held_out SENTENCES.txt FOLDER [SEED]

One sentence a line in Chinese characters. Writes 8 kHz WAVs and transcripts.tsv. Needs Debian's espeak-ng.
"""

from __future__ import annotations

import io
import random
import subprocess
import sys
import wave
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from voice.trial_model.pipeline.callers import Callers
from voice.trial_model.pipeline.numbers import spoken_runs
from voice.trial_model.pipeline.words import Cutter, pronunciations

# espeak-ng variants kept out of the training (which uses the list in speech_data.py).
HELD_OUT_VOICES = ("m7", "f4", "belinda", "paul", "steph3", "victor", "caleb", "iven3")
RATE = 8000
_BAND = (300, 3400)  # hertz that a telephone line lets through
_BEFORE, _AFTER = 0.3, 0.7  # seconds of line noise round a sentence

Sound = npt.NDArray[np.float64]


def main(sentences: str, folder: str, seed: str = "2026") -> None:
    """Write one recording per sentence."""
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(int(seed))
    callers = Callers(random.Random(0))  # noqa: S311
    cut = Cutter((), callers.slots["星期"])
    lines = []
    for number, line in enumerate(Path(sentences).read_text(encoding="utf-8").splitlines()):
        text = "".join(spoken_runs(line))
        words = [spoken_syllables(word) for word in cut(text)]
        name = f"{number:03d}.wav"
        _write(out / name, telephone(rng, _say(rng, words)))
        lines.append(f"{name}\t{text}\n")
    (out / "transcripts.tsv").write_text("".join(lines), encoding="utf-8")


def spoken_syllables(word: str) -> list[str]:
    """A word's syllables with the tones they have beside each other (third before third, 不 before fourth)."""
    said = pronunciations(word)[0].split()
    for at, (this, following) in enumerate(pairwise(said)):
        if this[-1] == following[-1] == "3":
            said[at] = this[:-1] + "2"
        elif this == "bu4" and following[-1] == "4":
            said[at] = "bu2"
    return said


def telephone(rng: np.random.Generator, sound: Sound) -> npt.NDArray[np.int16]:
    """A sentence at RATE as it comes over a line: its band, some level, some noise, G.711's μ-law."""
    sound = np.concatenate([np.zeros(int(_BEFORE * RATE)), sound, np.zeros(int(_AFTER * RATE))])
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    spectrum *= (
        1 / np.sqrt(1 + (_BAND[0] / np.maximum(hertz, 1)) ** 8) / np.sqrt(1 + (hertz / _BAND[1]) ** 16)
    )
    sound = np.fft.irfft(spectrum, len(sound))
    sound *= 32768 * 10 ** (rng.uniform(-14, -4) / 20) / np.abs(sound).max()
    noise = np.fft.irfft(
        np.fft.rfft(rng.standard_normal(len(sound))) / np.sqrt(np.maximum(hertz, 10)), len(sound)
    )
    sound += noise / np.std(noise) * np.std(sound) * 10 ** (-rng.uniform(15, 30) / 20)
    return _mu_law(np.clip(sound, -32767, 32767)).astype(np.int16)


def _mu_law(sound: Sound) -> Sound:
    """What is left after 8-bit companding (ITU-T G.711, as its continuous formula)."""
    small = np.sign(sound) * np.log1p(255 * np.abs(sound) / 32768) / np.log(256)
    steps = np.round((small + 1) * 127.5) / 127.5 - 1
    back: Sound = np.sign(steps) * (np.power(256, np.abs(steps)) - 1) / 255 * 32768
    return np.clip(back, -32767, 32767)


def _say(rng: np.random.Generator, words: Iterable[list[str]]) -> Sound:
    voice = HELD_OUT_VOICES[rng.integers(len(HELD_OUT_VOICES))]
    text = " ".join(syllable.replace("v", "ü") for word in words for syllable in word)
    speed, pitch = str(rng.integers(150, 260)), str(rng.integers(25, 70))
    command = ["espeak-ng", "-v", f"cmn-latn-pinyin+{voice}", "-s", speed, "-p", pitch, "--stdout", text]
    done = subprocess.run(command, check=True, capture_output=True)
    with wave.open(io.BytesIO(done.stdout)) as file:
        rate = file.getframerate()
        samples = np.frombuffer(done.stdout[44:], "<i2")
    said: Sound = soxr.resample(samples.astype(np.float64), rate, RATE)
    return said


def _write(path: Path, samples: npt.NDArray[np.int16]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())


if __name__ == "__main__":
    main(*sys.argv[1:4])
