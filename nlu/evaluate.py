"""Measures the understanding on test sentences that no training example was taken from, and writes what came out.

Which sets there are: nlu.test_sets. hom1 and hom2 are half of the written ones with 14 and 33 % of their characters
replaced by others of the same sound.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.messages import Parse
from bot.ports import Understanding
from bot.settings import TIME_ZONE, Settings
from nlu import metrics, report_page
from nlu.fallback import LayeredUnderstanding
from nlu.metrics import Judged
from nlu.normalize import normalize
from nlu.rasa_client import RasaUnderstanding
from nlu.rasa_environment import RASA_FILES
from nlu.server import RasaServer
from nlu.test_sets import (
    CALLERS,
    FOREIGN,
    FRESH,
    INSIDE,
    MISHEARD,
    OUT_OF_SCOPE,
    TESTS,
    WRITTEN,
    Row,
    read_sets,
)
from nlu.thresholds import ACCEPT, GIVE_UP
from nlu.training import TrainingPaths, cross_validation, train
from nlu.training_data import parse_example

FLOORS = RASA_FILES / "floors.json"
_THRESHOLDS = (0.2, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9)
_NOW = datetime(2026, 11, 25, 10, 0, tzinfo=TIME_ZONE)
_PATIENCE = 20.0  # seconds for one answer: figures must not depend on how busy the machine is
_CEILINGS = ("calibration_error", "policy_stated")  # figures that are errors: the smaller the better


class _Remembering:
    """An Understanding that asks the one behind it only once for each text."""

    def __init__(self, behind: Understanding) -> None:
        self._behind = behind
        self._known: dict[str, Parse] = {}

    def parse(self, text: str, now: datetime) -> Parse:
        if text not in self._known:
            self._known[text] = self._behind.parse(text, now)
        return self._known[text]


def _judge(understanding: Understanding, rows: Iterable[Row], prepare: Callable[[str], str]) -> list[Judged]:
    judged = []
    for text, meant in rows:
        parse = understanding.parse(prepare(text), _NOW)
        inside = max((i.confidence for i in parse.ranking if i.name != OUT_OF_SCOPE), default=0.0)
        judged.append(Judged(meant, parse.intent.name, parse.intent.confidence, inside))
    return judged


def evaluate(rasa: Understanding, progress: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """All figures, of the whole understanding and of Rasa alone, as JSON can hold them."""
    asked = _Remembering(rasa)
    layered = LayeredUnderstanding(asked)
    sets = read_sets()
    whole: dict[str, list[Judged]] = {}
    alone: dict[str, list[Judged]] = {}
    for name, rows in sets.items():
        progress(f"NLU: {len(rows)} sentences, {name}")
        whole[name] = _judge(layered, rows, str)
        alone[name] = _judge(asked, rows, normalize)
    report = _accuracies(whole, alone) | _decisions(whole, alone)
    report["entity_f1"] = round(_entity_f1(layered), 4)
    return report


def _accuracies(whole: dict[str, list[Judged]], alone: dict[str, list[Judged]]) -> dict[str, Any]:
    scores = [one.in_scope for name in WRITTEN for one in alone[name] if one.meant != OUT_OF_SCOPE]
    everything = _pooled(whole, (*INSIDE, *FOREIGN))
    return {
        "sentences": {name: len(judged) for name, judged in whole.items()},
        "accuracy": {name: round(metrics.accuracy(judged), 4) for name, judged in whole.items()},
        "accuracy_of_rasa_alone": {
            name: round(metrics.accuracy(judged), 4) for name, judged in alone.items()
        },
        "macro_f1": {name: round(metrics.macro_f1(whole[name]), 4) for name in (*INSIDE, *MISHEARD)},
        "auroc": {
            name: round(metrics.auroc(scores, [one.in_scope for one in alone[name]]), 4) for name in FOREIGN
        },
        "confusions": metrics.confusions(everything, most=40),
        "confusion_table": metrics.confusion_table(everything),
        "weakest": {
            intent: counts for intent, counts in metrics.recalls(everything).items() if counts[0] < counts[1]
        },
    }


def _decisions(whole: dict[str, list[Judged]], alone: dict[str, list[Judged]]) -> dict[str, Any]:
    """What the confidences are worth, and what acting on them from a threshold on does."""
    foreign = _pooled(whole, FOREIGN)
    confident = _pooled(alone, (*INSIDE, *FOREIGN))

    def table(inside: tuple[str, ...]) -> list[dict[str, float]]:
        judged = [one for one in _pooled(whole, inside) if one.meant != OUT_OF_SCOPE]
        return [
            asdict(metrics.at_threshold(threshold, judged, foreign, OUT_OF_SCOPE))
            for threshold in _THRESHOLDS
        ]

    return {
        "policy_stated": {name: round(metrics.policy_stated(whole[name], ACCEPT), 4) for name in (*FOREIGN,)},
        "calibration_error": round(metrics.calibration_error(confident), 4),
        "reliability": metrics.reliability(confident),
        "risk_coverage": metrics.risk_coverage(confident, OUT_OF_SCOPE),
        "thresholds": table(WRITTEN),
        "thresholds_fresh": table((*FRESH, *CALLERS)),
        "accept": ACCEPT,
        "give_up": GIVE_UP,
    }


def _pooled(judged: dict[str, list[Judged]], names: Iterable[str]) -> list[Judged]:
    return [one for name in names for one in judged[name]]


def _entity_f1(understanding: Understanding) -> float:
    """Names and matters, on marked sentences."""
    lines = (TESTS / "entities.txt").read_text(encoding="utf-8").splitlines()
    expected, found = [], []
    for line in filter(str.strip, lines):
        example = parse_example("", line)
        expected.append({(type_, normalize(text)) for text, type_ in example.pieces if type_ is not None})
        entities = understanding.parse(example.text, _NOW).entities
        found.append({(e.type, e.text) for e in entities if e.type in {"name", "matter"}})
    return metrics.span_f1(expected, found)


def below_floor(report: dict[str, Any], floors: dict[str, Any]) -> list[str]:
    """Every figure that is worse than its floor, as a sentence. Errors have ceilings instead of floors."""
    complaints = []
    for name, floor in floors.items():
        group, _, key = name.partition(".")
        figure = report[group][key] if key else report[group]
        worse = figure > floor if group in _CEILINGS else figure < floor
        if worse:
            complaints.append(f"{name} is {figure}, the floor is {floor}")
    return complaints


def run(
    settings: Settings, json_file: Path | None, docs: Path | None, progress: Callable[[str], None]
) -> int:
    """Train where needed, serve, measure, print; exit status 1 where a figure is below its recorded floor.

    ``json_file`` gets the figures, ``docs`` the page with its pictures.
    """
    model = train(TrainingPaths(settings.state_dir), progress)
    server = RasaServer(model, settings.nlu_token, settings.state_dir)
    try:
        with RasaUnderstanding(server.start(), settings.nlu_token, _PATIENCE) as rasa:
            report = evaluate(rasa, progress)
    finally:
        server.stop()
    report["cross_validation"] = cross_validation(model)
    print(report_page.as_table(report))
    if json_file is not None:
        json_file.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if docs is not None:
        report_page.write(report, docs)
    complaints = below_floor(report, json.loads(FLOORS.read_text(encoding="utf-8")))
    for complaint in complaints:
        progress(f"NLU: {complaint}")
    return 1 if complaints else 0
