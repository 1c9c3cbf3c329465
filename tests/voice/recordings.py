"""The recordings: sentences of callers by synthetic voices that the trial model was not trained on, 8 kHz."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "fixtures" / "speech"


@dataclass(frozen=True, slots=True)
class Recording:
    """One WAV: its file's name, its samples (16-bit little-endian mono) and what is said."""

    name: str
    pcm: bytes
    sample_rate: int
    text: str


@cache
def recordings() -> tuple[Recording, ...]:
    """All recordings, in the order of their names."""
    found = []
    for line in (FOLDER / "transcripts.tsv").read_text(encoding="utf-8").splitlines():
        name, text = line.split("\t")
        with wave.open(str(FOLDER / name)) as file:
            found.append(Recording(name, file.readframes(file.getnframes()), file.getframerate(), text))
    return tuple(found)
