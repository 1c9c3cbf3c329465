"""Planted contradictions are found; what different places rule differently is none."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge.contradictions import contradictions

CLAUSE = [{"document": "鲁医保发〔2021〕1号", "clause": "二", "issued": date(2021, 3, 1)}]


def pair(make_entry, one, other, *, second=None, first=None):
    """The same topic in the province and in Jinan, both after the province's clause."""
    province = make_entry(
        region="370000",
        id="priority_window.370000",
        written=one,
        spoken=["见下文。"],
        citations=CLAUSE,
        **(first or {}),
    )
    city = make_entry(written=other, spoken=["见下文。"], citations=CLAUSE, **(second or {}))
    return contradictions([province, city])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("手工报销的材料交齐以后，最多20个工作日办好。", "手工报销材料交齐以后，不超过30个工作日办好。"),
        ("手工报销的材料交齐以后，最多20个工作日办好。", "手工报销材料交齐后，三十个工作日内办好。"),
        ("门诊慢特病在医院申报，每个月审核1次。", "门诊慢特病在医院申报，每个月审核2次。"),
        ("长期处方一次最多开12周，也就是3个月的药。", "长期处方一次最多开4周，也就是1个月的药。"),
        ("这份文件管到2027年12月31日为止。", "这份文件管到2025年12月31日为止。"),
        ("八十岁以上的老人可以请人上门办。", "70岁以上的老人可以请人上门办。"),
        ("跨省住院看病，不用备案，直接刷卡。", "跨省住院看病，需要备案，再去刷卡。"),
    ],
)
def test_a_planted_contradiction_is_found_on_both_sides(make_entry, one, other):
    found = pair(make_entry, one, other)
    assert {finding.code for finding in found} == {"contradicts"}
    assert {finding.entry_id for finding in found} == {"priority_window.370000", "priority_window.370100"}


def test_only_at_the_counter_here_and_by_phone_there(make_entry):
    found = pair(
        make_entry,
        "这件事只能到大厅窗口办。",
        "这件事在家也办得了。",
        second={"channels": ["手机上的小程序"]},
    )
    assert [finding.code for finding in found] == ["contradicts", "contradicts"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("材料交齐以后，最多20个工作日办好。", "材料交齐以后，二十个工作日之内办好。"),
        ("职工医保最多20个工作日。", "居民医保每月审核1次。"),
        ("大厅里至少有2个老年人窗口。", "大厅里至少放3副老花镜。"),
        ("2021年3月起可以网上办。", "要带身份证和医保卡。"),
        ("看病不用先垫钱。", "办理要先登记。"),
    ],
)
def test_what_only_looks_like_one_is_left_alone(make_entry, one, other):
    assert pair(make_entry, one, other) == []


def test_neighbouring_cities_may_differ(make_entry):
    jinan = make_entry(written="材料交齐以后，最多20个工作日办好。", spoken=["见下文。"], citations=CLAUSE)
    jining = make_entry(
        region="370800",
        id="priority_window.370800",
        written="材料交齐以后，最多30个工作日办好。",
        spoken=["见下文。"],
        citations=CLAUSE,
    )
    assert contradictions([jinan, jining]) == []


def test_other_documents_may_differ(make_entry):
    province = make_entry(
        region="370000",
        id="priority_window.370000",
        written="材料交齐以后，最多30个工作日办好。",
        spoken=["见下文。"],
        citations=CLAUSE,
    )
    assert contradictions([province, make_entry(written="材料交齐以后，最多20个工作日办好。")]) == []


def test_an_entry_that_says_one_thing_and_speaks_another(make_entry):
    entry = make_entry(
        written="手工报销的材料交齐以后，最多20个工作日办好。",
        spoken=["手工报销的材料交齐以后，最多三十个工作日办好。"],
    )
    (finding,) = contradictions([entry])
    assert (finding.code, finding.entry_id) == ("tells_two_things", entry.id)
    assert "20个工作日" in finding.detail
    assert "三十个工作日" in finding.detail


def test_the_entries_of_the_product_contradict_each_other_nowhere(entries):
    assert [str(finding) for finding in contradictions(entries)] == []
