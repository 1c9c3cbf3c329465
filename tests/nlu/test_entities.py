"""The whole extraction: topics, aspects, matters, ratings, and what holds for any text."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.entities import extract, warm_up
from nlu.intents import TOPICS
from nlu.normalize import normalize
from nlu.topic_words import TOPIC_WORDS, find_topics

NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)


def values(text: str, kind: str) -> list[str]:
    return [e.value for e in extract(normalize(text), NOW) if e.type == kind]


@pytest.mark.parametrize(
    ("text", "aspect"),
    [
        ("要带什么", "materials"), ("要什么材料", "materials"), ("拿什么手续", "materials"), ("要准备些啥", "materials"),
        ("需要身份证吗", "materials"), ("在哪办", "where"), ("去哪里办", "where"), ("上哪儿交", "where"), ("怎么办", "how"),
        ("咋弄啊", "how"), ("啷个办嘛", "how"), ("几天能下来", "time_limit"), ("多久", "time_limit"),
        ("啥时候能办下来", "time_limit"), ("要钱吗", "cost"), ("多少钱", "cost"), ("报多少", "cost"),
        ("什么人能办", "eligibility"), ("我能不能办", "eligibility"), ("电话多少", "phone"), ("几点上班", "hours"),
    ],
)  # fmt: skip
def test_aspects(text: str, aspect: str) -> None:
    assert values(text, "aspect")[:1] == [aspect]


# One plain name of each topic.
NAMED = {
    "remote_medical_filing": "异地就医备案", "remote_direct_settlement": "异地直接结算",
    "chronic_disease_certification": "门诊慢特病", "chronic_disease_zone": "慢特病专区", "two_diseases": "两病用药",
    "long_prescription": "长期处方", "drug_delivery": "送药上门", "manual_reimbursement": "手工报销",
    "one_stop_settlement": "一单制", "medical_aid": "医疗救助", "enrollment_registration": "参保登记",
    "enrollment_info_change": "参保信息变更", "contribution_payment": "医保缴费", "transfer_continuation": "医保关系转移",
    "rights_info_query": "参保证明", "social_security_card": "社保卡", "e_voucher": "医保电子凭证",
    "family_account": "亲情账户", "proxy_service": "帮办代办", "personal_account_remote_payment": "一卡通行",
    "home_service": "上门服务", "priority_window": "老年人优先窗口", "appointment_service": "延时服务",
    "nearby_service": "就近办", "guide_service": "引导帮办服务" , "hall_facilities": "老花镜",
    "hall_emergency_plan": "应急预案", "health_code_alternative": "健康码", "elder_friendly_digital": "大字版",
    "digital_training": "智能手机培训", "online_channels": "公众号", "cross_province_service": "跨省通办",
    "video_service": "视频办", "commitment_system": "告知承诺制", "one_thing_package": "一件事套餐",
    "hotline_numbers": "12393", "service_rating_complaint": "好差评", "fraud_protection": "防骗",
    "fund_fraud_report": "欺诈骗保", "privacy_protection": "个人信息保护", "payment_reform": "DRG",
    "designated_institution": "定点医药机构",
}  # fmt: skip


def test_every_topic_has_its_name() -> None:
    assert set(NAMED) == set(TOPICS) == set(TOPIC_WORDS)
    for topic, name in NAMED.items():
        assert topic in [e.value for e in find_topics(f"那{name}呢")], topic


def test_several_topics_in_one_sentence() -> None:
    assert values("异地就医备案怎么办,还有亲情账户怎么开", "topic") == [
        "remote_medical_filing",
        "family_account",
    ]
    assert values("我想问长期处方和送药上门", "topic") == ["long_prescription", "drug_delivery"]


@pytest.mark.parametrize(
    "text", ["今天天气好", "我要预约", "预约号123456", "你好", "我参加合唱团", "我们村上医院远", "没办慢病证"]
)
def test_no_topic(text: str) -> None:
    assert values(text, "topic") == []


@pytest.mark.parametrize(
    ("text", "matter"),
    [
        ("我想预约个号,去办异地备案", "异地备案"), ("去补社保卡", "补社保卡"), ("报销", "报销"), ("办慢病认定", "慢病认定"),
        ("我来补卡", "补卡"), ("打印参保证明", "打印参保证明"), ("约周五,我要办老年证", "老年证"),
        ("帮我约个号办手工报销", "手工报销"), ("济宁的亲情账户", "亲情账户"),
    ],
)  # fmt: skip
def test_matters(text: str, matter: str) -> None:
    assert values(text, "matter") == [matter]


@pytest.mark.parametrize(
    ("text", "stars"),
    [("给你们五星", "5"), ("打四分", "4"), ("满意", "4"), ("非常满意", "5"), ("不满意", "2"), ("很不满意", "1"), ("1分", "1"),
     ("三颗星吧", "3"), ("一颗星都嫌多", "1"), ("差评", "1"), ("给个满分", "5")],
)  # fmt: skip
def test_ratings(text: str, stars: str) -> None:
    assert values(text, "rating") == [stars]


@pytest.mark.parametrize(
    "text",
    [
        "要等五分钟",
        "怎么给好评",
        "对你们服务不满意找谁说",
        "好差评是什么",
        "满意度调查怎么填",
        "十分感谢",
        "星期三",
    ],
)
def test_no_rating(text: str) -> None:
    assert values(text, "rating") == []


@pytest.mark.parametrize(
    ("text", "kind"), [("去大厅办", "hall"), ("派人上门来办吧", "home"), ("视频办理", "video")]
)
def test_visit_kinds(text: str, kind: str) -> None:
    assert values(text, "visit_kind")[:1] == [kind]


def test_a_matter_taken_back_and_two_matters() -> None:
    assert values("不是慢病认定,是手工报销", "matter") == ["手工报销"]
    assert values("我想办异地备案和参保登记", "matter") == ["异地备案", "参保登记"]


def test_a_whole_booking_sentence() -> None:
    text = "帮我约下周三上午九点去济南大厅办慢病认定,我叫张秀英,电话幺三九零五三一二二八八"
    found = {e.type: e.value for e in extract(normalize(text), NOW)}
    assert found["date"] == "2026-12-02"
    assert found["time"] == "09:00"
    assert found["region"] == "370100"
    assert found["visit_kind"] == "hall"
    assert found["matter"] == "慢病认定"
    assert found["name"] == "张秀英"
    assert found["phone"] == "13905312288"


@given(
    st.text(
        alphabet=st.one_of(
            st.characters(),
            st.sampled_from(
                "我叫张王李周三下上午九点半13812345678济南历城区医保报销预约号异地备案不是改到国庆后初腊月两个分星满意,。"
            ),
        ),
        max_size=60,
    )
)
@settings(max_examples=400, deadline=None)
def test_any_text_is_borne(text: str) -> None:
    plain = normalize(text)
    found = extract(plain, NOW)
    for entity in found:
        assert plain[entity.start : entity.end] == entity.text
        assert entity.value
    for kind in {e.type for e in found}:
        same = [e for e in found if e.type == kind]
        assert all(a.end <= b.start for a, b in pairwise(same)), kind


def test_a_sentence_takes_less_than_five_milliseconds() -> None:
    warm_up()
    sentences = [
        "帮我约下周三上午九点去济南大厅办慢病认定,我叫张秀英,电话幺三九零五三一二二八八",
        "那济宁呢",
        "要带什么材料",
    ]
    for sentence in sentences:
        extract(normalize(sentence), NOW)
    best = []
    for sentence in sentences:
        laps = []
        for _ in range(20):
            began = time.perf_counter()
            extract(normalize(sentence), NOW)
            laps.append(time.perf_counter() - began)
        best.append(min(laps))
    assert max(best) < 0.005


@pytest.mark.parametrize(
    "junk", ["三", "1 ", "济南", "今天", "张秀英,", "一个", "异地备案", "不是周三", "(", "什么"]
)
def test_long_junk_is_borne(junk: str) -> None:
    began = time.perf_counter()
    extract(normalize(junk * (10000 // len(junk))), NOW)
    assert time.perf_counter() - began < 5
