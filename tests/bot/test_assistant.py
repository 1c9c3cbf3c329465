"""Whole turns over real databases: stored, answered once, acted on, held by an agent, survived a crash."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.assistant import Assistant, Parts
from bot.calendar import ChineseCalendar, OfficeHours
from bot.ephemeral.connection import RedisConnection
from bot.ephemeral.events import RedisEvents
from bot.ephemeral.locks import RedisLocks
from bot.escalation import EscalationQueue
from bot.flows.questions import Thresholds
from bot.messages import Act, Channel, Parse, Reply, Utterance, UtteranceKind
from bot.settings import TIME_ZONE
from bot.store.models import Agent, Appointment, Callback, Citizen, Escalation, Turn, WorkOrder
from bot.store.policy_rows import KnowledgeGap
from knowledge.index import open_knowledge
from tests.fakes import FakeUnderstanding

TABLE = {
    "济南慢病怎么认定": ("ask_chronic_disease_certification", {"region": "370100"}),
    "我想预约": ("book_appointment", {}),
    "办报销": ("inform", {"matter": "报销"}),
    "济南": ("inform", {"region": "370100"}),
    "明天上午九点": ("inform", {"date": "2026-11-26", "time": "09:00"}),
    "张秀英": ("inform", {"name": "张秀英"}),
    "13812345678": ("inform", {"phone": "13812345678"}),
    "对": ("affirm", {}),
    "改到下午两点": ("reschedule_appointment", {"time": "14:00"}),
    "取消预约": ("cancel_appointment", {}),
    "我约了几点": ("appointment_status", {}),
    "转人工": ("request_agent", {}),
    "胸口疼得厉害": ("emergency", {}),
    "谢谢": ("thank", {}),
    "打四分": ("rate_service", {"rating": "4"}),
    "窗口的人态度太差了我等了两个小时没人理": ("complain", {}),
}


@pytest.fixture(scope="module")
def knowledge():
    return open_knowledge()


class Line:
    """One citizen's line to an assistant; every call is a turn."""

    def __init__(self, assistant: Assistant, now: datetime, user: str = "openid-1") -> None:
        self.assistant, self.now, self.user, self.count = assistant, now, user, 0

    def __call__(self, text: str, kind: UtteranceKind = UtteranceKind.TEXT) -> Reply:
        self.count += 1
        self.now += timedelta(seconds=10)
        return self.assistant.handle(self.utterance(text, f"{self.user}-{self.count}", kind))

    def utterance(self, text: str, message: str, kind: UtteranceKind = UtteranceKind.TEXT) -> Utterance:
        return Utterance(Channel.WECHAT, self.user, text, message, self.now, kind)


@pytest.fixture
def assistant(database, vault, knowledge) -> Assistant:
    calendar, connection = ChineseCalendar(), RedisConnection("")
    return Assistant(
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


def booked(line: Line) -> Reply:
    for text in ("我想预约", "办报销", "济南", "明天上午九点", "张秀英", "13812345678"):
        line(text)
    return line("对")


def test_a_question_is_answered_and_recorded(assistant, database, now):
    reply = Line(assistant, now)("济南慢病怎么认定")
    assert (reply.act, reply.region, reply.intent) == (
        Act.ANSWER,
        "370100",
        "ask_chronic_disease_certification",
    )
    with database.begin() as session:
        turn = session.get_one(Turn, reply.turn_id)
        assert (turn.status, turn.entry_id) == ("answered", "chronic_disease_certification.370100")
        assert session.query(Citizen).one().region == "370100"


def test_a_question_not_understood_is_kept_as_a_gap_and_a_retry_keeps_it_once(assistant, database, now):
    utterance = Line(assistant, now).utterance("那个啥咋整呢13812345678", "m-1")
    assert assistant.handle(utterance).act is Act.FALLBACK
    assistant.handle(utterance)
    with database.begin() as session:
        gap = session.query(KnowledgeGap).one()
        assert (gap.reason, gap.intent, gap.topic) == ("fallback", "nlu_fallback", None)
        assert "那个啥咋整呢" in gap.text
        assert "13812345678" not in gap.text


def test_the_same_message_twice_has_one_effect_and_one_answer(assistant, database, now):
    line = Line(assistant, now)
    utterance = line.utterance("转人工", "m-1")
    first, second = assistant.handle(utterance), assistant.handle(utterance)
    assert first == second
    with database.begin() as session:
        assert session.query(Turn).count() == 1
        assert session.query(Escalation).count() == 1


def test_retries_at_the_same_moment_have_one_effect(assistant, database, now):
    utterance = Line(assistant, now).utterance("窗口的人态度太差了我等了两个小时没人理", "m-1")
    gate = threading.Barrier(4)

    def deliver(_: int) -> Reply:
        gate.wait(5)
        return assistant.handle(utterance)

    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(deliver, range(4)))
    assert {reply.text for reply in replies} == {replies[0].text}
    with database.begin() as session:
        assert session.query(WorkOrder).count() == 1


