"""The trained model, served and asked all test sentences: none of its figures is below the floor on record."""

from __future__ import annotations

import json

import pytest

from nlu.evaluate import FLOORS, below_floor, evaluate
from nlu.rasa_client import RasaUnderstanding
from nlu.report_page import as_table
from tests.rasa_fixture import RASA_TOKEN, TRAINING_SECONDS, rasa, rasa_model  # noqa: F401

_PATIENCE = 20.0  # seconds an answer may take here: the figures must not depend on how busy the machine is


@pytest.mark.timeout(TRAINING_SECONDS)
def test_no_figure_is_below_its_floor(rasa):  # noqa: F811
    with RasaUnderstanding(rasa.url, RASA_TOKEN, _PATIENCE) as understanding:
        report = evaluate(understanding)
    print(as_table(report))
    assert below_floor(report, json.loads(FLOORS.read_text(encoding="utf-8"))) == []


def test_a_figure_below_its_floor_is_told():
    report = {"accuracy": {"typed": 0.5}, "calibration_error": 0.2, "entity_f1": 0.9}
    floors = {"accuracy.typed": 0.9, "calibration_error": 0.05, "entity_f1": 0.8}
    assert len(below_floor(report, floors)) == 2
