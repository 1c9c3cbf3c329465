"""How far a best guess is to be trusted: a small regression over what speaks for and against it.

A classifier among known intents is sure of itself on sentences from another world too. So its scores are weighed
together with how near the sentence lies to what was ever written for the intent, and for anything foreign; the weights
are learnt from guesses on sentences that the guessing classifier had not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

_NEAREST = 3  # sentences that are looked at
_AT_ONCE = 1000  # sentences compared with all others in one step
_NOBODY = -1.0  # similarity to a sentence that must not count


@dataclass(frozen=True, slots=True)
class Guesses:
    """Probabilities by intent, shape (sentences, intents) with rows of sum 1, and each intent's own before that."""

    shares: np.ndarray
    alone: np.ndarray

    def best(self, foreign: int) -> np.ndarray:
        """The column of each sentence's most probable intent that is not the foreign one."""
        inside = self.shares.copy()
        inside[:, foreign] = -1.0
        return inside.argmax(axis=1)


class Trust:
    """The probability that the best intent in scope is the one meant.

    ``vectors`` are the sentences known, of length 1, shape (known, dimension); ``owners`` the columns of their
    intents; ``foreign`` the column of the intent that stands for everything out of scope; ``weights`` one for each
    of the signs, and one alone at the end.
    """

    FILE = "trust.npz"

    def __init__(
        self, vectors: np.ndarray, owners: np.ndarray, foreign: int, weights: np.ndarray | None = None
    ) -> None:
        self.foreign = foreign
        self._vectors, self._owners, self._weights = vectors.astype(np.float32), owners, weights

    def learn(
        self, guesses: Guesses, vectors: np.ndarray, meant: np.ndarray, groups: np.ndarray, known: np.ndarray
    ) -> None:
        """Learn from guesses on unseen sentences; ``meant`` are columns.

        ``groups`` number the sentences, a sentence and its copies alike, and ``known`` the known ones by the same
        numbers: nothing is compared with itself.
        """
        signs = []
        for start in range(0, len(vectors), _AT_ONCE):
            at = slice(start, start + _AT_ONCE)
            some = Guesses(guesses.shares[at], guesses.alone[at])
            itself = groups[at][:, None] == known[None, :]
            signs.append(self._signs(some, vectors[at], itself))
        scaler = StandardScaler().fit(np.vstack(signs))
        right = guesses.best(self.foreign) == meant
        regression = LogisticRegression(max_iter=500).fit(scaler.transform(np.vstack(signs)), right)
        slopes = regression.coef_[0] / scaler.scale_
        self._weights = np.append(slopes, regression.intercept_[0] - slopes @ scaler.mean_)

    def of(self, guesses: Guesses, vectors: np.ndarray) -> np.ndarray:
        """For each sentence the probability that its best intent in scope is meant, shape (sentences,)."""
        if self._weights is None:
            raise ValueError("nothing is learnt yet")
        signs = self._signs(guesses, vectors)
        return 1 / (1 + np.exp(-(signs @ self._weights[:-1] + self._weights[-1])))

    def _signs(self, guesses: Guesses, vectors: np.ndarray, itself: np.ndarray | None = None) -> np.ndarray:
        rows = np.arange(len(vectors))
        best = guesses.best(self.foreign)
        others = guesses.shares.copy()
        others[rows, best] = others[:, self.foreign] = 0.0
        likeness = vectors.astype(np.float32) @ self._vectors.T
        if itself is not None:
            likeness[itself] = _NOBODY
        is_foreign = self._owners == self.foreign
        own = np.where(self._owners[None, :] == best[:, None], likeness, _NOBODY)
        inside, outside = likeness[:, ~is_foreign], likeness[:, is_foreign]
        return np.stack(
            [
                _log_odds(guesses.shares[rows, best]),
                _log_odds(guesses.shares[:, self.foreign]),
                _log_odds(guesses.alone[rows, best]),
                _log_odds(others.max(axis=1)),
                (_nearest(own) + own.max(axis=1)) / 2,
                _nearest(inside),
                _nearest(outside),
                inside.max(axis=1) - outside.max(axis=1),
            ],
            axis=1,
        )

    def write(self, folder: Path) -> None:
        """Keep it in a model's folder."""
        np.savez(
            folder / self.FILE,
            vectors=self._vectors.astype(np.float16),
            owners=self._owners,
            foreign=self.foreign,
            weights=self._weights,
        )

    @classmethod
    def read(cls, folder: Path) -> Trust:
        """What ``write`` kept."""
        with np.load(folder / cls.FILE) as kept:
            return cls(kept["vectors"], kept["owners"], int(kept["foreign"]), kept["weights"])


def shared_out(shares: np.ndarray, trust: float, foreign: int) -> np.ndarray:
    """One sentence's confidences, sum 1: the best intent in scope gets ``trust``, the others in scope keep their
    distance to it, and what is left is the foreign one's."""
    inside = np.delete(np.arange(len(shares)), foreign)
    best = inside[shares[inside].argmax()]
    confidences = shares * (trust / max(shares[best], 1e-9))
    confidences[best] = confidences[foreign] = 0.0
    rest = 1.0 - trust
    if confidences.sum() > rest:
        confidences *= rest / confidences.sum()
    confidences[foreign] = rest - confidences.sum()
    confidences[best] = trust
    return confidences


def _nearest(likeness: np.ndarray) -> np.ndarray:
    """Mean of each row's greatest few; of all where there are not so many."""
    few = min(_NEAREST, likeness.shape[1])
    return np.partition(likeness, -few, axis=1)[:, -few:].mean(axis=1)


def _log_odds(probability: np.ndarray) -> np.ndarray:
    inside = np.clip(probability, 1e-4, 1 - 1e-4)
    return np.log(inside / (1 - inside))
