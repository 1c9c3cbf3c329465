"""Questions answered badly: asked back, declined, corrected, not understood; each is kept in the citizen's words."""

from __future__ import annotations

import pytest

from bot.decision import NoteGap
from bot.gaps import REASONS
from bot.messages import Act
from knowledge.index import KnowledgeIndex, open_knowledge
from tests.bot.talk import Talk

CERTIFICATION = "ask_chronic_disease_certification"


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeIndex:
    return open_knowledge()


def kept(talk: Talk) -> list[tuple[str, str]]:
    gaps = [action for action in talk.actions if isinstance(action, NoteGap)]
    assert all(gap.reason in REASONS for gap in gaps)
    return [(gap.reason, gap.text) for gap in gaps]


def test_not_understood(knowledge):
    talk = Talk(knowledge)
    assert talk.say("呜哩哇啦", "nlu_fallback", 0.0).act is Act.FALLBACK
    assert kept(talk) == [("fallback", "呜哩哇啦")]


def test_foreign(knowledge):
    talk = Talk(knowledge)
    assert talk.say("明天下雨不", "out_of_scope").act is Act.OUT_OF_SCOPE
    assert kept(talk) == [("out_of_scope", "明天下雨不")]


def test_no_rule_for_the_place(knowledge):
    talk = Talk(knowledge)
    talk.say("河南慢病专区在哪", "ask_chronic_disease_zone", region="410000")
    assert kept(talk) == [("no_entry", "河南慢病专区在哪")]


def test_asked_back_and_declined(knowledge):
    talk = Talk(knowledge, known_region="370100")
    assert talk.say("那个慢的", CERTIFICATION, 0.4).act is Act.CLARIFY
    reply = talk.say("不是", "deny")
    assert reply.act is Act.FALLBACK
    assert kept(talk) == [("low_confidence", "那个慢的"), ("corrected", "那个慢的")]


def test_neither_of_two_is_meant(knowledge):
    talk = Talk(knowledge)
    asked = talk.say(
        "看病能不能不回老家报", "ask_remote_medical_filing", 0.4, second="ask_remote_direct_settlement"
    )
    assert len(asked.choices) == 2
    assert talk.say("都不是", "deny").act is Act.FALLBACK
    assert kept(talk)[-1] == ("corrected", "看病能不能不回老家报")


@pytest.mark.parametrize("words", ["不是这个", "我问的不是这个", "你答非所问"])
def test_an_answer_that_was_not_asked_for(knowledge, words):
    talk = Talk(knowledge, known_region="370100")
    assert talk.say("慢病怎么弄", CERTIFICATION).act is Act.ANSWER
    reply = talk.say(words, "deny")
    assert reply.act is Act.FALLBACK
    assert "换个说法" in reply.text
    assert kept(talk) == [("corrected", "慢病怎么弄")]
    assert talk.say("还是不对", "deny", 0.9) is not None


def test_a_second_correction_brings_a_person(knowledge):
    talk = Talk(knowledge, known_region="370100")
    talk.say("慢病怎么弄", CERTIFICATION)
    talk.say("不是这个", "deny")
    talk.say("就那个慢的", CERTIFICATION, 0.4)
    assert talk.say("不是", "deny").act is Act.HANDOFF


def test_a_good_answer_keeps_nothing(knowledge):
    talk = Talk(knowledge, known_region="370100")
    talk.say("糖尿病门诊怎么认定", CERTIFICATION)
    assert kept(talk) == []
