"""Written Chinese made speakable: figures, dates, shares, ranges, telephone numbers, signs; turns of bearable length."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.speech import MAX_SPOKEN, speakable, spoken_turns


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        # shares and amounts
        ("报销1.5%", "报销百分之一点五"),
        ("60%～70%", "百分之六十到七十"),
        ("60-70%", "百分之六十到七十"),
        ("3‰", "千分之三"),
        ("50万", "五十万"),
        ("2,000元", "两千元"),
        ("50000元", "五万元"),
        ("¥30", "三十元"),
        ("120元", "一百二十元"),
        ("300元/月", "三百元每月"),
        ("3.5倍", "三点五倍"),
        ("血压140/90", "血压一百四十，九十"),
        # ranges
        ("3～6个月", "三到六个月"),
        ("10-20个工作日", "十到二十个工作日"),
        ("65-70岁", "六十五到七十岁"),
        ("3月1日-15日", "三月一日到十五日"),
        ("2021-2027年", "二零二一到二零二七年"),
        ("9:00–12:00、13:30–17:00", "上午九点到中午十二点、下午一点半到下午五点"),
        # dates and times
        ("2026-11-25", "十一月二十五号，星期三"),
        ("2021-02-30", "二零二一年二月三十日"),
        ("11月25日（周三）上午9点半", "十一月二十五日，周三，上午九点半"),
        ("2点50分", "两点五十分"),
        ("2021年6月", "二零二一年六月"),
        ("24点", "二十四点"),
        # numbers that are dialled or read out
        ("打12393或120", "打幺二三九三或幺二零"),
        ("拨打12345", "拨打幺二三四五"),
        ("13812345678", "幺三八，幺二三四，五六七八"),
        ("电话0531-86555000", "电话零五三幺，八六五五，五零零零"),
        ("01012345678", "零幺零，幺二三四，五六七八"),
        ("400-123-4567", "四零零，幺二三，四五六七"),
        ("370102194001011234", "三七零幺零二，幺九四零，零幺零幺，幺二三四"),
        ("预约号481516", "预约号四八幺，五幺六"),
        # two
        ("2个月，2天，2次", "两个月，两天，两次"),
        ("第2个，2月2日，2号楼", "第二个，二月二日，二号楼"),
        ("12个，22天", "十二个，二十二天"),
        ("第二天来两次", "第二天来两次"),
        # signs
        ("（一）身份证；（二）社保卡", "第一，身份证；第二，社保卡"),
        ("第二条（三）", "第二条第三项"),
        ("1. 不要转账。\n2. 不要说", "第一，不要转账。第二，不要说"),
        ("济医保发〔2021〕1号", "济医保发二零二一年一号"),
        ("手机APP和CT", "手机应用和CT"),
        ("见https://example.com/a?b=1", "见"),
        ("体重60kg，37℃", "体重六十公斤，三十七度"),
        ("１２３９３", "幺二三九三"),
        ("“转人工”", "转人工"),
    ],
)
def test_written_is_said_as_people_say_it(written, spoken):
    assert speakable(written) == spoken


@given(
    st.text(
        alphabet=st.sampled_from("医保1234567890０９.%％-～~:：年月日元个点，。（）()〔〕/ \n两二第aA+×"),
        max_size=40,
    )
)
@example("(())")
def test_no_figure_is_left_and_what_is_speakable_stays(text):
    spoken = speakable(text)
    assert not re.search(r"[0-9０-９%％\n]", spoken)
    assert speakable(spoken) == spoken


@given(st.text(max_size=60))
def test_no_text_breaks_it(text):
    speakable(text)


@given(st.text(alphabet=st.sampled_from("医保办理，。！？；、：\n"), max_size=400))
def test_turns_are_short_and_lose_nothing(text):
    turns = spoken_turns([text])
    assert all(len(turn) <= MAX_SPOKEN for turn in turns)
    assert re.sub(r"\s", "", "".join(turns)) == re.sub(
        r"\s", "", "".join(re.findall(r"[^。！？；!?;\n]+[。！？；!?;\n]*", text))
    )
