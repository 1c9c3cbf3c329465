"""Reading aloud: polyphones in our own words, 一 and 不, surnames, letters, pauses."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.pinyin import syllables, to_pinyin

_SPOKEN = re.compile(r"[a-zü]+[1-5][,.]?")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("济南市医保局", "ji3 nan2 shi4 yi1 bao3 ju2."),
        ("长处方要重新调整", "chang2 chu3 fang1 yao4 chong2 xin1 tiao2 zheng3."),
        ("这个我办不了", "zhe4 ge5 wo3 ban4 bu4 liao3."),
        ("还是到银行归还", "hai2 shi4 dao4 yin2 hang2 gui1 huan2."),
        ("好差评，当天就能给付", "hao3 cha4 ping2, dang4 tian1 jiu4 neng2 ji3 fu4."),
        ("您记得带参保证明", "nin2 ji4 de5 dai4 can1 bao3 zheng4 ming2."),
        ("莆田和成都都能办", "pu2 tian2 he2 cheng2 du1 dou1 neng2 ban4."),
        ("先量血压，再看冠心病", "xian1 liang2 xue4 ya1, zai4 kan4 guan1 xin1 bing4."),
        ("为您办，便民", "wei4 nin2 ban4, bian4 min2."),
    ],
)
def test_words_with_several_readings_are_read_as_our_callers_read_them(text, expected):
    assert to_pinyin(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一个月", "yi2 ge4 yue4."),
        ("一般", "yi4 ban1."),
        ("第一次", "di4 yi1 ci4."),
        ("一月一号", "yi1 yue4 yi1 hao4."),
        ("十一楼", "shi2 yi1 lou2."),
        ("不用", "bu2 yong4."),
        ("不能", "bu4 neng2."),
        ("不，不对", "bu4, bu2 dui4."),
        ("差不多", "cha4 bu5 duo1."),
    ],
)
def test_yi_and_bu_change_their_tone(text, expected):
    assert to_pinyin(text) == expected


def test_a_surname_is_read_as_a_surname():
    assert to_pinyin("名字任大海，").startswith("ming2 zi5 ren2")
    assert to_pinyin("我叫单秀英。").endswith("shan4 xiu4 ying1.")
    assert to_pinyin("办理单次住院") == "ban4 li3 dan1 ci4 zhu4 yuan4."


def test_figures_and_letters_are_read():
    assert to_pinyin("打12393") == "da3 yao1 er4 san1 jiu3 san1."
    assert to_pinyin("做CT") == "zuo4 xi1 ti4."
    assert syllables("5%") == ["bai3", "fen1", "zhi1", "wu3"]


def test_what_cannot_be_said_gives_nothing():
    assert to_pinyin("") == to_pinyin("，。！") == to_pinyin("😀") == ""


@given(st.text(alphabet=st.sampled_from("一不了长行的好医保13579%.，。！？A é😀\n（）-"), max_size=40))
def test_only_syllables_and_pauses_come_out(text):
    assert all(_SPOKEN.fullmatch(sound) for sound in to_pinyin(text).split())


@given(st.text(max_size=30))
def test_no_text_breaks_it(text):
    to_pinyin(text)
