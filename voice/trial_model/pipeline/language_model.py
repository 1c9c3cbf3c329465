"""A back-off trigram by interpolated absolute discounting over weighted counts.

Source: Ney, Essen and Kneser, On structuring probabilistic dependences in stochastic language modelling (1994).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

UNKNOWN, BEGIN, END = "[unk]", "<s>", "</s>"
ORDER = 3
_DISCOUNTS = (0.0, 0.6, 0.7)
_UNKNOWN_MASS = 0.004
_RARE_HISTORY, _RARE_TRIGRAM = 1.0, 0.8  # trigrams below these counts are left to the bigrams
# A bigram or trigram stays only if it makes its occurrences this much likelier, in nats, than backing off would
# (after Stolcke, Entropy-based pruning of backoff language models, 1998). This keeps the whole model below 8 MB.
_WORTH = (0.0, 2.5, 8.0)

History = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BackOff:
    """log P(word | history) where it was seen, and the log weight of backing off where not (None: no way back)."""

    seen: dict[str, float]
    back_off: float | None = None


@dataclass(slots=True)
class _Estimate:
    unigrams: dict[str, float]
    seen: dict[History, dict[str, float]] = field(default_factory=dict)
    weight: dict[History, float] = field(default_factory=dict)

    def probability(self, history: History, word: str) -> float:
        scale = 1.0
        while history:
            found = self.seen.get(history)
            if found is not None:
                if word in found:
                    return scale * found[word]
                scale *= self.weight[history]
            history = history[1:]
        return scale * self.unigrams.get(word, 0.0)


def estimate(
    sentences: Iterable[tuple[float, list[str]]],
    words: Iterable[str],
    general: Mapping[str, int],
    general_mass: float,
) -> dict[History, BackOff]:
    """A model of weighted sentences. ``general`` are words of everyday language with their frequencies, which get
    ``general_mass`` of the unigrams so that every word can be said."""
    counts = _counts(sentences)
    made = _Estimate(_unigrams(counts[0][()], words, general, general_mass))
    for order in range(1, ORDER):
        for history, following in sorted(counts[order].items()):
            _discount(made, history, following, order)
    model: dict[History, BackOff] = {
        (): BackOff({word: math.log(p) for word, p in made.unigrams.items() if p > 0})
    }
    for history, following in made.seen.items():
        logs = {word: math.log(max(p, 1e-9)) for word, p in following.items()}
        model[history] = BackOff(logs, math.log(max(made.weight[history], 1e-5)))
    return model


def _counts(sentences: Iterable[tuple[float, list[str]]]) -> list[dict[History, dict[str, float]]]:
    counts: list[dict[History, dict[str, float]]] = [
        defaultdict(lambda: defaultdict(float)) for _ in range(ORDER)
    ]
    for weight, sentence in sentences:
        words = [BEGIN, *sentence, END]
        for at in range(1, len(words)):
            for order in range(min(ORDER, at + 1)):
                counts[order][tuple(words[at - order : at])][words[at]] += weight
    return counts


def _unigrams(
    counted: Mapping[str, float], words: Iterable[str], general: Mapping[str, int], general_mass: float
) -> dict[str, float]:
    total = sum(counted.values())
    made = {word: count / total * (1 - general_mass - _UNKNOWN_MASS) for word, count in counted.items()}
    # Frequencies of everyday language are flattened: a caller's words are not a newspaper's.
    flat = {word: (count + 1) ** 0.35 for word, count in general.items()}
    for word in words:
        flat.setdefault(word, 1.0)
    flat = {word: mass * (0.35 if len(word) == 1 else 1.0) for word, mass in flat.items()}
    scale = general_mass / sum(flat.values())
    for word, mass in flat.items():
        made[word] = made.get(word, 0.0) + scale * mass
    made[UNKNOWN] = _UNKNOWN_MASS
    return made


def _discount(made: _Estimate, history: History, following: Mapping[str, float], order: int) -> None:
    total = sum(following.values())
    longest = order == ORDER - 1
    if longest and total < _RARE_HISTORY:
        return
    discount = _DISCOUNTS[order]
    freed = sum(min(count, discount) for count in following.values()) / total
    seen, shorter = {}, 0.0
    for word, count in following.items():
        if longest and count < _RARE_TRIGRAM:
            continue
        backed_off = made.probability(history[1:], word)
        mass = max(count - discount, 0.0) / total + freed * backed_off
        if count * math.log(max(mass, 1e-9) / max(freed * backed_off, 1e-12)) >= _WORTH[order]:
            seen[word] = mass
            shorter += backed_off
    if seen:
        made.seen[history] = seen
        made.weight[history] = min(max(1 - sum(seen.values()), 1e-5) / max(1 - shorter, 1e-5), 1.0)
