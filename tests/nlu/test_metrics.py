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
    outside = [judged("o", "a", 0.9), judged("o", "a", 0.3), judged("o", "o", 0.9), judged("o", "b", 0.55)]
    at = metrics.at_threshold(0.5, inside, outside, "o")
    assert (at.right, at.wrong, at.abstained, at.foreign_answered) == (0.5, 0.25, 0.25, 0.5)


def test_confusions_and_recalls() -> None:
    sentences = [judged("a", "b"), judged("a", "b"), judged("b", "a"), judged("b", "b")]
    assert metrics.confusions(sentences) == [("a", "b", 2), ("b", "a", 1)]
    assert list(metrics.recalls(sentences).items()) == [("a", (0, 2)), ("b", (1, 2))]


def test_span_f1_counts_whole_pieces() -> None:
    wanted = [{("name", "卢桂香")}, {("matter", "补卡")}, set()]
    found = [{("name", "卢桂香")}, {("matter", "卡")}, {("name", "王")}]
    assert metrics.span_f1(wanted, found) == pytest.approx(2 / 5)
    assert metrics.span_f1([set()], [set()]) == 1.0
