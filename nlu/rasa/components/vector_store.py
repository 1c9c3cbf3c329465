"""Keeps sentence vectors between the steps of one training, and between trainings in a file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np


class VectorStore:
    """Vectors by text. With a file, what one training computed the next one finds (keyed by SHA-256)."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._vectors: dict[str, np.ndarray] = {}
        if path is not None and path.exists():
            with np.load(path) as stored:
                self._vectors = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))

    def vectors(self, texts: list[str], encode: Callable[[list[str]], np.ndarray]) -> np.ndarray:
        """The texts' vectors, shape (texts, dimension); ``encode`` is asked for the unknown ones only."""
        keys = [hashlib.sha256(text.encode("utf-8")).hexdigest() for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._vectors}
        if missing:
            self._vectors.update(zip(missing, encode(list(missing.values())), strict=True))
        return np.stack([self._vectors[key] for key in keys])

    def keep_only(self, texts: list[str]) -> None:
        """Forget all other texts and write the file, if there is one."""
        keys = sorted({hashlib.sha256(text.encode("utf-8")).hexdigest() for text in texts})
        self._vectors = {key: self._vectors[key] for key in keys}
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft = self._path.with_suffix(".tmp.npz")
            np.savez(draft, keys=np.array(keys), vectors=np.stack([self._vectors[key] for key in keys]))
            draft.replace(self._path)
