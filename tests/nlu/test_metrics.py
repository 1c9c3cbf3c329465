"""The measures, against figures worked out by hand."""

from __future__ import annotations

import pytest

from nlu import metrics
from nlu.metrics import Judged


def judged(meant: str, understood: str, confidence: float = 1.0) -> Judged:
    return Judged(meant, understood, confidence, confidence)


def test_accuracy_and_macro_f1() -> None:
    sentences = [judged("a", "a"), judged("a", "b"), judged("b", "b"), judged("c", "a")]
    assert metrics.accuracy(sentences) == 0.5
    # a: P 1/2 R 1/2; b: P 1/2 R 1; c: never
    assert metrics.macro_f1(sentences) == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)


@pytest.mark.parametrize(
    ("inside", "outside", "area"),
    [([0.9, 0.8], [0.1, 0.2], 1.0), ([0.1], [0.9], 0.0), ([0.5], [0.5], 0.5), ([0.9, 0.3], [0.5, 0.1], 0.75)],
)
def test_auroc(inside: list[float], outside: list[float], area: float) -> None:
    assert metrics.auroc(inside, outside) == pytest.approx(area)


def test_calibration_error() -> None:
    honest = [judged("a", "a", 0.75)] * 3 + [judged("a", "b", 0.75)]
    boastful = [judged("a", "b", 0.95)] * 4
    assert metrics.calibration_error(honest) == pytest.approx(0.0)
    assert metrics.calibration_error(boastful) == pytest.approx(0.95)
    assert metrics.calibration_error(honest + boastful) == pytest.approx(0.475)


def test_what_a_threshold_does() -> None:
    inside = [judged("a", "a", 0.9), judged("a", "b", 0.8), judged("a", "a", 0.4), judged("a", "a", 0.6)]
    outside = [
        judged("o", "a", 0.9),
        judged("o", "a", 0.3),
        judged("o", "o", 0.9),
        judged("o", "ask_b", 0.55),
    ]
    at = metrics.at_threshold(0.5, inside, outside, "o")
    assert (at.right, at.wrong, at.abstained) == (0.5, 0.25, 0.25)
    assert (at.foreign_answered, at.policy_stated) == (0.5, 0.25)


def test_confusions_and_recalls() -> None:
    sentences = [judged("a", "b"), judged("a", "b"), judged("b", "a"), judged("b", "b")]
    assert metrics.confusions(sentences) == [("a", "b", 2), ("b", "a", 1)]
    assert list(metrics.recalls(sentences).items()) == [("a", (0, 2)), ("b", (1, 2))]


def test_span_f1_counts_whole_pieces() -> None:
    wanted = [{("name", "卢桂香")}, {("matter", "补卡")}, set()]
    found = [{("name", "卢桂香")}, {("matter", "卡")}, {("name", "王")}]
    assert metrics.span_f1(wanted, found) == pytest.approx(2 / 5)
    assert metrics.span_f1([set()], [set()]) == 1.0


def test_policy_stated_counts_confident_policies_only() -> None:
    outside = [judged("o", "ask_a", 0.9), judged("o", "ask_a", 0.4), judged("o", "greet"), judged("o", "o")]
    assert metrics.policy_stated(outside, 0.5) == 0.25


def test_reliability_tells_confidence_and_accuracy_by_bin() -> None:
    sentences = [judged("a", "a", 0.92), judged("a", "b", 0.98), judged("a", "a", 0.1), judged("a", "a")]
    assert metrics.reliability(sentences) == [
        (0.1, 1.0, 1),
        (pytest.approx(2.9 / 3), pytest.approx(2 / 3), 3),
    ]


def test_risk_grows_as_more_is_acted_on() -> None:
    sentences = [judged("a", "a", 0.9), judged("o", "a", 0.6), judged("b", "b", 0.6), judged("o", "o", 0.8)]
    # The one understood as foreign is never acted on; equal confidences are acted on together.
    assert metrics.risk_coverage(sentences, "o") == [(0.25, 0.0), (0.75, pytest.approx(1 / 3))]


def test_the_confusion_table_counts_every_pair() -> None:
    sentences = [judged("a", "b"), judged("a", "b"), judged("b", "b")]
    assert metrics.confusion_table(sentences) == {"a": {"b": 2}, "b": {"b": 1}}
