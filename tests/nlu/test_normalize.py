"""One plain form for typed and recognised text, with misheard words of the field put right."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.normalize import normalize, warm_up

ODD = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from(
            "医保一报销小慢特病并异地就衣嗯呃那个就是我 　,，。.?？!！啊喂額醫療123１２３\u200b\u200d\ufe0f😀[]微笑"
        ),
    ),
    max_size=40,
)


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warm_up()


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("１２３９３打得通吗？？", "12393打得通吗?"),
        ("醫療保險怎麼報銷", "医疗保险怎么报销"),
        ("異地就醫備案", "异地就医备案"),
        ("我想 问 一 下 医 保", "我想问一下医保"),
        ("12:30 13812345678", "12:30 13812345678"),
        ("怎么办\u200b理\ufeff呢", "怎么办理呢"),
        ("谢谢😀😀[微笑]", "谢谢"),
        ("在吗？？？？！！", "在吗?!"),
        ("第一行\r\n第二行", "第一行,第二行"),
        ("嗯那个我想问备案", "我想问备案"),
        ("呃,就是说,济南的", "济南的"),
        ("喂我想问一下", "我想问一下"),
        ("我我想办卡", "我想办卡"),
        ("ＡＰＰ", "APP"),
        ("", ""),
        ("\u200b\u200b", ""),
        ("😀", ""),
    ],
)
def test_forms(written: str, plain: str) -> None:
    assert normalize(written) == plain


@pytest.mark.parametrize(
    "text", ["嗯", "嗯嗯", "就是", "啊?", "那个窗口在哪", "这个要带什么", "然后呢", "额度用完了", "喂"]
)
def test_fillers_stay_where_they_say_something(text: str) -> None:
    assert normalize(text) == text


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("一保卡丢了", "医保卡丢了"),
        ("怎么交一保", "怎么交医保"),
        ("慢特并怎么申请", "慢特病怎么申请"),
        ("异地就衣要什么", "异地就医要什么"),
        ("住院费怎么报效", "住院费怎么报销"),
        ("发票怎么报小", "发票怎么报销"),
        ("我在集宁", "我在济宁"),
        ("葡田的医保", "莆田的医保"),
        ("亲清账户怎么开", "亲情账户怎么开"),
        ("设保卡密码", "社保卡密码"),
        ("长期除方", "长期处方"),
        ("告知承若制", "告知承诺制"),
        ("健康马", "健康码"),
        ("一单治结算", "一单制结算"),
        ("低二鸡付费", "DRG付费"),
        ("转人公", "转人工"),
    ],
)
def test_misheard_words_are_put_right(heard: str, meant: str) -> None:
    assert normalize(heard) == meant


# Ordinary sentences with the sounds of the field's words: nothing may be changed.
ORDINARY = """
我去买一包烟
一包药多少钱
一报名就行
第一保安队
我一保证他就信了
报小学要什么证
报效祖国
你身体健康吗
最近健康吗
有医保吗
专人工作
衣宝贝
北岸的房子
被案件牵连
技能培训
极难办
我们极难办成
姐夫住院了
里程多少
交医保非得绑定银行卡
电脑上办不了只能手机
个人帮忙
她住在集宁区
内蒙古集宁的
一地鸡毛
一地都是水
疑地无银
一战士受伤了
他是一战士
餐馆报餐
小报上说的
缴获一批货
交费很贵
教父
门真难开
门诊量大
穿口罩
材料费
我才料到
带来办事
黛办
预约车
鱼跃龙门
我视频聊天
食品安全
商品不好
大自然
语音版本
两病房
两并一
仁工智能
任公子
惊动了
通过
帮忙办带鱼
他代班去了
山动了
富建筑
四喘息
云难测
去府上
曲副局长
你好吗
可以吗
不好吧
"""


@pytest.mark.parametrize("text", ORDINARY.split())
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert normalize(text) == text


@given(ODD)
@settings(max_examples=400, deadline=None)
def test_is_idempotent(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once


@pytest.mark.parametrize(
    "junk", ["啊", "?!", "一保", " ", "嗯那个", "\u200b😀", "1 ", "医宝", "慢特并", "((", "的", "济"]
)
def test_long_junk_costs_linear_time(junk: str) -> None:
    def seconds(size: int) -> float:
        text = (junk * size)[:size]
        began = time.perf_counter()
        normalize(text)
        return time.perf_counter() - began

    seconds(1000)
    short, long = min(seconds(1000) for _ in range(3)), min(seconds(4000) for _ in range(3))
    assert long < max(0.05, 12 * short)  # four times the length; quadratic would be sixteen times
