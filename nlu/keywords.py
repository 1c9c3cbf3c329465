"""Understanding without the NLU server: every intent's telling characters, sounds and topic words, weighed.

The weights are reckoned in the process itself, from the same written sentences that Rasa is trained on, as in
complement naive Bayes (Rennie et al., "Tackling the Poor Assumptions of Naive Bayes Text Classifiers", 2003):
no server, no model file, half a second once. Coarser than Rasa, so its confidence stays below 0.9.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from bot.messages import Intent
from nlu.homophones import merged_sound
from nlu.intents import FALLBACK, INTENTS
from nlu.topic_words import find_topics
from nlu.training_data import parse_example

SENTENCES = Path(__file__).resolve().parent / "rasa" / "data"

_LEAST_SENTENCES = 2  # a feature of one sentence only tells nothing
_SMOOTHING = 0.3
_TOPIC_WEIGHT = 3
# Turns scores into probabilities. Likelihood in three-fold cross-validation is best at 1.1; a little less, because a
# wrong rule told costs more than a question asked back.
_SHARPNESS = 0.8
_HIGHEST = 0.9
_RANKED = 5
_LONGEST = 300  # characters looked at

Weights = NDArray[np.float32]


@dataclass(frozen=True)
class Weighing:
    """Weights of features (rows) for intents (columns), and each feature's share of telling."""

    intents: tuple[str, ...]
    rows: dict[str, int]
    telling: Weights
    weights: Weights

    def scores(self, text: str) -> Weights | None:
        """One score per intent, or None where no feature of the text is known."""
        found = _vector(_features(text), self.rows, self.telling)
        if found is None:
            return None
        rows, values = found
        return np.asarray(values @ self.weights[rows], dtype=np.float32)


def parse(text: str) -> tuple[Intent, ...]:
    """The likeliest intents of a normalised text, best first, with confidences below 0.9.

    nlu_fallback with confidence 0 where nothing in the text is known. Never raises for odd text.
    """
    weighing = _weighing()
    scores = weighing.scores(text[:_LONGEST])
    if scores is None:
        return (Intent(FALLBACK, 0.0),)
    likelihood = np.exp(_SHARPNESS * (scores - scores.max()))
    likelihood /= likelihood.sum()
    best = np.argsort(-likelihood, kind="stable")[:_RANKED]
    return tuple(Intent(weighing.intents[i], min(_HIGHEST, float(likelihood[i]))) for i in best)


def weigh(sentences: Iterable[tuple[str, str]]) -> Weighing:
    """The weights learnt from (text, intent) pairs."""
    rows = [(_features(text), intent) for text, intent in sentences]
    seen = Counter(feature for features, _ in rows for feature in features)
    index = {f: i for i, f in enumerate(sorted(f for f, n in seen.items() if n >= _LEAST_SENTENCES))}
    telling = np.array([np.log(len(rows) / seen[f]) for f in index], dtype=np.float32)
    intents = tuple(sorted({intent for _, intent in rows}))
    column = {intent: i for i, intent in enumerate(intents)}
    mass = np.zeros((len(index), len(intents)), dtype=np.float64)
    for features, intent in rows:
        found = _vector(features, index, telling)
        if found is not None:
            mass[found[0], column[intent]] += found[1]
    inside, outside = mass + _SMOOTHING, mass.sum(axis=1, keepdims=True) - mass + _SMOOTHING
    weights = np.log(inside / inside.sum(axis=0)) - np.log(outside / outside.sum(axis=0))
    weights /= np.abs(weights).mean(axis=0)
    return Weighing(intents, index, telling, weights.astype(np.float32))


def _features(text: str) -> Counter[str]:
    """Single characters, pairs, pairs of merged sounds, and topics named outright."""
    plain = re.sub(r"\W", "", text.lower())
    if not plain:
        return Counter()
    framed = f"^{plain}$"
    found: Counter[str] = Counter(plain)
    found.update(framed[i : i + 2] for i in range(len(framed) - 1))
    sounds = [merged_sound(c) for c in plain]
    found.update(f"/{a}-{b}" for a, b in pairwise(sounds))
    for topic in find_topics(text):
        found[f"topic:{topic.value}"] = _TOPIC_WEIGHT
    return found


def _vector(
    features: Counter[str], rows: dict[str, int], telling: Weights
) -> tuple[NDArray[np.int64], Weights] | None:
    """The known features as row numbers and values of length one."""
    known = [(rows[f], n) for f, n in features.items() if f in rows]
    if not known:
        return None
    at = np.array([row for row, _ in known], dtype=np.int64)
    values = np.log1p(np.array([n for _, n in known], dtype=np.float32)) * telling[at]
    length = float(np.linalg.norm(values))
    return (at, values / length) if length > 0 else None


def read_sentences(folder: Path) -> Iterator[tuple[str, str]]:
    """(text, intent) pairs of the written sentences, without marks."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for file in sorted(folder.glob("*.yml")):
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506  (a safe loader)
        for entry in content["nlu"]:
            if entry["intent"] in INTENTS:
                for line in entry["examples"].splitlines():
                    yield parse_example(entry["intent"], line.removeprefix("- ")).text, entry["intent"]


@cache
def _weighing() -> Weighing:
    return weigh(read_sentences(SENTENCES))


def warm_up() -> None:
    """Reckon the weights now (about half a second) instead of with the first sentence of an outage."""
    _weighing()
