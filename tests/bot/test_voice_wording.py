"""Every task walked through on the telephone: each reply is checked by the talk itself for what ears cannot follow."""

from __future__ import annotations

from datetime import date

import pytest

from bot.decision import AppointmentView
from bot.messages import Act, Channel
from knowledge.index import KnowledgeIndex, open_knowledge
from knowledge.loader import load
from tests.bot.talk import NOW, Talk, hall
from tests.bot.test_dialogue_booking import visit


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeIndex:
    return open_knowledge()


def caller(knowledge, upcoming: tuple[AppointmentView, ...] = (), **changes) -> Talk:
    given = {"known_region": "370100", "availability": hall(), "caller_phone": "13812345678"} | changes
    return Talk(knowledge, Channel.PHONE, upcoming=upcoming, **given)


@pytest.mark.parametrize(
    ("words", "intent", "entities"),
    [
        ("你好", "greet", {}),
        ("谢谢", "thank", {}),
        ("再见", "goodbye", {}),
        ("吃了吗", "chitchat", {}),
        ("你是机器人吗", "bot_challenge", {}),
        ("混蛋", "abuse", {}),
        ("明天天气", "out_of_scope", {}),
        ("接着说", "go_on", {}),
        ("再说一遍", "repeat", {}),
        ("好", "affirm", {}),
        ("胸口疼", "emergency", {}),
        ("不想活了", "distress", {}),
        ("有人要我转账", "report_scam", {}),
        ("几点上班", "ask_opening_hours", {}),
        ("十一号上班吗", "ask_opening_hours", {"date": "2026-11-28"}),
        ("我约了什么", "appointment_status", {}),
        ("取消预约", "cancel_appointment", {}),
        ("改时间", "reschedule_appointment", {}),
        ("转人工", "request_agent", {}),
        ("给我回电话", "request_callback", {}),
        ("我要投诉窗口的人态度太差了等了两个小时", "complain", {}),
        ("打四分", "rate_service", {"rating": "4"}),
        ("绑定我妈", "bind_relative", {}),
        ("要带什么", "ask_aspect", {"aspect": "materials"}),
        ("哇啦哇啦", "nlu_fallback", {}),
        ("周日九点办报销", "book_appointment", {"date": "2026-11-29", "time": "09:00", "matter": "报销"}),
        ("河南的异地备案", "ask_remote_medical_filing", {"region": "410000"}),
        ("异地备案", "ask_remote_medical_filing", {}),
    ],
)
@pytest.mark.parametrize("office_open", [True, False])
@pytest.mark.parametrize("visits", [(), (visit(),), (visit(7), visit(8, "2026-11-27T14:30"))])
def test_whatever_is_asked_is_answered_for_ears(knowledge, words, intent, entities, office_open, visits):
    talk = caller(knowledge, visits, office_open=office_open)
    talk.say(words, intent, **entities)
    for _ in range(4):
        talk.silence()


def test_booking_moving_and_cancelling(knowledge):
    talk = caller(knowledge)
    talk.say("我想约个号", "book_appointment")
    talk.say("办报销", "inform", matter="报销")
    talk.say("对了，慢病认定要多久", "ask_chronic_disease_certification")
    talk.say("明天", "inform", date="2026-11-26")
    talk.say("三点一刻", "inform", time="03:15")
    talk.say("上午九点", "inform", time="09:00")
    assert talk.say("张秀英", "inform", name="张秀英").act is Act.CONFIRM
    booked = talk.say("对", "affirm")
    assert booked.act is Act.BOOKED
    assert booked.speech.count("四八幺，五幺六") == 2
    talk.upcoming = (visit(),)
    talk.say("改到下午两点", "reschedule_appointment", time="14:00")
    assert talk.press("1").act is Act.RESCHEDULED
    assert talk.say("取消预约", "cancel_appointment").act is Act.CONFIRM
    assert talk.press("1").act is Act.CANCELLED


def test_the_word_itself_is_a_yes_to_a_cancellation_and_its_denial_is_a_no(knowledge):
    talk = caller(knowledge, (visit(),))
    talk.say("取消预约", "cancel_appointment")
    assert talk.say("取消", "cancel_appointment").act is Act.CANCELLED
    talk.say("取消预约", "cancel_appointment")
    assert talk.say("不取消", "cancel_appointment").act is not Act.CANCELLED


def test_a_side_question_between_two_visits_comes_back_to_the_menu_by_ear(knowledge):
    talk = caller(knowledge, (visit(7), visit(8, "2026-11-27T14:30")))
    asked = talk.say("取消预约", "cancel_appointment")
    assert "按一" in asked.speech
    talk.say("慢病认定要多久", "ask_chronic_disease_certification")
    assert talk.press("2").act is Act.CONFIRM


@pytest.mark.parametrize("entry", load(), ids=lambda entry: entry.id)
def test_every_entry_can_be_listened_to(knowledge, entry):
    talk = caller(knowledge, known_region=entry.region)
    if knowledge.lookup(entry.topic, entry.region, date(NOW.year, NOW.month, NOW.day)) is None:
        return
    reply = talk.say("请问", f"ask_{entry.topic}")
    for _ in range(20):
        if talk.state.offer != "more":
            break
        reply = talk.say("接着说", "go_on")
    assert reply.speech