def test_a_visit_is_booked_moved_looked_up_and_cancelled(assistant, database, now):
    line = Line(assistant, now)
    reply = booked(line)
    assert reply.act is Act.BOOKED
    assert reply.slots["reference"] in reply.text
    assert "9点" in line("我约了几点").text
    assert line("改到下午两点").act is Act.CONFIRM
    assert line("对").act is Act.RESCHEDULED
    with database.begin() as session:
        visit = session.query(Appointment).one()
        assert visit.slot.starts_at == datetime(2026, 11, 26, 14, 0, tzinfo=TIME_ZONE)
    assert line("取消预约").act is Act.CONFIRM
    assert line("对").act is Act.CANCELLED
    assert line("我约了几点").act is Act.BOOKING_STATUS


def test_while_an_agent_holds_it_the_assistant_records_and_is_silent(assistant, database, vault, now):
    line = Line(assistant, now)
    assert line("转人工").act is Act.HANDOFF
    with database.begin() as session:
        agent = Agent(username="a1", display_name="李老师", password_hash="-", last_seen_at=now)
        session.add(agent)
        session.flush()
        queue = EscalationQueue(session, vault)
        escalation = queue.accept(queue.waiting()[0].id, agent.id, now).id
    reply = line("济南慢病怎么认定")
    assert reply.silent
    with database.begin() as session:
        assert session.get_one(Turn, reply.turn_id).status == "delivered"
        EscalationQueue(session, vault).hand_back(escalation, session.query(Agent).one().id, now)
    assert line("济南慢病怎么认定").act is Act.ANSWER


def test_after_hours_a_call_back_is_booked(assistant, database, now):
    line = Line(assistant, now.replace(hour=20))
    assert line("转人工").act is Act.CALLBACK
    assert line("13812345678").act is Act.CALLBACK_BOOKED
    with database.begin() as session:
        callback = session.query(Callback).one()
        assert callback.phone == "13812345678"
        assert callback.window_start == datetime(2026, 11, 26, 8, 30, tzinfo=TIME_ZONE)


def test_an_emergency_alerts_a_person_whatever_the_hour(assistant, database, now):
    reply = Line(assistant, now.replace(hour=23))("胸口疼得厉害")
    assert reply.act is Act.EMERGENCY
    with database.begin() as session:
        assert session.query(Escalation).one().priority == 3
        assert session.query(WorkOrder).one().kind == "emergency"


def test_a_rating_is_kept(assistant, now):
    assert "4分" in Line(assistant, now)("打四分").text


def test_following_greets_and_leaving_is_silent(assistant, database, now):
    line = Line(assistant, now)
    assert line("", UtteranceKind.FOLLOW).act is Act.GREET
    assert line("", UtteranceKind.UNFOLLOW).silent
    with database.begin() as session:
        assert session.query(Citizen).one().followed is False


class _Breaks:
    """An understanding that fails once in a way nobody foresaw, then works."""

    def __init__(self, inner: FakeUnderstanding) -> None:
        self.inner, self.broken = inner, True

    def parse(self, text: str, now: datetime) -> Parse:
        if self.broken:
            self.broken = False
            raise RuntimeError("unforeseen")
        return self.inner.parse(text, now)


def test_a_turn_that_broke_is_kept_and_can_be_finished(assistant, database, now):
    parts = replace(assistant._parts, understanding=_Breaks(FakeUnderstanding(TABLE)))
    fragile = Assistant(parts)
    utterance = Line(fragile, now).utterance("谢谢", "m-1")
    with pytest.raises(RuntimeError):
        fragile.handle(utterance)
    with database.begin() as session:
        assert session.query(Turn).one().status == "received"
    assert fragile.handle(utterance).act is Act.CHITCHAT


def test_forty_citizens_at_once_each_get_their_own_answer(assistant, database, now):
    def talk(number: int) -> Act:
        return booked(Line(assistant, now, f"openid-{number}")).act

    with ThreadPoolExecutor(8) as pool:
        acts = list(pool.map(talk, range(20)))
    assert acts == [Act.BOOKED] * 20
    with database.begin() as session:
        assert len({a.reference for a in session.query(Appointment)}) == 20
