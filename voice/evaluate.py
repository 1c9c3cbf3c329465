"""How well and how fast a model hears: character error rate over recordings with transcripts.

A folder holds WAVs (16-bit mono, 8 or 16 kHz, or any other rate) and transcripts.tsv: file <tab> what is said. Both sides
are brought to one form before they are compared: Chinese characters, letters and digits alone, digits as they are said.
"""

from __future__ import annotations

import re
import time
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.ports import YinlingError
from voice.leg import SAMPLE_BYTES, frame_bytes
from voice.recogniser import SpeechModel

TRANSCRIPTS = "transcripts.tsv"
_RATES = range(8000, 48_001)
_NOT_SAID = re.compile(r"[^\w]|_")
_DIGITS = str.maketrans("0123456789幺〇两", "零一二三四五六七八九一零二")


class BadRecordings(YinlingError):
    """A folder that cannot be evaluated; the message says which file and why."""

    code = "speech.bad_recordings"


@dataclass(frozen=True, slots=True)
class Measured:
    """One recording: its length in seconds, the processor's seconds for hearing it, characters said and wrong."""

    name: str
    seconds: float
    cpu_seconds: float
    characters: int
    errors: int
    said: str
    heard: str


@dataclass(frozen=True, slots=True)
class _Sound:
    name: str
    pcm: bytes
    sample_rate: int
    text: str


def evaluate(model: SpeechModel, folder: Path) -> Iterator[Measured]:
    """Measure every recording of a folder, in the order of its transcripts. Raises BadRecordings before the first one."""
    sounds = [_sound(folder, name, text) for name, text in _transcripts(folder)]
    return (_measured(model, sound) for sound in sounds)


def error_rate(measured: list[Measured]) -> float:
    """Wrong characters (replaced, left out, added) per hundred that were said."""
    return 100 * sum(m.errors for m in measured) / max(1, sum(m.characters for m in measured))


def table(measured: list[Measured]) -> str:
    """The figures for people to read; the last line gives the error rate in %."""
    lines = [
        f"{m.name}  {m.seconds:5.1f} s  {m.errors:3d} of {m.characters:3d}  {m.said} | {m.heard}"
        for m in measured
    ]
    seconds, cpu = sum(m.seconds for m in measured), sum(m.cpu_seconds for m in measured)
    right = sum(not m.errors for m in measured)
    lines.append(
        f"{len(measured)} recordings, {seconds:.0f} s, {right} without an error; real-time factor {cpu / seconds:.3f}"
    )
    return "\n".join([*lines, f"character error rate: {error_rate(measured):.2f} %"])


def comparable(text: str) -> str:
    """A text as it is compared: what is said of it, digits one by one as callers say them (1 and 幺 are 一)."""
    return _NOT_SAID.sub("", text).lower().translate(_DIGITS)


def distance(said: str, heard: str) -> int:
    """The fewest replaced, left out and added characters between two texts (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for number, character in enumerate(said, 1):
        diagonal, row[0] = row[0], number
        for place, other in enumerate(heard, 1):
            diagonal, row[place] = (
                row[place],
                min(row[place] + 1, row[place - 1] + 1, diagonal + (character != other)),
            )
    return row[-1]


def _measured(model: SpeechModel, sound: _Sound) -> Measured:
    recogniser = model.recogniser(sound.sample_rate)
    frame = frame_bytes(sound.sample_rate)
    started = time.thread_time()
    for at in range(0, len(sound.pcm), frame):
        recogniser.feed(sound.pcm[at : at + frame])
    heard = recogniser.finish().text
    cpu = time.thread_time() - started
    recogniser.close()
    said, got = comparable(sound.text), comparable(heard)
    seconds = len(sound.pcm) / SAMPLE_BYTES / sound.sample_rate
    return Measured(sound.name, seconds, cpu, len(said), distance(said, got), sound.text, heard)


def _transcripts(folder: Path) -> list[tuple[str, str]]:
    file = folder / TRANSCRIPTS
    if not file.is_file():
        raise BadRecordings(
            f"{folder} has no {TRANSCRIPTS} (file, a tab, what is said; one recording a line)."
        )
    found = []
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise BadRecordings(f"{file} is not UTF-8.") from None
    for number, line in enumerate(lines, 1):
        name, tab, text = line.partition("\t")
        if not line.strip():
            continue
        if not tab or not comparable(text):
            raise BadRecordings(f"{file}, line {number}: expected a file, a tab and what is said.")
        found.append((name.strip(), text.strip()))
    if not found:
        raise BadRecordings(f"{file} lists no recording.")
    return found


def _sound(folder: Path, name: str, text: str) -> _Sound:
    try:
        with wave.open(str(folder / name)) as file:
            kind = (file.getnchannels(), file.getsampwidth())
            rate, pcm = file.getframerate(), file.readframes(file.getnframes())
    except FileNotFoundError:
        raise BadRecordings(f"{name} is in {TRANSCRIPTS} but not in the folder.") from None
    except (wave.Error, EOFError, OSError) as error:
        raise BadRecordings(f"{name} cannot be read as a WAV ({error}).") from None
    if kind[0] != 1:
        raise BadRecordings(f"{name} has {kind[0]} channels; recordings must be mono.")
    if kind[1] != SAMPLE_BYTES:
        raise BadRecordings(f"{name} has {8 * kind[1]} bits a sample; recordings must have 16.")
    if rate not in _RATES or not pcm:
        raise BadRecordings(f"{name} is empty or has a strange sample rate ({rate} Hz).")
    return _Sound(name, pcm, rate, text)
