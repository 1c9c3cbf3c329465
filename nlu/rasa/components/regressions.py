"""Logistic regressions, one for each intent against all others: fitted, asked, kept in a model's folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from components.trust import Guesses

_WEIGHTS = "weights.npz"
_INTENTS = "intents.json"


class Regressions:
    """Coefficients of shape (columns, intents) and intercepts of shape (intents,)."""

    def __init__(self, intents: list[str], coefficients: np.ndarray, intercepts: np.ndarray) -> None:
        self.intents, self._coefficients, self._intercepts = intents, coefficients, intercepts

    @classmethod
    def fit(cls, rows: Any, intents: list[str], regularization: float, tolerance: float) -> Regressions:
        """Fit to rows of features, shape (sentences, columns).

        The many out-of-scope sentences keep their weight: balanced by intent, fewer foreign ones are recognised.
        """
        regression = LogisticRegression(
            solver="liblinear",
            multi_class="ovr",
            dual=True,
            C=regularization,
            tol=tolerance,
            random_state=0,
        )
        regression.fit(rows, intents)
        coefficients, intercepts = regression.coef_, regression.intercept_
        if len(regression.classes_) == 2:  # scikit-learn keeps the second one's only
            coefficients, intercepts = np.vstack([-coefficients, coefficients]), np.tile(intercepts, 2)
            intercepts[0] *= -1
        names = [str(intent) for intent in regression.classes_]
        return cls(names, coefficients.T.astype(np.float32), intercepts.astype(np.float32))

    def guess(self, rows: Any) -> Guesses:
        """Each intent's probability for rows of features, and the same with a sum of 1."""
        scores = np.asarray(rows @ self._coefficients) + self._intercepts
        alone = 1 / (1 + np.exp(-scores))
        return Guesses(alone / alone.sum(axis=1, keepdims=True), alone)

    def write(self, folder: Path) -> None:
        """Keep them in a model's folder."""
        np.savez(folder / _WEIGHTS, coefficients=self._coefficients, intercepts=self._intercepts)
        (folder / _INTENTS).write_text(json.dumps(self.intents), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Regressions:
        """What ``write`` kept."""
        intents = json.loads((folder / _INTENTS).read_text(encoding="utf-8"))
        with np.load(folder / _WEIGHTS) as weights:
            return cls(intents, weights["coefficients"], weights["intercepts"])
