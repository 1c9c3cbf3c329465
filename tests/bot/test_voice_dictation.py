"""On the telephone: numbers in groups, names told by their characters, corrections in part, the landline's region."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.area_codes import region_of_number
from bot.characters import corrected as corrected_name
from bot.characters import gloss
from bot.decision import Book, BookCallback
from bot.flows.dictation import corrected, digits_of, is_number
from bot.messages import Act, Channel
from knowledge.index import KnowledgeIndex, open_knowledge
from tests.bot.talk import Talk, hall


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeIndex:
    return open_knowledge()


def asked_for_the_number(knowledge) -> Talk:
    talk = Talk(knowledge, Channel.PHONE, known_region="370100", availability=hall())
    talk.say("我想约个号", "book_appointment")
    talk.say("办报销", "inform", matter="报销")
    talk.say("明天", "inform", date="2026-11-26")
    talk.say("上午九点", "inform", time="09:00")
    assert "手机" in talk.say("张秀英", "inform", name="张秀英").speech
    return talk


def test_a_number_said_in_three_breaths_is_taken_together_and_read_back(knowledge):
    talk = asked_for_the_number(knowledge)
    first = talk.say("幺三八", "nlu_fallback", 0.1)
    assert (first.act, first.speech) == (Act.ASK_SLOT, "幺三八，请接着说。")
    assert "零零幺三" in talk.say("零零一三", "out_of_scope", 0.9).speech
    back = talk.say("八零零零", "nlu_fallback", 0.1)
    assert back.act is Act.CONFIRM
    assert "幺三八，零零幺三，八零零零" in back.speech
    assert talk.say("对", "affirm").act is Act.BOOKED
    assert next(a for a in talk.actions if isinstance(a, Book)).phone == "13800138000"


def test_a_group_like_an_emergency_number_is_no_cry_for_help(knowledge):
    talk = asked_for_the_number(knowledge)
    talk.say("幺三八", "nlu_fallback", 0.1)
    assert talk.say("幺二零", "emergency", 1.0).act is Act.ASK_SLOT
    other = asked_for_the_number(knowledge)
    assert other.say("幺二零", "emergency", 1.0).act is Act.EMERGENCY


def test_a_group_heard_wrongly_is_said_anew(knowledge):
    talk = asked_for_the_number(knowledge)
    talk.say("幺三八", "nlu_fallback", 0.1)
    talk.say("零零一三", "nlu_fallback", 0.1)
    assert "零零幺四" in talk.say("不对，是零零一四", "correct").speech
    assert "幺三八，零零幺四，八零零零" in talk.say("八零零零", "nlu_fallback", 0.1).speech


def test_from_the_beginning(knowledge):
    talk = asked_for_the_number(knowledge)
    talk.say("幺三八", "nlu_fallback", 0.1)
    talk.say("重新说", "repeat")
    talk.say("一三九零零零零", "nlu_fallback", 0.1)
    assert "幺三九，零零零零，幺幺幺幺" in talk.say("幺幺幺幺", "nlu_fallback", 0.1).speech


def test_too_many_digits_begin_again(knowledge):
    talk = asked_for_the_number(knowledge)
    talk.say("幺三八", "nlu_fallback", 0.1)
    talk.say("零零一三八零", "nlu_fallback", 0.1)
    assert "从头" in talk.say("一二三四五六", "nlu_fallback", 0.1).speech
    assert "dictated" not in talk.state.slots


def test_half_a_number_is_not_shown_outside(knowledge):
    talk = asked_for_the_number(knowledge)
    assert "dictated" not in talk.say("幺三八", "nlu_fallback", 0.1).slots


def test_something_else_in_the_middle_is_answered(knowledge):
    talk = asked_for_the_number(knowledge)
    talk.say("幺三八", "nlu_fallback", 0.1)
    assert talk.say("算了，不约了", "cancel_appointment").act is Act.AFFIRM


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("不对，后四位是一二三四", "13800131234"),
        ("后四位是1234", "13800131234"),
        ("最后是八八", "13800138088"),
        ("最后两位应该是八八", "13800138088"),
        ("尾号是六六", "13800138066"),
        ("前三位是幺三九", "13900138000"),
        ("中间四位是零零一五", "13800158000"),
        ("中间是一五", "13815138000"),
        ("不是零零一三，是零零一七", "13800178000"),
        ("不是三八是三九", "13800139000"),
        ("不对，是零零一四", "13800148000"),
        ("不对，是八零零一", "13800138001"),
    ],
)
def test_part_of_a_number_is_corrected(words, number):
    assert corrected("13800138000", words) == number


@pytest.mark.parametrize(
    "words", ["不对", "是的", "后四位", "不是五五五五是六六六六", "改成后天", "最后是八零零零", "第一位是九"]
)
def test_what_corrects_nothing_leaves_the_number(words):
    assert corrected("13800138000", words) is None


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.from_regex(r"[0-9]{4}", fullmatch=True))
def test_the_last_four_are_always_the_last_four(number, last):
    changed = corrected(number, f"不对，后四位是{last}")
    assert changed in (None, number[:-4] + last)
    assert (changed is None) == (number.endswith(last))


@given(st.text(max_size=40))
def test_no_words_make_a_number_that_is_none(words):
    changed = corrected("13800138000", words)
    assert changed is None or is_number(changed)


def test_digits_are_understood_spoken_and_written():
    assert digits_of("幺三八 零零一三") == digits_of("138，0013") == "1380013"


def test_the_read_back_is_corrected_in_part(knowledge):
    talk = asked_for_the_number(knowledge)
    talk.say("13800138000", "inform", phone="13800138000")
    again = talk.say("不对，后四位是一二三四", "correct")
    assert again.act is Act.CONFIRM
    assert "幺三八，零零幺三，幺二三四" in again.speech


def test_a_call_backs_number_is_taken_in_groups_and_confirmed(knowledge):
    talk = Talk(knowledge, Channel.PHONE, office_open=False)
    asked = talk.say("转人工", "request_agent")
    assert asked.act is Act.CALLBACK
    talk.say("零五三一", "nlu_fallback", 0.1)
    confirm = talk.say("八六六五五零零零", "nlu_fallback", 0.1)
    assert "零五三幺" in confirm.speech
    assert "按一" in confirm.speech
    booked = talk.press("1")
    assert booked.act is Act.CALLBACK_BOOKED
    assert next(a for a in talk.actions if isinstance(a, BookCallback)).phone == "053186655000"


def test_outside_office_hours_the_number_one_calls_from_is_offered(knowledge):
    talk = Talk(knowledge, Channel.PHONE, office_open=False, caller_phone="13800138000")
    asked = talk.say("转人工", "request_agent")
    assert "幺三八，零零幺三，八零零零" in asked.speech
    assert talk.say("可以", "affirm").act is Act.CALLBACK_BOOKED


# names


def test_a_name_is_said_back_with_its_characters(knowledge):
    talk = Talk(knowledge, Channel.PHONE, known_region="370100", availability=hall())
    talk.say("明天上午九点办报销", "book_appointment", date="2026-11-26", time="09:00", matter="报销")
    heard = talk.say("张秀英", "inform", name="张秀英")
    assert heard.speech.startswith("张秀英，弓长张，秀丽的秀，英雄的英。")


def test_a_characters_correction_changes_the_name(knowledge):
    talk = asked_for_the_number(knowledge)
    assert talk.say("不对，是立早章", "correct").speech.startswith("章秀英，立早章")
    talk.say("晶莹的莹", "nlu_fallback", 0.1)
    assert talk.state.slots["name"] == "章秀莹"
    assert talk.state.expecting == "phone"


def test_names_are_glossed_only_where_all_of_them_is_known():
    assert gloss("李建国") == "木子李，建设的建，国家的国"
    assert gloss("王翀") == ""


@pytest.mark.parametrize(
    ("name", "words", "expected"),
    [
        ("张秀英", "立早章", "章秀英"),
        ("王建国", "不对，三点水的汪", "汪建国"),
        ("李新华", "是欣赏的欣", "李欣华"),
        ("李新华", "文化的化", "李新化"),
        ("李新华", "对的", None),
        ("李新华", "高兴的高", None),
        ("李新华", "木子李", None),
    ],
)
def test_a_character_takes_the_place_of_the_one_that_sounds_like_it(name, words, expected):
    assert corrected_name(name, words) == expected


@given(st.text(alphabet=st.sampled_from("张秀英立早章的是文章李木子"), max_size=12))
def test_a_correction_keeps_the_length_of_a_name(words):
    changed = corrected_name("张秀英", words)
    assert changed is None or len(changed) == 3


# the region of the line


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("053186655000", "370100"),
        ("05372345678", "370800"),
        ("05942345678", "350300"),
        ("02886655000", "510000"),
        ("087163000000", "530100"),
        ("01012345678", "110000"),
        ("13800138000", None),
        ("02012345678", None),
        ("0531", None),
        ("", None),
        ("anonymous", None),
    ],
)
def test_a_landline_tells_its_region_and_a_mobile_number_does_not(number, region):
    assert region_of_number(number) == region
