"""On the telephone: silence, interruptions, how one wants to be spoken to, keys, a person offered."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decision import Book, Escalate, RememberSpeech
from bot.flows.hearing import unheard
from bot.flows.manner import FASTEST, LOUDEST, QUIETEST, SLOWEST, rate_after, volume_after
from bot.messages import Act, Channel
from knowledge.index import KnowledgeIndex, open_knowledge
from tests.bot.talk import Talk, hall

CERTIFICATION = "ask_chronic_disease_certification"


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeIndex:
    return open_knowledge()


def caller(knowledge, **changes) -> Talk:
    return Talk(knowledge, Channel.PHONE, known_region="370100", availability=hall(), **changes)


def booked_up_to_read_back(knowledge) -> Talk:
    talk = caller(knowledge, caller_phone="13812345678")
    talk.say("我想约个号", "book_appointment")
    talk.say("办报销", "inform", matter="报销")
    talk.say("明天", "inform", date="2026-11-26")
    talk.say("上午九点", "inform", time="09:00")
    assert talk.say("张秀英", "inform", name="张秀英").act is Act.CONFIRM
    return talk


# silence


def test_silence_is_answered_in_other_words_then_keys_then_a_person_then_a_goodbye(knowledge):
    talk = caller(knowledge)
    asked = talk.say("我想约个号", "book_appointment")
    other = talk.silence()
    assert other.act is Act.CLARIFY
    assert "没有听到" in other.speech
    assert asked.speech not in other.speech
    assert "按零" in talk.silence().speech
    offered = talk.silence()
    assert "工作人员" in offered.speech
    assert "按一" in offered.speech
    gone = talk.silence()
    assert gone.act is Act.GOODBYE
    assert "再见" in gone.speech


@pytest.mark.parametrize("yes", [lambda t: t.press("1"), lambda t: t.say("好", "affirm")])
def test_yes_to_the_person_offered_after_silence_brings_one_and_books_nothing(knowledge, yes):
    talk = booked_up_to_read_back(knowledge)
    for _ in range(3):
        talk.silence()
    assert yes(talk).act is Act.HANDOFF
    assert any(isinstance(a, Escalate) for a in talk.actions)
    assert not any(isinstance(a, Book) for a in talk.actions)


def test_outside_office_hours_silence_ends_in_the_offer_of_a_call_back(knowledge):
    talk = caller(knowledge, office_open=False, caller_phone="13812345678")
    talk.say("你好", "greet")
    replies = [talk.silence() for _ in range(3)]
    assert "打电话" in replies[-1].speech
    assert talk.press("1").act is Act.CALLBACK


def test_the_question_still_stands_after_silence(knowledge):
    talk = booked_up_to_read_back(knowledge)
    assert "对" in talk.silence().speech
    assert talk.silence().speech.count("按") >= 2
    assert talk.press("1").act is Act.BOOKED


def test_the_menu_still_stands_after_silence(knowledge):
    talk = caller(knowledge)
    talk.say("周六去办报销", "book_appointment", date="2026-11-28", matter="报销")
    talk.silence()
    assert "按一" in talk.silence().speech
    assert "几点" in talk.press("1").speech


def test_silence_counts_anew_after_something_was_said(knowledge):
    talk = caller(knowledge)
    talk.say("我想约个号", "book_appointment")
    for _ in range(4):
        assert talk.silence().act is not Act.GOODBYE
        talk.say("再说一遍", "repeat")


def test_star_repeats_what_was_asked_and_not_the_silence_prompt(knowledge):
    talk = caller(knowledge)
    asked = talk.say("我想约个号", "book_appointment")
    talk.silence()
    assert talk.press("*").speech == asked.speech


# what was not heard counts as not said


def test_yes_to_a_question_that_was_not_heard_books_nothing_and_asks_again(knowledge):
    talk = booked_up_to_read_back(knowledge)
    again = talk.say("对", "affirm", heard=talk.state.said[:12])
    assert again.act is Act.CONFIRM
    assert again.uninterruptible
    assert not any(isinstance(a, Book) for a in talk.actions)
    assert talk.say("对", "affirm").act is Act.BOOKED


def test_yes_over_the_last_syllable_of_the_question_counts(knowledge):
    talk = booked_up_to_read_back(knowledge)
    said = talk.state.said
    assert talk.say("对", "affirm", heard=said[: said.index("？") - 1]).act is Act.BOOKED


def test_a_key_counts_once_the_question_was_heard_and_not_before(knowledge):
    talk = booked_up_to_read_back(knowledge)
    said = talk.state.said
    assert talk.press("1", heard=said[:20]).act is Act.CONFIRM
    assert talk.press("1", heard=said[: said.index("？") + 1]).act is Act.BOOKED


def test_no_counts_at_any_moment(knowledge):
    talk = booked_up_to_read_back(knowledge)
    assert talk.say("不对", "deny", heard=talk.state.said[:5]).act is Act.ASK_SLOT


def test_go_on_says_the_rest_of_what_was_interrupted_and_then_what_was_waiting(knowledge):
    talk = caller(knowledge)
    first = talk.say("糖尿病门诊怎么认定", CERTIFICATION)
    waiting = talk.state.more
    clauses = re.split(r"(?<=[，、。])", first.speech)
    heard = "".join(clauses[:2]) + clauses[2][:2]  # in the middle of a clause
    rest = talk.say("接着说", "go_on", heard=heard)
    assert rest.speech.startswith(clauses[2])
    assert talk.state.more == waiting or waiting[-1] in talk.state.more[-1]


def test_a_key_whose_option_was_not_heard_is_asked_again(knowledge):
    talk = caller(knowledge)
    offered = talk.say("周六去办报销", "book_appointment", date="2026-11-28", matter="报销")
    before = offered.speech[: offered.speech.index("按二") - 3]
    assert talk.press("2", heard=before).speech == offered.speech
    assert "几点" in talk.press("1", heard=before).speech


def test_what_was_heard_is_found_whatever_the_punctuation():
    assert unheard("您好，请问。办什么？", None) == ""
    assert unheard("您好，请问。办什么？", "您好请问") == "办什么？"
    assert unheard("您好，请问。办什么？", "") == "您好，请问。办什么？"
    assert unheard("您好。", "您好。") == ""
    assert unheard("您好，请问。办什么？", "请稍等。") == ""


@given(st.text(alphabet=st.sampled_from("您好，。？按一二；报销"), max_size=40), st.integers(0, 40))
def test_heard_and_unheard_together_are_all_that_was_said(said, cut):
    rest = unheard(said, said[:cut])
    assert said.endswith(rest)
    sounds = sum(c.isalnum() for c in said[:cut]) + sum(c.isalnum() for c in rest)
    assert sounds == sum(c.isalnum() for c in said)


# slower, faster, louder, softer, once more


@pytest.mark.parametrize(
    ("words", "intent", "change"),
    [
        ("慢一点", "slower", "slower"),
        ("大声点", "louder", "louder"),
        ("快一点", "nlu_fallback", "faster"),
        ("太慢了", "nlu_fallback", "faster"),
        ("说快点", "out_of_scope", "faster"),
        ("小声点", "louder", "softer"),
        ("声音太大了", "louder", "softer"),
        ("声音小一点", "louder", "softer"),
    ],
)
def test_the_last_reply_comes_again_as_asked_and_it_is_remembered(knowledge, words, intent, change):
    talk = caller(knowledge)
    asked = talk.say("我想约个号", "book_appointment")
    again = talk.say(words, intent)
    assert asked.speech in again.speech
    assert RememberSpeech(change) in talk.actions
    assert talk.state.flow == "booking"


@pytest.mark.parametrize("words", ["慢病怎么办", "快一点办下来要几天", "大厅大不大", "声音"])
def test_a_question_with_such_words_is_no_wish(knowledge, words):
    talk = caller(knowledge)
    talk.say(words, CERTIFICATION)
    assert not any(isinstance(a, RememberSpeech) for a in talk.actions)


def test_not_heard_twice_comes_slower_the_second_time(knowledge):
    talk = caller(knowledge)
    talk.say("我想约个号", "book_appointment")
    assert talk.say("没听清", "repeat").act is Act.REPEAT
    assert not talk.actions
    second = talk.say("没听清", "repeat")
    assert second.act is Act.SLOWER
    assert talk.actions == [RememberSpeech("slower")]


def test_a_wish_in_the_middle_of_a_complaint_is_not_written_down_as_one(knowledge):
    talk = caller(knowledge)
    talk.say("我要投诉", "complain")
    assert talk.say("慢一点", "slower").act is Act.SLOWER
    assert talk.state.flow == "complaint"


def test_a_repeated_read_back_still_has_to_be_heard(knowledge):
    talk = booked_up_to_read_back(knowledge)
    again = talk.say("大声点", "louder")
    assert again.uninterruptible
    assert talk.say("对", "affirm").act is Act.BOOKED


def test_rate_and_loudness_have_ends():
    rate = volume = 1.0
    for _ in range(10):
        rate, volume = rate_after("slower", rate), volume_after("louder", volume)
    assert (rate, volume) == (SLOWEST, LOUDEST)
    for _ in range(20):
        rate, volume = rate_after("faster", rate), volume_after("softer", volume)
    assert (rate, volume) == (FASTEST, QUIETEST)


def test_at_the_end_of_the_scale_it_says_so(knowledge):
    talk = caller(knowledge, speech_rate=SLOWEST)
    talk.say("我想约个号", "book_appointment")
    again = talk.say("慢一点", "slower")
    assert "最慢" in again.speech
    assert not talk.actions


# a person


def test_after_two_failed_turns_a_person_is_offered_on_the_telephone(knowledge):
    talk = caller(knowledge)
    talk.say("呜哩哇啦", "nlu_fallback", 0.0)
    offered = talk.say("叽里咕噜", "nlu_fallback", 0.0)
    assert offered.act is Act.FALLBACK
    assert "人工" in offered.speech
    assert talk.press("1").act is Act.HANDOFF


def test_after_three_a_person_is_brought(knowledge):
    talk = caller(knowledge)
    for _ in range(2):
        talk.say("叽里咕噜", "nlu_fallback", 0.0)
    assert talk.say("叽里咕噜", "nlu_fallback", 0.0).act is Act.HANDOFF


@pytest.mark.parametrize("say_yes", [lambda t: t.press("1"), lambda t: t.say("好", "affirm")])
def test_in_the_middle_of_a_booking_yes_to_the_person_brings_one(knowledge, say_yes):
    talk = caller(knowledge)
    talk.say("我想约个号", "book_appointment")
    talk.say("办报销", "inform", matter="报销")
    for _ in range(2):
        reply = talk.say("哎呀呀", "nlu_fallback", 0.1)
    assert "人工" in reply.speech
    assert say_yes(talk).act is Act.HANDOFF


def test_no_to_the_person_goes_on_with_the_booking(knowledge):
    talk = caller(knowledge)
    talk.say("我想约个号", "book_appointment")
    talk.say("办报销", "inform", matter="报销")
    for _ in range(2):
        talk.say("哎呀呀", "nlu_fallback", 0.1)
    talk.press("2")
    assert "几点" in talk.say("明天", "inform", date="2026-11-26").speech


def test_zero_brings_a_person_at_any_moment(knowledge):
    talk = booked_up_to_read_back(knowledge)
    assert talk.press("0").act is Act.HANDOFF


# keys


def test_every_read_back_names_its_keys(knowledge):
    talk = booked_up_to_read_back(knowledge)
    talk.say("不对", "deny")
    again = talk.say("改成十点", "correct", time="10:00")
    assert "按一" in again.speech
    assert talk.press("1").act is Act.BOOKED


def test_stars_can_be_given_by_key(knowledge):
    talk = caller(knowledge)
    talk.say("我要评价", "rate_service")
    rated = talk.press("1")
    assert (rated.act, rated.slots) == (Act.RATE, {"rating": "1"})
