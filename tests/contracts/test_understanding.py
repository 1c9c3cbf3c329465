"""The port Understanding: what holds for the real one holds for the fake."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from bot.messages import Parse
from bot.ports import Understanding
from nlu.fallback import LayeredUnderstanding
from nlu.intents import FALLBACK, INTENTS
from nlu.rasa_client import RasaUnderstanding
from nlu.server import RasaServer
from tests.fakes import FakeUnderstanding
from tests.rasa_fixture import RASA_TOKEN, TRAINING_SECONDS, rasa, rasa_model  # noqa: F401

pytestmark = pytest.mark.timeout(TRAINING_SECONDS)

QUESTION = "去北京住院要怎么备案"
NAMED = "我叫卢桂香"


@pytest.fixture(params=["fake", "real"])
def understanding(request: pytest.FixtureRequest) -> Iterator[Understanding]:
    if request.param == "fake":
        yield FakeUnderstanding(
            {QUESTION: ("ask_remote_medical_filing", {}), NAMED: ("inform", {"name": "卢桂香"})}
        )
        return
    server: RasaServer = request.getfixturevalue("rasa")
    with RasaUnderstanding(server.url, RASA_TOKEN, 20) as client:
        yield LayeredUnderstanding(client)


def test_a_question_has_an_intent(understanding: Understanding, now: datetime) -> None:
    parse = understanding.parse(QUESTION, now)
    assert parse.intent.name == "ask_remote_medical_filing"
    assert parse.intent.confidence > 0.5
    assert parse.ranking[0] == parse.intent
    assert {intent.name for intent in parse.ranking} <= {*INTENTS, FALLBACK}


def test_entities_have_values(understanding: Understanding, now: datetime) -> None:
    parse = understanding.parse(NAMED, now)
    assert parse.intent.name == "inform"
    assert parse.values("name") == ("卢桂香",)
    assert parse.first("phone") is None
    entity = parse.entities[0]
    assert 0 <= entity.start < entity.end <= len(parse.text)


@pytest.mark.parametrize("text", ["", "   ", "。。。", "😀"])
def test_nothing_said_is_not_understood(understanding: Understanding, now: datetime, text: str) -> None:
    parse = understanding.parse(text, now)
    assert (parse.intent.name, parse.intent.confidence) == (FALLBACK, 0.0)
    assert parse.entities == ()


def test_the_same_again(understanding: Understanding, now: datetime) -> None:
    def once() -> Parse:
        return understanding.parse(QUESTION, now)

    assert once() == once()
