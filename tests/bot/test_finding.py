"""Which matter is meant: a way beside a matter, words where the model is unsure, follow-ups of few words."""

from __future__ import annotations

import pytest

from bot.messages import Act
from knowledge.index import KnowledgeIndex, open_knowledge
from tests.bot.talk import Talk

NEARBY = "ask_nearby_service"
CERTIFICATION = "ask_chronic_disease_certification"


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeIndex:
    return open_knowledge()


def test_a_matter_named_beside_a_way_is_what_is_asked_about(knowledge):
    talk = Talk(knowledge, known_region="370000")
    reply = talk.say("手工报销在村里能办吗", NEARBY, 0.99, topic="manual_reimbursement")
    assert (reply.act, reply.entry_id) == (Act.ANSWER, "manual_reimbursement.370000")


def test_a_matter_found_by_words_comes_before_a_way_too(knowledge):
    talk = Talk(knowledge, known_region="510000")
    reply = talk.say("四川改参保信息镇上可以不", NEARBY, 0.9)
    assert reply.topic == "enrollment_info_change"


def test_a_way_alone_is_answered_as_such(knowledge):
    reply = Talk(knowledge, known_region="370000").say("村里的医保站能办哪些事", NEARBY, 0.9)
    assert reply.topic == "nearby_service"


def test_an_unsure_intent_that_no_words_bear_out_is_asked_back(knowledge):
    talk = Talk(knowledge, known_region="370100")
    reply = talk.say("那个玩意儿咋个整法", "ask_video_service", 0.55)
    assert (reply.act, reply.citations) == (Act.CLARIFY, ())


def test_words_decide_between_two_likely_intents(knowledge):
    talk = Talk(knowledge, known_region="370000")
    reply = talk.say(
        "医保码在药店能用吗", "ask_personal_account_remote_payment", 0.45, second="ask_e_voucher"
    )
    assert (reply.act, reply.topic) == (Act.ANSWER, "e_voucher")


def test_what_the_model_thinks_foreign_without_being_sure_is_asked_back_where_words_speak_for_it(knowledge):
    talk = Talk(knowledge, known_region="370800")
    reply = talk.say("门诊慢性病认定多长时间办一回", "out_of_scope", 0.5, second=CERTIFICATION)
    assert (reply.act, reply.topic, reply.citations) == (Act.CLARIFY, CERTIFICATION.removeprefix("ask_"), ())
    assert talk.say("是", "affirm").act is Act.ANSWER


def test_where_it_is_sure_that_a_matter_is_foreign_it_is(knowledge):
    reply = Talk(knowledge).say("公司没给我交医保能不能赔偿", "out_of_scope", 0.95)
    assert (reply.act, reply.citations) == (Act.OUT_OF_SCOPE, ())


@pytest.mark.parametrize("words", ["莆田行吗", "那莆田呢", "莆田有没有", "换成莆田怎么样"])
def test_a_place_alone_is_about_what_was_just_told(knowledge, words):
    talk = Talk(knowledge, known_region="510000")
    talk.say("视频能办医保吗", "ask_video_service")
    reply = talk.say(words, "ask_aspect", 0.5, region="350300")
    assert (reply.topic, reply.region) == ("video_service", "350300")


def test_asked_who_says_so_it_tells_its_source_again(knowledge):
    talk = Talk(knowledge, known_region="370100")
    talk.say("糖尿病门诊怎么认定", CERTIFICATION)
    reply = talk.say("哪个文件写的", "nlu_fallback", 0.0)
    assert "济医保发〔2021〕1号" in reply.text
    assert reply.citations


def test_two_matters_of_one_sentence_are_told_one_after_the_other(knowledge):
    talk = Talk(knowledge, known_region="370800")
    first = talk.say("老年人优先窗口有吗，还有送药上门有没有", "ask_priority_window")
    assert first.topic == "priority_window"
    second = talk.say("好", "affirm")
    assert (second.act, second.topic) == (Act.ANSWER, "drug_delivery")
