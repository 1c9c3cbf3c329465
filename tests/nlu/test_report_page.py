"""The report of an evaluation: its page names every set, its pictures are pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nlu import metrics, report_page
from nlu.metrics import Judged
from nlu.test_sets import FOREIGN, INSIDE, MISHEARD

SENTENCES = [
    Judged("ask_a", "ask_a", 0.9, 0.9),
    Judged("ask_b", "ask_a", 0.4, 0.4),
    Judged("o", "o", 0.8, 0.1),
]


def report() -> dict[str, Any]:
    names = (*INSIDE, *FOREIGN, *MISHEARD)
    at = {
        "threshold": 0.5,
        "right": 0.9,
        "wrong": 0.05,
        "abstained": 0.05,
        "foreign_answered": 0.1,
        "policy_stated": 0.02,
    }
    return {
        "sentences": dict.fromkeys(names, 10),
        "accuracy": dict.fromkeys(names, 0.9),
        "accuracy_of_rasa_alone": dict.fromkeys(names, 0.8),
        "macro_f1": dict.fromkeys((*INSIDE, *MISHEARD), 0.9),
        "auroc": dict.fromkeys(FOREIGN, 0.99),
        "policy_stated": dict.fromkeys(FOREIGN, 0.02),
        "entity_f1": 0.8,
        "calibration_error": 0.03,
        "thresholds": [at],
        "thresholds_fresh": [at],
        "accept": 0.5,
        "give_up": 0.3,
        "confusions": metrics.confusions(SENTENCES),
        "confusion_table": metrics.confusion_table(SENTENCES),
        "reliability": metrics.reliability(SENTENCES),
        "risk_coverage": metrics.risk_coverage(SENTENCES, "o"),
        "cross_validation": {"folds": 3, "sentences": 9, "accuracy": 0.7, "accuracy_misheard": 0.6},
    }


def test_the_page_and_its_pictures_are_written(tmp_path: Path) -> None:
    report_page.write(report(), tmp_path)
    page = (tmp_path / report_page.PAGE).read_text(encoding="utf-8")
    assert all(f"| {name} |" in page for name in (*INSIDE, *FOREIGN, *MISHEARD))
    assert "0.700 right" in page
    for name in report_page.PICTURES.values():
        assert f"(pictures/{name})" in page
        assert (tmp_path / "pictures" / name).read_bytes().startswith(b"\x89PNG")


def test_the_table_tells_what_is_stated_on_foreign_questions() -> None:
    table = report_page.as_table(report())
    assert "sealed_foreign" in table
    assert "ask_b" in table
