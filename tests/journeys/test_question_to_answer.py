"""A daughter asks from far away, and follows up; every word of it through WeChat, Rasa and the knowledge base."""

from __future__ import annotations

import pytest


@pytest.mark.usefixtures("rasa_listens")
def test_a_question_is_understood_and_answered_with_its_source(house, meet, answered_once):
    daughter = meet()
    answer = daughter.says("我妈在济南，异地就医备案怎么办？")
    assert (answer.outcome, answer.act) == ("replied", "answer")
    assert answer.notes["topic"] == "remote_medical_filing"
    assert answer.notes["region"] == "370100"
    assert "〔" in answer.notes["citation"], "a document number"
    assert answer.notes["citation"].split(";")[0].split(" ")[0] in answer.text, (
        "the source is told to her too"
    )
    (turn,) = house.records.turns(daughter.openid)
    assert turn.source == "rasa", "not the keywords: the whole way"
    other = daughter.says("那济宁呢？")
    assert (other.act, other.notes["region"]) == ("answer", "370800")
    assert other.text != answer.text
    answered_once(daughter)


def test_two_people_do_not_hear_each_other(house, meet, answered_once):
    son, aunt = meet(), meet()
    son.says("济南门诊慢特病怎么办理认定？")
    aunt.says("昆明的社保卡丢了怎么补办？")
    assert son.says("要带什么材料？").notes["topic"] == "chronic_disease_certification"
    answered_once(son, aunt)
    assert not set(son.heard()) & set(aunt.heard())


def test_what_no_document_answers_is_not_made_up(house, meet, answered_once):
    grandfather = meet()
    answer = grandfather.says("明天股票会涨吗")
    assert answer.act in ("out_of_scope", "fallback", "clarify")
    assert "citation" not in answer.notes
    answered_once(grandfather)
