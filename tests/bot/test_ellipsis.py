"""Short questions that go on from an answer: what they leave out is the matter just talked of."""

from __future__ import annotations

import pytest

from bot.messages import Act
from knowledge.index import KnowledgeIndex, open_knowledge
from tests.bot.talk import Talk, hall

CERTIFICATION = "ask_chronic_disease_certification"
FOREIGN = "out_of_scope"


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeIndex:
    return open_knowledge()


def talk_of(knowledge: KnowledgeIndex, intent: str, region: str) -> Talk:
    talk = Talk(knowledge, known_region=region)
    assert talk.say("这个怎么办", intent).act is Act.ANSWER
    return talk


@pytest.mark.parametrize(
    ("topic", "region", "text", "fact"),
    [
        ("chronic_disease_certification", "370100", "那居民的呢", "每月"),
        ("chronic_disease_certification", "370800", "要是器官移植呢", "随时"),
        ("chronic_disease_certification", "370800", "得了癌的呢", "随时"),
        ("one_thing_package", "350300", "那退役士兵呢", "退役"),
        ("drug_delivery", "370100", "一共几家呀", "12家"),
        ("home_service", "530000", "都能办哪样", "解"),
        ("health_code_alternative", "530000", "那拿社保卡呢", "社保卡"),
        ("e_voucher", "350300", "药店里能用吗", "药店"),
        ("one_thing_package", "350300", "出生的算不算", "出生"),
        ("health_code_alternative", "530000", "归谁负责呢", "健康码"),
    ],
)
def test_what_is_left_out_is_the_matter_talked_of(knowledge, topic, region, text, fact):
    talk = talk_of(knowledge, f"ask_{topic}", region)
    reply = talk.say(text, FOREIGN, 0.9)
    assert (reply.act, reply.topic) == (Act.ANSWER, topic)
    assert fact in reply.text + reply.speech


def test_whether_a_thing_will_do_is_asked_of_the_matter_talked_of(knowledge):
    talk = talk_of(knowledge, "ask_health_code_alternative", "530000")
    reply = talk.say("拿社保卡行不", "ask_social_security_card", 0.95, topic="social_security_card")
    assert (reply.act, reply.topic) == (Act.ANSWER, "health_code_alternative")


def test_another_way_named_in_a_word_is_about_the_same_matter(knowledge):
    talk = talk_of(knowledge, "ask_remote_direct_settlement", "370800")
    reply = talk.say("那跨省的呢", "ask_cross_province_service", 0.8)
    assert reply.topic == "remote_direct_settlement"


@pytest.mark.parametrize(
    "text",
    [
        "那天气呢",
        "火车站怎么走",
        "你爱吃什么",
        "股票能买吗",
        "那养老金呢",
        "哪个医院好",
        "工伤怎么认定",
        "手机没信号咋办",
    ],
)
def test_what_the_entry_knows_nothing_of_is_another_matter(knowledge, text):
    talk = talk_of(knowledge, CERTIFICATION, "370100")
    reply = talk.say(text, FOREIGN, 0.9)
    assert reply.act is Act.OUT_OF_SCOPE
    assert reply.citations == ()


def test_an_amount_is_not_answered_with_the_rule_talked_of(knowledge):
    talk = talk_of(knowledge, CERTIFICATION, "370100")
    reply = talk.say("那能报多少呢", FOREIGN, 0.9)
    assert reply.act is not Act.ANSWER
    assert reply.citations == ()


def test_without_anything_talked_of_nothing_is_left_out(knowledge):
    talk = Talk(knowledge, known_region="370100")
    assert talk.say("那居民呢", FOREIGN, 0.9).act is Act.OUT_OF_SCOPE


@pytest.mark.parametrize("text", ["第二个", "那另一个呢", "第二件事呢"])
def test_the_second_of_two_matters_may_be_asked_for_by_its_number(knowledge, text):
    talk = Talk(knowledge, known_region="370100")
    first = talk.say(
        "长处方和送药上门", "ask_long_prescription", topic=("long_prescription", "drug_delivery")
    )
    assert first.topic == "long_prescription"
    reply = talk.say(text, "inform", 0.6)
    assert (reply.act, reply.topic) == (Act.ANSWER, "drug_delivery")


@pytest.mark.parametrize(
    ("text", "confidence"),
    [("等一下,一回能拿多少药", 0.9), ("先问问你,药能不能多拿", 0.9)],
)
def test_a_question_comes_before_the_answer_that_a_booking_waits_for(knowledge, text, confidence):
    talk = Talk(knowledge, known_region="370100", availability=hall())
    assert talk.say("我要预约", "book_appointment").act is Act.ASK_SLOT
    reply = talk.say(text, "ask_long_prescription", confidence, matter="药")
    assert (reply.act, reply.topic) == (Act.ANSWER, "long_prescription")
    assert "接着办预约" in reply.text


def test_moving_a_visit_without_saying_that_one_is_booked(knowledge):
    talk = Talk(knowledge, known_region="370100")
    reply = talk.say("换个日子,下周一行不", "correct", 0.9, date="2026-11-30")
    assert "没有查到" in reply.text


def test_a_matter_named_outright_is_not_taken_for_nobodys_where_the_model_wavers(knowledge):
    talk = Talk(knowledge, known_region="370800")
    reply = talk.say(
        "异地备案哪里都能办吧",
        "out_of_scope",
        0.5,
        second="ask_remote_medical_filing",
        topic="remote_medical_filing",
    )
    assert (reply.act, reply.topic) == (Act.ANSWER, "remote_medical_filing")


def test_a_no_at_the_end_of_a_question_is_no_answer(knowledge):
    reply = Talk(knowledge, known_region="370800").say("卡里能取现不", "deny", 0.7)
    assert reply.act is Act.OUT_OF_SCOPE
    talk = talk_of(knowledge, CERTIFICATION, "370100")
    talk.say("要带什么", "ask_aspect", aspect="materials")  # a person is on offer now
    assert talk.say("卡里能取现不", "deny", 0.7).act is Act.OUT_OF_SCOPE


def test_one_matter_named_comes_before_another_that_is_barely_likelier(knowledge):
    talk = Talk(knowledge, known_region="370100")
    reply = talk.say(
        "糖尿病办慢特病认定",
        "ask_two_diseases",
        0.5,
        second=CERTIFICATION,
        topic="chronic_disease_certification",
    )
    assert (reply.act, reply.topic) == (Act.ANSWER, "chronic_disease_certification")
