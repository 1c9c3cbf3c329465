"""What the database keeps of a caller: how to speak to the number, and where its line stands."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.assistant import Assistant, Parts
from bot.calendar import ChineseCalendar, OfficeHours
from bot.ephemeral.connection import RedisConnection
from bot.ephemeral.events import RedisEvents
from bot.ephemeral.locks import RedisLocks
from bot.flows.questions import Thresholds
from bot.messages import Act, Channel, Utterance, UtteranceKind
from knowledge.index import open_knowledge
from tests.fakes import FakeUnderstanding

TABLE = {
    "慢一点": ("slower", {}),
    "大声点": ("louder", {}),
    "你好": ("greet", {}),
    "接着说": ("go_on", {}),
    "慢病怎么认定": ("ask_chronic_disease_certification", {}),
    "济宁的慢病怎么认定": ("ask_chronic_disease_certification", {"region": "370800"}),
}


@pytest.fixture(scope="module")
def knowledge():
    return open_knowledge()


@pytest.fixture
def line(database, vault, knowledge, now):
    """``line(number, call)`` is one call; every word said is a turn."""
    calendar, connection = ChineseCalendar(), RedisConnection("")
    assistant = Assistant(
        Parts(
            database=database,
            vault=vault,
            understanding=FakeUnderstanding(TABLE),
            knowledge=knowledge,
            calendar=calendar,
            office_hours=OfficeHours(calendar),
            locks=RedisLocks(connection),
            events=RedisEvents(connection),
            thresholds=Thresholds(0.5, 0.3),
            idle=timedelta(minutes=60),
        )
    )

    def call(number: str, name: str, hours_later: int = 0):
        turns = iter(range(1000))

        def say(text: str = "", kind: UtteranceKind = UtteranceKind.TEXT, heard: str | None = None):
            turn = next(turns)
            at = now + timedelta(hours=hours_later, seconds=10 * turn)
            return assistant.handle(
                Utterance(Channel.PHONE, number, text, f"{name}-{turn}", at, kind, heard=heard)
            )

        return say

    return call


def test_slower_and_louder_hold_from_this_reply_on_and_in_the_next_call(line):
    first = line("053186655000", "a")
    assert (first("你好").speech_rate, first("你好").speech_volume) == (1.0, 1.0)
    assert first("慢一点").speech_rate == pytest.approx(0.85)
    assert first("大声点").speech_volume == pytest.approx(1.414, abs=0.01)
    again = line("053186655000", "b", hours_later=30)("你好")
    assert (again.speech_rate, again.speech_volume) == (pytest.approx(0.85), pytest.approx(1.414, abs=0.01))
    other = line("053186655001", "c", hours_later=30)("你好")
    assert (other.speech_rate, other.speech_volume) == (1.0, 1.0)


def test_faster_and_softer_take_it_back(line):
    call = line("13800138000", "a")
    call("你好")
    assert call("慢一点").speech_rate < 1
    assert call("快一点").speech_rate == 1
    assert call("小声点").speech_volume < 1


def test_a_landlines_region_answers_until_another_is_told(line):
    call = line("053186655000", "a")
    assert call("慢病怎么认定").region == "370100"
    assert call("济宁的慢病怎么认定").region == "370800"
    assert line("053186655000", "b", hours_later=30)("慢病怎么认定").region == "370800"


def test_a_mobile_number_is_asked(line):
    assert line("13800138000", "a")("慢病怎么认定").act is Act.CLARIFY


def test_silence_is_a_turn_of_its_own(line):
    call = line("13800138000", "a")
    call("你好")
    acts = [call("", UtteranceKind.SILENCE).act for _ in range(4)]
    assert acts[-1] is Act.GOODBYE
    assert Act.GOODBYE not in acts[:-1]


def test_what_was_not_heard_can_be_gone_on_with(line):
    call = line("053186655000", "a")
    first = call("慢病怎么认定")
    assert first.act is Act.ANSWER
    cut = first.speech.index("。") + 1
    rest = call("接着说", heard=first.speech[:cut])
    assert rest.act is Act.CONTINUE
    assert rest.speech[:10] == first.speech[cut : cut + 10]
