"""Policy questions: region, whose rule, source, follow-ups, several matters, honest ignorance."""

from __future__ import annotations

import pytest

from bot.messages import Act, Channel
from knowledge.index import KnowledgeIndex, open_knowledge
from tests.bot.talk import NOW, Talk

CERTIFICATION = "ask_chronic_disease_certification"


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeIndex:
    return open_knowledge()


def test_a_known_region_gets_the_answer_with_its_source(knowledge):
    talk = Talk(knowledge, known_region="370100")
    reply = talk.say("糖尿病门诊怎么认定", CERTIFICATION)
    assert reply.act is Act.ANSWER
    assert reply.entry_id == "chronic_disease_certification.370100"
    assert "20个工作日" in reply.text
    assert "济医保发〔2021〕1号" in reply.text
    assert "济南市的规定" in reply.text
    assert reply.citations[0].document == "济医保发〔2021〕1号"


def test_without_a_region_it_asks_where_the_person_is_insured(knowledge):
    talk = Talk(knowledge)
    asked = talk.say("糖尿病门诊怎么认定", CERTIFICATION)
    assert (asked.act, asked.topic, asked.citations) == (Act.CLARIFY, "chronic_disease_certification", ())
    told = talk.say("济南", "inform", region="370100")
    assert (told.act, told.region) == (Act.ANSWER, "370100")


def test_a_district_is_answered_with_its_citys_rule(knowledge):
    talk = Talk(knowledge)
    reply = talk.say("历城区怎么认定慢病", CERTIFICATION, region="370112")
    assert reply.entry_id == "chronic_disease_certification.370100"
    assert reply.region == "370112"
    assert "济南市的规定" in reply.text


def test_a_follow_up_on_another_place_keeps_the_topic(knowledge):
    talk = Talk(knowledge, known_region="370100")
    talk.say("糖尿病门诊怎么认定", CERTIFICATION)
    reply = talk.say("那济宁呢", "inform", region="370800")
    assert reply.topic == "chronic_disease_certification"
    assert reply.region == "370800"
    assert reply.entry_id == "chronic_disease_certification.370800"


def test_a_follow_up_on_what_no_document_says_is_honest(knowledge):
    talk = Talk(knowledge, known_region="370100")
    talk.say("糖尿病门诊怎么认定", CERTIFICATION)
    reply = talk.say("要带什么", "ask_aspect", aspect="materials")
    assert "没有写" in reply.text
    assert reply.citations == ()
    assert talk.say("好", "affirm").act is Act.HANDOFF


def test_a_place_of_which_nothing_is_said_gets_no_policy(knowledge):
    talk = Talk(knowledge)
    reply = talk.say("河南的慢病怎么认定", CERTIFICATION, region="410000")
    if knowledge.lookup("chronic_disease_certification", "410000", NOW.date()) is None:
        assert (reply.act, reply.entry_id, reply.citations) == (Act.FALLBACK, None, ())
        assert "转人工" in reply.text


def test_a_follow_up_on_a_general_entry_names_those_whose_document_it_is(knowledge):
    talk = Talk(knowledge, known_region="110000")
    talk.say("亲情账户是什么", "ask_family_account")
    told = talk.say("怎么弄", "ask_aspect", aspect="how")
    assert told.text.startswith("云南省、山东省的文件：")
    unknown = talk.say("要花钱吗", "ask_aspect", aspect="cost")
    assert "云南省、山东省的文件里没有写" in unknown.text
    assert "国家的" not in told.text + told.speech + unknown.text + unknown.speech


def test_on_the_phone_the_answer_comes_in_short_turns(knowledge):
    talk = Talk(knowledge, Channel.PHONE, known_region="370100")
    reply = talk.say("糖尿病门诊怎么认定", CERTIFICATION)
    assert reply.speech.endswith("要我接着说吗？")
    assert len(reply.speech.removesuffix("要我接着说吗？")) <= 80
    heard = [reply.speech]
    for _ in range(10):
        if not heard[-1].endswith("要我接着说吗？"):
            break
        heard.append(talk.say("接着说", "go_on").speech)
    assert any("每个月审核一次" in speech for speech in heard)


def test_repeat_says_the_same_again(knowledge):
    talk = Talk(knowledge, known_region="370100")
    first = talk.say("糖尿病门诊怎么认定", CERTIFICATION)
    again = talk.say("再说一遍", "repeat")
    assert again.act is Act.REPEAT
    assert again.text == first.text


def test_two_failures_bring_a_person(knowledge):
    talk = Talk(knowledge)
    assert talk.say("呜哩哇啦", "nlu_fallback", 0.0).act is Act.FALLBACK
    assert talk.say("叽里咕噜", "nlu_fallback", 0.0).act is Act.HANDOFF


def test_between_two_topics_it_asks_back(knowledge):
    talk = Talk(knowledge, known_region="370100")
    reply = talk.say("那个慢的", CERTIFICATION, 0.3)
    assert reply.act is Act.CLARIFY
    assert talk.say("是", "affirm").act is Act.ANSWER


FILING = "ask_remote_medical_filing"


def test_where_one_goes_is_not_where_one_is_insured(knowledge):
    talk = Talk(knowledge, known_region="370100")
    reply = talk.say("我要去北京看病，怎么备案", FILING, region="110000")
    assert (reply.act, reply.region) == (Act.ANSWER, "370100")
    asked = Talk(knowledge).say("我要去北京看病，怎么备案", FILING, region="110000")
    assert asked.act is Act.CLARIFY


def test_of_two_places_the_one_of_the_insurance_counts(knowledge):
    told = Talk(knowledge).say("我户口在济南，现在住北京，怎么备案", FILING, region=("370100", "110000"))
    assert told.region == "370100"
    going = Talk(knowledge).say("我妈在济南，要去北京住半年，怎么备案", FILING, region=("370100", "110000"))
    assert going.region == "370100"
    asked = Talk(knowledge).say("济南济宁怎么备案", FILING, region=("370100", "370800"))
    assert asked.act is Act.CLARIFY
    assert len(asked.choices) == 2


def test_a_place_told_while_two_topics_stand_open_is_kept(knowledge):
    talk = Talk(knowledge)
    asked = talk.say("看病能不能不回老家报", FILING, 0.4, second="ask_remote_direct_settlement")
    assert len(asked.choices) == 2
    again = talk.say("济南", "inform", region="370100")
    assert again.choices == asked.choices
    told = talk.say("第二个", "inform")
    assert (told.act, told.topic, told.region) == (Act.ANSWER, "remote_direct_settlement", "370100")


def test_where_nothing_is_known_the_nearest_known_topic_is_offered(knowledge):
    talk = Talk(knowledge, known_region="370100")
    offered = talk.say("高血压糖尿病门诊认定要几天", "ask_two_diseases", 0.5, second=CERTIFICATION)
    assert (offered.act, offered.citations) == (Act.CLARIFY, ())
    assert "没有收录" in offered.text
    told = talk.say("是", "affirm")
    assert (told.act, told.topic) == (Act.ANSWER, "chronic_disease_certification")


def test_a_topic_named_in_the_question_stands_in_where_only_of_it_a_rule_is_known(knowledge):
    talk = Talk(knowledge, known_region="370100")
    reply = talk.say("糖尿病慢病认定几天", "ask_two_diseases", topic="chronic_disease_certification")
    assert (reply.act, reply.topic) == (Act.ANSWER, "chronic_disease_certification")
