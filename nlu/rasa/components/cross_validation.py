"""Guesses on training sentences by classifiers that have not seen them, nor any copy of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from components.regressions import Regressions
from components.syllables import syllables
from components.trust import Guesses

FIGURES = "cross_validation.json"


class Folds:
    """Training texts in ``count`` parts. What sounds the same, a sentence and its misheard copies, stays together."""

    def __init__(self, texts: list[str], count: int) -> None:
        sounds = [" ".join(syllables(text)) or text for text in texts]
        numbers = {sound: number for number, sound in enumerate(dict.fromkeys(sounds))}
        self.count = count
        self.groups = np.array([numbers[sound] for sound in sounds])
        self.first = np.unique(self.groups, return_index=True)[
            1
        ]  # where each group's written sentence stands
        self._part = np.array([_part(sound, count) for sound in sounds])

    def guess(self, rows: Any, fit: Callable[[np.ndarray], Regressions], intents: list[str]) -> Guesses:
        """Guesses for all rows; ``fit`` makes regressions of the rows at some positions.

        An intent that a part's regressions do not know has probability 0 there.
        """
        shares = np.zeros((len(self.groups), len(intents)), dtype=np.float32)
        alone = np.zeros_like(shares)
        for part in range(self.count):
            left_out = np.flatnonzero(self._part == part)
            if not len(left_out):
                continue
            regressions = fit(np.flatnonzero(self._part != part))
            guesses = regressions.guess(rows[left_out])
            columns = [intents.index(intent) for intent in regressions.intents]
            shares[np.ix_(left_out, columns)] = guesses.shares
            alone[np.ix_(left_out, columns)] = guesses.alone
        return Guesses(shares, alone)


def write_figures(folder: Path, folds: Folds, right: np.ndarray) -> None:
    """Keep how many of the guesses were right, of the written sentences and of their copies, for the report."""
    written = np.zeros(len(right), dtype=bool)
    written[folds.first] = True
    figures = {
        "folds": folds.count,
        "sentences": int(written.sum()),
        "accuracy": round(float(right[written].mean()), 4),
        "accuracy_misheard": round(float(right[~written].mean()), 4) if (~written).any() else None,
    }
    (folder / FIGURES).write_text(json.dumps(figures), encoding="utf-8")


def _part(sound: str, count: int) -> int:
    return int(hashlib.sha256(sound.encode("utf-8")).hexdigest(), 16) % count
