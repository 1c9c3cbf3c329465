"""Looking up a topic's entry: whose rule it is, whether it holds on that day, what must be said with it."""

from __future__ import annotations

import threading
import time
from datetime import date

import pytest

from bot.messages import PolicyAnswer
from knowledge.index import KnowledgeIndex, open_knowledge
from knowledge.topics import load_topics

from .conftest import TODAY

PUTIAN = {
    "document": "莆政办规〔2022〕9号",
    "clause": "二(四)8",
    "issued": date(2022, 10, 31),
    "effective_until": date(2027, 10, 30),
}
FROM_2022 = {"effective_from": date(2022, 10, 31), "review_by": date(2030, 1, 1)}


def one(make_entry, **changes) -> KnowledgeIndex:
    return KnowledgeIndex([make_entry(**changes)], load_topics())


def ask(index: KnowledgeIndex, topic: str, region: str | None, on: date = TODAY) -> PolicyAnswer:
    found = index.lookup(topic, region, on)
    assert found is not None
    return found


def test_a_city_answers_with_its_own_rule(index):
    found = ask(index, "chronic_disease_certification", "370100")
    assert (found.entry_id, found.region, found.authority) == (
        "chronic_disease_certification.370100",
        "370100",
        "济南市",
    )
    assert (found.asked_region, found.is_fallback) == ("370100", False)
    assert [c.document for c in found.citations] == ["济医保发〔2021〕1号"] * 3
    assert all(c.in_force and c.issued == "2021-01-13" for c in found.citations)


def test_the_three_shandong_rules_on_certification_stay_apart(index):
    province = ask(index, "chronic_disease_certification", "370000")
    jinan = ask(index, "chronic_disease_certification", "370100")
    jining = ask(index, "chronic_disease_certification", "370800")
    assert "每季度至少" in province.written
    assert "肾透析" in province.written
    assert "每月审核一次" in jinan.written
    assert "每季度" not in jinan.written
    assert "鼓励每月" in jining.written
    assert "尿毒症" in jining.written
    assert "尿毒症" not in province.written + jinan.written
    assert {c.document for c in jining.citations} == {"济医保中心发〔2021〕1号"}


def test_a_district_falls_back_to_its_city(index):
    found = ask(index, "long_prescription", "370802")
    assert (found.entry_id, found.authority, found.is_fallback) == (
        "long_prescription.370800",
        "济宁市",
        True,
    )
    assert found.asked_region == "370802"


def test_a_city_without_an_entry_falls_back_to_its_province(index):
    found = ask(index, "family_account", "370100")
    assert (found.entry_id, found.authority, found.is_fallback) == ("family_account.370000", "山东省", True)
    other_city = ask(index, "nearby_service", "370200")
    assert (other_city.entry_id, other_city.is_fallback) == ("nearby_service.370000", True)


def test_a_province_falls_back_to_the_general_entry(make_entry):
    index = one(make_entry, region=None, topic="family_account")
    found = ask(index, "family_account", "510000")
    assert (found.region, found.authority, found.is_fallback) == (None, "国家", True)
    general = ask(index, "family_account", None)
    assert (general.authority, general.is_fallback) == ("国家", False)
    assert index.regions("family_account") == (None,)


def test_another_region_never_answers(make_entry):
    index = one(make_entry)
    assert index.lookup("priority_window", "510000", TODAY) is None
    assert index.lookup("priority_window", None, TODAY) is None
    assert index.lookup("no_such_topic", "370100", TODAY) is None


@pytest.mark.parametrize("status", ["draft", "review", "retired"])
def test_only_published_entries_are_stated(make_entry, status):
    index = one(make_entry, status=status)
    assert index.lookup("priority_window", "370100", TODAY) is None
    assert index.regions("priority_window") == ()
    assert index.search("优先窗口要排队吗", "370100", TODAY) == ()


def test_an_entry_is_not_stated_before_it_is_in_force(make_entry):
    index = one(make_entry)
    assert index.lookup("priority_window", "370100", date(2021, 1, 12)) is None
    assert index.search("要排队吗", "370100", date(2021, 1, 12)) == ()
    assert index.lookup("priority_window", "370100", date(2021, 1, 13)) is not None


def test_a_rule_far_from_its_end_has_no_caveat(make_entry):
    index = one(make_entry, region="350300", citations=[PUTIAN], validity=FROM_2022)
    found = ask(index, "priority_window", "350300", date(2026, 10, 29))
    assert found.caveats == ()
    assert found.citations[0].in_force


