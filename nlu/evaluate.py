"""Measures the understanding on test sentences that no training example was taken from.

The written sets (typed, recognised, dialect) count as in scope; out_of_scope and near_domain as foreign; hom1 and
hom2 are the written ones with 14 and 33 % of their characters replaced by others of the same sound.
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
from nlu import metrics
from nlu.fallback import LayeredUnderstanding
from nlu.metrics import Judged
from nlu.mishearing import mishear
from nlu.normalize import normalize
from nlu.rasa_client import RasaUnderstanding
from nlu.rasa_environment import RASA_FILES
from nlu.server import RasaServer
from nlu.thresholds import ACCEPT, GIVE_UP
from nlu.training import TrainingPaths, train
from nlu.training_data import parse_example

TESTS = RASA_FILES / "tests"
FLOORS = RASA_FILES / "floors.json"
WRITTEN = ("typed", "recognised", "dialect")
FOREIGN = ("out_of_scope", "near_domain")
FRESH = ("fresh", "fresh_foreign")  # nobody tuned to these: the most honest figures here
MISHEARD = {"hom1": 0.14, "hom2": 0.33}
OUT_OF_SCOPE = "out_of_scope"
_THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_NOW = datetime(2026, 11, 25, 10, 0, tzinfo=TIME_ZONE)
_PATIENCE = 20.0  # seconds for one answer: figures must not depend on how busy the machine is

Row = tuple[str, str]  # text, intent


def read_sets(folder: Path = TESTS) -> dict[str, list[Row]]:
    """The test sets by name, the misheard ones made from the written ones."""
    sets = {name: _read(folder / f"{name}.tsv") for name in (*WRITTEN, *FOREIGN, *FRESH)}
    for name, share in MISHEARD.items():
        written = (row for base in WRITTEN for row in sets[base])
        sets[name] = [(mishear(text, share, "test"), intent) for text, intent in written]
    return sets


def _read(file: Path) -> list[Row]:
    rows = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [(text, intent.strip()) for text, intent in rows]


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
    written = [one for name in WRITTEN for one in whole[name]]
    foreign = [one for name in FOREIGN for one in whole[name]]
    model_scores = [one.in_scope for name in WRITTEN for one in alone[name] if one.meant != OUT_OF_SCOPE]
    return {
        "sentences": {name: len(rows) for name, rows in sets.items()},
        "accuracy": {name: round(metrics.accuracy(whole[name]), 4) for name in sets},
        "accuracy_of_rasa_alone": {name: round(metrics.accuracy(alone[name]), 4) for name in sets},
        "macro_f1": {name: round(metrics.macro_f1(whole[name]), 4) for name in (*WRITTEN, *MISHEARD)},
        "auroc": {
            name: round(metrics.auroc(model_scores, [one.in_scope for one in alone[name]]), 4)
            for name in FOREIGN
        },
        "entity_f1": round(_entity_f1(layered), 4),
        "calibration_error": round(
            metrics.calibration_error([one for name in (*WRITTEN, *FOREIGN) for one in alone[name]]), 4
        ),
        "thresholds": [
            asdict(metrics.at_threshold(threshold, written, foreign, OUT_OF_SCOPE))
            for threshold in _THRESHOLDS
        ],
        "accept": ACCEPT,
        "give_up": GIVE_UP,
        "confusions": metrics.confusions([*written, *foreign], most=25),
        "weakest": {
            intent: counts
            for intent, counts in metrics.recalls([*written, *foreign]).items()
            if counts[0] < counts[1]
        },
    }


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
        worse = figure > floor if group == "calibration_error" else figure < floor
        if worse:
            complaints.append(f"{name} is {figure}, the floor is {floor}")
    return complaints


def as_table(report: dict[str, Any]) -> str:
    """The report as people read it."""
    lines = [f"{'set':<14}{'sentences':>10}{'accuracy':>10}{'macro F1':>10}{'Rasa alone':>12}{'AUROC':>8}"]
    for name, count in report["sentences"].items():
        lines.append(
            f"{name:<14}{count:>10}{report['accuracy'][name]:>10.3f}"
            f"{_figure(report['macro_f1'].get(name)):>10}{report['accuracy_of_rasa_alone'][name]:>12.3f}"
            f"{_figure(report['auroc'].get(name)):>8}"
        )
    lines += ["", f"names and matters F1 {report['entity_f1']:.3f}"]
    lines += [f"calibration error {report['calibration_error']:.3f}", ""]
    lines.append(f"{'act from':<10}{'right':>8}{'wrong':>8}{'abstain':>9}{'foreign answered':>18}")
    for row in report["thresholds"]:
        lines.append(
            f"{row['threshold']:<10.2f}{row['right']:>8.3f}{row['wrong']:>8.3f}{row['abstained']:>9.3f}"
            f"{row['foreign_answered']:>18.3f}"
        )
    lines += ["", "mixed up most often (meant, understood, times)"]
    lines += [
        f"  {meant:<36}{understood:<36}{count}" for meant, understood, count in report["confusions"][:15]
    ]
    return "\n".join(lines)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def run(settings: Settings, json_file: Path | None, progress: Callable[[str], None]) -> int:
    """Train where needed, serve, measure, print; exit status 1 where a figure is below its recorded floor."""
    model = train(TrainingPaths(settings.state_dir), progress)
    server = RasaServer(model, settings.nlu_token, settings.state_dir)
    try:
        with RasaUnderstanding(server.start(), settings.nlu_token, _PATIENCE) as rasa:
            report = evaluate(rasa, progress)
    finally:
        server.stop()
    print(as_table(report))
    if json_file is not None:
        json_file.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    complaints = below_floor(report, json.loads(FLOORS.read_text(encoding="utf-8")))
    for complaint in complaints:
        progress(f"NLU: {complaint}")
    return 1 if complaints else 0
