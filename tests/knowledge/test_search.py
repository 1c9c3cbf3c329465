"""Finding entries from words that were not copied from their question variants."""

from __future__ import annotations

import pytest

from knowledge.index import KnowledgeIndex

from .conftest import TODAY

# Written apart from the entries' own question variants; none of them stands in an entry.
ASKED = [
    ("remote_medical_filing", "转院到北京要备案吗"),
    ("remote_direct_settlement", "在南京看门诊能不能直接刷卡报"),
    ("remote_direct_settlement", "省外门诊要自己垫钱不"),
    ("chronic_disease_certification", "老伴透析，想申请那个慢病报销，多长时间能批"),
    ("chronic_disease_certification", "糖尿病门诊慢病几天能审下来"),
    ("chronic_disease_zone", "哪个医院有专门给慢病看病的地方"),
    ("long_prescription", "每个月都要去拿降压药，能不能一次拿三个月的"),
    ("drug_delivery", "瘫在床上出不了门，网上能开药送来吗"),
    ("manual_reimbursement", "住院花的钱没报，发票都在，拿到哪里去报"),
    ("nearby_service", "离市里太远，街道上能不能办医保"),
    ("enrollment_registration", "孙子还没上医保，去哪里登记"),
    ("enrollment_info_change", "医保上我名字登记错了一个字"),
    ("e_voucher", "手机上那个医保码在外地药店扫不扫得了"),
    ("family_account", "用我的手机绑定爸妈的医保"),
    ("proxy_service", "我妈瘫痪了，我能替她去办吗"),
    ("personal_account_remote_payment", "医保卡里的余额在外市药店能不能用"),
    ("priority_window", "我八十二了，排队站不住，有老年窗口没"),
    ("guide_service", "去了大厅找不着地方，有没有人带着"),
    ("hall_facilities", "大厅有没有轮椅坐"),
    ("hall_emergency_plan", "在大厅里头晕犯病了有人管没"),
    ("elder_friendly_digital", "手机上的字忒小，看不见"),
    ("digital_training", "智能机玩不转，有没有人教"),
    ("online_channels", "不想出门，公众号上能不能办"),
    ("service_rating_complaint", "窗口那人态度恶劣，我要投诉"),
]


@pytest.mark.parametrize(("topic", "text"), ASKED)
def test_the_right_topic_is_among_the_first_two(index, topic, text):
    found = [answer.topic for answer, _ in index.search(text, "370100", TODAY, limit=2)]
    assert topic in found


def test_nine_of_ten_are_found_at_the_first_place(index):
    first = [index.search(text, "370100", TODAY, limit=1)[0][0].topic for _, text in ASKED]
    right = sum(got == topic for got, (topic, _) in zip(first, ASKED, strict=True))
    assert right >= 0.9 * len(ASKED)


def test_scores_lie_between_0_and_1_and_fall(index):
    for _, text in ASKED:
        scores = [score for _, score in index.search(text, "370100", TODAY, limit=5)]
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score <= 1 for score in scores)


def test_a_question_of_an_entry_scores_high_for_it(index, entries):
    for entry in entries:
        for question in entry.questions:
            found = {a.topic: s for a, s in index.search(question, entry.region, TODAY, limit=5)}
            assert found.get(entry.topic, 0) > 0.5, (entry.id, question)


@pytest.mark.parametrize(
    "text", ["今天天气怎么样", "公积金怎么提取", "我想买房", "给我讲个笑话", "车险理赔找哪个公司"]
)
def test_foreign_questions_score_low(index, text):
    assert all(score < 0.3 for _, score in index.search(text, "370100", TODAY))


@pytest.mark.parametrize("text", ["", "   ", "??!", "😀😀", "12345678", "abc", "的了吗呢"])
def test_odd_texts_find_nothing_and_raise_nothing(index, text):
    assert all(score <= 1 for _, score in index.search(text, "370100", TODAY))


def test_the_asked_regions_entry_answers_even_when_another_citys_fits_the_words_better(index):
    text = "济宁门诊慢性病多久办一次"
    assert index.search(text, "370100", TODAY)[0][0].entry_id == "chronic_disease_certification.370100"
    assert index.search(text, None, TODAY)[0][0].entry_id == "chronic_disease_certification.370800"


def test_a_wider_regions_entry_says_that_it_is_one(index):
    found, _ = index.search("亲情账户怎么绑定", "370100", TODAY)[0]
    assert (found.entry_id, found.is_fallback, found.authority) == ("family_account.370000", True, "山东省")


def test_topics_that_say_nothing_for_the_region_are_left_out(make_entry):
    from_shandong = KnowledgeIndex([make_entry()], {})
    assert from_shandong.search("老年人优先窗口要排队吗", "510000", TODAY) == ()
    assert len(from_shandong.search("老年人优先窗口要排队吗", "370102", TODAY)) == 1


def test_each_topic_answers_once_and_the_limit_holds(index):
    found = index.search("医保大厅老人能办什么", "370800", TODAY, limit=4)
    assert len(found) == 4
    assert len({answer.topic for answer, _ in found}) == 4


def test_a_topic_called_by_its_name_comes_first(index):
    found, score = index.search("跨省通办是什么", "370000", TODAY)[0]
    assert found.topic == "cross_province_service"
    assert score > 0.5


def test_an_empty_index_finds_nothing():
    assert KnowledgeIndex([], {}).search("优先窗口", None, TODAY) == ()