@pytest.mark.parametrize("on", [date(2026, 10, 30), date(2026, 11, 28), date(2027, 10, 30)])
def test_a_rule_near_its_end_says_so_and_still_holds(make_entry, on):
    index = one(make_entry, region="350300", citations=[PUTIAN], validity=FROM_2022)
    found = ask(index, "priority_window", "350300", on)
    assert found.caveats == ("这条规定到2027年10月30日到期。",)
    assert found.citations[0].in_force


def test_an_ended_rule_is_told_as_past(make_entry):
    index = one(make_entry, region="350300", citations=[PUTIAN], validity=FROM_2022)
    found = ask(index, "priority_window", "350300", date(2027, 10, 31))
    assert found.caveats == ("这条规定到2027年10月30日就到期了，现在可能已经变了，请先问清楚再去。",)
    assert not found.citations[0].in_force


def test_the_end_of_an_entry_itself_counts_too(make_entry):
    validity = {"effective_from": date(2021, 1, 13), "effective_until": date(2025, 12, 31)}
    found = ask(one(make_entry, validity=validity), "priority_window", "370100")
    assert found.caveats[0].startswith("这条规定到2025年12月31日就到期了")
    assert not found.citations[0].in_force


def test_jinans_three_months_of_drugs_are_told_with_their_doubt(index):
    found = ask(index, "long_prescription", "370100")
    assert "3个月" in found.written
    assert "疫情期间" in found.caveats[0]
    assert ask(index, "long_prescription", "370800").caveats == ()


def test_a_doubtful_rule_without_words_of_its_own_gets_a_caveat(make_entry):
    validity = {"effective_from": date(2021, 1, 13), "review_by": date(2027, 1, 31), "certainty": "doubtful"}
    assert "不能确定" in ask(one(make_entry, validity=validity), "priority_window", "370100").caveats[0]


def test_an_overdue_review_is_told(make_entry):
    index = one(make_entry)
    assert ask(index, "priority_window", "370100", date(2027, 1, 31)).caveats == ()
    late = ask(index, "priority_window", "370100", date(2027, 2, 1))
    assert late.caveats == ("这条内容有一阵子没有核对过了，办之前请再问一下。",)


def test_aspects_hold_what_the_entry_says_and_nothing_else(index, make_entry):
    found = ask(index, "drug_delivery", "370100")
    assert found.aspect("where") == "· 省互联网医保大健康服务平台\n· 济南的12家互联网医院"
    how = found.aspect("how")
    assert how is not None
    assert how.startswith("第1步，复诊时在网上问医生\n第2步，")
    assert found.aspect("materials") is None
    assert found.aspect("cost") is None
    assert found.unknowns is not None
    full = one(make_entry, materials=["身份证"], channels=["大厅"], steps=["去"], time_limit="当天", cost="不要钱",
               eligibility="老年人")  # fmt: skip
    assert ask(full, "priority_window", "370100").aspects == (
        ("materials", "身份证"),
        ("where", "大厅"),
        ("how", "去"),
        ("time_limit", "当天"),
        ("cost", "不要钱"),
        ("eligibility", "老年人"),
    )


def test_the_regions_of_a_topic(index):
    assert {"370000", "370100", "370800"} <= set(index.regions("nearby_service"))
    assert "370100" not in index.regions("family_account")
    assert index.regions("no_such_topic") == ()


def test_starting_takes_under_two_seconds_and_a_lookup_microseconds():
    before = time.perf_counter()
    index = open_knowledge()
    assert time.perf_counter() - before < 2
    best = min(_seconds_of_100_lookups(index) for _ in range(5))
    assert best < 0.1  # under a millisecond each on a busy machine


def _seconds_of_100_lookups(index: KnowledgeIndex) -> float:
    before = time.perf_counter()
    for _ in range(100):
        index.lookup("drug_delivery", "370102", TODAY)
    return time.perf_counter() - before


def test_threads_searching_at_once_get_what_one_gets_alone(index):
    questions = ["降压药能一次多开几个月吗", "大厅有轮椅吗", "绑定爸妈的亲情账户", "外地药店能刷医保卡吗"]
    alone = [index.search(q, "370100", TODAY) for q in questions]
    got: list[list[object]] = []

    def run() -> None:
        got.append([index.search(q, "370100", TODAY) for q in questions])

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [alone] * 8
