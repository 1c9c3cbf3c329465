"""The layers of understanding: rules before Rasa, keywords behind it, entities always."""

from __future__ import annotations

import logging
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages import Entity, Intent, Parse
from bot.ports import UnderstandingUnavailable
from bot.settings import TIME_ZONE
from nlu.fallback import LayeredUnderstanding
from nlu.intents import FALLBACK, INTENTS
from nlu.rasa_client import RasaUnderstanding
from nlu.server import RasaServer
from tests.rasa_fixture import RASA_TOKEN

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=TIME_ZONE)


class Away:
    """A Rasa that is down."""

    def parse(self, text: str, now: datetime) -> Parse:
        raise UnderstandingUnavailable("down")


class Says:
    """A Rasa that finds the given entities in whatever it is asked."""

    def __init__(self, *entities: Entity) -> None:
        self.asked: list[str] = []
        self._entities = entities

    def parse(self, text: str, now: datetime) -> Parse:
        self.asked.append(text)
        intent = Intent("inform", 0.9)
        return Parse(text, intent, (intent,), self._entities)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("救命啊我老伴晕倒了", "emergency"),
        ("转人工", "request_agent"),
        ("有个电话说我医保卡被冻结让我转钱", "report_scam"),
        ("再说一遍", "repeat"),
        ("慢点说", "slower"),
        ("大点声", "louder"),
    ],
)
def test_rules_need_no_server(text: str, intent: str) -> None:
    rasa = Says()
    parse = LayeredUnderstanding(rasa).parse(text, NOW)
    assert (parse.intent.name, parse.source, rasa.asked) == (intent, "rules", [])


def test_keywords_take_over_and_entities_stay(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        understanding = LayeredUnderstanding(Away())
        parses = [understanding.parse("后天上午想去办社保卡补办,电话13812345678", NOW) for _ in range(3)]
    assert {parse.source for parse in parses} == {"keywords"}
    assert parses[0].first("date") == "2026-11-27"
    assert parses[0].first("phone") == "13812345678"
    assert parses[0].intent.name in INTENTS
    assert len(caplog.records) == 1  # an outage is told once
    assert "13812345678" not in caplog.text


@pytest.mark.parametrize("text", ["", " ", "\n", "😀", "。。。", "\x00", "\u200b"])
def test_nothing_said_is_not_understood(text: str) -> None:
    rasa = Says()
    parse = LayeredUnderstanding(rasa).parse(text, NOW)
    assert (parse.intent, rasa.asked) == (Intent(FALLBACK, 0.0), [])


def test_a_bare_number_informs() -> None:
    rasa = Says()
    parse = LayeredUnderstanding(rasa).parse("138 1234 5678", NOW)
    assert (parse.intent.name, parse.first("phone"), rasa.asked) == ("inform", "13812345678", [])


def test_what_rules_found_outweighs_what_was_learnt() -> None:
    text = "写济南后天,尹志强吧"
    learnt = (Entity("name", "济南", "济南", 1, 3), Entity("name", "尹志强", "尹志强", 6, 9))
    parse = LayeredUnderstanding(Says(*learnt)).parse(text, NOW)
    assert parse.values("name") == ("尹志强",)
    assert parse.first("region") == "370100"
    assert [e.start for e in parse.entities] == sorted(e.start for e in parse.entities)


def test_a_fault_in_a_step_is_no_reason_to_stay_silent(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(text: str, now: datetime) -> tuple[Entity, ...]:
        raise ValueError(text)

    monkeypatch.setattr("nlu.fallback.extract", broken)
    parse = LayeredUnderstanding(Says()).parse("我叫卢桂香", NOW)
    assert parse.intent.name == "inform"
    assert "nlu.step_failed ValueError" in caplog.text
    assert "卢桂香" not in caplog.text


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=80))
def test_never_raises_without_a_server(text: str) -> None:
    parse = LayeredUnderstanding(Away()).parse(text, NOW)
    assert 0.0 <= parse.intent.confidence <= 1.0
    assert all(0 <= e.start < e.end <= len(parse.text) for e in parse.entities)


def test_never_raises_with_a_server(rasa: RasaServer) -> None:
    odd = [
        "/",
        "//restart",
        "{}",
        "\\",
        "'; drop table",
        "<xml>",
        "a" * 5000,
        "é́",
        "ۥۦ",
        "[张](name)",
        "null",
        "%s",
        "🏥看病",
    ]
    with RasaUnderstanding(rasa.url, RASA_TOKEN, 20) as client:
        understanding = LayeredUnderstanding(client)
        for text in odd:
            assert understanding.parse(text, NOW).source in {"rasa", "rules"}, text
