"""Measures of understanding: pure functions over what was meant and what was understood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

POLICY = "ask_"  # how the intents begin that are answered with a policy


@dataclass(frozen=True, slots=True)
class Judged:
    """One test sentence: what it means, what was understood, with which confidence (0..1).

    ``in_scope`` is the confidence that it means anything the assistant handles.
    """

    meant: str
    understood: str
    confidence: float
    in_scope: float

    @property
    def right(self) -> bool:
        """Whether it was understood as meant."""
        return self.meant == self.understood


def accuracy(judged: Sequence[Judged]) -> float:
    """Share of sentences understood as meant."""
    return sum(one.right for one in judged) / len(judged)


def macro_f1(judged: Sequence[Judged]) -> float:
    """Mean over the intents that occur as meant of the harmonic mean of precision and recall."""
    meant = Counter(one.meant for one in judged)
    understood = Counter(one.understood for one in judged)
    right = Counter(one.meant for one in judged if one.right)
    return sum(2 * right[intent] / (meant[intent] + understood[intent]) for intent in meant) / len(meant)


def auroc(inside: Sequence[float], outside: Sequence[float]) -> float:
    """How probably a score from inside is above one from outside; ties count half (Mann-Whitney)."""
    ranked = sorted([(score, True) for score in inside] + [(score, False) for score in outside])
    total, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        middle = (at + 1 + end) / 2  # ranks start at 1; equal scores share the mean of theirs
        total += middle * sum(is_inside for _, is_inside in ranked[at:end])
        at = end
    return (total - len(inside) * (len(inside) + 1) / 2) / (len(inside) * len(outside))


def calibration_error(judged: Sequence[Judged], bins: int = 10) -> float:
    """Expected calibration error: mean distance of confidence and accuracy in equal bins, weighted by size."""
    return sum(
        abs(confidence - right) * count for confidence, right, count in reliability(judged, bins)
    ) / len(judged)


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """What acting from a confidence on would do: shares of right, wrong, abstained; of the foreign ones, answered at
    all and answered with a policy."""

    threshold: float
    right: float
    wrong: float
    abstained: float
    foreign_answered: float
    policy_stated: float


def at_threshold(
    threshold: float, inside: Sequence[Judged], outside: Sequence[Judged], foreign: str
) -> AtThreshold:
    """Act on ``inside`` and ``outside`` from a confidence on; ``foreign`` is the intent that means neither."""
    acted = [one for one in inside if one.confidence >= threshold]
    right = sum(one.right for one in acted)
    answered = [one for one in outside if one.understood != foreign and one.confidence >= threshold]
    stated = [one for one in answered if one.understood.startswith(POLICY)]
    return AtThreshold(
        threshold,
        right / len(inside),
        (len(acted) - right) / len(inside),
        1 - len(acted) / len(inside),
        len(answered) / len(outside),
        len(stated) / len(outside),
    )


def policy_stated(outside: Sequence[Judged], threshold: float) -> float:
    """Share of foreign sentences that would be answered with a policy from a confidence on."""
    return sum(one.understood.startswith(POLICY) and one.confidence >= threshold for one in outside) / len(
        outside
    )


def reliability(judged: Sequence[Judged], bins: int = 10) -> list[tuple[float, float, int]]:
    """For each bin of confidence that holds any: mean confidence, accuracy, number of sentences."""
    binned: dict[int, list[Judged]] = {}
    for one in judged:
        binned.setdefault(min(int(one.confidence * bins), bins - 1), []).append(one)
    return [
        (
            sum(one.confidence for one in group) / len(group),
            sum(one.right for one in group) / len(group),
            len(group),
        )
        for _, group in sorted(binned.items())
    ]


def risk_coverage(judged: Sequence[Judged], foreign: str) -> list[tuple[float, float]]:
    """Acting on the surest first: (share of all sentences acted on, share of those acted on wrongly).

    To understand something as ``foreign`` is not acting.
    """
    acted = sorted((one for one in judged if one.understood != foreign), key=lambda one: -one.confidence)
    points, wrong = [], 0
    for count, one in enumerate(acted, start=1):
        wrong += not one.right
        if count == len(acted) or acted[count].confidence < one.confidence:
            points.append((count / len(judged), wrong / count))
    return points


def confusion_table(judged: Iterable[Judged]) -> dict[str, dict[str, int]]:
    """How often each intent (meant) was understood as each."""
    table: dict[str, Counter[str]] = {}
    for one in judged:
        table.setdefault(one.meant, Counter())[one.understood] += 1
    return {meant: dict(table[meant]) for meant in sorted(table)}


def confusions(judged: Iterable[Judged], most: int = 15) -> list[tuple[str, str, int]]:
    """The pairs (meant, understood) that were mixed up most often, with how often."""
    pairs = Counter((one.meant, one.understood) for one in judged if not one.right)
    return [(meant, understood, count) for (meant, understood), count in pairs.most_common(most)]


def recalls(judged: Iterable[Judged]) -> dict[str, tuple[int, int]]:
    """For each intent: how many were understood, of how many; worst first."""
    total: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for one in judged:
        total[one.meant] += 1
        right[one.meant] += one.right
    return {
        intent: (right[intent], total[intent])
        for intent in sorted(total, key=lambda intent: right[intent] / total[intent])
    }


def span_f1(expected: Iterable[set[tuple[str, str]]], found: Iterable[set[tuple[str, str]]]) -> float:
    """F1 of pieces (type, text) over sentences; a piece counts only if both agree."""
    hits = wanted = got = 0
    for meant, understood in zip(expected, found, strict=True):
        hits += len(meant & understood)
        wanted += len(meant)
        got += len(understood)
    return 2 * hits / (wanted + got) if wanted + got else 1.0
