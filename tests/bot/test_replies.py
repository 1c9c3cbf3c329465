"""The written questions through the real assistant with the served model: no figure of the replies is below its floor."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from bot.bootstrap import bootstrap
from bot.cli.evaluate import Interview
from bot.evaluation.question import Question, read
from bot.evaluation.report import as_table, ask_all, below_floor, figures, recorded_floors
from bot.settings import load_settings
from tests.rasa_fixture import RASA_TOKEN, TRAINING_SECONDS, rasa, rasa_model  # noqa: F401

_CHANCE = 0.06  # by how much a third of the questions may differ from all of them
_PATIENCE = (
    20.0  # seconds an understanding may take here: the figures must not depend on how busy the machine is
)


@pytest.fixture
def interview(rasa, tmp_path):  # noqa: F811
    """A whole house over a database of its own."""
    settings = replace(
        load_settings({"YINLING_STATE": str(tmp_path)}),
        nlu_url=rasa.url,
        nlu_token=RASA_TOKEN,
        nlu_timeout=_PATIENCE,
        database_url=f"sqlite:///{tmp_path / 'replies.db'}",
    )
    house = bootstrap(settings, alone=True)
    house.database.upgrade()
    house.prepare()
    yield Interview(house.assistant)
    house.close()


def some(questions: tuple[Question, ...]) -> list[Question]:
    """Every third question of each set; conversations whole, since each turn needs those before it."""
    numbers: Counter[str] = Counter()
    chosen = []
    for question in questions:
        numbers[question.set] += 1
        if question.set in ("conversations", "actions") or numbers[question.set] % 3 == 1:
            chosen.append(question)
    return chosen


@pytest.mark.timeout(TRAINING_SECONDS)
def test_no_figure_is_far_below_its_floor(interview):
    """A third of the questions, so that it is quick: `yinling evaluate` asks all of them and allows for nothing."""
    verdicts = ask_all(some(read()), interview.ask)
    found = figures(verdicts)
    print(as_table(found, verdicts))
    assert below_floor(found, recorded_floors(), allow=_CHANCE) == []
